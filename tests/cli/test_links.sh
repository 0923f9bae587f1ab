#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Links between nodes, and between bridges: what each of their ends has of its own.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/engine

within() { ip netns exec "$@"; }
mtu() { within "$1" cat "/sys/class/net/$2/mtu"; } # NODE IFACE

# KEYS OF a, KEYS OF b, FILTER of a chain at b: two nodes, in $dir/lab.ini
pair()
{
	cat >"$dir/lab.ini" <<-END
		[node a]
		[node b]
		[iface a:eth0]
		peer = b:eth0
		address = 10.0.0.1/24
		$1
		[iface b:eth0]
		peer = a:eth0
		address = 10.0.0.2/24
		chain = $3
		$2
		[filter headers]
		program = headers
		[filter closed]
		program = $object/closed.bpf.o
		[scenario s]
		pass = ping a b
	END
}

# NAME A B MTUS CHAIN: a lab whose chain stands at b comes up, and each end has the MTU it should have
comes_up()
{
	pair "$2" "$3" "$5"
	xlab up "$dir/lab.ini"
	is "$1: comes up" "$status" 0
	is "$1: each end has its own MTU" "$(mtu a eth0) $(mtu b eth0)" "$4"
	xlab scenario --all
	is "$1: works" "$status" 0
	xlab down lab
}

# A chain takes fragments where one of the two ends asks for it.
comes_up 'no mtu' '' '' '1500 1500' headers
comes_up 'mtu at the other end alone' 'mtu = 9000' '' '9000 1500' headers
comes_up 'mtu at its own end alone' '' 'mtu = 9000' '1500 9000' headers
comes_up 'the longer at the other end' 'mtu = 9000' 'mtu = 1500' '9000 1500' headers
comes_up 'the longer at its own end' 'mtu = 1500' 'mtu = 9000' '1500 9000' headers

# A filter that takes none is in nobody's way where it is only its own end that is long.
comes_up 'without fragments, the longer at its own end' 'mtu = 1500' 'mtu = 9000' '1500 9000' \
	'headers closed'
pair 'mtu = 9000' 'mtu = 1500' 'headers closed'
xlab up "$dir/lab.ini"
ended 'without fragments, the longer at the other end' 3 'b:eth0: the MTU of its other end is 9000'

# It is the real link that counts, whatever the lab file said when that was made.
pair '' '' ''
sed -i '/^chain =/d' "$dir/lab.ini"
xlab up "$dir/lab.ini"
within a ip link set eth0 mtu 4000
xlab chain b:eth0 headers
is 'an MTU that somebody else has set: the chain takes fragments' "$status" 0
xlab chain b:eth0 closed
ended 'an MTU that somebody else has set: a filter that takes none' 3 'the MTU of its other end is 4000'
xlab down lab

# NAME SRC+DST SIZE WANTED: what a ping of that size comes to
too_long()
{
	cp tests/cli/long.ini "$dir/long.ini"
	printf '%s\n' '[scenario s]' 'neighbours = warm' 'control = none' 'chain = c:eth0' \
		"pass = ping $2 size=$3" >>"$dir/long.ini"
	xlab run "$dir/long.ini" --format json --timeout 60000
	is "$1" "$(came_to)" "$4"
	is "$1: no deadline is waited for" "$(jq -r '.scenarios[0].us < 30000000' <<<"$out")" true
}

# An IP packet has 28 bytes more than ping's size. A bridge holds the MTU; the end of a link lets a VLAN's
# tag of 4 bytes by.
nothing='not ok: no reply came:'
too_long 'as long as the port takes' 'a 10.0.0.2' 1472 'ok: replied'
too_long 'too long for a port of a bridge' 'a 10.0.0.2' 1473 \
	"$nothing dropped by the kernel of br0: 1501 bytes are more than the MTU of br0:b-eth0, which is 1500"
too_long 'another port is shorter' 'a 10.0.0.3' 2000 'ok: replied'
too_long 'as long as the other end takes' 'a 10.1.0.2' 1476 'ok: replied'
too_long 'too long for the other end' 'a 10.1.0.2' 1477 \
	"$nothing dropped by the kernel of a: 1505 bytes are more than the MTU of b:eth1, which is 1500"

# Bridges without STP about a ring of such with it: their own ports forward at once, and up waits for the
# ring all the same. It is waited for beside the next ring.
cat >"$dir/about.ini" <<-END
	[bridge r1]
	stp = yes
	uplink = r2
	[bridge r2]
	stp = yes
	uplink = r3
	[bridge r3]
	stp = yes
	uplink = r1
	[bridge left]
	uplink = r2
	[bridge right]
	uplink = r3
	[node a]
	[node b]
	[iface a:eth0]
	bridge = left
	address = 10.0.0.1/24
	[iface b:eth0]
	bridge = right
	address = 10.0.0.2/24
	[scenario s]
	pass = ping a b
