#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (.1), h2 (.2), h3 (.3), lb (.100, the chain) ---- br0        10.9.0.0/24
#
# Who received a step, how much of it, and whether that is owed to the chain: balancers that do what
# they should, and those that only seem to.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/balances.bpf.o

# A route of a, if any.
: >"$dir/route"

# KEYS of a scenario…: the lab above and that scenario, in $dir/lab.ini
write_lab()
{
	{
		printf '[bridge br0]\n[node a]\n'
		cat "$dir/route"
		printf '[node lb]\n[node h2]\n[node h3]\n'
		for end in a:1 h2:2 h3:3 lb:100; do
			printf '[iface %s:e0]\nbridge = br0\nport = p%s\nmac = de:ad:be:ef:00:%02x\naddress = 10.9.0.%s/24\n' \
				"${end%:*}" "${end#*:}" "${end#*:}" "${end#*:}"
		done
		printf '[filter %s]\nprogram = %s:%s\n' fair "$object" balance
		printf '[filter %s]\nprogram = %s:%s\nset.half = 1\n' half "$object" balance
		printf '[filter %s]\nprogram = %s:%s\nset.direct = 1\n' direct "$object" balance
		printf '[filter %s]\nprogram = %s:%s\nset.odd = 2\n' lopsided "$object" balance
		printf '[filter %s]\nprogram = %s:%s\n' spread "$object" spread
		printf '[filter %s]\nprogram = %s:%s\n' second "$object" every_second
		printf '[filter back]\nprogram = ip\ndst = 10.77.0.1\naction = tx\n'
		printf '[scenario s]\n'
		printf '%s\n' "$@"
	} >"$dir/lab.ini"
}

# NAME WANTED KEYS…: what each step came to, a line each; the pattern of `case`
steps()
{
	local name=$1 wanted=$2

	shift 2
	write_lab "$@"
	xlab run "$dir/lab.ini" --format json
	steps=$(came_to)
	# shellcheck disable=SC2053
	[[ $steps == $wanted ]]
	result $? "$name" "got \"$steps\", not \"$wanted\""
}

steps 'a balancer' 'ok: arrived whole at h[23]
ok: 10 flows arrived: h2 5, h3 5
ok: 10 flows arrived: h2 5, h3 5
ok: replied; sent back (tx) by fair at lb:e0*
ok: sent back (tx) by fair at lb:e0*' \
	'chain = lb:e0 fair' 'control = fail' 'pass = udp a 10.9.0.100:80 hello at h2|h3' \
	'pass = udp a 10.9.0.100:80 hello at h2|h3 flows=10 each>=50%' \
	'pass = tcp a 10.9.0.100:80 hello at h2|h3 flows=10 each>=50%' \
	'pass = ping a 10.9.0.100 by fair control=pass' 'tx = tcp a 10.9.0.100:80 hello control=pass'
# The backends have the VIP on lo, of which they tell nobody.
write_lab 'chain = lb:e0 direct' 'control = fail' 'pass = tcp a 10.9.0.100:80 hello at h2|h3 flows=4 each>=50%' \
	'pass = udp a 10.9.0.100:80 hello at h2|h3 by direct'
sed -i 's/^\[node h[23]\]/&\nsysctl = net.ipv4.conf.all.arp_ignore = 1/' "$dir/lab.ini"
xlab up "$dir/lab.ini"
for node in h2 h3; do
	xlab exec "$node" -- ip address add 10.9.0.100/32 dev lo
done
xlab scenario s --format json
like 'a balancer with direct return' "$(came_to)" \
	'ok: 4 flows arrived: h2 2, h3 2
ok: arrived whole at h[23]; sent back (tx) by direct at lb:e0'
"$XLAB" down >/dev/null

steps 'all flows go to one backend' \
	'not ok: 10 flows arrived: h2 10, h3 0; at least 40% were to arrive at each, and h3 got less' \
	'chain = lb:e0 lopsided' 'control = fail' \
	'pass = udp a 10.9.0.100:80 hello at h2|h3 flows=10 each>=40%'
steps 'a flow goes to the wrong backend' \
	'not ok: flow [12] of 10: nothing arrived at h3: *' \
	'chain = lb:e0 fair' 'control = fail' 'pass = udp a 10.9.0.100:80 hello at h3 flows=10'
steps 'backends answer past the balancer' 'ok: arrived whole at h[23]
not ok: no reply came, but from 10.9.0.[23], which was not asked
not ok: nothing arrived at h2 or h3: reply dropped by the kernel of a: NO_SOCKET' \
	'chain = lb:e0 half' 'control = none' 'pass = udp a 10.9.0.100:80 hello at h2|h3' \
	'pass = ping a 10.9.0.100' 'pass = tcp a 10.9.0.100:80 hello at h2|h3'
steps 'the balancer has a server of its own' 'ok: listens on tcp:80
not ok: nothing arrived at h2 or h3: lb has bound that port itself, and has the address' \
	'control = none' 'serve = lb nc -k -l 80 until tcp:80' \
	'pass = tcp a 10.9.0.100:80 hello at h2|h3'

# Twice: to two, or to one.
steps 'a text that arrives at two' 'not ok: arrived at h2 and at h3, where it was expected once' \
	'chain = lb:e0 spread' 'control = fail' 'pass = udp a 10.9.0.100:80 hello at h2|h3'
