#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each command on a lab that is up, as a person would use it, and as one would misuse it.
# shellcheck source=tests/cli/tap disable=SC2016 # what shells in nodes expand
. "$(dirname "$0")/tap"

xlab status
is 'status with no lab: exit status' "$status" 0
like 'status with no lab' "$out" 'no lab is up'
xlab status --json
is 'status --json with no lab' "$(jq -c . <<<"$out")" '{"labs":[]}'
xlab down
ended 'down with no lab' 3
xlab down --all
is 'down --all with no lab' "$status" 0
xlab scenario --all
ended 'scenario with no lab' 3
xlab exec host -- true
ended 'exec with no lab' 3

# What is wrong with a file is found before anything is built, by all alike.
printf '%s\n' '[node a]' 'forwrad = yes' '[filter gone]' 'program = nosuch.bpf.o' \
	'[scenario s]' 'reject = gone x' >"$dir/wrong.ini"
xlab check "$dir/wrong.ini"
checked=$err
for command in plan up run; do
	xlab $command "$dir/wrong.ini"
	ended "$command: a file that is wrong" 2 'wrong.ini:4: \[filter gone] '
	is "$command: says what check says" "$err" "$checked"
done
is 'nothing was built' "$(ls -A /run/netns /run/xlab 2>/dev/null)" '/run/netns:'

xlab check topologies/lb.ini
is 'check: what is in the file' "$out" \
	'topologies/lb.ini: ok, 4 nodes, 1 bridge, 4 interfaces, 12 filters, 13 scenarios'
xlab up topologies/lb.ini --engine libx
ended 'up: a misspelt engine' 2 '--engine has no value "libx"; did you mean "libxdp"?'
xlab up topologies/lb.ini
is 'up: exit status' "$status" 0
like 'up: says so' "$out" 'lb is up: host h2 h3 lb'
is 'up: nothing on standard error' "$err" ''
xlab up topologies/lb.ini
ended 'up again' 3 'lb'

# Status.
xlab status
is 'status: exit status' "$status" 0
for text in lb topologies/lb.ini 'host:veth0  up' de:ad:be:ef:00:10 '10.0.0.3/24 fd00::3/64' br0:veth7 engine; do
	like "status: $text" "$out" "$text"
done
is 'status: no colour off a terminal' "$(grep -c $'\033' <<<"$out")" 0
run env -u NO_COLOR TERM=xterm script -qec "$XLAB status" /dev/null
like 'status: colour on a terminal' "$out" $'\033'
run env NO_COLOR=1 TERM=xterm script -qec "$XLAB status" /dev/null
is 'status: no colour with NO_COLOR' "$(grep -c $'\033' <<<"$out")" 0
xlab status --json
is 'status --json: name and phase' "$(jq -r '.labs[] | .name + " " + .phase' <<<"$out")" 'lb up'
is 'status --json: an interface' "$(jq -c '.labs[0].nodes[] | select(.name == "host") | .netns,
	(.interfaces[0] | .name, .state, .mac, .addresses, .bridge, .port, .peer, .mode, .chain)' \
	<<<"$out" | tr '\n' ' ')" '"host" "veth0" "up" "de:ad:be:ef:00:01" ["10.0.0.1/24","fd00::1/64"] "br0" "veth1" null "native" null '
is 'status --json: each interface has all its keys' "$(jq -c '[.labs[0].nodes[].interfaces[] | keys] | unique' <<<"$out")" \
	'[["addresses","bridge","chain","link","mac","mode","mtu","name","netem","peer","port","state","vlan"]]'
is 'status --json: a bridge and its ports' "$(jq -r '.labs[0].bridges[0] |
	.name + " " + .state + ": " + ([.ports[] | .name + "=" + .interface + "=" + .state] | join(" "))' \
	<<<"$out")" 'br0 up: veth1=host:veth0=up veth3=h2:veth2=up veth5=h3:veth4=up veth7=lb:veth6=up'
is 'status --json: nothing differs' "$(jq -c '.labs[0].differences' <<<"$out")" '[]'
xlab status nosuch
ended 'status of an unknown lab' 3 nosuch

