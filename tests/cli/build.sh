#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a ---- br0 ---- r ==== b        -- a veth to a bridge, == one between two nodes
#
# What `up` builds is what the plan says, `down` leaves nothing, and what belongs to
# somebody else stays as it is. The labs here have no chains.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

cat >"$dir/mix.ini" <<'LAB'
[lab]
name = mix
[bridge br0]
address = 10.9.0.254/24
address = fd09::fe/64
[node a]
sysctl = net.ipv4.conf.e0.rp_filter = 2
sysctl = net.ipv4.ip_default_ttl = 33
route = default via 10.9.0.1
route = default via fd09::1
[node r]
forward = yes
[node b]
route = 10.9.0.0/24 via 10.8.0.1
route = fd09::/64 via fd08::1
[iface a:e0]
bridge = br0
port = pa
address = 10.9.0.2/24
address = fd09::2/64
mac = de:ad:be:ef:00:01
mtu = 1400
[iface r:e0]
bridge = br0
port = pr
address = 10.9.0.1/24
address = fd09::1/64
mtu = 1400
[iface r:e1]
peer = b:e0
address = 10.8.0.1/24
address = fd08::1/64
[iface b:e0]
peer = r:e1
address = 10.8.0.2/24
address = fd08::2/64
LAB
cat >"$dir/plain.ini" <<'LAB'
[bridge br0]
[node host]
[node lb]
[iface host:veth0]
bridge = br0
port = veth1
address = 10.0.0.1/24
mac = de:ad:be:ef:00:01
[iface lb:veth6]
bridge = br0
port = veth7
address = 10.0.0.10/24
LAB

# A bridge with a spanning tree listens for four seconds, beside all the rest here.
cat >"$dir/stp.ini" <<'LAB'
[bridge br0]
stp = yes
address = 10.0.0.254/24
[node a]
[iface a:e0]
bridge = br0
address = 10.0.0.1/24
[scenario reached]
pass = ping a 10.0.0.254
LAB
{ "$XLAB" run "$dir/stp.ini"; echo "status $?"; } >"$dir/stp" 2>&1 &

# All that a lab could leave here; ifindexes count up whatever is removed.
picture()
{
	ip -d -o link | sed 's/^[0-9]*: //'
	ip -o address | sed 's/^[0-9]*: //'
	find /run -not -path "$dir*" | sort
	sed 's/^[0-9]* [0-9]* //; s/ shared:[0-9]*//' /proc/self/mountinfo # ip netns add shares /run/netns
}
clean() { picture >"$dir/after"; cmp -s "$dir/before" "$dir/after"; result $? "$1" "$(diff "$dir/before" "$dir/after")"; }
within() { ip netns exec "$@"; }
setting() { is "$1: $2" "$(within "$1" sysctl -n "$2")" "$3"; }
reaches() { within "$1" ping -c1 -W1 "$2" >/dev/null; result $? "$1 reaches $2"; }
picture >"$dir/before"

# What stands there.
xlab up "$dir/mix.ini"
is 'mix is up' "$status" 0
reaches a 10.8.0.2
reaches a fd08::2
reaches a 10.9.0.254
reaches a fd09::fe
setting a net.ipv4.icmp_ratelimit 0
setting a net.ipv4.tcp_orphan_retries 1
setting a net.ipv4.conf.all.rp_filter 0
setting a net.ipv4.conf.e0.rp_filter 2
setting a net.ipv4.ip_default_ttl 33
setting a net.ipv4.ip_forward 0
setting a net.ipv6.conf.e0.accept_dad 0
setting a net.ipv6.conf.e0.accept_ra 0
setting r net.ipv4.ip_forward 1
setting r net.ipv6.conf.all.forwarding 1
setting br0 net.ipv6.conf.pa.disable_ipv6 1
setting br0 net.ipv6.conf.br0.disable_ipv6 0
is 'IPv6 addresses are there at once: nobody is asked whether they are taken' \
	"$(within a ip -6 addr show e0 scope global | grep -c nodad)" 1
link=$(within a ip -d link show e0)
for text in 'mtu 1400' 'de:ad:be:ef:00:01' 'numtxqueues 1 numrxqueues 1' 'alias xlab mix'; do
	like "a:e0 has $text" "$link" "$text"
done
link=$(within br0 ip -d link show pa)
for text in 'mtu 1400' 'master br0' 'state forwarding' 'numtxqueues 1 numrxqueues 1'; do
	like "br0:pa has $text" "$link" "$text"
done
is 'the alias says whose end a link is, and a port is nobody'\''s' "$(grep -c alias <<<"$link")" 0
link=$(within br0 ip -d link show br0)
for text in 'stp_state 0' 'mcast_snooping 0' 'forward_delay 0' 02:78:6c:62:00:00; do
	like "br0 has $text" "$link" "$text"
