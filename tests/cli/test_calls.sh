#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a chain costs, in system calls: time depends on what else the machine does, their number does
# not. A star of 40 nodes, with and without the same chain on each.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

star() # [CHAIN]
{
	printf '[lab]\nname = star\nengine = inline\n[bridge br0]\n[node n{1..40}]\n[iface n{1..40}:e0]\n'
	printf 'bridge = br0\naddress = 10.0.0.0/16 + {n}\n'
	[ -z "${1:-}" ] || printf 'chain = %s\n[filter web]\nprogram = port\nproto = tcp\ndst = 80\n' "$1"
}
star >"$dir/plain.ini"
star "headers web" >"$dir/chains.ini"

# calls ARGS…: sets $calls, and $links: requests that look at links or change them. A write that the kernel
# begins again, as it waits for others, is one.
calls()
{
	strace -f -qq -o "$dir/calls" -E "$unleaked" "$XLAB" "$@" >"$dir/out" 2>&1 || cat "$dir/out"
	calls=$(grep -vc ERESTART "$dir/calls")
	links=$(grep -cE 'sendto.*nlmsg_type=(0x1[0-3]|RTM_[A-Z]*LINK)' "$dir/calls")
}

calls up "$dir/plain.ini"
plain=$calls plain_links=$links
calls down star
down=$calls
calls up "$dir/chains.ini"
result "$([ $((links - plain_links)) -eq 80 ]; echo $?)" \
	"up: two requests about a link for each chain ($plain_links, $links)"
result "$([ $((calls - plain)) -lt $((40 * 30 + 500)) ]; echo $?)" \
	"up: not 30 calls for each chain, and what the first one takes ($plain, $calls)"
is 'each has its chain' "$("$XLAB" status --json | jq '[.labs[].nodes[].interfaces[].chain.filters | length] | add')" 80
calls down star
# Their files can make the lab large: then a process takes it off, which is 20 calls.
result "$([ "$calls" -lt $((down + 30)) ]; echo $?)" \
	"down: chains go with their interfaces, not by a call for each ($down, $calls)"
is 'down: no link is asked for' "$links" 0
done_testing