# exec and shell.
run ip netns exec lb ping -c 1 -W 2 10.0.0.1
is "ip netns exec: the article's ping" "$status" 0
xlab exec lb -- ping -c 1 -W 2 10.0.0.1
is 'exec: ping' "$status" 0
xlab exec lb/h2 ip -br addr show dev veth2
like 'exec LAB/NODE, without --' "$out" 10.0.0.2/24
for code in 0 1 3 77; do
	xlab exec host -- sh -c "exit $code"
	is "exec: exit status $code" "$status" $code
done
xlab exec host -- sh -c 'kill -TERM $$'
is "exec: a signal's status is the shell's to tell" "$status" 143
xlab exec host -- nosuchcommand
is 'exec: no such command' "$status" 127
like 'exec: no such command, told' "$err" 'xlab: nosuchcommand'
xlab exec host -- /etc/passwd
is 'exec: cannot be run' "$status" 126
xlab exec hots -- true
ended 'exec: no such node' 2 'did you mean "host"?'
xlab exec lab9/host -- true
ended 'exec: no such lab' 3 lab9
run "$XLAB" exec host -- ls /proc/self/fd 7</dev/null 9<"$dir"
is 'exec: no descriptor but 0-2' "$(tr '\n' ' ' <<<"$out")" '0 1 2 3 ' # 3: of ls itself
run sh -c '"$0" exec host -- awk "/flags/ { print FILENAME, \$2 % 10 }" /proc/self/fdinfo/0 /proc/self/fdinfo/2 <&- 2>&-' "$XLAB"
is 'exec: what is closed is open the wrong way round' "$(tr '\n' ' ' <<<"$out")" '/proc/self/fdinfo/0 1 /proc/self/fdinfo/2 0 '
# What it mounts is its own, though mounts are shared.
mounts=$(cut -d' ' -f4,5 /proc/self/mountinfo)
mount --make-rshared /
xlab exec host -- true
mount --make-rprivate /
is 'exec: the mounts of others are as they were' "$status $(cut -d' ' -f4,5 /proc/self/mountinfo)" \
	"0 $mounts"
# What others have mounted below /sys is there, too.
for kept in fs/cgroup kernel/debug kernel/tracing; do
	[ -d /sys/$kept ] || continue
	mount -t tmpfs kept /sys/$kept
	mkdir /sys/$kept/ours
	xlab exec host -- ls /sys/$kept
	umount /sys/$kept
	is "exec: /sys/$kept" "$out" ours
done
xlab exec host -- ls /sys/class/net
is "exec: the node's /sys" "$(tr '\n' ' ' <<<"$out")" 'lo veth0 '
xlab exec host -- sh -c 'stat -f -c %T /sys/fs/bpf; echo $LIBXDP_BPFFS'
is 'exec: a bpffs of the node' "$(tr '\n' ' ' <<<"$out")" 'bpf_fs /sys/fs/bpf '
xlab exec host --user nobody -- sh -c 'id -un; grep -E "CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs" /proc/self/status; echo $HOME'
is 'exec --user: no capability' "$(tr -s '\n\t' ' ' <<<"$out")" \
	'nobody CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 /nonexistent '
xlab exec host --user nobody -- printenv HOME USER LOGNAME SHELL
is 'exec --user: whose the environment says it is' "$(paste -sd: <<<"$out")" \
	"$(getent passwd nobody | awk -F: '{ print $6 ":" $1 ":" $1 ":" $7 }')"
xlab exec host --user root -- grep CapEff /proc/self/status
like 'exec --user root: no capability either' "$out" 0000000000000000
run setpriv --inh-caps +net_raw "$XLAB" exec host --user root -- grep -E 'Cap(Inh|Eff)' /proc/self/status
is 'exec --user root: nor one that was handed down' "$(tr -s '\n\t' ' ' <<<"$out")" \
	'CapInh: 0000000000000000 CapEff: 0000000000000000 '
