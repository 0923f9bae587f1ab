#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0) b            before each step nobody knows where the other is
#      a (e0) ---- (in) r (out) ---- (e0) b, c
#
# A chain that drops ARP or neighbour discovery is found out, whatever was learnt before.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# KEYS of a scenario…: two nodes and that scenario, in $dir/lab.ini
two_nodes()
{
	printf '%s\n' '[node a]' '[node b]' '[iface a:e0]' 'peer = b:e0' 'address = 10.9.0.1/24' \
		'address = fd09::1/64' '[iface b:e0]' 'peer = a:e0' 'address = 10.9.0.2/24' \
		'address = fd09::2/64' '[filter no-arp]' 'program = ether' 'type = arp' \
		'[filter no-questions]' 'program = ip' 'dst = ff02::/16' \
		'[filter no-answers]' 'program = ip' 'src = fd09::1' 'proto = icmpv6' \
		'[scenario s]' "$@" >"$dir/lab.ini"
}

# NAME WANTED KEYS…: what each step of that scenario comes to, run in a lab of its own
steps()
{
	local name=$1 wanted=$2
	shift 2
	two_nodes "$@"
	xlab run "$dir/lab.ini" --format json
	is "$name" "$(came_to)" "$wanted"
}

# NODE: what it knows of its neighbours, but for what is set for good
knows() { ip -n "$1" neigh show nud reachable nud stale nud delay nud probe nud incomplete nud failed | sort; }

# What a filter says of the question is proof of a drop, and no pass, after steps that went well.
steps 'ARP is dropped' \
	"ok: its neighbour request was dropped by no-arp at b:e0, so it never went out
not ok: its neighbour request was dropped by no-arp at b:e0, so it never went out
not ok: its neighbour request was dropped by no-arp at b:e0, so it never went out
ok: replied" \
	'chain = b:e0 no-arp' 'drop = ping a b by no-arp' 'pass = udp a b:80 x' 'pass = tcp a b:80 x' 'pass = ping a fd09::2'
steps 'the answer of ARP is dropped' \
	'ok: its neighbour request was dropped by no-arp at a:e0, so it never went out' \
	'chain = a:e0 no-arp' 'drop = ping a b by no-arp'
steps 'neighbour discovery is dropped' \
	"ok: its neighbour request was dropped by no-questions at b:e0, so it never went out
not ok: its neighbour request was dropped by no-questions at b:e0, so it never went out
ok: replied" \
	'chain = b:e0 no-questions' 'drop = ping a fd09::2 by no-questions' 'pass = udp a [fd09::2]:80 x' 'pass = ping a b'
steps 'ARP is shown' "ok: replied
ok: shown" 'chain = b:e0 headers' 'pass = ping a b' 'see = b:e0 "ArpHdr: src: 10.9.0.1 => dst: 10.9.0.2 (request)"'

# Where they stay, the control run has taught them.
steps 'warm' "ok: replied
not ok: its neighbour request was dropped by no-arp at b:e0, so it never went out" \
	'chain = b:e0 no-arp' 'pass = ping a b warm' 'pass = ping a b'
steps 'all warm' 'ok: replied' 'neighbours = warm' 'chain = b:e0 no-arp' 'pass = ping a b'

# A router asks as well, which is told apart from what the ends ask; and whatever the packet met before.
sed '/^\[scenario s\]/,$d' topologies/router.ini >"$dir/router.ini"
printf '%s\n' '[filter no-arp]' 'program = ether' 'type = arp' '[filter no-questions]' 'program = ip' \
	'dst = ff02::/16' '[scenario s]' 'chain = web:eth0 no-arp no-questions' 'chain = router:a headers' \
	'drop = ping alice web by no-arp' 'pass = udp alice web:53' 'drop = ping alice fd10:3::2 by no-questions' \
	'pass = ping alice bob' >>"$dir/router.ini"
xlab run "$dir/router.ini" s --format json
is 'a router asks' "$(came_to)" \
	"ok: the neighbour request of router was dropped by no-arp at web:eth0, so it went no further
not ok: the neighbour request of router was dropped by no-arp at web:eth0, so it went no further
ok: the neighbour request of router was dropped by no-questions at web:eth0, so it went no further
not ok: reply dropped by no-ping-from-bob at router:b"

# What was set for good stays, in the lab and beside it.
two_nodes 'chain = b:e0 headers' 'pass = ping a b'
xlab up "$dir/lab.ini"
ip -n a neigh add 10.9.0.77 lladdr de:ad:be:ef:00:77 dev e0 nud permanent
n=100
for state in reachable stale delay probe; do
	n=$((n + 1))
	ip -n a neigh add "10.9.0.$n" lladdr de:ad:be:ef:00:78 dev e0 nud "$state"
	ip -n a neigh add "fd09::$n" lladdr de:ad:be:ef:00:78 dev e0 nud "$state"
done
xlab scenario s
is 'entries that somebody made: exit status' "$status" 0
is 'entries that somebody made: but for those of the step none is left' \
	"$(knows a | cut -d' ' -f1 | grep -v '^fe80')" 10.9.0.2
like 'entries that somebody made: what is set for good stays' "$(ip -n a neigh show nud permanent)" '10.9.0.77 *'
"$XLAB" down >"$dir/down" || cat "$dir/down"

# In a namespace that is not the lab's own only its links count.
ip link add mine type veth peer name other
ip link set mine up
ip neigh add 10.8.0.1 lladdr de:ad:be:ef:00:79 dev mine nud stale
xlab up "$dir/lab.ini" --self a
ip neigh add 10.9.0.66 lladdr de:ad:be:ef:00:78 dev e0 nud stale
xlab scenario s
is 'somebody else'"'"'s links: exit status' "$status" 0
is 'somebody else'"'"'s links: what is known there stays' "$(ip neigh show dev mine nud stale | cut -d' ' -f1)" 10.8.0.1
is 'somebody else'"'"'s links: on the lab'"'"'s nothing stays' "$(ip neigh show dev e0 to 10.9.0.66)" ''
"$XLAB" down >"$dir/down" || cat "$dir/down"
ip link del mine

# Of more namespaces than this process may have files, some are left and entered anew.
{
	printf '%s\n' '[lab]' 'name = many' '[bridge br0]' '[node n{1..60}]' '[iface n{1..60}:e0]' 'bridge = br0' \
		'address = 10.9.0.{n}/24' '[scenario s]'
	for ((n = 1; n < 60; n++)); do echo "pass = ping n$n n$((n + 1))"; done
} >"$dir/many.ini"
"$XLAB" up "$dir/many.ini" >/dev/null
run prlimit --nofile=48 "$XLAB" scenario s
is 'more namespaces than files' "$status" 0
"$XLAB" down >"$dir/down" || cat "$dir/down"

done_testing