cat >"$dir/relay" <<-'END'
	import socket
	relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	relay.bind(("10.9.0.100", 80))
	while True:
	    text = relay.recv(1000)
	    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    # UDP_SEGMENT: two datagrams in one call, so that nothing can come in between
	    out.setsockopt(socket.IPPROTO_UDP, 103, len(text))
	    out.sendto(text + text, ("10.9.0.2", 80))
END
steps 'a text that arrives twice' 'ok: listens on udp:80
not ok: arrived at h2 twice, where it was expected once
not ok: arrived at h2 twice, where a drop was expected' \
	'control = none' "serve = lb /usr/bin/python3 $dir/relay until udp:80" \
	'pass = udp a 10.9.0.100:80 hello at h2|h3' 'drop = udp a 10.9.0.100:80 hello at h2|h3'

# How many.
steps 'as many as are to arrive' 'ok: 5 of 10 replies came
ok: 5 of 10 replies came' \
	'chain = lb:e0 second' 'pass = ping a lb count=10 arrive=5' 'pass = ping a lb count=10 arrive=4..6'
steps 'fewer than are to arrive' \
	'not ok: 5 of 10 replies came, where 6..10 were expected; dropped by second at lb:e0' \
	'chain = lb:e0 second' 'pass = ping a lb count=10 arrive=6..10'
steps 'more than are to arrive' 'not ok: 5 of 10 replies came, where 4 were expected' \
	'chain = lb:e0 second' 'pass = ping a lb count=10 arrive=4'

# What is owed to the chain.
steps 'a pass that the lab is good for' \
	'lab error: error of the lab: without any chain it passes, where control = fail says that it must not' \
	'chain = lb:e0 fair' 'pass = ping a 10.9.0.100 control=fail'
cat >"$dir/taker" <<-'END'
	import socket, time
	taken = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (80, 81)]
	for n, each in enumerate(taken):
	    each.bind(("", 80 + n))
	time.sleep(1000)
END
steps 'a failure that is no proof' 'skipped: *
lab error: error of the lab: the server never came to listen, so it proves nothing that it fails without any chain: somebody else has bound port 80 in h2' \
	'chain = lb:e0 fair' "serve = h2 /usr/bin/python3 $dir/taker until udp:81" \
	'pass = udp a 10.9.0.100:80 hello at h2|h3 control=fail'

# To an address that nobody has.
printf '%s\n' 'route = default via 10.9.0.100' >"$dir/route"
steps 'an address that nobody has' 'ok: sent back (tx) by back at lb:e0
ok: sent back (tx) by back at lb:e0
inconclusive: nothing arrived, but no filter says that it dropped it: sent back (tx) by back at lb:e0*' \
	'chain = lb:e0 back' 'tx = udp a 10.77.0.1:80 hello' 'tx = ping a 10.77.0.1 count=3' \
	'drop = tcp a 10.77.0.1:80 hello'
: >"$dir/route"

#      src (e0) ---- (e1: there) sw (e2: back) ---- (e0) dst
#
# Nothing passes without the chains. A neighbour that does not answer is waited for once.
cat >"$dir/lab.ini" <<-END
	[node src]
	[node sw]
	[node dst]
	[iface src:e0]
	peer = sw:e1
	address = 10.9.0.1/24
	[iface sw:e1]
	peer = src:e0
	[iface sw:e2]
	peer = dst:e0
	[iface dst:e0]
	peer = sw:e2
	address = 10.9.0.2/24
	[filter there]
	program = redirect
	to = sw:e2
	[filter back]
	program = redirect
	to = sw:e1
	[scenario switch]
	chain = sw:e1 there
	chain = sw:e2 back
	control = fail
	pass = ping src dst by there
	pass = tcp src dst:80 hello by there at dst
	redirect = udp src dst:9 hello by there at sw:e1
	pass = udp src dst:9 hello at dst flows=3
END
xlab run "$dir/lab.ini" --format json --timeout 10000
is 'a switch that is XDP alone' "$(jq -r '.scenarios[0].steps[].outcome' <<<"$out" | uniq)" ok
is 'a switch: not each of its four steps waits in vain' \
	"$(($(jq '.scenarios[0].us' <<<"$out") < 4 * 10000000))" 1

#      a (e0) ---- (e0) r (e1) ---- (e0) b
#
# What a step does or not, in the control run it is to arrive, or not: there the kernel's word ends it.
cat >"$dir/lab.ini" <<-END
	[node a]
	route = default via 10.9.0.2
	[node r]
	[node b]
	[iface a:e0]
	peer = r:e0
	address = 10.9.0.1/24
	[iface r:e0]
	peer = a:e0
	address = 10.9.0.2/24
	[iface r:e1]
	peer = b:e0
	address = 10.9.1.1/24
	[iface b:e0]
	peer = r:e1
	address = 10.9.1.2/24
	[filter turn]
	program = ip
	dst = 10.9.1.2
	action = tx
	[scenario s]
	chain = r:e0 turn
	control = fail
	tx = udp a b:80 hello
	tx = ping a b count=3
END
xlab run "$dir/lab.ini" --format json --timeout 60000
is 'a node that does not forward' "$(jq -r '.scenarios[0].steps[].outcome' <<<"$out" | uniq)" ok
is 'a node that does not forward: no deadline is waited for' \
	"$(($(jq '.scenarios[0].us' <<<"$out") < 60000000))" 1

done_testing
