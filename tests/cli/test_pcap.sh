#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a ==== b
#
# Filters that are expressions of tcpdump: what check says of them, in which words and where; that they
# decide; and that watch takes the same.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

lab() # [FILTER-LINES]
{
	cat <<-END
		[lab]
		name = pcap
		[node a]
		[node b]
		[iface a:eth0]
		peer = b:eth0
		address = 10.0.0.1/24
		[iface b:eth0]
		peer = a:eth0
		address = 10.0.0.2/24
		${1-}
	END
}

refused() # NAME EXPRESSION MESSAGE [WHERE: spaces before the caret]
{
	lab "[filter f]"$'\n'"program = pcap"$'\n'"expr = $2" >"$dir/bad.ini"
	xlab check "$dir/bad.ini"
	ended "$1" 2 "$dir/bad.ini:13: \[filter f\] expr = ${2//\[/\\[}: $3"
	[ -z "${4-}" ] || is "$1: the caret" "$(tail -n 2 <<<"$err")" "  $2"$'\n'"  $4^"
}

refused 'a word that is none' 'udp prot 53' "libpcap: can't parse filter expression: syntax error" '    '
refused 'a word too many' 'udp port port 53' 'libpcap: *syntax error' '         '
refused 'an end too early' '(udp' 'libpcap: *syntax error' '    '
refused 'a port beyond the last' 'tcp port 70000' 'libpcap: illegal port number' '         '
refused 'what can never be' 'ip and ip6' 'libpcap: expression rejects all packets' '       '
refused 'a host by its name' 'host www.example.org' \
	"libpcap: unknown host 'www.example.org' (no name server is asked: write its address)" '     '
run strace -f -e trace=connect,sendto -o "$dir/calls" "$XLAB" check "$dir/bad.ini"
is 'and indeed nobody is asked' "$(grep -c 'connect\|sendto' "$dir/calls")" 0
refused 'a network by its name' 'net nowhere' 'libpcap: unknown network*no name server is asked'
lab $'[filter f]\nprogram = pcap' >"$dir/bad.ini"
xlab check "$dir/bad.ini"
ended 'no expression' 2 'the key expr is missing'
lab $'[filter f]\nprogram = pcap\nexpr = udp\ndst = 53' >"$dir/bad.ini"
xlab check "$dir/bad.ini"
ended 'a key of another program' 2 'program pcap has no key dst'

# Without the library nothing else is different.
without=$(readlink -f "$(ldconfig -p | sed -n 's,.*libpcap\.so\.0\.8 .*=> ,,p' | head -n 1)")
none() { run unshare --mount --propagation private sh -c 'mount --bind /dev/null "$0" && exec "$@"' "$without" "$@"; }
lab $'[filter f]\nprogram = pcap\nexpr = udp' >"$dir/bad.ini"
none "$XLAB" check "$dir/bad.ini"
ended 'no libpcap' 3 'expr = udp: libpcap is missing*apt-get install libpcap0.8'
lab >"$dir/plain.ini"
none "$XLAB" check "$dir/plain.ini"
is 'no libpcap, and none needed' "$status" 0

lab '
[filter web]
program = pcap
expr = udp port 8888 and not src host 10.0.0.9
[filter replies]
program = pcap
expr = icmp[icmptype] = icmp-echoreply
action = aborted
[scenario s]
chain = b:eth0 web
chain = a:eth0 replies
drop = udp a b:8888 hi by web at b:eth0
pass = udp a b:8889 hi
pass = tcp a b:8888 hi
aborted = ping a b by replies at a:eth0' >"$dir/pcap.ini"
for engine in inline auto; do
	xlab run "$dir/pcap.ini" --engine "$engine"
	is "expressions decide, engine $engine" "$status" 0
done

xlab up "$dir/pcap.ini" --engine inline
xlab chain b:eth0 web
xlab filter web add dst=9999
ended 'an expression has no rules' 2 'filter web (program pcap) has no rules'

# What the expression does not select is not shown.
env --default-signal=INT "$XLAB" watch b:eth0 'udp port 7' or tcp >"$dir/watched" 2>"$dir/watch.err" &
watcher=$!
await "$dir/watch.err" watching
xlab exec b -- timeout 5 nc -u -l -W 1 7 >/dev/null 2>&1 &
receiver=$!
for ((i = 0; i < 500; i++)); do
	"$XLAB" exec b -- ss -Hlun sport = :7 | grep -q . && break
	sleep 0.01
done
xlab exec a -- sh -c 'printf hi | nc -u -w 1 10.0.0.2 7; ping -c 1 -w 5 10.0.0.2'
await "$dir/watched" 'dst: 7'
"$XLAB" exec a -- sh -c 'printf hi | nc -u -w 1 10.0.0.2 7'
kill -INT $watcher
wait $watcher $receiver
is 'watch: the datagram is shown' "$(grep -c 'UdpHdr: .* => dst: 7$' "$dir/watched" | sed 's/[1-9][0-9]*/some/')" some
is 'watch: nothing else' "$(grep -c 'IcmpHdr\|ArpHdr' "$dir/watched")" 0
xlab watch b:eth0 udp prot 7
ended 'watch: a wrong expression' 2 'libpcap: *syntax error'
xlab watch nobody
ended 'watch: neither an interface nor an expression' 2 'what is no NODE:IFACE is an expression'
xlab down --wait
is 'down' "$status" 0

done_testing
