#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) --+
#      b (e0) --+-- br (a bridge)
#      c (e0) --+
#      d (e0) --+
#      e (e0) --+
#
# What c sends back goes to d, whose chain lets it in: between two that send back it would run to and fro
# without an end.
#
# Chains that are equal but for their place are one program, and each counts, tells and is changed as
# if it were its interface's own.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

nodes='a b c d e'
printf '#!/bin/sh\necho there >%s/there\nexec sleep 600\n' "$dir" >"$dir/hang"
chmod +x "$dir/hang"
{
	printf '[bridge br]\n'
	n=0
	for node in $nodes; do
		n=$((n + 1))
		printf '[node %s]\n[iface %s:e0]\nbridge = br\naddress = 10.0.0.%d/24\n' "$node" "$node" $n
		case $node in
		d | e) echo 'chain = headers' ;;
		*) echo 'chain = headers noted back udp-9' ;;
		esac
	done
	cat <<-END
		[filter noted]
		program = ip
		proto = icmp
		continue = drop
		[filter back]
		program = port
		proto = udp
		dst = 7
		action = tx
		[filter udp-9]
		program = port
		proto = udp
		dst = 9
		[filter udp-8]
		program = port
		proto = udp
		dst = 8
		[scenario theirs]
		pass = ping a c
		drop = udp a b:9 x by udp-9 at b:e0
		drop = udp d c:9 x by udp-9 at c:e0
		see = c:e0 EthHdr*
		tx = udp d c:7 x by back
		[scenario one]
		chain = b:e0 udp-8
		drop = udp a b:8 x by udp-8
		drop = udp b a:9 x by udp-9
		pass = udp a b:9 x
		[scenario several]
		chain = b:e0 headers udp-8
		chain = c:e0 headers udp-8
		chain = a:e0
		drop = udp a b:8 x by udp-8 at b:e0
		drop = udp b c:8 x by udp-8 at c:e0
		pass = udp b a:9 x
		[scenario asks]
		pass = exec a true
		[scenario hangs]
		chain = b:e0 headers udp-8
		chain = c:e0 headers udp-8
		chain = a:e0
		control = none
		pass = exec d $dir/hang
	END
} >"$dir/alike.ini"

programs() # of a, b, c, d, e
{
	local node
	for node in $nodes; do
		run ip -n "$node" -d link show e0
		sed -n 's/.*prog.xdp id \([0-9]*\).*/\1/p' <<<"$out"
	done | tr '\n' ' '
}


xlab up "$dir/alike.ini" --engine inline
ended 'up' 0
read -r a b c d e <<<"$(programs)"
like 'a program is there' "$a" '[1-9]*'
is 'equal chains are one program: b' "$b" "$a"
is 'equal chains are one program: c' "$c" "$a"
result "$([ -n "$d" ] && [ "$d" != "$a" ]; echo $?)" 'another chain is another program'
is 'equal chains are one program: d and e' "$e" "$d"

before=$(programs)
xlab scenario theirs
ended 'each tells for itself' 0
like 'each tells for itself: all' "$out" '  ok, 5 steps'
is 'all stand again' "$(programs)" "$before"

xlab scenario one several
ended 'one is replaced, then several' 0
is 'all stand again after that' "$(programs)" "$before"

# What cannot have a say in a scenario's steps stays where it is: d's chain in one between a and b, but
# not its own, nor c's, which can send something.
touched() # NODE SCENARIO: was its chain taken off meanwhile?
{
	local was

	was=$(stat -c '%i %z' /run/xlab/*/alike/chains/"$1":e0)
	xlab scenario "$2"
	[ "$was" != "$(stat -c '%i %z' /run/xlab/*/alike/chains/"$1":e0)" ]
}
touched d one
is 'who only looks on keeps his chain' $? 1
touched d theirs
is 'who is sent from does not' $? 0
touched c one
is 'nor one whose chain can send' $? 0
touched d asks
is 'nor anybody where a program runs' $? 0

# Of several scenarios the control runs come first, and from the chain of one to that of the next it
# is one swap. Each change is a message of the kernel's, which has the alias that the link has by then.
ip -n b -o -d monitor link >"$dir/seen" 2>&1 &
monitor=$!
for ((i = 0; i < 1000; i++)); do
	ip -n b link set e0 alias "begin $i"
	grep -q 'alias begin' "$dir/seen" && break
	sleep 0.01
done
ip -n b link set e0 alias swaps
xlab scenario one several theirs asks
ended 'four in a row' 0
ip -n b link set e0 alias end
await "$dir/seen" 'alias end'
kill $monitor
wait $monitor 2>/dev/null
is 'four in a row: off, one, several, back; off and back for the program of the last' \
	"$(sed -n '/alias swaps/{s/.*prog.xdp id \([0-9]*\).*/\1/;t show;s/.*/off/;:show;p}' "$dir/seen" |
		uniq | sed "s/^$b\$/back/;/^[0-9]/s/.*/on/" | tr '\n' ' ')" \
	'back off on on back off back '
is 'all stand again after that' "$(programs)" "$before"

# What is counted, by interface.
run ip netns exec d ping -c 3 -W 1 10.0.0.2
ended 'pings to b' 0
for node in $nodes; do
	xlab chain $node:e0
	printf '%s\n' "$out" >"$dir/$node"
done
like 'b counted them' "$(cat "$dir/b")" 'noted*3'
result "$(cmp -s "$dir/a" "$dir/b"; [ $? -eq 1 ]; echo $?)" 'and a did not'

xlab chain b:e0 headers
ended 'one alone is replaced' 0
read -r a2 b2 c2 d2 _ <<<"$(programs)"
is 'the others keep theirs' "$a2 $c2 $d2" "$a $c $d"
result "$([ "$b2" != "$b" ]; echo $?)" 'it has another'
xlab chain a:e0
is 'and their counts' "$out" "$(cat "$dir/a")"
run ip netns exec a ping -c 2 -W 1 10.0.0.2
xlab chain b:e0
like 'which counts for itself' "$out" 'headers*2'
xlab chain b:e0 headers noted back udp-9
ended 'and back' 0

# A killed scenario leaves its chains; the next command puts back what is to stand.
"$XLAB" scenario hangs --timeout 600000 >"$dir/killed" 2>&1 &
killed=$!
await "$dir/there" there
kill -9 $killed
wait $killed 2>/dev/null
xlab scenario theirs
ended 'after a killed scenario' 0
like 'after a killed scenario: all' "$out" '  ok, 5 steps'
read -r a b c d _ <<<"$(programs)"
result "$([ "$a" = "$c" ] && [ "$d" != "$a" ]; echo $?)" 'what was taken off is one program again' "$a $b $c $d"
xlab down
ended 'down' 0

# libxdp's have programs of their own, and count as well.
if "$XLAB" up "$dir/alike.ini" --engine libxdp >"$dir/out" 2>&1; then
	xlab scenario one
	ended 'by libxdp' 0
	xlab down
fi

# In generic mode it is the same.
sed '/^bridge/a mode = generic' "$dir/alike.ini" >"$dir/generic.ini"
xlab up "$dir/generic.ini" --engine inline
ended 'generic' 0
read -r a b c d _ <<<"$(programs)"
is 'generic: one program' "$b $c" "$a $a"
xlab scenario several
ended 'generic: scenario' 0
xlab down
done_testing
