#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- s ---- (e0) r (e1) ---- (e0) b
#
# What somebody did to a lab that is up is named where it keeps packets from arriving: rp_filter, a route that
# is missing, a link that is down, an address that is not there.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

cat >"$dir/lab.ini" <<-END
	[node a]
	route = default via 10.1.0.1
	[node r]
	forward = yes
	[node b]
	route = default via 10.2.0.1
	[bridge s]
	[iface a:e0]
	bridge = s
	address = 10.1.0.2/24
	[iface r:e0]
	bridge = s
	address = 10.1.0.1/24
	[iface r:e1]
	peer = b:e0
	address = 10.2.0.1/24
	[iface b:e0]
	peer = r:e1
	address = 10.2.0.2/24
	[filter seen]
	program = headers
	[scenario ping]
	chain = b:e0 seen
	pass = ping a b
	[scenario udp]
	chain = b:e0 seen
	pass = udp a b:80
	[scenario late]
	about = the control run is none, so the chains are there
	chain = b:e0 seen
	pass = ping a b control=none
	[scenario group]
	pass = ping a 10.1.0.255 at r
END

# NAME SCENARIO WANTED COMMAND…: what is said after that command
broken()
{
	local name=$1 scenario=$2 wanted=$3
	shift 3
	"$XLAB" up "$dir/lab.ini" >/dev/null || echo "# up failed"
	"$@" || echo "# $* failed"
	xlab scenario "$scenario" --format json --timeout 900
	like "$name" "$(jq -r '.scenarios[0].steps[0] | "[\(.why)] [\(.details)]"' <<<"$out")" "$wanted"
	"$XLAB" down --wait >/dev/null || echo "# down failed"
}
in_node() { ip netns exec "$@"; }
strict() # the way back to a is not by e0
{
	in_node r sysctl -qw net.ipv4.conf.all.rp_filter=1
	ip -n r route add 10.1.0.2/32 dev e1
}

broken 'no route at the source' ping 'no reply came: a has no route to 10.2.0.2]' ip -n a route del default
broken 'no route at the source: udp' udp 'nothing arrived: a has no route to 10.2.0.2]' ip -n a route del default
broken 'no route at a router' ping 'r has no route to 10.2.0.2' ip -n r route del 10.2.0.0/24
broken 'a route that says no' udp 'nothing arrived: r has no route to 10.2.0.2]' \
	ip -n r route add blackhole 10.2.0.2/32
broken 'no route back' ping 'no reply came: b has no route back to 10.1.0.2]' ip -n b route del default
broken 'no route back: a chain has seen it' late '[no reply came: b has no route back to 10.1.0.2]' \
	ip -n b route del default
broken 'a router that does not forward' udp 'dropped by the kernel of r' \
	in_node r sysctl -qw net.ipv4.ip_forward=0
broken 'a link of the source is down' ping 'no reply came: down: a:e0]' ip -n a link set e0 down
broken 'a link of a router is down' udp 'nothing arrived: down: r:e1]' ip -n r link set e1 down
broken 'the port of a bridge is down' ping 'no reply came: down: s:r-e0]' ip -n s link set r-e0 down
broken 'an address is not there' ping 'no reply came: b lost its address 10.2.0.2]' \
	ip -n b addr del 10.2.0.2/24 dev e0
broken 'an address is not there: udp' udp 'b lost its address 10.2.0.2]' ip -n b addr del 10.2.0.2/24 dev e0
broken 'rp_filter: the neighbour does not even answer' ping \
	'no reply came: rp_filter of r:e0 takes nothing from 10.1.0.2 there]' strict
broken 'nobody answers broadcasts unless told to' group \
	'dropped by the kernel of r: INVALID_PROTO (net.ipv4.icmp_echo_ignore_broadcasts is 1 there)]' true

done_testing
