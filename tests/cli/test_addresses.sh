#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Addresses that mean something in one place only, or that several have: on segments of their own, on lo, on
# one link; gateways that another route leads to; what goes to all of a segment.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# NAME WANTED: what each step of $dir/lab.ini comes to, run in a lab of its own; one alone waits for its deadline
steps()
{
	xlab run "$dir/lab.ini" --format json --timeout "${timeout:-10000}"
	like "$1" "[$(came_to)]" "[[]$2]"
}

# a and b on one segment, c and d on another, with the same addresses; b and d have 10.9.9.9 besides.
cat >"$dir/lab.ini" <<-END
	[node a]
	route = 10.9.9.9 via 10.0.0.2
	[node b]
	[node c]
	[node d]
	[bridge s]
	[iface a:e0]
	bridge = s
	address = 10.0.0.1/24
	[iface b:e0]
	bridge = s
	address = 10.0.0.2/24
	[iface b:lo]
	address = 10.9.9.9/32
	address = fd99::9/128
	[iface c:e0]
	peer = d:e0
	address = 10.0.0.1/24
	[iface d:e0]
	peer = c:e0
	address = 10.0.0.2/24
	[iface d:lo]
	address = 10.9.9.9/32
	[filter other]
	program = ip
	src = 10.0.0.1
	[scenario s]
	chain = d:e0 other
	pass = udp a 10.0.0.2:80 x
	drop = udp c 10.0.0.2:80 x by other
	drop = ping c d by other
	pass = tcp a 10.9.9.9:80 hi at b
END
steps 'the same addresses on two segments, and one on two lo' \
	'ok: arrived whole
ok: dropped by other at d:e0
ok: dropped by other at d:e0
ok: arrived whole at b'
xlab up "$dir/lab.ini"
ended 'up with addresses on lo' 0
is 'they are there' "$(ip -n b -o addr show dev lo | grep -c 'scope global')" 2
xlab status --json
is 'status knows them, and no chain there' \
	"$(jq -c '.. | objects | select(.name? == "lo") | [.state, .addresses, .peer, .bridge]' <<<"$out" | head -1)" \
	'["up",["10.9.9.9/32","fd99::9/128"],null,null]'
xlab chain b:lo
ended 'no chain stands on lo' 2 "b:lo is a node's lo, which has no other end and no chain"
ip -n b addr del 10.9.9.9/32 dev lo
xlab status
ended 'an address that went is missed' 0
like 'which one' "$out" 'b:lo has no address 10.9.9.9/32'
"$XLAB" down --wait >/dev/null || echo "# down failed"
xlab up "$dir/lab.ini" --self b
ended 'the own lo is left alone' 2 'node b has addresses on lo, and --self b leaves'

# A step must say who is meant where the way does not tell.
sed -i 's/ at b$//' "$dir/lab.ini"
xlab check "$dir/lab.ini"
ended 'who is meant is asked for' 2 'several have the address 10.9.9.9: b, d; name those that are meant, as in at b|d'

# Gateways on no subnet of their node, to which a route leads.
cat >"$dir/lab.ini" <<-END
	[node pod]
	route = default via 169.254.1.1
	route = 169.254.1.1/32 dev eth0
	[node gw]
	forward = yes
	route = 10.244.1.2/32 dev cali0
	route = 10.244.1.3/32 dev cali1
	[node pod2]
	route = default via fe80::1%eth0
	route = 0.0.0.0/0 via 169.254.1.1 dev eth0
	route = 169.254.1.1/32 dev eth0
	[iface pod:eth0]
	peer = gw:cali0
	address = 10.244.1.2/32
	[iface gw:cali0]
	peer = pod:eth0
	address = 169.254.1.1/32
	address = fd01::1/64
	[iface pod2:eth0]
	peer = gw:cali1
	address = 10.244.1.3/32
	address = fd02::2/64
	[iface gw:cali1]
	peer = pod2:eth0
	address = 169.254.1.1/32
	address = fe80::1/64
	address = fd02::1/64
	[scenario s]
	pass = ping pod pod2
	pass = udp pod pod2:80
	pass = ping pod2 fd01::1
END
steps 'gateways that a route leads to' 'ok: replied
ok: arrived whole
ok: replied'

# Link-local addresses mean something on one link: a has the same neighbour on two.
cat >"$dir/lab.ini" <<-END
	[node a]
	[node b]
	[node c]
	[iface a:e0]
	peer = b:e0
	address = fe80::a/64
	[iface a:e1]
	peer = c:e0
	address = fe80::a/64
	[iface b:e0]
	peer = a:e0
	address = fe80::1/64
	[iface c:e0]
	peer = a:e1
	address = fe80::1/64
	[filter p]
	program = ip
	src = fe80::a
	[scenario s]
	chain = c:e0 p
	neighbours = warm
	pass = ping a b
	pass = udp b a:80
	pass = tcp a b:80 hi
	pass = udp a [fe80::1%e0]:80 hi
	pass = ping a [fe80::1%e0]
	drop = ping a fe80::1%e1 by p
	drop = udp a [fe80::1%e1]:80 by p
	drop = tcp a c:80 hi by p