xlab exec host --user nosuchuser -- true
ended 'exec --user: no such user' 2 nosuchuser
run env SHELL=/bin/sh XLAB_LAB=other XLAB_NODE=other "$XLAB" shell lb <<<'echo $XLAB_LAB/$XLAB_NODE; ip -o -4 addr show dev veth6; exit 5'
like 'shell: in the node' "$out" 10.0.0.10/24
like 'shell: lab and node are named' "$out" lb/lb
is 'shell: its exit status' "$status" 5
run env SHELL=/bin/sh script -qec "$XLAB shell lb/h3" /dev/null <<<exit
like 'shell: the prompt names lab and node' "$out" '(lb/h3)'
# What a shell is given, from one that prints it.
for shell in 'bash \w\$' 'other #'; do
	ln -s "$(command -v env)" "$dir/${shell%% *}"
	run env SHELL="$dir/${shell%% *}" "$XLAB" shell h3
	is "shell: the prompt of $shell, for what has start-up files and what has none" \
		"$(grep -E '^(PS1|debian_chroot)=' <<<"$out" | sort)" "PS1=(lb/h3) ${shell#* } "$'\ndebian_chroot=lb/h3'
done
run env SHELL= "$XLAB" shell lb <<<'echo $XLAB_NODE'
is 'shell: none is named' "$status $out" '0 lb'

# Chains.
xlab chain host:veth0
is 'chain: none' "$out$err" 'host:veth0 has no chain'
xlab chain host:veth0 headers lb-mac
is 'chain: set' "$status" 0
like 'chain: shown when set' "$out" 'lb-mac'
xlab exec lb -- ping -c 1 -W 1 10.0.0.1
is 'chain: lb is dropped' "$status" 1
xlab exec h2 -- ping -c 3 -i 0.01 -W 2 10.0.0.1
is 'chain: h2 passes' "$status" 0
xlab chain lb/host:veth0
like 'chain: drops are counted' "$(awk '$2 == "lb-mac" { print ($5 >= 1) }' <<<"$out")" 1
like 'chain: those of no opinion are counted' "$(awk '$2 == "headers" { print ($3 >= 4) }' <<<"$out")" 1
xlab status --json
is 'status --json: the chain' "$(jq -c '[.labs[0].nodes[0].interfaces[0].chain |
	.filters[].filter, (.filters[1].verdicts.drop.packets >= 1), (.passed.packets >= 3), .scenario]' \
	<<<"$out")" '["headers","lb-mac",true,true,false]'
xlab status
like 'status: the chain' "$out" 'came through'
xlab chain host:veth0 headers lb-mca
ended 'chain: no such filter' 2 'did you mean "lb-mac"?'
xlab chain host:veth0 lb-mca headers
ended 'chain: no such filter, the first' 2 'did you mean "lb-mac"?'
xlab chain host:veth9 headers
ended 'chain: no such interface' 2 'host:veth'
xlab chain host headers
ended 'chain: not an interface' 2 'NODE:IFACE'
xlab chain host:veth0 headers --off
ended 'chain: filters and --off' 2 '--off'
xlab chain host:veth0
like 'chain: as it was after errors' "$out" lb-mac

# Rules, live.
xlab filter lb-mac list
like 'filter list' "$out" 'src=de:ad:be:ef:00:10'
is 'filter list: no line but rules' "$(grep -cv '^\(rule\|[a-z.]*=\)' <<<"$out")" 0
xlab filter lb-mac add src=de:ad:be:ef:00:02
is 'filter add' "$status" 0
xlab exec h2 -- ping -c 1 -W 1 10.0.0.1
is 'filter add: h2 is dropped now' "$status" 1
xlab filter lb-mac list
like 'filter list: hits' "$(awk '$1 == "src=de:ad:be:ef:00:02" { print ($2 >= 1) }' <<<"$out")" 1
xlab filter lb-mac del src=de:ad:be:ef:00:02
is 'filter del' "$status" 0
xlab exec h2 -- ping -c 1 -W 2 10.0.0.1
is 'filter del: h2 passes again' "$status" 0
xlab filter lb-mac del src=de:ad:be:ef:00:02
ended 'filter del: not there' "$status" de:ad:be:ef:00:02
xlab filter lb-mac add src=nonsense
ended 'filter add: not a MAC' 2 nonsense
xlab filter lb-mac add scr=de:ad:be:ef:00:02
ended 'filter add: a misspelt key' 2 'no rules of scr; did you mean "src"?'
xlab filter lb-mac add src=de:ad:be:ef:00:03 src=nonsense scr=1
ended 'filter add: all bad ones are told' 2 '"nonsense" is not a MAC*no rules of scr'
xlab filter lb-mac add src=de:ad:be:ef:00:03 src=de:ad:be:ef:00:10
ended 'filter add: a new rule and an old one' 2 'has the rule src=de:ad:be:ef:00:10 already'
xlab filter lb-mac add src=de:ad:be:ef:00:03 src=de:ad:be:ef:00:03
ended 'filter add: one rule twice' 2 'is given twice'
xlab filter lb-mac del src=de:ad:be:ef:00:10 src=de:ad:be:ef:00:03
ended 'filter del: an old rule and none' 2 'has no rule src=de:ad:be:ef:00:03'
xlab filter lb-mac list
is 'filter: a command that failed has changed nothing' "$(awk 'NR > 1 { print $1 }' <<<"$out")" \
	src=de:ad:be:ef:00:10
