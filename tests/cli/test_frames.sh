#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      c:e0 ---- h:e0     h:e1 ---- r:e0     c:b0, r:b0 ---- br
#
#      a, h2, lb (the balancer) ---- b2      w ---- gw (forwards) ---- z
#
# Packets of the lab file sent as they are, and given to chains: where they arrive, who decided, and as
# what they came out.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/balances.bpf.o
elsewhere=${BUILD:-$PWD/build}/tests/cli/dies.bpf.o

iface() # NODE:IFACE MAC KEYS…
{
	printf '[iface %s]\nmac = 02:00:00:00:00:%s\n' "$1" "$2"
	shift 2
	printf '%s\n' "$@"
}
{
	printf '[bridge %s]\n' br b2
	printf '[node %s]\n' c h r a h2 lb w z
	printf '[node gw]\nforward = yes\n'
	iface c:e0 01 'peer = h:e0'
	iface h:e0 02 'peer = c:e0'
	iface h:e1 03 'peer = r:e0'
	iface r:e0 04 'peer = h:e1'
	iface c:b0 05 'bridge = br'
	iface r:b0 06 'bridge = br'
	for end in a:01 h2:02 lb:64; do
		printf '[iface %s:e0]\nbridge = b2\nmac = de:ad:be:ef:00:%s\naddress = 10.9.0.%d/24\n' \
			"${end%:*}" "${end#*:}" $((0x${end#*:}))
	done
	iface w:e0 11 'peer = gw:e0' 'address = 10.1.0.1/24'
	iface gw:e0 12 'peer = w:e0' 'address = 10.1.0.2/24'
	iface gw:e1 13 'peer = z:e0' 'address = 10.2.0.2/24'
	iface z:e0 14 'peer = gw:e1' 'address = 10.2.0.1/24'
	cat <<LAB
[filter web]
program = port
dst = 80
[filter arp]
program = ether
type = arp
[filter back]
program = tx
[filter away]
program = redirect
to = h:e1
[filter anywhere]
program = $elsewhere:elsewhere
set.to = 102 ; the ifindex of h:e1, the same each time
[filter fair]
program = $object:balance
[packet syn]
eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01
ip = src=10.0.0.1 dst=10.0.0.2
tcp = srcport=40000 dstport=80 flags=S
[packet back]
eth = dst=02:00:00:00:00:01 src=02:00:00:00:00:02
ip = src=10.0.0.1 dst=10.0.0.2
tcp = srcport=40000 dstport=80 flags=S
[packet wrong]
eth = dst=02:00:00:00:00:01 src=02:00:00:00:00:02
ip = src=10.0.0.1 dst=10.0.0.2 ttl=63
tcp = srcport=40000 dstport=81 flags=S
[packet ask]
eth = dst=ff:ff:ff:ff:ff:ff src=02:00:00:00:00:05
arp = src.proto_ipv4=10.0.0.1 dst.proto_ipv4=10.9.0.9
[packet odd]
eth = dst=02:00:00:00:00:02 type=0x88b5
data = "?"
[packet long]
eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01
ip = src=10.0.0.1 dst=10.0.0.2
udp = srcport=40000 dstport=80
data = zero:1000
[packet long-back]
eth = dst=02:00:00:00:00:01 src=02:00:00:00:00:02
ip = src=10.0.0.1 dst=10.0.0.2
udp = srcport=40000 dstport=80
data = zero:999
data = hex:01
[packet large]
eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01
ip = src=10.0.0.1 dst=10.0.0.2
icmp = seq=1
data = zero:1000
[packet larger]
eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01
ip = src=10.0.0.1 dst=10.0.0.2
icmp = seq=1 checksum=0xf7fe
data = zero:999
data = hex:01
[packet huge]
eth = dst=02:00:00:00:00:02
ip = src=10.0.0.1 dst=10.0.0.2
udp = srcport=40000 dstport=80
data = zero:5000
[packet tagged]
eth = dst=02:00:00:00:00:02 src=02:00:00:00:00:01 type=vlan
vlan = id=7
ip = src=10.0.0.1 dst=10.0.0.2
tcp = srcport=40000 dstport=80 flags=S
[packet to-vip]
eth = dst=de:ad:be:ef:00:64 src=de:ad:be:ef:00:01
ip = src=10.9.0.1 dst=10.9.0.100
udp = srcport=40000 dstport=80
data = "hello"
[packet to-backend]
eth = dst=de:ad:be:ef:00:02 src=de:ad:be:ef:00:64
ip = src=10.9.0.100 dst=10.9.0.2
udp = srcport=40000 dstport=80
data = "hello"
[packet routed]
eth = dst=02:00:00:00:00:12 src=02:00:00:00:00:11
ip = src=10.1.0.1 dst=10.2.0.1
udp = srcport=40000 dstport=9
[packet echo]
eth = dst=02:00:00:00:00:11 src=02:00:00:00:00:12
ip = src=10.1.0.1 dst=10.1.0.2 flags.df=1 len=84
icmp = seq=1
[packet hop]
eth = dst=02:00:00:00:00:14 src=02:00:00:00:00:13
ip = src=10.1.0.1 dst=10.2.0.1 ttl=63
udp = srcport=40000 dstport=9
LAB
} >"$dir/base.ini"

# NAME WANTED KEYS…: what each step came to, a line each; the pattern of `case`
steps()
{
	local name=$1 wanted=$2

	shift 2
	{ cat "$dir/base.ini" && printf '[scenario s]\n' && printf '%s\n' "$@"; } >"$dir/lab.ini"
	xlab run "$dir/lab.ini" --format json
	steps=$(came_to)
	# shellcheck disable=SC2053
	[[ $steps == $wanted ]]
	result $? "$name" "got \"$steps\", not \"$wanted\""
}

details() { jq -r '.scenarios[].steps[] | select(.details != null) | .details' <<<"$out" | grep .; }

steps 'arrivals' 'ok: arrived at h:e0
ok: arrived at h:e0
ok: arrived at h:e0, as odd
ok: 3 of 3 arrived at h:e0
ok: arrived at br:c-b0
ok: arrived at r:b0
ok: arrived at *r:b0*
not ok: nothing arrived at r:e0*' \
	'chain = h:e0 web' 'pass = frame c:e0 odd' 'pass = frame c:e0 odd at h:e0' \
	'pass = frame c:e0 odd as odd' 'pass = frame c:e0 odd count=3 arrive=3' \
	'pass = frame c:b0 ask' 'pass = frame c:b0 ask at r:b0' 'pass = frame c:b0 ask at r|h' \
	'pass = frame c:e0 odd at r:e0 control=none'
steps 'drops' 'ok: dropped by web at h:e0
ok: dropped by web at h:e0
ok: dropped by web at h:e0
not ok: dropped by web at h:e0
not ok: arrived at h:e0, where a drop was expected
not ok: dropped by web at h:e0; expected by arp
ok: dropped by arp at r:b0
not ok: arrived at br:c-b0, where a drop was expected' \
	'chain = h:e0 web arp' 'chain = r:b0 arp' \
	'drop = frame c:e0 syn' 'drop = frame c:e0 syn by web at h:e0' \
	'drop = frame c:e0 syn count=3 by web' 'pass = frame c:e0 syn' 'drop = frame c:e0 odd' \
	'drop = frame c:e0 syn by arp' 'drop = frame c:b0 ask by arp at r:b0' 'drop = frame c:b0 ask'
# What goes to all arrives where the step's filter stands, if that is one place.
steps 'where the filter stands' 'ok: dropped by arp at r:b0' 'chain = r:b0 arp' 'chain = c:b0 web' \
	'drop = frame c:b0 ask by arp'
steps 'where of two places nobody can tell' 'not ok: arrived at br:c-b0, where a drop was expected' \
	'chain = r:b0 arp' 'chain = c:b0 arp' 'control = none' 'drop = frame c:b0 ask by arp'
# A scenario's chain goes, and the next gives to the lab's own.
{
	sed 's/^\[iface r:e0\]/&\nchain = back/' "$dir/base.ini"
	printf '%s\n' '[scenario s]' 'chain = r:e0 web' 'give = r:e0 syn => drop by web' \
		'[scenario t]' 'chain = h:e0 web' 'give = r:e0 syn => tx by back'
} >"$dir/lab.ini"
xlab run "$dir/lab.ini" --format json
is "given to the lab's own chain" "$(came_to)" 'ok: dropped by web at r:e0
ok: sent back (tx) by back at r:e0'
# The control run: what none of the chains is owed to.
steps 'without chains it does not arrive either' 'lab error: error of the lab: without any chain it fails too: nothing arrived at r:e0*' \
	'chain = h:e0 away' 'pass = frame c:e0 syn at r:e0'
steps 'it must not arrive without chains' 'ok: arrived at r:e0; sent elsewhere (redirect) by away at h:e0' \
	'chain = h:e0 away' 'pass = frame c:e0 syn by away at r:e0 control=fail'

steps 'what was sent back' 'ok: sent back (tx) by back at h:e0, as back
ok: sent back (tx) by back at h:e0, as long-back
not ok: sent back (tx) by back at h:e0, but it came out different from wrong
ok: sent back (tx) by back at h:e0, as wrong
not ok: sent back (tx) by back at h:e0, but it came out different from long-back' \
	'chain = h:e0 back' 'tx = frame c:e0 syn as back' \
	'tx = frame c:e0 long as long-back except udp.checksum data' 'tx = frame c:e0 syn as wrong' \
	'tx = frame c:e0 syn as wrong except ip.ttl, ip.checksum tcp.port tcp.checksum' \
	'tx = frame c:e0 long as long-back except udp.checksum'
is 'only the fields that differ are told' "$(details)" 'field         expected  came
ip.ttl        63        64
ip.checksum   0x67ce    0x66ce
tcp.dstport   81        80
tcp.checksum  0xff4e    0xff4f
field  expected                     came
data   1000 bytes, from 999 on: 01  1000 bytes, from 999 on: 00'
steps 'what was sent elsewhere' 'ok: sent elsewhere (redirect) by away at h:e0, as syn
ok: sent elsewhere (redirect) by away at h:e0, as long
ok: sent elsewhere (redirect) by away at h:e0, as long
ok: arrived at r:e0; sent elsewhere (redirect) by away at h:e0, as syn' \
	'chain = h:e0 away' 'redirect = frame c:e0 syn as syn' 'redirect = frame c:e0 long by away as long' \
	'redirect = frame c:e0 long as long' 'pass = frame c:e0 syn by away at r:e0 as syn control=none'
# Where an object redirects to nobody knows: all bytes are seen behind each of its node's interfaces.
steps 'a long one that an object sent elsewhere' \
	'ok: sent elsewhere (redirect) by anywhere at h:e0, as large
not ok: sent elsewhere (redirect) by anywhere at h:e0, but it came out different from larger' \
	'chain = h:e0 anywhere' 'chain = r:e0 headers' \
	'redirect = frame c:e0 large by anywhere as large' \
	'redirect = frame c:e0 large as larger'
like 'and what is different far behind' "$(details)" 'data*from 999 on: 01*from 999 on: 00'
steps 'where a chain is asked before anybody sees it' \
	'inconclusive: sent elsewhere (redirect) by anywhere at h:e0, as large in its first 128 bytes; of the other 914 nobody tells' \
	'chain = h:e0 anywhere' 'chain = r:e0 drop' 'control = none' 'redirect = frame c:e0 large as large'
steps 'the same of a ping' 'ok: sent back (tx) by back at gw:e0, as echo
not ok: sent back (tx) by back at gw:e0, but it came out different from echo' \
	'chain = gw:e0 web back' 'neighbours = warm' \
	'tx = ping w gw as echo except ip.id ip.checksum icmp.ident icmp.checksum data' \
	'tx = ping w gw as echo except ip.id ip.checksum icmp.ident icmp.checksum'

steps 'a balancer makes another packet of it, and its other end gets that' \
	'ok: arrived at h2:e0; sent back (tx) by fair at lb:e0, as to-backend
not ok: arrived at h2:e0; sent back (tx) by fair at lb:e0, but it came out different from to-vip
ok: sent back (tx) by fair at lb:e0, as to-backend' \
	'chain = lb:e0 fair' 'control = none' 'pass = frame a:e0 to-vip by fair at h2:e0 as to-backend' \
	'pass = frame a:e0 to-vip by fair at h2:e0 as to-vip' \
	'give = lb:e0 to-vip => tx by fair as to-backend'
steps 'a router sends it on' 'ok: arrived at z:e0
ok: arrived at z:e0, as hop
not ok: arrived at z:e0, but it came out different from routed' \
	'chain = gw:e0 web' 'pass = frame w:e0 routed at z:e0' 'pass = frame w:e0 routed at z:e0 as hop' \
	'pass = frame w:e0 routed at z:e0 as routed'
# The kernel takes the tag off before a packet socket sees it.
steps 'a VLAN tag' 'ok: arrived at h:e0, as tagged
not ok: arrived at h:e0, but it came out different from syn' \
	'chain = h:e0 arp' 'pass = frame c:e0 tagged as tagged' 'pass = frame c:e0 tagged as syn'

steps 'given' 'ok: dropped by web at h:e0
ok: let through at h:e0, where no filter had an opinion, as odd
ok: dropped by web at h:e0
not ok: dropped by web at h:e0; expected pass
not ok: dropped by web at h:e0; expected by arp
not ok: let through at h:e0, where no filter had an opinion; expected drop by web' \
	'chain = h:e0 headers web arp' 'give = h:e0 syn => drop by web' 'give = h:e0 odd => pass as odd' \
	'give = h:e0 huge => drop' 'give = h:e0 syn => pass' 'give = h:e0 syn => drop by arp' \
	'give = h:e0 odd => drop by web'

# Equal chains are one program, which goes by the interface that a packet came in by.
steps 'given to one of several interfaces with equal chains' 'ok: dropped by web at r:e0
ok: dropped by web at h:e0' 'chain = h:e0 web' 'chain = h:e1 web' 'chain = r:e0 web' \
	'give = r:e0 syn => drop by web' 'give = h:e0 syn => drop by web'

# The headers that were shown, of what was sent and of what was given.
steps 'headers are seen' 'ok: arrived at h:e0
ok: shown
ok: let through*
ok: shown' 'chain = h:e0 headers' 'pass = frame c:e0 syn' 'see = h:e0 TcpHdr: src: 40000 => dst: 80 [SYN]' \
	'give = h:e0 long => pass' 'see = h:e0 UdpHdr: src: 40000 => dst: 80'
steps 'too long for its link' \
	'lab error: error of the lab: without any chain it fails too: nothing arrived at h:e0: c:e0 cannot send its 5042 bytes: its MTU is 1500*' \
	'chain = h:e0 web' 'pass = frame c:e0 huge'

# A packet of a capture, which must be there when the scenario runs.
xlab packet "$dir/base.ini" syn --pcap "$dir/syn.pcap"
{
	cat "$dir/base.ini"
	printf '%s\n' '[packet kept]' 'pcap = syn.pcap' '[scenario s]' 'chain = h:e0 web' \
		'drop = frame c:e0 kept by web' 'give = h:e0 kept => drop'
} >"$dir/lab.ini"
xlab up "$dir/lab.ini"
xlab scenario s --format json
is 'a packet of a capture' "$(came_to)" 'ok: dropped by web at h:e0
ok: dropped by web at h:e0'
rm "$dir/syn.pcap"
xlab scenario s
like 'a capture that went' "$out$err" 'packet kept: cannot read the capture *syn.pcap: No such file'
xlab down
is 'down without it' "$status" 0

# NAME PATTERN STEP: what is wrong with it
refused()
{
	{ cat "$dir/base.ini" && printf '%s\n' '[scenario s]' 'chain = h:e0 web' "$3"; } >"$dir/lab.ini"
	xlab check "$dir/lab.ini"
	ended "$1" 2 "$2"
}
refused 'no packet' 'the PACKET is missing; allowed: *frame NODE:IFACE PACKET' 'pass = frame c:e0'
refused 'an unknown packet' 'there is no packet "sin"; did you mean "syn"?' 'pass = frame c:e0 sin'
refused 'an unknown interface' 'there is no interface "c:e9"' 'pass = frame c:e9 syn'
refused 'a word too much' '"hello" says nothing here' 'pass = frame c:e0 syn hello'
refused 'an option of ping' '"size=" goes with ping only' 'pass = frame c:e0 syn size=7'
refused 'as of nothing' 'there is no packet "sin"; did you mean "syn"?' 'pass = frame c:e0 syn as sin'
refused 'except without as' 'except needs as PACKET' 'pass = frame c:e0 syn except ip.ttl'
refused 'an unknown field' 'there is no field "ip.tll"; did you mean "ip.ttl"?' \
	'pass = frame c:e0 syn as syn except ip.tll'
refused 'a part of a field' 'tcp.flags.syn is told as a part of tcp.flags: except that' \
	'pass = frame c:e0 syn as syn except tcp.flags.syn'
refused 'as of a drop' '"as" goes with pass, tx and redirect only' 'drop = frame c:e0 syn as syn'
refused 'as of a ping that passes' 'what a ping arrives as nobody sees' 'pass = ping w z as syn'
refused 'give without a verdict' 'the => and its VERDICT are missing' 'give = h:e0 syn drop'
refused 'give of no verdict' '"fail" is not a verdict' 'give = h:e0 syn => fail'
refused 'give without a chain' 'no chain stands on c:e0 in this scenario' 'give = c:e0 syn => pass'
refused 'give at a node' '"at" goes with ping, udp, tcp and frame only' 'give = h:e0 syn => drop at h'
refused 'give to a filter elsewhere' 'filter arp stands in no chain' 'give = h:e0 syn => drop by arp'
xlab check "$dir/base.ini" # nothing is wrong with it but that
is 'the lab itself' "$status" 0

done_testing
