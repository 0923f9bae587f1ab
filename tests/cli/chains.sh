#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      l (l0) ======== (r0: the chains) r
#
# Which chain stands, and what chain, status and watch say of it, whatever came before.
# shellcheck source=tests/cli/tap disable=SC2016,SC2317 # commands as they are told, and typed
. "$(dirname "$0")/tap"

cat >"$dir/two.ini" <<'LAB'
[lab]
name = two
[node l]
[node r]
[iface l:l0]
peer = r:r0
address = 10.0.0.1/24
[iface r:r0]
peer = l:l0
address = 10.0.0.2/24
[filter pings]
program = ip
proto = icmp
[filter udp-9]
program = port
proto = udp
dst = 9
[filter udp-7]
program = port
proto = udp
dst = 7
[filter back]
program = port
dst = 7
action = tx
[filter round]
program = redirect
to = l:l0
[filter noted]
program = ip
proto = icmp
continue = pass drop
[scenario first]
chain = r:r0 udp-9 pings
drop = ping l r by pings
[scenario second]
chain = r:r0 noted udp-7
drop = udp l r:7 hello by udp-7
pass = ping l r
LAB

printf '%s\n' '[filter guest]' "program = $PWD/build/tests/engine/odd.bpf.o:functions" >>"$dir/two.ini"

# NAME TEXT: the command that the text tells at its end, typed as it is, works
followed()
{
	local command

	command=$(grep -o '`[^`]*`' <<<"$2" | tail -n 1 | tr -d '`')
	(
		xlab() { "$XLAB" "$@"; }
		eval "$command"
	) >"$dir/out" 2>&1
	result $? "$1: $command" "$(<"$dir/out")"
}

# NAME TEXT: what the watch has shown, or shows soon
shows()
{
	await "$dir/watched" "$2"
	like "$1" "$(<"$dir/watched")" "$2"
}

xlab up "$dir/two.ini"
is 'up' "$status" 0
[ "$status" -eq 0 ] || exit 1

# What a filter sends out at the other end of this link would be back at once, again and again.
xlab chain r:r0 pings round
ended 'a redirection round and round' 2 'filter round sends every packet to l:l0, from where it comes back to r:r0'
xlab chain l:l0 round
is 'out at its own end: taken' "$status" 0
xlab chain l:l0 --off
watch_begin --default-signal=INT r:r0

# A generation is given out once, whatever stood there before and was taken off.
xlab chain r:r0 hello pass
"$XLAB" exec l -- ping -c 1 -W 2 10.0.0.2 >"$dir/ping"
shows 'watch: a chain' ' hello=next pass=pass'
is 'watch: an accept is no way through to the end' "$(grep -c 'pass=pass => came' "$dir/watched")" 0
xlab chain r:r0 --off
xlab chain r:r0 headers pings
"$XLAB" exec l -- ping -c 1 -W 1 10.0.0.2 >"$dir/ping"
shows 'watch: another one in its place, after none' ' headers=next pings=drop'
xlab chain r:r0 noted hello
"$XLAB" exec l -- ping -c 1 -W 1 10.0.0.2 >"$dir/ping"
shows 'watch: a filter that goes on after a drop' ' noted=drop hello=next => came through'
xlab chain r:r0 back hello
"$XLAB" exec l -- ping -c 1 -W 1 10.0.0.2 >"$dir/ping"
shows 'watch: a chain that tells how packets came' ' back=next hello=next => came through'
is 'watch: and shows each once' "$(grep -c '^r:r0 ' "$dir/watched")" "$(grep -c '^  *[a-z0-9-]*=' "$dir/watched")"

# Scenarios take chains off, put others on, and those from before back.
xlab scenario --all --timeout 5000
is 'watch: two scenarios meanwhile' "$status" 0
shows 'watch: the first one' ' udp-9=next pings=drop'
shows 'watch: the second one' ' noted=next udp-7=drop'
"$XLAB" exec l -- ping -c 1 -W 1 10.0.0.2 >"$dir/ping"
is 'watch: no chain is unknown' "$(grep -c 'long since' "$dir/watched")" 0
is 'watch: no filter is of another chain' \
	"$(grep -cE 'hello=.* pings=|headers=.* (pass|udp-[79])=|noted=.* (pings|pass)=|udp-9=.* (udp-7|pass)=' "$dir/watched")" 0
kill -INT $watcher
wait $watcher
is 'watch: its end' $? 0
xlab down
is 'down' "$status" 0