xlab filter lb-mac add src=de:ad:be:ef:00:02,de:ad:be:ef:00:03 dst=de:ad:be:ef:00:01
is 'filter add: several' "$status" 0
xlab filter lb-mac del dst=de:ad:be:ef:00:01 src=de:ad:be:ef:00:02 src=de:ad:be:ef:00:03
is 'filter del: several' "$status" 0
mapfile -t many < <(awk 'BEGIN { for (i = 0; i < 1100; i++) printf "src=02:00:00:00:%02x:%02x\n", i / 256, i % 256 }')
xlab filter lb-mac add "${many[@]}"
ended 'filter add: more than there is room for' 3 \
	'lb-mac is full, with room for 1023 rules and about 512 ranges: delete some, or write src=02:00:00:00:04:4b'
xlab filter lb-mac list
is 'filter add: without room for all, none' "$(awk 'NR > 1 { print $1 }' <<<"$out")" \
	src=de:ad:be:ef:00:10
xlab filter lb-mca list
ended 'filter: no such filter' 2 'did you mean "lb-mac"?'

# Watching.
watch_begin --default-signal=INT host:veth0 --count 2
xlab exec lb -- ping -c 1 -W 1 10.0.0.1
xlab exec h2 -- ping -c 2 -i 0.01 -W 2 10.0.0.1
wait $watcher
is 'watch --count: exit status' $? 0
out=$(<"$dir/watched")
like 'watch: headers' "$out" 'EthHdr: src: de:ad:be:ef:00:10 => dst: '
like 'watch: the verdicts up to the deciding filter' "$out" 'headers=next lb-mac=drop'
is 'watch --count: as many packets' "$(grep -c '^host:veth0' <<<"$out")" 2
like 'watch: the end is told' "$(<"$dir/watching")" '2 packets seen, 0 events lost'
# On a terminal it is coloured; an interface that is named twice is one.
env -u NO_COLOR TERM=xterm script -qec "$XLAB watch host:veth0 host:veth0 ether src de:ad:be:ef:00:10 --count 1" /dev/null >"$dir/terminal" 2>&1 &
watcher=$!
await "$dir/terminal" watching
xlab exec lb -- ping -c 1 -W 1 10.0.0.1
wait $watcher
is 'watch on a terminal: exit status' $? 0
out=$(tr -d '\r' <"$dir/terminal")
like 'watch on a terminal: whose it is' "$out" $'\n\033\\[1mhost:veth0\033\\[0m  +0.000000 s  '
like 'watch on a terminal: what goes on is green, what does not is red' "$out" \
	$' headers=\033\\[32mnext\033\\[0m lb-mac=\033\\[31mdrop\033\\[0m\n'
like 'watch on a terminal: one packet' "$out" 'xlab: 1 packet seen, 0 events lost'
xlab watch host:veth0 host:veth9
ended 'watch: no such interface beside one' 2 'host:veth'
watch_begin --default-signal=INT
kill -INT $watcher
wait $watcher 2>/dev/null
is 'watch: a signal ends it' $? 0
xlab watch host:veth9
ended 'watch: no such interface' 2 'host:veth'
xlab chain host:veth0 --off
is 'chain --off' "$out" 'host:veth0 has no chain'

# Scenarios.
xlab scenario
is 'scenario without a name: exit status' "$status" 0
like 'scenario without a name lists them' "$out" 'udp-8888-drop  '
like 'scenario without a name: what to do' "$err" '--all'
xlab scenario --list
is 'scenario --list: no hint' "$err" ''
xlab scenario udp-8888-dorp
ended 'scenario: no such one' 2 'did you mean "udp-8888-drop"?'
xlab scenario udp-8888-drop
is 'scenario: exit status' "$status" 0
like 'scenario: a report' "$out" '1 ok'
for format in tap junit json; do
	xlab scenario hello --format $format
	is "scenario --format $format" "$status" 0
