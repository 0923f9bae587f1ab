#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (in) r (out) ---- (e0) b (e1) ---- (e0) c
#
# What no filter dropped and did not arrive: the kernel says why, where it can. Since Linux 5.17 it does;
# reasons got more, and better names, later.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/dies.bpf.o

# KEYS of a scenario…: that lab with that scenario, in $dir/lab.ini
lab()
{
	cat >"$dir/lab.ini" <<-END
		[node a]
		route = default via 10.9.1.1
		[node r]
		forward = yes
		[node b]
		route = default via 10.9.2.1
		route = 203.0.113.0/24 via 10.9.3.2
		sysctl = net.ipv4.conf.all.rp_filter = 1
		[node c]
		[iface a:e0]
		peer = r:in
		address = 10.9.1.2/24
		[iface r:in]
		peer = a:e0
		address = 10.9.1.1/24
		[iface r:out]
		peer = b:e0
		address = 10.9.2.1/24
		mtu = 1300
		[iface b:e0]
		peer = r:out
		address = 10.9.2.2/24
		mtu = 1300
		[iface b:e1]
		peer = c:e0
		address = 10.9.3.1/24
		[iface c:e0]
		peer = b:e1
		address = 10.9.3.2/24
		[filter port]
		program = $object:port
		[filter checksum]
		program = $object:checksum
		[filter source]
		program = $object:source
		[filter ttl]
		program = $object:ttl
		[filter elsewhere]
		program = $object:elsewhere
		set.to = ${to:-1}
		[scenario s]
	END
	printf '%s\n' "$@" >>"$dir/lab.ini"
}

# NAME WANTED KEYS…: what each step of that scenario comes to, run in a lab of its own
steps()
{
	local name=$1 wanted=$2
	shift 2
	lab "$@"
	xlab run "$dir/lab.ini" --format json $options
	is "$name" "$(jq -r '.scenarios[0].steps[] | "\(.outcome): \(.why)"' <<<"$out")" "$wanted"
	ms=$(jq -r '.scenarios[0].us / 1000 | floor' <<<"$out")
}

options='--timeout 60000'
steps 'nobody listens there' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: NO_SOCKET' \
	'chain = b:e0 port' 'pass = udp a b:80 x'
is 'nobody listens there: no deadline is waited for' "$((ms < 30000))" 1
steps 'reverse path' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: IP_RPFILTER' \
	'chain = b:e0 source' 'pass = udp a b:80 x'
steps 'a router, and no time to live' \
	'not ok: no reply came: let through at r:in, then dropped by the kernel of r: IP_INHDR' \
	'chain = r:in ttl' 'pass = ping a b'
steps 'a long packet, in the control run' \
	'lab error: error of the lab: without any chain it fails too: no reply came: dropped by the kernel of r: PKT_TOO_BIG' \
	'chain = r:in ttl' 'pass = ping a b size=1400'

# TCP sends again.
options='--timeout 1500'
steps 'a wrong checksum' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: TCP_CSUM' \
	'chain = b:e0 checksum' 'pass = tcp a b:80 x'

# What goes out by XDP at a veth whose far end has no program is lost there.
lab 'chain = r:in elsewhere' 'pass = ping a b'
xlab up "$dir/lab.ini"
to=$(ip -n r -json link show out | jq '.[0].ifindex')
"$XLAB" down >"$dir/down" || cat "$dir/down"
lab 'chain = r:in elsewhere' 'pass = ping a b'
xlab run "$dir/lab.ini"
like 'a veth whose far end has no program' "$out" \
	'sent elsewhere (redirect) by elsewhere at r:in, but the far end of the veth takes no native XDP frames (xdp_*, errno*'

# A kernel that does not tell: no BTF.
mount -t tmpfs none /sys/kernel/btf
options='--timeout 300 --engine inline'
steps 'a kernel without BTF' 'not ok: nothing arrived: it was let through, and lost after the chain' \
	'chain = b:e0 port' 'pass = udp a b:80 x'
umount /sys/kernel/btf

done_testing