# A killed scenario: its chain stays, or none does, and status knows which is to be there. The server
# of its step never listens: in the control run, in which no chain stands, or in the one after it.
xlab up "$dir/two.ini"
xlab chain r:r0 hello pass
nc=$(readlink -f "$(command -v nc)")
cp "$nc" "$dir/real-nc"
printf '#!/bin/sh\n%s\n' "case \$* in *-l*) echo >>$dir/servers
[ \$(wc -l <$dir/servers) -lt \$(cat $dir/silent) ] || exec sleep 60;; esac
exec $dir/real-nc \"\$@\"" >"$dir/nc"
chmod 755 "$dir/nc"
mount --bind "$dir/nc" "$nc"
for silent in 1 2; do
	echo $silent >"$dir/silent"
	: >"$dir/servers"
	"$XLAB" scenario second --timeout 60000 >"$dir/killed" 2>&1 &
	scenario=$!
	for ((i = 0; i < 1000; i++)); do
		[ "$(wc -l <"$dir/servers")" -ge $silent ] && break
		sleep 0.01
	done
	xlab status --json
	is "a scenario, server $silent: status finds nothing wrong" \
		"$(jq -c '.labs[0].differences' <<<"$out")" '[]'
	xlab chain r:r0
	is "a scenario, server $silent: nor does chain" "$status$err" 0
	kill -KILL $scenario
	wait $scenario 2>/dev/null
	there='no chain'
	[ $silent -eq 1 ] || there='noted udp-7'
	wrong="r:r0: there is $there instead of hello pass: a scenario was killed; \`xlab chain two/r:r0 hello pass\` puts it right"
	xlab status --json
	is "a killed scenario, server $silent: status tells" "$(jq -r '.labs[0].differences[]' <<<"$out")" "$wrong"
	xlab filter udp-7 list # which only looks
	xlab chain r:r0
	is "a killed scenario, server $silent: chain tells" "$err" "xlab: $wrong"
	if [ $silent -eq 1 ]; then
		followed "a killed scenario, server $silent" "$wrong"
	else # so does whatever changes something of the lab
		xlab filter udp-7 add dst=10
		is "a killed scenario, server $silent: a rule is added" "$status$err" 0
	fi
	xlab status --json
	is "a killed scenario, server $silent: it is put right" \
		"$(jq -c '.labs[0].differences' <<<"$out")" '[]'
done
umount "$nc"

# What others do to it: the commands that are told can be typed.
"$XLAB" exec r -- ip link set dev r0 xdpdrv off
xlab status --json
told=$(jq -r '.labs[0].differences[]' <<<"$out")
like 'a chain that was taken off: status' "$told" 'taken off by another tool*`xlab chain two/r:r0 hello pass`'
followed 'a chain that was taken off' "$told"
xlab chain r:r0
like 'a chain that was taken off: it is back' "$out" hello
# An old kernel is played by one that calls itself 2.6.
run setarch --uname-2.6 "$XLAB" chain r:r0 hello
is 'a kernel that calls itself old: a chain that loads' "$status" 0
run setarch --uname-2.6 "$XLAB" chain r:r0 unchecked
ended 'a kernel that calls itself old: a chain that is refused' 3 \
	'verifier refuses*this kernel is 2.6.*: chains need Linux 5.18 or later'
xlab chain r:r0 unchecked
ended 'a chain that is refused' 3 'verifier refuses'
is 'a chain that is refused: nothing is said of the kernel' "$(grep -c 5.18 <<<"$err")" 0
xlab chain r:r0 --off
"$XLAB" exec r -- ip link set dev r0 xdpgeneric obj build/tests/engine/bare.bpf.o sec xdp
xlab chain r:r0 pings
ended "another tool's program" 3 '*xdpgeneric off'
followed "another tool's program" "$err"
xlab chain r:r0 pings
is "another tool's program: it is off" "$status" 0

# Which engine carries a chain, and why that one.
xlab status
[[ $out =~ 'engine '([a-z]+)': '([^$'\n']*) ]]
works=${BASH_REMATCH[1]} kernel=${BASH_REMATCH[2]}
xlab chain r:r0 hello
like 'auto: what this kernel can do' "$out" "why $works: $kernel"
xlab chain r:r0 hello guest
like 'auto: a filter whose verdicts libxdp cannot tell' "$out" 'why inline: libxdp cannot tell what guest decides'
"$XLAB" exec l -- ping -c 1 -W 2 10.0.0.2 >"$dir/ping"
xlab chain r:r0
is 'auto: so it is counted' "$(awk '$2 == "guest" { print ($4 >= 1) }' <<<"$out")" 1
xlab status --json
is 'status --json: the engine, and why' "$(jq -c '.labs[0].nodes[1].interfaces[0].chain | [.engine, .why, .note]' <<<"$out")" \
	'["inline","libxdp cannot tell what guest decides",null]'