done
xlab chain host:veth0 hello
xlab scenario udp-8888-drop
xlab chain host:veth0
like 'scenario: the chain from before is back' "$out" hello

# Completion knows the names of what is up.
complete_words shell h
is 'completion: nodes' "$out" 'h2 h3 host'
complete_words chain host:
is 'completion: interfaces, the piece behind the colon' "$out" veth0
complete_words watch h2:veth2 lb:v
is 'completion: interfaces, one after another' "$out" veth6
complete_words chain host:veth0 hea
is "completion: a chain's filters, with the built-ins" "$out" headers
complete_words filter udp-
is 'completion: filters' "$out" 'udp-8888 udp-from-high udp-from-low'
complete_words scenario --timeout 10 mac-
is 'completion: scenarios' "$out" 'mac-dst-drop mac-src-drop'
complete_words down ''
is 'completion: labs' "$out" lb
student_sees=$(setpriv --reuid=65534 --regid=65534 --clear-groups "$XLAB" completion words NODE 2>&1 | sort | paste -sd ' ')
is 'completion: nodes for who is not root yet' "$student_sees" 'br0 h2 h3 host lb'

# What others do to it is told.
ip netns exec host ip link set veth0 down
xlab status
like 'status: a link that is down' "$out" 'host:veth0 is down'
ip netns exec host ip link set veth0 xdp off
xlab status --json
like 'status: a chain that was taken off' "$(jq -r '.labs[0].differences[]' <<<"$out")" 'taken off'
ip netns exec h2 ip link del veth2
xlab status
like 'status: a link that is gone' "$out" 'h2:veth2 is missing'
like 'status: its port' "$out" 'veth3'

# Several labs.
run env -u SUDO_USER script -qec "$XLAB up topologies/lb.ini --as two" /dev/null
is 'up --as' "$status" 0
is 'up --as on a terminal: what to do now names it' "$(tr -d '\r' <<<"$out" | tail -n 1)" \
	'now: xlab status two, xlab scenario --all --lab two, xlab shell two/host, xlab down two'
run ip netns exec two-lb ping -c 1 -W 2 10.0.0.1
is 'up --as: its namespaces' "$status" 0
xlab exec host -- true
ended 'several labs: one must be named' 2 two
xlab scenario --list --lab two
is 'several labs: --lab' "$status" 0
complete_words exec two/l
is 'completion: several labs' "$out" two/lb
xlab exec two/lb -- ping -c 1 -W 2 10.0.0.1
is 'several labs: LAB/NODE' "$status" 0
xlab down lb
is 'several labs: down LAB' "$status $out" '0 lb is down'
xlab down --all --wait
is 'several labs: down --all' "$status $out" '0 two is down'
is 'nothing is left in /run/netns' "$(ls -A /run/netns 2>/dev/null)" ''

# The man page's example of an object of one's own: source, compile line and lab file.
awk -v dir="$dir" '/^\.S[sh]/ { on = /Objects of your own/ } /^\.Bd/ && on { file = dir "/example" ++n; next }
	/^\.Ed/ { file = "" } file { print >file }' man/xlab.8
mv "$dir/example1" "$dir/limit.bpf.c"
run sh -c 'cd "$1" && . ./example2' sh "$dir"
is "the man page's object: it compiles" "$status$err" 0
rm "$dir/limit.bpf.o"
sed -n 's/^    \$ \(clang .*\)/\1/p' README.md >"$dir/line"
is 'README: one compile line' "$(wc -l <"$dir/line")" 1
run sh -c 'cd "$1" && . ./line' sh "$dir"
is "README's compile line" "$status$err" 0
printf '%s\n' '[node a]' '[filter f]' 'program = limit.bpf.c' >"$dir/source.ini"
xlab check "$dir/source.ini"
ended 'a source in place of an object' 2 "limit.bpf.c is not an ELF file*$(sed 's/ -c .*//' "$dir/line") -c FILE.bpf.c"
mv "$dir/example3" "$dir/limit.ini"
xlab run "$dir/limit.ini"
is "the man page's object: its scenario" "$status" 0
like "the man page's object: it drops" "$out" 'dropped by short at b:eth0'

