#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (eth0) ======== (eth0: the chains) b
#
# Lists of what passes, and what a filter without an opinion counts and shows; all in native and in
# generic mode.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

cat >"$dir/native.ini" <<'LAB'
[node a]
[node b]
[iface a:eth0]
peer = b:eth0
mac = de:ad:be:ef:00:10
address = 10.0.0.10/24
address = fd00::10/64
[iface b:eth0]
peer = a:eth0
mac = de:ad:be:ef:00:01
address = 10.0.0.1/24
address = fd00::1/64
[filter arp]
program = ether
type = arp
action = pass
[filter allow-ssh]
program = port
proto = tcp
dst = 22
action = pass
[filter ssh-on]
program = port
dst = 22
action = pass
continue = pass
[filter from-a]
program = ip
src = 10.0.0.10, fd00::10
[filter icmp]
program = ip
proto = icmp, icmpv6
action = pass
[filter pings]
program = ip
proto = icmp
action = pass
[scenario only-ssh]
about = default deny: ssh passes, all else is dropped by drop
chain = b:eth0 arp allow-ssh drop
pass = tcp a 10.0.0.1:22 hi by allow-ssh
drop = tcp a 10.0.0.1:23 hi by drop
drop = ping a 10.0.0.1 by drop
[scenario accept-first]
about = what is accepted, no later filter is asked for, though it would drop it
chain = b:eth0 icmp from-a
pass = ping a 10.0.0.1
pass = ping a fd00::1 size=4000
drop = tcp a 10.0.0.1:22 hi by from-a
[scenario no-accept]
about = a pass after which the chain goes on is none
chain = b:eth0 arp ssh-on drop
drop = tcp a 10.0.0.1:22 hi by drop
[scenario nobody]
about = a packet about which nobody has an opinion passes
chain = b:eth0 headers hello allow-ssh
pass = ping a 10.0.0.1
[scenario no-arp]
about = a list without ARP: the question for the neighbour is dropped
chain = b:eth0 allow-ssh drop
drop = tcp a 10.0.0.1:22 hi by drop
[scenario fragments]
chain = b:eth0 from-a
drop = ping a 10.0.0.1 size=4000 by from-a
LAB
sed '/^peer = a:eth0$/a mode = generic' "$dir/native.ini" >"$dir/generic.ini"
sed '/^peer *= inside:i0$/a mode = generic' tests/cli/xdp-filter.ini >"$dir/xdp-filter-generic.ini"

for mode in native generic; do
	xlab run "$dir/$mode.ini"
	is "$mode: lists of what passes" "$status" 0
	[ "$mode" = native ] && theirs=tests/cli/xdp-filter.ini || theirs=$dir/xdp-filter-generic.ini
	xlab run "$theirs" --format json
	is "$mode: what xdp-filter's tests ask for" "$status" 0
	is "$mode: all of it" "$(jq -c '[.scenarios[].outcome] | [length, (unique | .[])]' <<<"$out")" '[11,"ok"]'
done

# NAME FILTER VERDICT PACKETS: what that filter has counted
counted() { is "$1" "$(chain_of | jq ".filters[] | select(.filter == \"$2\").verdicts.$3.packets")" "$4"; }
chain_of() { "$XLAB" status --json | jq '.labs[0].nodes[1].interfaces[0].chain'; }

for mode in native generic; do
	xlab up "$dir/$mode.ini"
	is "$mode: up" "$status" 0
	[ "$status" -eq 0 ] || exit 1
	# Nobody asks for neighbours, nor whether they are still there, as the kernel does some seconds later.
	for end in 'a 10.0.0.1 01' 'a fd00::1 01' 'b 10.0.0.10 10' 'b fd00::10 10'; do
		read -r node address mac <<<"$end"
		ip -n "$node" neigh replace "$address" lladdr "de:ad:be:ef:00:$mac" dev eth0 nud permanent
	done
	for address in 10.0.0.1 fd00::1; do
		xlab chain b:eth0 arp from-a
		"$XLAB" exec a -- ping -q -c 1 -W 1 -s 4000 "$address" >"$dir/ping"
		counted "$mode: each of three fragments is dropped, $address" from-a drop 3
		is "$mode: no opinion is not a pass, $address" "$(chain_of |
			jq '.filters[0].verdicts | .next.packets >= 3, .pass.packets' | xargs)" 'true 0'
	done
	xlab chain b:eth0 pings from-a
	"$XLAB" exec a -- ping -q -c 2 -i 0.01 -W 5 10.0.0.1 >"$dir/ping"
	"$XLAB" exec a -- ping -q -c 1 -W 5 -s 4000 10.0.0.1 >"$dir/ping"
	counted "$mode: accepted" pings pass 5
	counted "$mode: and no later filter is asked" from-a drop 0
	xlab chain b:eth0
	like "$mode: a table tells next from pass" "$out" '#  filter  next  pass  drop'
	"$XLAB" down >"$dir/down"
done
done_testing