done
if command -v ethtool >/dev/null; then
	for end in 'a e0' 'br0 pa' 'b e0'; do
		# shellcheck disable=SC2086
		set -- $end
		is "offloads of $1:$2 are off" "$(within "$1" ethtool -k "$2" |
			grep -cE '^.?(tx-checksum-ip-generic|tx-checksum-sctp|[rt]x-vlan-offload|[rt]x-vlan-stag-hw-[a-z]*): off')" 6
	done
fi
xlab up "$dir/mix.ini"
ended 'the same again' 3 'is up already'
xlab down mix --wait
is 'mix is down' "$status" 0
clean 'nothing is left of mix'

# The first packet of a new lab, and no loss over many.
first=0
for i in {1..20}; do
	"$XLAB" up "$dir/plain.ini" >/dev/null || break
	within lb ping -c1 -W1 10.0.0.1 >/dev/null &&
		[[ $(within lb ip neigh show 10.0.0.1) == *de:ad:be:ef:00:01* ]] && first=$((first + 1))
	"$XLAB" down >/dev/null || break
done
is 'the first ping is answered, by the host itself' "$first of 20" '20 of 20'
first=0
for i in {1..10}; do
	"$XLAB" up "$dir/mix.ini" >/dev/null || break
	within a ping -c1 -W1 fd08::2 >/dev/null && first=$((first + 1))
	"$XLAB" down >/dev/null || break
done
is 'the first ping over a router is answered, IPv6' "$first of 10" '10 of 10'
for i in {1..30}; do "$XLAB" up "$dir/plain.ini" && "$XLAB" down || break; done >/dev/null 2>&1
is '30 times up and down' "$i" 30
clean 'nothing is left of 50 labs'

# In the namespace that xlab was started in, only the node's own interface.
sysctl -a 2>/dev/null | grep '^net\.' | grep -v '\.veth0\.' | sort >"$dir/settings"
xlab up "$dir/plain.ini" --self host
is '--self host' "$status" 0
ping -c1 -W1 10.0.0.10 >/dev/null
result $? '--self: the node is here'
is '--self: no name for it' "$(ls /run/netns)" $'br0\nlb'
sysctl -a 2>/dev/null | grep '^net\.' | grep -v '\.veth0\.' | sort | cmp -s - "$dir/settings"
result $? '--self: no setting is changed'
group=$(ip -j link show veth0 | jq -r '.[0].group')
ip link set veth0 group 7
ip link add bridge0 group "$group" type bridge
exec 7</run/netns/br0 # where its other end is lives on
xlab down
like '--self: a link without our mark is not ours' "$(ip link show veth0 2>&1)" veth0@
exec 7<&-
timeout 5 sh -c 'while ip link show veth0 >/dev/null 2>&1; do :; done'
like '--self: what is no veth is not ours, whatever its group' "$(ip link show bridge0 2>&1)" bridge0:
ip link del bridge0
clean '--self: nothing is left, for its other end is gone'
xlab up "$dir/plain.ini" --self host
ip link set veth0 group 7 # so that it goes with its other end only
"$XLAB" down --wait >"$dir/out"
link=$(ip -br link show veth0 2>&1)
is '--self: behind down --wait no link is left whose other end was in the lab' "$link" \
	'Device "veth0" does not exist.'
xlab up "$dir/plain.ini" --self host
ip link set veth0 down
ip link set veth0 name other0
ip link add veth0 type veth peer name stranger
xlab down
is '--self: down with a renamed link' "$status" 0
is '--self: a link of ours goes, whatever its name' "$(ip link show other0 2>&1)" 'Device "other0" does not exist.'
like '--self: a stranger under its name stays' "$(ip link show veth0 2>&1)" veth0@stranger
ip link del veth0
clean '--self: nothing is left of the renamed link'
sed 's/^\[node host\]/&\nroute = 10.7.0.0\/16 via 10.0.0.10/' "$dir/plain.ini" >"$dir/routed.ini"
xlab up "$dir/routed.ini" --self host
is '--self: a route' "$(ip route show 10.7.0.0/16)" '10.7.0.0/16 via 10.0.0.10 dev veth0 proto static '
umount /run/xlab/*/*/ns/host
mount --bind /run/netns/lb "$(echo /run/xlab/*/*/ns)/host"
xlab down
ended '--self: the namespace is another by now' 3 'host is not the namespace that the lab was started in: left alone'
umount /run/xlab/*/*/ns/host
xlab down
is '--self: without that one, the rest goes' "$status $out" '0 routed is down'
timeout 5 sh -c 'while ip link show veth0 >/dev/null 2>&1; do :; done'
clean '--self: nothing is left of the route'
sed -i 's/10.7.0.0\/16/default/' "$dir/routed.ini"
xlab up "$dir/routed.ini" --self host
ended '--self with a default route' 2 'node host has a default route, and --self host leaves'
xlab up "$dir/plain.ini" --self nobody
ended '--self with an unknown node' 2 nobody
xlab up "$dir/plain.ini" --self hots
ended '--self with a misspelt node' 2 'did you mean "host"?'