# An object of one's own: its maps are told, and are there.
printf '%s\n' '[node a]' '[node b]' '[iface a:e]' 'peer = b:e' '[iface b:e]' 'peer = a:e' 'chain = own' \
	'[filter own]' 'program = maps.bpf.o' >"$dir/own.ini"
cp "$BUILD/tests/engine/maps.bpf.o" "$dir"
run env -u SUDO_USER script -qec "$XLAB up $dir/own.ini" /dev/null
is 'up on a terminal: what to do now' "$(tr -d '\r' <<<"$out" | tail -n 1)" 'now: xlab status, xlab shell a, xlab down'
xlab down
run env SUDO_USER=me script -qec "$XLAB up $dir/own.ini" /dev/null
like 'up by sudo: what to do now' "$out" 'now: sudo xlab status, *sudo xlab down'
xlab filter own list
ended 'filter list: an object of yours' 2 'its maps are in /run/xlab/*/own/bpf/filter/own'
like 'its maps are there' "$(ls "${err##* }")" map0
xlab down
is 'down: with an object' "$status" 0

# A lab file that is edited while its lab is up.
printf '%s\n' '[node a]' '[node b]' '[iface a:e]' 'peer = b:e' 'address = 10.0.0.1/24' '[iface b:e]' \
	'peer = a:e' 'address = 10.0.0.2/24' '[scenario early]' 'pass = ping a b' >"$dir/edited.ini"
(cd "$dir" && "$XLAB" up edited.ini >/dev/null)
xlab scenario early
is 'a file as it was: nothing to say' "$status $err" '0 '
printf '%s\n' '[scenario late]' 'pass = ping b a' >>"$dir/edited.ini"
xlab scenario late
ended 'an edited file: a scenario that is new in it' 2 \
	'no scenario late*edited.ini has changed since `xlab up`: take the lab down and up again'
xlab scenario early
is 'an edited file: what there was runs' "$status" 0
like 'an edited file: it is told that it is not used' "$err" 'edited.ini has changed'
xlab scenario --list
like 'an edited file: it is told in the list' "$err" 'edited.ini has changed'
xlab exec c -- true
ended 'an edited file: a node that may be new in it' 2 'no node c*has changed'
rm "$dir/edited.ini"
xlab scenario late
ended 'a file that is gone: nothing to say' 2 'no scenario late'
is 'a file that is gone: one line' "$(wc -l <<<"$err")" 1
xlab down
is 'down without its file' "$status" 0

# Eight nodes are told by name.
for n in 8 9; do
	echo "[node n{1..$n}]" >"$dir/nodes.ini"
	run "$XLAB" up "$dir/nodes.ini"
	is "up: $n nodes" "$out" "nodes is up: n1 n2 n3 n4 n5 n6 n7 n8$([ $n -eq 8 ] || echo ' and 1 more')"
	xlab down
done

# In one go.
xlab run topologies/lb.ini hello udp-8888-drop
is 'run: exit status' "$status" 0
like 'run: a report' "$out" '2 ok'
run sh -c '"$0" run topologies/lb.ini hello >/dev/full' "$XLAB"
ended 'run: standard output is full' 3 'standard output: No space left'
printf '%s\n' '[node a]' 'sysctl = net.ipv4.nosuch = 1' '[scenario s]' 'reject = unchecked x' \
	>"$dir/sysctl.ini"
xlab run "$dir/sysctl.ini"
ended 'run: an unknown sysctl' 3 'set net.ipv4.nosuch = 1: this kernel has no such setting'
# The longest name that there is room for, and one that is a letter longer.
for words in 'this kernel has no such setting' 'File name too long'; do
	long=${long:-a.$(printf 'b%.0s' {1..126}).$(printf 'c%.0s' {1..126})}
	sed "s/ipv4.nosuch/$long/" "$dir/sysctl.ini" >"$dir/long.ini"
	xlab run "$dir/long.ini"
	ended "run: a sysctl's name of ${#long} letters" 3 "$words"
	long+=c
done
xlab run /nosuchfile
ended 'run: no such file' 2 /nosuchfile

done_testing
