#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of a lab when the kernel refuses a call in the middle: it is told, and what was begun is
# undone, or is still known, so that the next `down` removes it.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

# Nothing is done while a file of its own could become its standard input.
refused fcntl:error=EBADF:when=1 status
ended 'a standard input that cannot be held' 3 'cannot open /dev/null'

# Half of a step: the tmpfs is mounted, its folders are not.
refused mkdirat:error=ENOSPC:when=3 up $pair
ended 'up that fails in the middle' 3 'make the folder'
nothing_left 'up that fails in the middle'
works 'up that fails in the middle'

# An undo that fails leaves the lab known.
refused mkdirat:error=ENOSPC:when=3 umount2:error=EBUSY up $pair
ended 'up whose undo fails' 3 'make the folder*undoing it: cannot unmount'
xlab status
like 'up whose undo fails: status' "$out" 'xlab down pair'
sed 's/^name  = .*/name = chained/; /^\[iface right/a chain = web' $pair >"$dir/chained.ini"
refused bpf:error=EPERM umount2:error=EBUSY up "$dir/chained.ini"
ended 'up whose chain is refused, and whose undo fails' 3 'Operation not permitted*undoing it: cannot unmount'
is 'up whose chain is refused, and whose undo fails: it is known' \
	"$("$XLAB" status --json | jq -r '.labs[] | .name + " " + .phase' | xargs)" 'chained leaving pair building'
xlab down chained
is 'up whose chain is refused, and whose undo fails: down does it' "$status $out" '0 chained is down'
xlab up $pair
is 'up whose undo fails: the next up does it' "$status" 0
refused umount2:error=EBUSY down
ended 'down that fails' 3 'unmount'
xlab status --json
is 'down that fails: the lab is known' "$(jq -r '.labs[] | .name + " " + .phase + ": " + .about' <<<"$out")" \
	'pair leaving: Two nodes and one veth pair, IPv4 and IPv6'
refused faccessat2:error=EIO:when=1 down
is 'down, where its record cannot be looked for' "$status $out" '0 pair is down'
nothing_left 'down, where its record cannot be looked for'
xlab up $pair
refused umount2:error=EBUSY down
xlab down
is 'down that fails: the next one does it' "$status $out" '0 pair is down'
nothing_left 'down that fails'

