#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Labs that ranges make: topologies/star.ini, tree.ini and grid.ini come up, hold what their few
# lines say, and go; and what is wrong with a range is told before anything is built.

# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

within() { ip netns exec "$@"; }

# Written out, a lab is the same lab, and its plan the same plan.
for lab in star tree grid; do
	"$XLAB" check --print "topologies/$lab.ini" >"$dir/$lab.ini"
	is "$lab: nothing of a range is left in what is printed" "$(grep -c '[{}]' "$dir/$lab.ini")" 0
	"$XLAB" check --print "$dir/$lab.ini" | cmp -s - "$dir/$lab.ini"
	is "$lab: printed it reads as itself" "$?" 0
	"$XLAB" plan "$dir/$lab.ini" >"$dir/plan"
	"$XLAB" plan "topologies/$lab.ini" | cmp - "$dir/plan" >"$dir/diff"
	is "$lab: printed it has the same plan" "$?" 0
done
is 'star: a thousand nodes' "$(grep -cE '^\[node h(1000|[1-9][0-9]{,2})\]$' "$dir/star.ini")" 1000
is 'star: the last of them' "$(sed -n '/^\[iface h1000:eth0\]/,/^$/p' "$dir/star.ini" | paste -sd ' ')" \
	'[iface h1000:eth0] bridge = br0 port = h1000-eth0 address = 10.8.3.232/16 mac = 02:00:00:00:03:e8 '
is 'star: a step for each number' "$(sed -n '/^\[scenario reach\]/,/^$/p' "$dir/star.ini" |
	sed -n 's/^pass = //p' | paste -sd ,)" \
	'ping h1 h100,ping h2 h200,ping h3 h300,ping h4 h400,ping h5 h500,ping h6 h600,ping h7 h700,ping h8 h800,ping h9 h900,ping h10 h1000'
is 'tree: every bridge but the root has an uplink' \
	"$(grep -c '^uplink = ' "$dir/tree.ini") $(grep -c '^\[bridge ' "$dir/tree.ini")" '20 21'
is 'grid: a corner has routes to the rows below and the columns to its right' \
	"$(sed -n '/^\[node r0-0\]/,/^$/p' "$dir/grid.ini" | grep -c '^route = 10\.\(0\.[1-9]\.0/24 via 10.0.0.6\|[1-9]\.0\.0/16 via 10.0.0.10\)$')" 18
is 'grid: and no others' "$(sed -n '/^\[node r0-0\]/,/^$/p' "$dir/grid.ini" | grep -c '^route')" 18

xlab up topologies/star.ini
is 'star: up' "$status" 0
is 'star: a namespace for each node and the bridge' "$(ip netns list | wc -l)" 1001
like 'star: the last node' "$(within h1000 ip -br address show eth0)" '10.8.3.232/16'
like 'star: its MAC' "$(within h1000 ip -br link show eth0)" 02:00:00:00:03:e8
is 'star: status has nothing against it' "$("$XLAB" status --json | jq -c '.labs[0].differences')" '[]'
xlab scenario --all
is 'star: its scenarios' "$status" 0
xlab down --wait
is 'star: down' "$status" 0
is 'star: no namespace is left' "$(ip netns list)" ''

xlab run topologies/tree.ini
is 'tree: its scenarios' "$status" 0

xlab up topologies/grid.ini
is 'grid: up' "$status" 0
is 'grid: from corner to corner it is 18 hops' \
	"$(within r0-0 ping -c 1 -W 5 -I 10.0.0.1 10.9.9.1 | grep -o 'ttl=[0-9]*')" ttl=47
xlab scenario --all
is 'grid: its scenarios' "$status" 0
xlab down --wait
is 'grid: down' "$status" 0

# NAME LINE MESSAGE: a lab of a bridge, nodes h1 to h300, and this
refuses()
{
	printf '%s\n' '[bridge br0]' '[node h{1..300}]' '[iface h{1..300}:eth0]' 'bridge = br0' "$2" >"$dir/bad.ini"
	for command in check plan up run; do
		xlab "$command" "$dir/bad.ini"
		ended "$command: $1" 2 "$3"
	done
	is "$1: nothing was built" "$(ip netns list)" ''
}

refuses 'past the end of a network' 'address = 10.0.0.0/24 + {n}' \
	'bad.ini:5: [[]iface h{1..300}:eth0[]] address = 10.0.0.0/24 + {n}: 10.0.0.0/24 + 256 is past the end of that network; here n = 256'
refuses 'an unknown counter' 'mtu = {x}' 'bad.ini:5: *there is no counter "x"; allowed: n'
refuses 'a range upside down' '[node x{9..1}]' 'bad.ini:5: [[]node x{9..1}[]]: {9..1}: the range is upside down; write {1..9}'
refuses 'more than ten thousand' '[node x{0..10000}]' 'bad.ini:5: [[]node x{0..10000}[]]: this makes more than 10000'
refuses 'more than ten thousand of a lab' '[node x{1..9701}]' 'bad.ini:5: [[]node x9701[]]: a lab has at most 10000 nodes'
refuses 'a name too long in one of many' '[bridge swswswswswsw{999..1001}]' 'bad.ini:5: [[]bridge swswswswswsw1000[]]: "swswswswswsw1000" is no name'

done_testing