END
"$XLAB" run "$dir/about.ini" >"$dir/about" 2>&1 &
about=$!

# Three bridges in a ring: one of the six ports must block, and only one.
states() { for bridge in s1 s2 s3; do within "$bridge" bridge link; done | grep -o 'state [a-z]*'; }

xlab up topologies/ring.ini
is 'a ring comes up' "$status" 0
is 'when up returns all ports forward but one' \
	"$(states | sort | uniq -c | awk '{ print $1, $3 }' | paste -sd ,)" '1 blocking,8 forwarding'
for lab in "$XLAB status" "$XLAB status --json"; do
	like "$lab shows the uplinks" "$($lab | tr -d '\n')" blocking
done
is 'status --json: an uplink has the bridge that it leads to' "$("$XLAB" status --json |
	jq -r '.labs[0].bridges[0].ports[] | "\(.name) \(.interface) \(.bridge) \(.state)"' | paste -sd ,)" \
	'eth0-p east:eth0 null up,s2 null s2 up,s3 null s3 up'
is 'status has nothing against it' "$("$XLAB" status --json | jq -c '.labs[0].differences')" '[]'
within s1 ip link set s2 down
like 'a lost link of the ring is told' "$("$XLAB" status)" 'port s2 of s1 is down'
for ((i = 0; i < 100; i++)); do
	[[ $(states) != *blocking* && $(states) != *listening* && $(states) != *learning* ]] && break
	sleep 0.1
done
xlab scenario --all
is 'without a link of the ring everybody reaches everybody' "$status" 0
xlab down ring --wait
is 'the ring is down' "$status" 0

wait "$about"
result $? 'a ring between bridges without STP is waited for' "$(<"$dir/about")"

# Joined under another name, and without names. Where a port has the bridge's name, the uplink gives way.
cat >"$dir/joined.ini" <<-END
	[bridge left]
	uplink = right
	[bridge right]
	[node a]
	[node b]
	[iface a:eth0]
	bridge = left
	port = right
	address = 10.0.0.1/24
	mtu = 4000
	[iface b:eth0]
	bridge = right
	address = 10.0.0.2/24
	mtu = 4000
	[scenario s]
	pass = ping a b size=3900
END
xlab run "$dir/joined.ini"
is 'joined bridges, without names' "$status" 0
xlab up "$dir/joined.ini" --as other
is 'joined bridges under another name' "$status" 0
xlab scenario --all
is 'a frame as long as the ends take goes from bridge to bridge' "$status" 0
like 'the uplink gives way' "$(within other-left ip -o link show master left)" ': right@'
like 'the uplink has a number' "$(within other-left ip -o link show master left)" ': right-'
within other-left ip link set "$(within other-left ip -o link show master left |
	grep -o 'right-[0-9a-f]*' | head -n 1)" down
xlab scenario --all
like 'an uplink that is down is named' "$out" 'down: left:right-'
xlab down other
xlab up "$dir/joined.ini" --self b
is 'joined bridges, one end in this namespace' "$status" 0
xlab scenario --all
is 'joined bridges, one end in this namespace: works' "$status" 0
xlab down --wait joined
is 'nothing is left' "$(ip -o link | grep -vc ' lo:') $(ip netns | wc -l)" '0 0'

# NAME MODULE COMMAND…: a lab with KEYS of [iface a:eth0] comes up where the kernel has what the command
# uses, and is refused before anything is built where not
needs()
{
	local name=$1 module=$2
	shift 2
	xlab up "$dir/lab.ini"
	if unshare --net "$@" 2>/dev/null; then
		is "$name: comes up" "$status" 0
		xlab down --wait lab
		return
	fi
	ended "$name: not here" 3 "no module $module can be loaded; nothing was built"
	like "$name: where it stands in the file" "$err" "lab.ini:$line: "
	is "$name: nothing was built" "$(ls /run/netns; ls -A /run/xlab/*/ 2>/dev/null)" "$before"
}
before=$(ls /run/netns; ls -A /run/xlab/*/ 2>/dev/null)
line=3
pair 'delay = 10ms' '' headers
needs 'netem' sch_netem tc qdisc add dev lo root netem delay 10ms
line=12
pair '' '
	[iface b:v7]
	link = eth0
	vlan = 7
	mode = generic' headers
needs 'a VLAN' 8021q ip link add link lo name v type vlan id 7
xlab plan "$dir/lab.ini"
like 'the plan has the VLAN' "$out" 'vlan     b:v7: VLAN 7 over b:eth0'
xlab check "$dir/lab.ini"
is 'check asks no kernel' "$status" 0

done_testing