# The umount of a large lab is a child's. Whatever becomes of it, or of xlab meanwhile, is told or made up for.
printf '[lab]\nname = large\n[node n{1..70}]\n' >"$dir/large.ini"
while IFS=';' read -r injections wanted words; do
	"$XLAB" up "$dir/large.ini" >/dev/null
	# shellcheck disable=SC2086
	run strace -f -qq -o "$dir/trace" ${injections//inject/-e inject} -E "$unleaked" "$XLAB" down
	grep -q 'INJECTED\|SIGKILL' "$dir/trace"
	result $? "down of a large lab, $injections: it came to that" "$(<"$dir/trace")"
	is "down of a large lab, $injections: exit status" "$status" "$wanted"
	like "down of a large lab, $injections: told" "$out$err" "$words"
	[ "$wanted" -eq 0 ] || {
		is "down of a large lab, $injections: it is known" "$("$XLAB" status --json | jq -r '.labs[].name')" large
		xlab down
		is "down of a large lab, $injections: the next does it" "$status $out" '0 large is down'
	}
	nothing_left "down of a large lab, $injections"
done <<-'END'
	inject=umount2:error=EBUSY;3;cannot unmount*Device or resource busy
	inject=umount2:error=EPERM:signal=KILL;137;
	inject=close_range:signal=KILL;0;large is down
	inject=clone:error=EAGAIN inject=fork:error=EAGAIN;0;large is down
	inject=pidfd_open:error=EMFILE;0;large is down
	inject=umount2:retval=0 inject=poll:signal=KILL;137;
	inject=rmdir:signal=KILL;137;
END

# It is killed when it has done its work: before xlab, which cannot poll, has heard of that.
"$XLAB" up "$dir/large.ini" >/dev/null
: >"$dir/trace"
strace -f -qq -o "$dir/trace" -e trace=clone,fork,pidfd_open,umount2 -e inject=pidfd_open:error=EMFILE \
	-e inject=umount2:signal=STOP -E "$unleaked" "$XLAB" down >"$dir/out" 2>"$dir/err" &
down=$!
# What the call returned may stand on a line of its own, and behind what its child did.
child=
until [ -n "$child" ] && grep -q 'stopped by SIGSTOP' "$dir/trace"; do
	kill -0 $down || break
	child=$(sed -n 's/.*\(clone\|fork\)[( ].* = \([0-9]*\)$/\2/p' "$dir/trace")
done
kill -KILL "$child"
wait $down
is 'down whose child is killed behind the umount' "$? $(<"$dir/out")" '0 large is down'
grep -q 'killed by SIGKILL' "$dir/trace"
result $? 'down whose child is killed behind the umount: it was' "$(<"$dir/trace")"
nothing_left 'down whose child is killed behind the umount'

# Where whoever starts xlab ignores SIGCHLD, the kernel keeps of no child how it ended.
"$XLAB" up "$dir/large.ini" >/dev/null
run env --ignore-signal=CHLD strace -f -qq -o "$dir/trace" -e inject=umount2:error=EBUSY -E "$unleaked" "$XLAB" down
ended 'down where SIGCHLD is ignored' 3 'cannot unmount*Device or resource busy'
"$XLAB" down >/dev/null
nothing_left 'down where SIGCHLD is ignored'
printf '%s\n' '[lab]' 'name = ends' '[node a]' '[scenario ends]' 'control = none' 'pass = exec a true' \
	'fail = exec a false' >"$dir/ends.ini"
run env --ignore-signal=CHLD "$XLAB" run "$dir/ends.ini"
is 'programs of nodes where SIGCHLD is ignored' "$status" 0

# Of several labs one fails: the others go, and it is told. Whichever it is.
for stays in a b c; do
	for lab in a b c; do xlab up $pair --as $lab; done
	mount -t tmpfs theirs "$home/$stays"
	xlab down --all
	is "down --all, and $stays cannot: exit status" "$status" 3
	like "down --all, and $stays cannot: told" "$err" "umount $home/$stays"
	is "down --all, and $stays cannot: the others are down" "$(wc -l <<<"$out")" 2
	xlab status --json
	is "down --all, and $stays cannot: it is known" "$(jq -r '.labs[].name' <<<"$out")" $stays
	umount "$home/$stays"
	xlab down --all
	is "down --all, and $stays can now" "$status $out" "0 $stays is down"
done
nothing_left 'down --all of which one fails'

# A run whose lab does not go is none that worked.
refused umount2:error=EBUSY run $pair plain
is 'run whose down fails: exit status' "$status" 3
like 'run whose down fails: what came of its scenario is told' "$out" '1 ok'
like 'run whose down fails: told' "$err" 'xlab: cannot unmount'
nothing_left 'run whose down fails'
# Nor an explanation; what it failed with before is told as well.
refused umount2:error=EBUSY explain $pair right:eth0 --scenario ports udp left right:53
is 'explain whose down fails: exit status' "$status" 3
like 'explain whose down fails: what came of its packet is told' "$out" '=> drop, by dns'
like 'explain whose down fails: told' "$err" 'xlab: cannot unmount'
refused umount2:error=EBUSY explain $pair right:eth0 --scenario ports hex:none
is 'explain that fails, and whose down fails: exit status' "$status" 2
like 'explain that fails, and whose down fails: both are told' "$err" 'xlab: *two hex digits*
cannot unmount'
nothing_left 'explain whose down fails'

# The first record of a lab does not come to the disk: there never was one.
for n in 1 2; do
	refused fsync:error=EIO:when=$n up $pair
	ended "up whose record cannot be kept ($n)" 3 'write the state file'
	xlab status
	is "up whose record cannot be kept ($n): no lab" "$out" 'no lab is up'
	nothing_left "up whose record cannot be kept ($n)"
done

# What a killed write has left is in nobody's way.
prepare_home
echo half >"$home/pair.journal.new"
xlab up $pair
is 'half a record of a lab: up' "$status" 0
echo half >"$home/pair/chains/right:eth0.new"
xlab chain right:eth0 web
is 'half a record of a chain: chain' "$status" 0
echo half >"$home/pair.journal.new"
xlab down
is 'half a record of a lab: down' "$status" 0
nothing_left 'half a record'

# A record is on the disk before it takes the old one's place, and its place is before xlab goes on.
xlab up $pair
run strace -qq -y -o "$dir/trace" -e trace=fsync,renameat -E "$unleaked" "$XLAB" chain right:eth0 web
is 'a record: written, renamed, kept' \
	"$(sed -nE 's/^(fsync|renameat)\([0-9]+<[^>]*(\/chains(\/right:eth0\.new)?)>.*/\1 \2/p' "$dir/trace" | head -n 3)" \
	$'fsync /chains/right:eth0.new\nrenameat /chains\nfsync /chains'
xlab down

# A scenario is killed behind each of its records in turn, when the kernel has not heard of what is recorded:
# the next one puts back what stood there.
printf '%s\n' '[lab]' 'name = struck' '[node a]' '[node b]' '[iface a:e]' 'peer = b:e' 'address = 10.0.0.1/24' \
	'[iface b:e]' 'peer = a:e' 'address = 10.0.0.2/24' 'chain = web' '[filter web]' 'program = port' 'dst = 80' \
	'[scenario one]' 'chain = a:e web' 'pass = ping a b' '[scenario other]' 'pass = ping b a' >"$dir/struck.ini"
"$XLAB" up "$dir/struck.ini" >/dev/null
chains() { "$XLAB" status --json | jq -c '.labs[] | .differences, [.nodes[].interfaces[].chain.filters // [] | length]'; }
stood=$(chains)
records=0 away=0 wrong=
while
	halt renameat $((records + 1)) scenario one
	struck=$(cat /proc/$halted/task/$halted/children 2>/dev/null)
do
	records=$((records + 1))
	kill -KILL "$struck"
	wait $halted
	[ "$(chains)" = "$stood" ] || away=$((away + 1))
	xlab scenario other
	[ "$status $(chains)" = "0 $stood" ] || wrong+=" $records: $(chains)"
done 2>/dev/null
wait $halted
is 'a scenario killed behind a record: all chains are back' "$wrong" ''
[ "$away" -gt 4 ]
result $? 'a scenario killed behind a record: it was in the middle' "$away of $records"
"$XLAB" down >/dev/null
done_testing
