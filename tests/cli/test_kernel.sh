#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the lab of dies.ini.
# What no filter dropped and did not arrive: the kernel says why, where it can. Since Linux 5.17 it does;
# reasons got more, and better names, later.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/dies.bpf.o

# KEYS of a scenario…: that lab with that scenario, in $dir/lab.ini
lab()
{
	sed "s|OBJECT|$object|" tests/cli/dies.ini >"$dir/lab.ini"
	printf '%s\n' '[scenario s]' "$@" >>"$dir/lab.ini"
}

# NAME WANTED KEYS…: what each step of that scenario comes to, run in a lab of its own
steps()
{
	local name=$1 wanted=$2
	shift 2
	lab "$@"
	xlab run "$dir/lab.ini" --format json $options
	is "$name" "$(came_to)" "$wanted"
	ms=$(jq -r '.scenarios[0].us / 1000 | floor' <<<"$out")
}

options='--timeout 60000'
steps 'nobody listens there' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: NO_SOCKET' \
	'chain = b:e0 port' 'pass = udp a b:80 x'
is 'nobody listens there: no deadline is waited for' "$((ms < 30000))" 1
steps 'reverse path' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: IP_RPFILTER (by rp_filter: its source is not to be reached by the interface that it came in by)' \
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