xlab down
xlab up "$dir/two.ini" --engine inline
xlab chain r:r0 guest
like 'inline: asked for' "$out" 'why inline: asked for'
xlab chain l:l0 pings
sed -i 's/^filters pings$/filters gnips/' /run/xlab/*/two/chains/l:l0
xlab chain r:r0 --off
is 'a record with a filter that the lab lacks: other chains come off' "$status" 0
xlab chain r:r0 guest
sed -i 's/^now inline/now inlnie/' /run/xlab/*/two/chains/r:r0
xlab chain r:r0
ended 'a record that cannot be read' 3 'the record of the chain on r:r0'
xlab down
is 'a record that cannot be read: down needs none' "$status" 0
xlab plan topologies/router.ini
is 'plan: all verbs are of one width' "$(grep -oE '^[a-z]+ +' <<<"$out" | awk '{ print length($0) }' | sort -u)" 9

# In the namespace that xlab was started in, others may make a link of that name.
xlab up "$dir/two.ini" --self r
xlab chain r:r0 hello
is '--self: a chain' "$status" 0
ip link del r0
ip link add r0 type veth peer name stranger
xlab chain r:r0 pings
ended "--self: a stranger's link gets no chain" 3 'r0 is not the lab'
is "--self: a stranger's link is as it was" "$(ip -o link show r0 | grep -c xdp)" 0
xlab status
like "status: a stranger's link" "$out" "r:r0 is not the lab's link"
xlab down
is "--self: down leaves a stranger's link" "$status $(ip -br link show r0 | grep -c r0@stranger)" '0 1'
ip link del r0


# Two ends that both send back: where one's chain goes, a pass program stays for the other's.
xlab up topologies/pair.ini --engine inline
"$XLAB" chain left:eth0 tx >/dev/null
"$XLAB" chain right:eth0 tx >/dev/null
attached() { "$XLAB" exec $1 -- ip -d -j link show eth0 | jq '.[0].xdp.prog.name // "none"'; }
xlab chain right:eth0 --off
is 'two that send back: one goes' "$(attached right)" '"xlab_pass"'
is 'two that send back: the other stays' "$(attached left)" '"xlab_chain"'
xlab chain left:eth0 --off
is 'two that send back: both are gone' "$(attached right) $(attached left)" '"none" "none"'

# A record that somebody changed: what of it makes no sense is told, and the interface is left alone.
home=$(echo /run/xlab/*)
"$XLAB" chain right:eth0 web >/dev/null
cp "$home/pair/chains/right:eth0" "$dir/record"
while IFS=';' read -r change words; do
	sed "$change" "$dir/record" >"$home/pair/chains/right:eth0"
	xlab chain right:eth0
	ended "a record changed by $change" 3 "${words# }"
	is "a record changed by $change: its program stands" "$(attached right)" '"xlab_chain"'
done <<'END'
s/^now .*/now inline/; cannot read the record of the chain on right:eth0
s/^now inline/now outline/; cannot read the record of the chain on right:eth0
$a frob 1; cannot read the record of the chain on right:eth0
s/^filters web/filters nosuch/; filter nosuch of its chain is not in the lab
s/^restore web/restore nosuch/; the record of its chain names filters that the lab does not have
END
cp "$dir/record" "$home/pair/chains/right:eth0"
xlab chain right:eth0 dns
is 'the record as it was: exit status' "$status" 0

# An interface that is gone is told by its name, and so is a bridge's.
"$XLAB" exec right -- ip link delete eth0
xlab chain right:eth0 web
ended 'an interface that is gone' 3 'the interface eth0 is gone'
xlab filter web list 80
ended 'filter list with a rule' 2 'filter: list takes no rule'
xlab filter web add 80
ended 'a rule without its key' 2 'rule 80: write KEY=VALUE'

# A watch whose lab goes down ends, and says so.
watch_begin --default-signal=INT left:eth0 left:eth0
xlab down
wait $watcher
is 'a watch whose lab goes down: exit status' $? 3
like 'a watch whose lab goes down: told' "$(<"$dir/watching")" 'xlab: lab pair went down'
done_testing
