#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0: the chain) b
#
# Filters by any fields of packets: the man page's example, rules of theirs that are changed live, and
# the short forms' either side.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# The man page's filters, beside a lab for them.
{
	cat <<-END
		[lab]
		name = match
		[node a]
		[node b]
		[iface a:e0]
		peer = b:e0
		address = 10.0.0.1/24
		address = 10.0.0.9/24
		address = fd00::1/64
		mac = de:ad:be:00:00:01
		[iface b:e0]
		peer = a:e0
		address = 10.0.0.2/24
		address = fd00::2/64
		mac = de:ad:be:00:00:02
		[filter old]
		program = match
		ip.ttl = 1-5 64 !3
		icmp.type = 8
		[filter ours]
		program = ether
		addr = de:ad:be:00:00:00/24
		[filter others]
		program = ether
		addr = de:ad:be:00:00:00/24 !de:ad:be:00:00:02
		[filter nine]
		program = ip
		addr = 10.0.0.9 fd00::9
		[filter web]
		program = port
		port = http 8000-8999 !8080
		[filter no-udp]
		program = match
		ipv6.nxt = !udp !icmpv6
	END
	awk '/^\.It Cm match/ { on = 1 } /^\.Bd/ && on { show = 1; next } /^\.Ed/ { on = show = 0 } show' man/xlab.8 |
		sed 's/\\(dq/"/g'
	cat <<-END
		[scenario syn]
		chain = b:e0 syn
		drop = tcp a b:8000 x by syn
		drop = tcp a b:22 x by syn
		pass = tcp a b:9000 x
		pass = udp a b:8000 x
		[scenario get]
		chain = b:e0 get
		pass = tcp a b:80 "PUT /"
		pass = tcp a b:81 "GET /"
		aborted = tcp a b:80 "HEAD /" by get
		aborted = tcp a b:80 "GET /" by get
		[scenario old]
		chain = b:e0 old
		drop = ping a b by old
		pass = ping a fd00::2
		[scenario either]
		neighbours = warm
		chain = b:e0 others
		pass = ping a b
		do = chain b:e0 ours
		drop = ping a b by ours
		do = chain b:e0 web
		drop = tcp a b:80 x by web
		drop = udp a b:8999 x by web
		pass = udp a b:8080 x
		do = chain b:e0 nine
		drop = ping b 10.0.0.9 by nine
		pass = ping b a
		[scenario other-side]
		chain = a:e0 web nine
		drop = tcp a b:80 x by web
		pass = tcp a b:8080 x
		drop = ping b 10.0.0.9 by nine
		[scenario only-excluded]
		chain = b:e0 no-udp
		pass = udp a [fd00::2]:53 x
		drop = tcp a [fd00::2]:80 x by no-udp
		pass = tcp a b:80 x
		[scenario live]
		chain = b:e0 syn
		do = filter syn add tcp.dstport=9000
		drop = tcp a b:9000 x by syn
		do = filter syn add ip.src=!10.0.0.0/30
		pass = tcp a b:9000 x
		do = filter syn del ip.src=!10.0.0.0/30
		do = filter syn del tcp.flags=S/SA
		pass = tcp a b:9000 x
	END
} >"$dir/match.ini"
xlab check "$dir/match.ini"
is 'check: exit status' "$status $err" '0 '
xlab run "$dir/match.ini" --format json
is 'run: exit status' "$status" 0
is 'run: what is not ok' "$(came_to | grep -v '^ok: ')" ''
is 'run: each step' "$(came_to | wc -l)" "$(grep -cE '^(pass|drop|aborted|do) =' "$dir/match.ini")"

# Rules as they are listed, and those that a match filter cannot have.
xlab up "$dir/match.ini"
is 'up: exit status' "$status" 0
xlab chain b:e0 syn others nine
xlab filter syn add 'ip.src=!10.3.0.0/16' tcp.dstport=domain,9000-9999
is 'filter add: exit status' "$status $err" '0 '
"$XLAB" exec a -- nc -w 1 10.0.0.2 8000 </dev/null >/dev/null 2>&1
xlab filter syn list
is 'filter list: the rules' "$(awk 'NR > 1 { print $1 }' <<<"$out")" "$(printf '%s\n' ip.src=10.0.0.0/8 \
	ip.src=!10.1.0.0/16 ip.src=!10.9.0.1-10.9.0.9 tcp.dstport=22 tcp.dstport=8000-8999 tcp.flags=S/SA \
	ip.src=!10.3.0.0/16 tcp.dstport=53 tcp.dstport=9000-9999)"
like 'filter list: hits' "$out" 'tcp.dstport=8000-8999 *[1-9]'
xlab filter others list
is 'filter list: of a short form' "$(awk 'NR > 1 { print $1 }' <<<"$out")" \
	$'addr=de:ad:be:00:00:00/24\naddr=!de:ad:be:00:00:02'
xlab filter nine add src=10.7.0.0/16 proto=!udp
is 'filter add: a key that the file does not give a short form' "$status $err" '0 '
xlab filter syn add ip.ttl=5
ended 'filter add: a key that the program was not made for' 2 \
	'filter syn was made for the keys of the lab file (ip.src, tcp.dstport, tcp.flags): give it ip.ttl there'
xlab filter syn add ip.tll=5
ended 'filter add: no field' 2 'there is no field "ip.tll"; did you mean "ip.ttl"?'
xlab filter syn del 'ip.src=!10.4.0.0/16'
ended 'filter del: a rule that is not there' 2 \
	'has no rule ip.src=!10.4.0.0/16 (did you mean ip.src=!10.1.0.0/16?); see xlab filter syn list'
xlab filter syn add 'ip.src=!10.1.0.0/16' tcp.dstport=76
ended 'filter add: one that is there, and a new one behind it' 2 'filter syn has the rule ip.src=!10.1.0.0/16 already'
"$XLAB" filter syn list >"$dir/before"
xlab filter syn add ip.tll=5 tcp.dstport=77
ended 'filter add: a wrong rule, and a right one behind it' 2 'there is no field "ip.tll"'
is 'filter add: a wrong rule, and a right one behind it: neither is added' "$("$XLAB" filter syn list)" "$(<"$dir/before")"

# Where the kernel does not tell when the packets under way have been looked at, what they may read is
# left as it is.
refused='strace -f -o /dev/null -E ASAN_OPTIONS=detect_leaks=0 -e trace=membarrier -e inject=membarrier:error=EPERM'
"$XLAB" filter syn list >"$dir/before"
for change in 'add ip.src=!10.5.0.0/16' 'del ip.src=10.0.0.0/8'; do
	# shellcheck disable=SC2086
	run $refused "$XLAB" filter syn $change
	ended "filter $change, refused" 3 'filter syn: rule *Operation not permitted'
	xlab filter syn list
	is "filter $change, refused: the rules are as before" \
		"$(awk '{ print $1 }' <<<"$out")" "$(awk '{ print $1 }' "$dir/before")"
done
xlab filter syn del ip.src=10.0.0.0/8
is 'filter del: it works as soon as it is not refused' "$status $err" '0 '
xlab down
is 'down: exit status' "$status" 0
done_testing