# Two at once.
xlab up "$dir/plain.ini" --as one
xlab up "$dir/plain.ini" --as two
is 'two labs of one file' "$(ls /run/netns)" $'one-br0\none-host\none-lb\ntwo-br0\ntwo-host\ntwo-lb'
xlab down
ended 'which of them?' 2 'one, two'
reaches two-lb 10.0.0.1
xlab down one
reaches two-lb 10.0.0.1
xlab down two
clean 'nothing is left of the two'

# Names that are somebody else's.
taken() # NAME PATTERN
{
	xlab up "$dir/plain.ini"
	ended "a taken name: $1" 3 "$2"
}
ip netns add lb
taken 'a namespace' 'lb is a namespace that xlab did not make'
ip netns exec lb true
result $? 'a taken name: the namespace is as it was'
ip netns del lb
touch /run/netns/lb
taken 'a plain file' 'ip netns del lb'
rm /run/netns/lb
ln -s /nowhere /run/netns/lb
taken 'a symlink' /nowhere
rm /run/netns/lb
mkdir /run/netns/lb
taken 'a folder' 'is no namespace'
rmdir /run/netns/lb
xlab up "$dir/plain.ini" --as one
sed 's/host/lb2/' "$dir/plain.ini" >"$dir/other.ini"
ln -s "$(readlink /run/netns/one-lb)" /run/netns/lb
taken 'a lab' 'taken by lab one'
rm /run/netns/lb
xlab down one
ip link add veth0 type veth peer name other
xlab up "$dir/plain.ini" --self host
ended 'a taken link' 3 'veth0'
like 'a taken link: it is as it was' "$(ip -o link show veth0)" 'veth0@other'
ip link del veth0
clean 'nothing is left of refused labs'

# /run/netns comes and goes with the labs where nobody had it.
umount /run/netns 2>/dev/null && was_mount=yes
had=$(ls -d /run/netns 2>/dev/null)
rmdir /run/netns 2>/dev/null
xlab up "$dir/plain.ini" --as one
xlab up "$dir/plain.ini" --as two
xlab down one
is '/run/netns stays for the second lab' "$(ls -d /run/netns)" /run/netns
xlab down two
is '/run/netns goes with the last' "$(ls -d /run/netns 2>/dev/null)" ''
[ -z "$had" ] || mkdir /run/netns
[ -z "${was_mount-}" ] || mount -t tmpfs -o mode=755 netns /run/netns
picture >"$dir/before"

# What somebody planted where the state belongs.
planted() # NAME PATTERN
{
	xlab up "$dir/plain.ini"
	ended "planted: $1" 3 "$2"
}
ln -s /tmp /run/xlab
planted 'a symlink' /run/xlab
rm /run/xlab
mkdir -m 777 /run/xlab
planted 'a folder open to all' 'root alone'
rmdir /run/xlab
mkdir /run/xlab && chown 1 /run/xlab
planted "somebody's folder" 'root alone'
rmdir /run/xlab
touch /run/xlab
planted 'a file' /run/xlab
rm /run/xlab

# Whoever is still inside is told of, and not harmed.
xlab up "$dir/plain.ini"
ip netns exec lb sleep 30 &
inside=$!
until [ "$(cat "/proc/$inside/comm")" = sleep ] || ! kill -0 "$inside"; do :; done 2>/dev/null
xlab down --wait
ended 'down --wait while somebody is inside' 3 "$inside (sleep)"
kill -0 "$inside"
result $? 'down leaves them alone'
kill "$inside"
wait "$inside" 2>/dev/null
clean 'nothing but they was left'

# Commands that meet.
for lab in one two three; do
	for i in {1..6}; do "$XLAB" up "$dir/plain.ini" --as $lab && "$XLAB" down $lab; done >"$dir/$lab" 2>&1 &
done
wait
is 'labs that come and go at once' "$(grep -h xlab: "$dir"/{one,two,three})" ''
for worker in 1 2 3; do
	for i in {1..6}; do "$XLAB" up "$dir/plain.ini"; "$XLAB" down plain; done >"$dir/$worker" 2>&1 &
done
wait
xlab down plain
clean 'nothing is left of commands that met'
wait
[[ $(<"$dir/stp") == *'  ok, 1 step in '*$'\nstatus 0' ]]
result $? 'a bridge with a spanning tree: its port forwards when the lab is up' "$(<"$dir/stp")"
done_testing
