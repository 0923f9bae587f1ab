#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      br0 ---- a ==== b (e1)      c             -- a veth to a bridge, == one between two nodes
#
# What status says of a lab that somebody has changed, and of several; what plan says of chains.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

cat >"$dir/lab.ini" <<'LAB'
[lab]
name = told
[bridge br0]
[bridge br1]
[node a]
[node b]
[node c]
[iface a:e0]
bridge = br0
port = pa
mtu = 1400
mac = de:ad:be:ef:00:01
[iface a:e1]
peer = b:e1
address = 10.8.0.1/24
[iface b:e1]
peer = a:e1
address = 10.8.0.2/24
chain = back
[iface b:e2]
bridge = br1
port = pb
chain = ,
[filter back]
program = tx
LAB

# A chain that sends back needs a program at the other end, and plan says so.
xlab plan "$dir/lab.ini"
is 'plan: exit status' "$status" 0
is 'plan: the chain, and the pass program of the other end' "$(grep -E '^(pass|chain)' <<<"$out")" \
	$'pass     a:e1 native: so that veth delivers what a chain sends there\nchain    b:e1 native: back'

xlab up "$dir/lab.ini" --engine inline
is 'up' "$status" 0
[ "$status" -eq 0 ] || exit 1
is 'up: what it made is for root alone (namespaces have no mode of their own)' \
	"$(find /run/xlab -perm /077 ! -type l ! -path '*/ns/*')" ''
xlab status
like 'status: a node without interfaces' "$out" 'c *no interface'
like 'status: the engine that was asked for' "$out" 'inline*asked for'
is 'status: no difference' "$(grep -c 'differ\|missing\|another' <<<"$out")" 0
xlab status --json
is 'status --json: an MTU, and none' \
	"$(jq -c '[.labs[].nodes[].interfaces[] | .mtu]' <<<"$out")" '[1400,null,null,null]'
is 'status --json: each bridge has its own ports' \
	"$(jq -c '[.labs[].bridges[] | [.name, (.ports[] | .name)]]' <<<"$out")" '[["br0","pa"],["br1","pb"]]'

# Each change alone, and then it is made good again.
differs() # NAME PATTERN
{
	xlab status --json
	is "$1: exit status" "$status" 0
	like "$1" "$(jq -r '.labs[].differences[]' <<<"$out")" "$2"
	is "$1: alone" "$(jq '.labs[].differences | length' <<<"$out")" 1
}
"$XLAB" exec a -- ip link set e0 address de:ad:be:ef:00:02
differs 'another MAC address' 'a:e0 has another MAC address'
"$XLAB" exec a -- ip link set e0 address de:ad:be:ef:00:01
ip -n br0 link set pa nomaster
differs 'a port that is in no bridge' 'port pa is not in br0'
ip -n br0 link set pa master br0
ip -n br1 link delete br1
differs 'a bridge that is gone' 'bridge br1 is missing'
umount "$home/told/ns/br1"
xlab status
like 'a namespace that is gone' "$out" 'br1 cannot be looked at: */ns/br1 is no namespace'

# What this lab does not have.
xlab scenario --all
ended 'a lab without a scenario' 2 'lab told has no scenario'
xlab exec br0 -- true
ended 'a bridge in place of a node' 2 'lab told: br0 is a bridge'
xlab chain br0:pa
ended 'a port in place of an interface' 2 'lab told: br0:pa is a port of a bridge'
exec 9<>"$home/told.lock"
flock 9
: >"$home/told.lock"
xlab down
ended 'a lab that is held by who does not say so' 3 'lab told is held by another command'
exec 9<&-
xlab down
is 'down' "$status $out" '0 told is down'

# All that is told of one, for people and for programs. Nobody sends anything there: no node has IPv6.
cat >"$dir/full.ini" <<'LAB'
[lab]
name = full
about = all that status tells
[bridge br0]
address = 10.9.0.254/24
address = 10.9.1.254/24
uplink = br1
[bridge br1]
[bridge br2]
uplink = br0
[node a]
[node b]
[node c]
[iface a:e0]
bridge = br0
port = pa
mtu = 1400
mac = de:ad:be:ef:00:01
address = 10.9.0.1/24
address = 10.9.1.1/24
mode = generic
chain = headers web
[iface a:e1]
peer = b:e1
mac = de:ad:be:ef:00:11
[iface b:e1]
peer = a:e1
mac = de:ad:be:ef:00:12
chain = back
[iface b:e2]
bridge = br1
port = pb
mac = de:ad:be:ef:00:22
[filter back]
program = tx
[filter web]
program = port
dst = 80
LAB
text() { sed "s|$dir|DIR|" <<<"$out"; }
json() { jq '(.. | .program? // empty) = "ID"' <<<"$out" | sed "s|$dir|DIR|"; }
xlab up "$dir/full.ini" --as whole --engine inline
xlab status
golden 'status' status "$(text)"
xlab status --json
golden 'status --json' status.json "$(json)"
ip -n whole-br0 link set pa down
"$XLAB" exec b -- ip link set e2 down
for end in 'whole-a e0' 'whole-br1 pb'; do # the kernel tells other ends a moment later
	timeout 5 sh -c "until ip -n ${end% *} -br link show ${end#* } | grep -q LOWERLAYERDOWN; do :; done"
done
xlab status
golden 'status of what is down' status-down "$(text)"
xlab status --json
golden 'status --json of what is down' status-down.json "$(json)"
xlab down

# Of many nodes some are named.
{ echo '[lab]'; echo 'name = many'; for i in {1..40}; do echo "[node n$i]"; done; } >"$dir/many.ini"
xlab up "$dir/many.ini"
like 'up: many nodes' "$out" 'many is up: n1 n2 n3 n4 n5 n6 n7 n8 and 32 more'
xlab down

# Several labs are told one after the other; one that cannot be read does not hide the others.
for lab in x y z; do "$XLAB" up "$pair" --as $lab >/dev/null; done
xlab status
is 'several labs: an empty line between' "$(grep -c '^$' <<<"$out" | awk '{ print ($1 >= 2) }')" 1
is 'several labs: each' "$(grep -cE '^(lab )?[xyz]\b' <<<"$out")" 3
xlab down --all y
ended 'down --all and a name' 2 'down: either --all or a lab'
xlab down --all
is 'down --all' "$status" 0
nothing_left 'down --all'

# A record that somebody changed, whole in its form: no command but `down` takes it.
for change in 's/^engine 4:auto/engine 4:atuo/' 's/\[iface left:eth0\]/[iface felt:eth0]/'; do
	xlab up $pair
	sed -i "$change" "$home/pair.journal" "$home/pair/journal"
	xlab chain right:eth0
	is "a record changed by $change: exit status" "$((status > 1))" 1
	like "a record changed by $change: told" "$err" 'lab pair: its journal is lost, or damaged'
	xlab status
	like "a record changed by $change: status" "$out$err" 'xlab down pair'
	xlab down
	is "a record changed by $change: down" "$status" 0
	nothing_left "a record changed by $change"
done

xlab completion bash zsh
ended 'completion of two shells' 2 '"zsh" is too much'
done_testing
