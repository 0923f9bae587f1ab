#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Words: help, misspelt commands and options, who may do what, output that cannot be written.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

xlab --help
is '--help: exit status' "$status" 0
like '--help: on standard output' "$out" 'usage: xlab COMMAND'
is '--help: nothing on standard error' "$err" ''
help=$out
xlab -h
is '-h: as --help' "$status $out" "0 $help"
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' <<<"$help")

xlab --version
is '--version: exit status' "$status" 0
like '--version: says so' "$out" 'xlab [0-9]'

xlab
ended 'no command' 2
like 'no command: usage on standard error' "$err" 'usage: xlab COMMAND'

xlab --hepl
ended 'a misspelt option of no command' 2 'no option --hepl before a command; did you mean "--help"?'
xlab -V
ended 'an unknown option of no command' 2 'no option -V before a command; allowed: --help, --version'
xlab statsu
ended 'a misspelt command' 2 'did you mean "status"'
xlab xyzzyxyzzy
ended 'an unknown command' 2 'there is no command "xyzzyxyzzy"'
xlab help scenaro
ended 'help on a misspelt command' 2 'did you mean "scenario"'
xlab down --al
ended 'a misspelt option' 2 'did you mean "--all"'
# What each command cannot do without, and the first argument that is one too many; those that are not
# told of take any number of them.
while IFS=: read -r words missing; do
	# shellcheck disable=SC2086
	xlab $words
	ended "$words: an argument is missing" 2 "${words%% *}: $missing is missing; usage: xlab ${words%% *} "
done <<-'END'
	chain:the interface
	check:the lab file
	completion:the shell
	exec:the node
	exec host:the command
	filter:the filter
	filter f:add, del or list
	packet:the lab file
	packet x.ini:the packet's name
	plan:the lab file
	run:the lab file
	shell:the node
	up:the lab file
END
while IFS=: read -r words more; do
	# shellcheck disable=SC2086
	xlab $words $more
	ended "$words $more: an argument too many" 2 "${words%% *}: \"$more\" is too much; usage: xlab ${words%% *}"
done <<-'END'
	completion bash up:more
	down one:more
	help up:more
	packet x.ini p:more
	plan x.ini:more
	shell node:more
	status one:more
	up x.ini:more
END
# A name that no lab can have is none of the machine's either.
for command in down status; do
	xlab $command a/b
	ended "$command: no name of a lab" 2 '"a/b" is no name of a lab: '
done
xlab plan topologies/lb.ini --self nobody
ended 'plan: a node that is none' 2 'nobody'
xlab up a --as
ended 'an option without its value' 2 '--as needs a value: NAME'
xlab up a --as=
ended 'an option with an empty value' 2 '--as needs a value'
xlab down --all=yes
ended 'a flag with a value' 2 '--all takes no value'
xlab up a --as b --as c
ended 'an option twice' 2 '--as is given twice'
for words in '--all --list' 'name --all' 'name --list'; do
	# shellcheck disable=SC2086
	xlab scenario $words
	ended "two of names, --all, --list: $words" 2 'one of the three'
done
for option in '--format json' '--timeout 5'; do
	# shellcheck disable=SC2086
	xlab scenario --list $option
	ended "a list with $option" 2 '--list runs none'
done
xlab chain a:e0 hello --off
ended 'chain: a filter and none' 2 'either filters or --off'
xlab scenario --all --format yaml
ended 'an unknown format' 2 'text, tap, junit, json'
for timeout in 0 12abc -1 9999999999; do
	xlab scenario --all --timeout $timeout
	ended "timeout $timeout" 2 'milliseconds'
done
xlab watch --count 0
ended 'watch of no packet' 2 'at least 1'
xlab filter f frobnicate
ended 'an unknown verb' 2 '"frobnicate" is not add, del or list'
xlab filter f add
ended 'a rule that is missing' 2 'dst=9999'
xlab completion zsh
ended 'completion for another shell' 2 'bash'

for command in $commands; do
	for ask in "help $command" "$command --help" "$command -h"; do
		# shellcheck disable=SC2086
		xlab $ask
		like "$ask" "$status $out" "0 usage: xlab $command"
	done
	like "the man page has $command" "$(grep -c "^\.Cm $command\\>" man/xlab.8)" '[1-9]'
	while read -r option; do
		like "the man page has $command $option" \
			"$(grep -c "^\.It Fl ${option#-}\\>" man/xlab.8)" '[1-9]'
	done < <(sed -n 's/^  \(--[a-z-]*\).*/\1/p' <<<"$out")
done

# The man page's tables against those that read the file.
xlab help file
is 'help file: exit status' "$status" 0
is 'help file: its last line is of the last program' "$(tail -n 1 <<<"$out" | awk '{ print $1 }')" unchecked
is 'help file: lines that a terminal holds' "$(grep -cE '.{100}' <<<"$out")" 0
section=''
while read -r word rest; do
	case $word in
	'['*) section=${word#[} section=${section%]}
		like "the man page has [$section]" "$(grep -cE "^\.It Sy \"\[${section}(\"|])" man/xlab.8)" \
			'[1-9]' ;;
	[a-z]*) [ -z "$section" ] || like "the man page has [$section] $word" \
		"$(grep -cE "^\.(It )?Ic ([a-z0-9]+ , )*${word%NAME}( |$)" man/xlab.8)" '[1-9]' ;;
	'') section='' ;;
	esac
done < <(grep -E '^$|^\[|^  [a-z]' <<<"$out" | sed 's/^  //')