END
steps 'link-local addresses, each on its link' 'ok: replied
ok: arrived whole
ok: arrived whole
ok: arrived whole
ok: replied
ok: dropped by p at c:e0
ok: dropped by p at c:e0
ok: dropped by p at c:e0'

# What goes to all of a segment: each that is named gets it, or each filter says that it dropped its copy.
# INTERFACE…: those that have a chain which drops all; then the steps
group()
{
	{
		cat <<-END
			[bridge s]
			[node a]
			[node b]
			sysctl = net.ipv4.icmp_echo_ignore_broadcasts = 0
			[node c]
			[iface a:e0]
			bridge = s
			address = 10.0.0.1/24
			address = fd00::1/64
			[iface a:e1]
			peer = b:e1
			address = 10.1.0.1/24
			address = fd01::1/64
			[iface b:e1]
			peer = a:e1
			address = 10.1.0.2/24
			[iface b:e0]
			bridge = s
			address = 10.0.0.2/24
			address = fd00::2/64
			[iface c:e0]
			bridge = s
			address = 10.0.0.3/24
			address = fd00::3/64
			[filter d]
			program = drop
			[scenario s]
		END
		while [[ ${1-} == [bc]:e0 ]]; do
			echo "chain = $1 d"
			shift
		done
		printf '%s\n' "$@"
	} >"$dir/lab.ini"
}
group 'pass = ping a 10.0.0.255 at b' 'pass = ping a 224.0.0.1%e0 at b' 'pass = ping a ff02::1%e0 at b|c' \
	'pass = ping a 255.255.255.255%e1 at b' 'pass = ping a ff02::77 at b|c' \
	'pass = udp a 10.0.0.255:90 hi at b|c' 'pass = udp a 255.255.255.255:90 hi at c|b' \
	'pass = udp a 239.1.1.1:90 hi at b|c' 'pass = udp a [ff02::1%e0]:90 hi at b' \
	'pass = udp a [ff02::77%e0]:90 hi at b|c' 'pass = udp a 239.1.1.1%e1:90 hi at b'
steps 'what goes to all arrives at those that are named' 'ok: replied
ok: replied
ok: replied
ok: replied
ok: replied
ok: arrived whole at b and at c
ok: arrived whole at c and at b
ok: arrived whole at b and at c
ok: arrived whole at b
ok: arrived whole at b and at c
ok: arrived whole at b'
group b:e0 c:e0 'drop = udp a 10.0.0.255:90 hi at b' 'drop = udp a [ff02::77%e0]:90 hi at c by d' \
	'drop = udp a 239.1.1.1%e0:90' 'drop = ping a 10.0.0.255 at b'
steps 'or is dropped there' 'ok: dropped by d at b:e0
ok: dropped by d at c:e0
ok: dropped by d at *:e0
ok: dropped by d at b:e0'
group c:e0 'drop = udp a 10.0.0.255:90 hi at b|c'
timeout=1000 steps 'dropped at one of two' 'not ok: arrived at b, and nothing at c, where a drop was expected'
group c:e0 'pass = udp a 10.0.0.255:90 hi at b|c' 'pass = ping a ff02::1%e0 at c|b' 'pass = ping a ff02::1%e0 at b'
steps 'arrived at one of two' 'not ok: arrived at b, and nothing at c; dropped by d at c:e0
not ok: *dropped by d at c:e0
ok: replied'

# Whose kernel answered a ping is known by its own count, where several have the address.
cat >"$dir/lab.ini" <<-END
	[bridge s]
	[node a]
	route = 10.9.9.9 via 10.0.0.2
	[node b]
	[node c]
	[iface a:e0]
	bridge = s
	address = 10.0.0.1/24
	[iface b:e0]
	bridge = s
	address = 10.0.0.2/24
	[iface c:e0]
	bridge = s
	address = 10.0.0.3/24
	[iface b:lo]
	address = 10.9.9.9/32
	[iface c:lo]
	address = 10.9.9.9/32
	[filter seen]
	program = headers
	[scenario s]
	chain = c:e0 seen
	pass = ping a 10.9.9.9 at b
	pass = ping a 10.9.9.9 at b|c
	pass = ping a 10.9.9.9 at c
END
steps 'who answered' 'ok: replied
ok: replied
not ok: replied, but c did not answer it'

done_testing