xlab help fields
is 'help fields: exit status' "$status" 0
is 'help fields: lines that a terminal holds' "$(LC_ALL=C.UTF-8 grep -cE '.{100}' <<<"$out")" 0
fields=$(sed -n 's/^  \([a-z0-9]*\.[a-z0-9_.]*\) .*/\1/p' <<<"$out")
is 'help fields: many' "$(($(wc -l <<<"$fields") > 70))" 1
for field in $fields; do
	like "the man page has $field" "$(grep -cE "^\.Li (.* )?${field//./\\.}( |$)" man/xlab.8)" '[1-9]'
done
is 'the man page has no other fields' "$(sed -n '/^.Sh FIELDS OF PACKETS/,/^.It Sy data/s/^\.Li //p' man/xlab.8 |
	tr -d ',' | tr -s ' ' '\n' | grep -vxF -e . -e "$fields")" ''

# Objects are looked at before anything is built, without root, and beside all else that is wrong.
cp "$BUILD/tests/engine/odd.bpf.o" "$dir"
printf '%s\n' '[node a]' '[filter gone]' 'program = nosuch.bpf.o' '[filter text]' 'program = o.ini' \
	'[filter b]' 'program = odd.bpf.o:nosuch' '[filter c]' 'program = drop' 'acton = pass' >"$dir/o.ini"
for command in check plan; do
	xlab $command "$dir/o.ini"
	ended "$command: an object that is not there" 2 \
		'o.ini:3: \[filter gone] program = nosuch.bpf.o: the object *nosuch.bpf.o cannot be read: No such'
	like "$command: an object that is none" "$err" 'o.ini:5: \[filter text] program = o.ini: *is not an ELF'
	like "$command: a function that it lacks" "$err" 'o.ini:7: \[filter b] *the object has no function nosuch'
	like "$command: and a misspelt key" "$err" 'o.ini:10: \[filter c] acton = pass: '
	is "$command: four errors, a line each, which begins with its place" \
		"$(grep -c "^$dir/o.ini:[0-9]*: " <<<"$err")/$(wc -l <<<"$err")" 4/4
done

# A heading that is refused is one fault: nothing is said of the keys below it.
printf '%s\n' '[node a]' '[iface veth0]' 'bridge = br0' 'address = 10.0.0.1/24' 'mode = generic' >"$dir/o.ini"
xlab check "$dir/o.ini"
ended 'an interface without a node' 2 'o.ini:2: \[iface veth0]: the node is missing: write \[iface NODE:veth0]'
is 'an interface without a node: one line' "$(wc -l <<<"$err")" 1

# The canonical form is a lab file, of the same lab.
xlab check --print topologies/lb.ini
is 'check --print: exit status' "$status" 0
printf '%s\n' "$out" >"$dir/lb.ini"
xlab check "$dir/lb.ini"
is 'check --print: it is right' "$status" 0
xlab check --print "$dir/lb.ini"
is 'check --print: printed again it is the same' "$out" "$(<"$dir/lb.ini")"
xlab check --print "$dir/lb.ini" "$dir/lb.ini"
ended 'check --print: of one file' 2 'not of 2'

# Somebody who is not root.
mkdir -m 755 "$dir/bin"
install -m 755 "$XLAB" "$dir/bin/xlab"
install -m 644 topologies/lb.ini "$dir/bin"
chmod 755 "$dir"
student() { run setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/bin/xlab" "$@"; }
for words in 'up lb.ini' down status 'scenario --all' 'run lb.ini' 'exec host -- true' 'shell host' \
	'chain host:veth0' watch 'filter f list' 'filter list' 'up --bogus'; do
	# shellcheck disable=SC2086
	student $words
	ended "not root: $words" 3 'sudo'
done
for words in help "check $dir/bin/lb.ini" "plan $dir/bin/lb.ini" --version 'completion bash'; do
	# shellcheck disable=SC2086
	student $words
	is "not root: $words" "$status" 0
done

# Output that cannot be written.
run sh -c '"$0" help >/dev/full' "$XLAB"
ended 'standard output is full' 3 'standard output*No space'
run sh -c '"$0" help >&-' "$XLAB"
ended 'standard output is closed' 3 'standard output'
# A pipe that has lost its reader before there is anything to read.
mkfifo "$dir/pipe"
run sh -c 'exec 4<>"$1" 3>"$1" 4<&-; "$0" help >&3' "$XLAB" "$dir/pipe"
ended 'nobody reads standard output' 3 'standard output: Broken pipe'
run sh -c '"$0" check /nowhere 2>&-' "$XLAB"
is 'standard error is closed: the status is right' "$status" 2

# Colour.
run script -qec "$XLAB check topologies/lb.ini" /dev/null
is 'check on a terminal: exit status' "$status" 0

# The program knows nothing of the folder that it was built in.
is 'no path of the build in the program' "$(grep -cF "$PWD/" "$XLAB")" 0

# Completion, as bash does it.
complete_words sta
is 'completion: a command' "$out" status
complete_words up --e
is 'completion: an option' "$out" --engine
complete_words up --engine i
is "completion: an option's value" "$out" inline
complete_words check topologies/lb.i
is 'completion: a file' "$out" topologies/lb.ini
complete_words up --engine=li
is "completion: an option's value behind =" "$out" libxdp
complete_words help pl
is 'completion: help on a command' "$out" plan
complete_words help 'fi'
is 'completion: help on the file' "$out" 'fields file filter'
complete_words completion ''
is 'completion: of completion' "$out" bash
complete_words filter f ''
is 'completion: what is done with a filter' "$out" 'add del list'
complete_words exec --user roo
is 'completion: a user' "$out" root
complete_words exec ''
is 'completion: nothing is up, and nothing is said of it' "$out$err" '--help --user'

done_testing
