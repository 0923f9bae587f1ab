#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0: the chain) b (e1) ---- (e0) c
#
# b is a router; of its e1 and of c's e0 the file gives no MAC.
#
# What a chain says of a packet that is not sent: of bytes, of a packet of the lab file, of a step and
# of captures; with a lab and without; and that nothing on the wire knows of it.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

objects=${BUILD:-$PWD/build}/tests/engine
cat >"$dir/lab.ini" <<-END
	[lab]
	name = tried
	[node a]
	route = 10.8.0.0/24 via 10.9.0.2
	[node b]
	forward = yes
	[node c]
	route = default via 10.8.0.1
	[iface b:e1]
	peer = c:e0
	address = 10.8.0.1/24
	[iface c:e0]
	peer = b:e1
	address = 10.8.0.2/24
	[iface a:e0]
	peer = b:e0
	address = 10.9.0.1/24
	address = fd00::1/64
	mac = de:ad:be:ef:00:01
	[iface b:e0]
	peer = a:e0
	address = 10.9.0.2/24
	address = fd00::2/64
	mac = de:ad:be:ef:00:02
	chain = headers web counting
	[filter web]
	program = port
	proto = udp tcp
	dst = 80 8000-8099
	[filter counting]
	program = $objects/oldmaps.bpf.o
	[filter lines]
	program = $objects/lines.bpf.o:lines
	[filter bare]
	program = $objects/bare.bpf.o
	[filter tails]
	program = $objects/tail.bpf.o:tail_caller
	set.verdict = 2
	[filter lineless]
	program = $objects/lineless.bpf.o:caller
	[filter away]
	program = redirect
	to = b:e0
	[filter back]
	program = port
	dst = 7
	action = tx
	[filter less]
	program = $objects/../cli/changes.bpf.o:less_one
	[filter wider]
	program = $objects/lines.bpf.o:wider
	[filter onward]
	program = port
	dst = 9
	continue = drop
	[packet syn]
	eth = dst=de:ad:be:ef:00:02 src=de:ad:be:ef:00:01
	ip = src=10.9.0.1 dst=10.9.0.2
	tcp = srcport=40000 dstport=8001 flags=S
	[packet long]
	eth = dst=de:ad:be:ef:00:02 src=de:ad:be:ef:00:01
	ip = src=10.9.0.1 dst=10.9.0.2
	udp = srcport=40000 dstport=53
	data = zero:5000
	[packet captured]
	pcap = one.pcap
	[packet lines]
	eth = dst=de:ad:be:ef:00:02 src=de:ad:be:ef:00:01
	ip = src=10.9.0.1 dst=10.9.0.2
	udp = srcport=40000 dstport=1001
	data = zero:40
	[scenario off]
	chain = b:e0
	pass = ping a b
	[scenario source]
	chain = b:e0 lines bare
	control = none
	aborted = ping a b
	[scenario changes]
	chain = b:e0 back
	pass = ping a b
	[scenario elsewhere]
	chain = b:e0 away
	redirect = ping a b
	[scenario far]
	chain = c:e0 headers web
	drop = udp a c:80
	[scenario tailed]
	chain = b:e0 tails
	pass = ping a b
	[scenario twice]
	chain = b:e0 tails tails
	pass = ping a b
	[scenario again]
	chain = b:e0 onward headers onward
	pass = ping a b
	[scenario full]
	chain = b:e0$(printf ' back%.0s' {1..64})
	pass = ping a b
	[scenario untold]
	chain = b:e0 lineless
	pass = ping a b
	[scenario headed]
	chain = b:e0 less
	pass = ping a b
	[scenario much]
	chain = b:e0 wider
	pass = ping a b
	[scenario none]
	pass = ping a b
END

# --- With a lab ---

# A capture of one packet, of 14 bytes.
printf '\324\303\262\241\2\0\4%11s\1%1s\1%11s\16%3s\16%3s\2%4s\2\2%4s\1\210\265' '' '' '' '' '' '' '' |
	tr ' ' '\0' >"$dir/one.pcap"
xlab up "$dir/lab.ini"
xlab explain b:e0 syn
like 'a packet of the lab file: its headers' "$out" 'TcpHdr: src: 40000 => dst: 8001 \[SYN\]'
like 'no opinion, the rule that was met, and who was not asked' "$out" '
  1  headers   next
  2  web       drop  proto=tcp, dst=8000-8099
  3  counting  not asked
=> drop, by web'
is 'it is all there is to say' "$status" 0
run env -u NO_COLOR TERM=xterm script -qec "$XLAB explain b:e0 syn" /dev/null
is 'on a terminal what goes on is green, and what does not is red' \
	"$(grep -o '[a-z]*'$'\033.*\033'. <<<"$out" | tr '\n' ' ')" \
	$'\033[32mnext\033[ \033[31mdrop\033[ \033[31mdrop\033[ '
run env -u NO_COLOR TERM=xterm script -qec "$XLAB explain b:e0 udp a b:81" /dev/null
like 'and so is what passes' "$out" $'=> \033\\[32mpass\033'
xlab filter web list
is 'no rule of the chain on the wire was hit' "$(awk 'NR > 1 { n += $2 } END { print n + 0 }' <<<"$out")" 0
xlab chain b:e0
is 'nothing of it was counted there' "$(awk '$2 == "web" { print $NF }' <<<"$out")" 0

xlab explain b:e0 udp a b:81
like 'a step: the datagram that it would send' "$out" 'UdpHdr: src: 40000 => dst: 81'
like 'with MACs of the lab file' "$out" 'EthHdr: src: de:ad:be:ef:00:01 => dst: de:ad:be:ef:00:02'
like 'the lines of an object that ran' "$out" '__sync_fetch_and_add(all, 1);'
[[ $out != *'return XDP_ABORTED'* ]]
result $? 'and none that did not' "$out"
like 'at its end' "$out" '=> pass, for no filter decided otherwise'
xlab filter web add dst=81
xlab explain b:e0 udp a b:81
like 'a rule that was added since' "$out" 'web       drop  proto=udp, dst=81'
xlab explain b:e0 tcp a '[fd00::2]:8099'
like 'over IPv6' "$out" 'web       drop  proto=tcp, dst=8000-8099'

xlab explain b:e0 frame a:e0 syn
like 'a step that sends a packet of the file' "$out" 'web       drop  proto=tcp, dst=8000-8099'

# NODE IFACE: its MAC, as the kernel has it
mac() {
	"$XLAB" exec "$1" -- cat "/sys/class/net/$2/address"
}
xlab explain c:e0 --scenario far udp b c:80
like 'MACs that the file does not give are those of the lab' "$out" \
	"EthHdr: src: $(mac b e1) => dst: $(mac c e0) (0x0800)"
xlab explain c:e0 --scenario far udp a c:80
like 'behind a router, its MAC' "$out" "EthHdr: src: $(mac b e1) => dst: $(mac c e0) (0x0800)"
is 'and nothing is left open' "$err" ''
refused socket:error=EMFILE explain c:e0 --scenario far udp b c:80
ended 'a MAC that cannot be asked for' 3 'cannot ask for the MAC of c:e0: cannot open a netlink socket'
xlab explain b:e0 udp a 255.255.255.255:80 at b
like 'to all, the MAC of all' "$out" 'dst: ff:ff:ff:ff:ff:ff'

# The object drops the third packet of a length: it has seen two, and then sees each packet that is
# tried as the third, for none of them is kept.
for _ in 1 2; do
	xlab exec a -- ping -c 1 -W 2 -s 300 10.9.0.2
done
for _ in 1 2; do
	xlab explain b:e0 ping a b size=300
	like 'it goes by what the maps hold' "$out" 'counting  drop'
done
like 'a step with its size' "$out" 'a packet of 342 bytes'
xlab exec a -- ping -c 1 -W 1 -s 301 10.9.0.2
is 'the wire is not moved by what was tried' "$status" 0

tailed='1  tails  pass
     */tail.bpf.c
      *    calls++; /\* TAIL target \*/
      *    return verdict;
      *    bpf_tail_call(ctx, &jumps, 1); /\* TAIL caller \*/
=> pass'
xlab explain b:e0 --scenario tailed ping a b
like 'lines behind a tail call, on copies of maps' "$out" "$tailed"
xlab explain b:e0 --scenario untold ping a b
like 'what is tail-called has no lines: that is why, and who calls it has' "$out" "1  lineless  pass
     (which of lineless's lines ran is not known: compile it with -g)
     */lineless.bpf.c
      *    bpf_tail_call(ctx, &jumps, 0); /\* to what has no lines \*/
=> pass"
# Of two that are looked at in its PROG_ARRAY, in which the one that is counted takes the other's place.
strace -qq -o "$dir/calls" -e trace=bpf -E "$unleaked" "$XLAB" explain b:e0 --scenario tailed ping a b >/dev/null 2>&1
for call in LOOKUP UPDATE; do
	nth=$(awk -v call="MAP_${call}_ELEM" '/^bpf/ { n++ } /prog_name="tail_target"/ { loads++ }
		loads == 2 && $0 ~ call { print n; exit }' "$dir/calls")
	refused "bpf:error=EPERM:when=$nth" explain b:e0 --scenario tailed ping a b
	like "lines behind a tail call that could not be counted, $call: said, and the verdict" "$out" "1  tails  pass
     (which of tail_target's lines ran is not known: *
      *    bpf_tail_call(ctx, &jumps, 1); /\* TAIL caller \*/
=> pass"
done

xlab explain b:e0 --scenario again udp a b:9
like 'a filter that stands there twice, and met its rule twice' "$out" '
  1  onward   drop  dst=9
  2  headers  next
  3  onward   drop  dst=9
=> pass'

xlab explain b:e0 --scenario headed udp a b:80
is 'lines of two files, each below its own, and what the object made of the packet' \
	"$(sed -n '/less/,$p' <<<"$out" | sed -E 's/^( {6}) *[0-9]+ /\1/; /EthHdr/d')" \
	'  1  less  pass
     tests/cli/changes.bpf.c
               udp->dest = bpf_htons(bpf_ntohs(udp->dest) - 1);
               udp->check = 0;
           return XDP_PASS;
     tests/cli/ipv4.h
           void *end = (void *)(long)ctx->data_end;
           struct ethhdr *eth = (void *)(long)ctx->data;
           if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
               ip->protocol != proto)
=> pass, for no filter decided otherwise
it came out changed, 46 bytes
  Ipv4Hdr: src: 10.9.0.1 => dst: 10.9.0.2 (17)
  UdpHdr: src: 40000 => dst: 79'

xlab explain b:e0 hex:DEADbeef0002deadbeef0001080045000022000700004011669\
40a0900010a0900029c401f43000e000068656c6c6f0a
like 'bytes: their headers' "$out" 'UdpHdr: src: 40000 => dst: 8003'
like 'bytes: what a chain does with them' "$out" 'web       drop  proto=udp, dst=8000-8099'

# --- Captures ---

# DESTINATION PORTS…: a capture of a UDP packet each, the last one cut
python3 - "$dir" 80 53 8000 8000 9 <<-'END'
	import struct, sys
	base = bytes.fromhex('deadbeef0002deadbeef00010800450000220007000040116694'
		'0a0900010a0900029c400050000e000068656c6c6f0a') + bytes(12)
	def packet(port, cut=0):
	    b = base[:36] + struct.pack('>H', int(port)) + base[38:]
	    return record(b[:len(b) - cut], len(b))
	def record(b, size):
	    return struct.pack('<IIII', 0, 0, len(b), size) + b
	def capture(name, packets):
	    with open(sys.argv[1] + '/' + name, 'wb') as f:
	        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + b''.join(packets))
	all = [packet(port) for port in sys.argv[2:]]
	capture('some.pcap', all[:-1] + [packet(9, 20)])
	capture('empty.pcap', [])
	capture('broken.pcap', [all[0], all[1][:30]])
	capture('many.pcap', all * 4000)
	def frame(type, rest):
	    b = bytes.fromhex('deadbeef0002deadbeef0001' + type) + rest + bytes(46 - len(rest))
	    return record(b, len(b))
	capture('others.pcap', [frame('0806', bytes.fromhex('0001080006040001')), frame('88b5', b'?'),
	                        frame('0800', base[14:23] + b'\xc8' + base[24:34])])
	capture('short.pcap', [all[1], record(base[:4], 4), all[0]])
END
xlab explain b:e0 "$dir/some.pcap"
is 'a capture: a line a packet' "$out" '1  drop by web (proto=udp, dst=80)  10.9.0.1 => 10.9.0.2 udp 40000 => 80
2  pass  10.9.0.1 => 10.9.0.2 udp 40000 => 53
3  drop by web (proto=udp, dst=8000-8099)  10.9.0.1 => 10.9.0.2 udp 40000 => 8000
4  drop by web (proto=udp, dst=8000-8099)  10.9.0.1 => 10.9.0.2 udp 40000 => 8000'
like 'one that was cut when it was captured is left out' "$err" \
	'packet 5: only 40 of its 60 bytes were captured: left out'
xlab explain b:e0 "$dir/others.pcap"
is 'what is no IP by its MACs and its type, what is no TCP and no UDP by its protocol' "$out" \
	'1  pass  de:ad:be:ef:00:01 => de:ad:be:ef:00:02 arp
2  pass  de:ad:be:ef:00:01 => de:ad:be:ef:00:02 0x88b5
3  drop by counting  10.9.0.1 => 10.9.0.2 200'
xlab explain b:e0 --summary "$dir/some.pcap"
is 'in sum, by filter and rule' "$(tr -s ' ' <<<"$out")" 'filter verdict packets
headers next 4
web next 1
web drop 3
 proto=udp 3
 dst=80 1
 dst=8000-8099 2
counting pass 1
(came through) pass 1'
xlab explain b:e0 --scenario full --summary "$dir/some.pcap"
is 'in sum, of as many filters as a chain can have' "$(tr -s ' ' <<<"$out" | uniq -c | tr -s ' ')" \
	' 1 filter verdict packets
 64 back next 4
 1 (came through) pass 4'
# The object has a state of its own: the third packet that comes to it is dropped, and all then.
xlab explain b:e0 --summary "$dir/many.pcap"
like 'many packets are one after the other' "$(tr -s ' ' <<<"$out")" 'counting pass 2
counting drop 7998
(came through) pass 2'
xlab explain b:e0 "$dir/short.pcap"
is 'one that is none is left out, too, and those behind it are told' "$status $(cut -d' ' -f1-4 <<<"$out")" '0 1  pass 
3  drop by'
like 'it is told which' "$err" 'xlab: packet 2: a packet of 4 bytes is none: *: left out'
# A signal ends it behind a packet's line, or before the first; not in the middle of one.
for call in write openat; do
	strace -qq -o "$dir/calls" -e trace=$call -E "$unleaked" "$XLAB" explain b:e0 "$dir/some.pcap" >/dev/null 2>&1
	halt $call "$(grep -c "^$call" "$dir/calls")" explain b:e0 "$dir/many.pcap"
	kill -TERM "$(cat /proc/$halted/task/$halted/children)"
	resume
	is "a capture, and a signal behind $call: exit status" "$status" $((128 + $(kill -l TERM)))
	is "a capture, and a signal behind $call: nothing is said" "$err" ''
	lines=$(wc -l <"$dir/halted.out")
	is "a capture, and a signal behind $call: whole lines" "$(tail -n 1 <<<"$out" | cut -d' ' -f1)" "${lines#0}"
	is "a capture, and a signal behind $call: some packets, or none" \
		"$((lines > 0)) $((lines < 20000))" "$([ $call = openat ]; echo $?) 1"
done
# What the machine refuses is no packet's fault.
strace -qq -o "$dir/calls" -e trace=bpf -E "$unleaked" "$XLAB" explain b:e0 "$dir/some.pcap" >/dev/null 2>&1
refused "bpf:error=EPERM:when=$(awk '/^bpf/ { n++ } /TEST_RUN/ { print n; exit }' "$dir/calls")" explain b:e0 "$dir/some.pcap"
ended 'a capture of which no packet can be tried' 3 'cannot run the chain on a packet'
cp "$home/tried/chains/b:e0" "$dir/record"
sed -i 's/^now inline/now inlnie/' "$home/tried/chains/b:e0"
xlab explain b:e0 syn
ended 'the chain that stands there is not known' 3 'the record of the chain on b:e0'
cp "$dir/record" "$home/tried/chains/b:e0"
xlab explain b:e0 "$dir/empty.pcap"
ended 'an empty capture' 2 'has no packet'
xlab explain b:e0 "$dir/broken.pcap"
is 'a capture that is cut: exit status' "$status" 2
like 'a capture that is cut' "$err" 'broken.pcap'
xlab explain b:e0 "$dir/lab.ini"
ended 'a file that is no capture' 2 'lab.ini'

# --- What cannot be ---

xlab explain b:e0 sin
ended 'a packet that is not there' 2 'did you mean "syn"?'
xlab explain b:e0 udp a d:80
ended 'a step that is wrong' 2 'there is no node "d"'
is 'in its own words' "${err%%;*}" 'xlab: explain: udp a d:80: there is no node "d"'
xlab explain b:e0 tcp a b
like 'a step without a port' "$err" 'xlab: explain: tcp a b: the port is missing: write b:PORT'
xlab explain udp a b:80
ended 'no interface' 2 'before the step stands the interface that it comes in by, or the lab file: xlab explain NODE:IFACE udp'
xlab explain "$dir/none.ini" syn
ended 'no such file' 2 "there is no file $dir/none.ini"
for tail in 'by web' 'by web at b:e0' 'count=3 arrive=2' 'as syn'; do
	xlab explain b:e0 frame a:e0 syn $tail
	like "a step as it stands in a lab file, $tail" "$out" '=> drop, by web'
done
xlab explain b:e0 frame a:e0 syn by back
ended 'by a filter that is elsewhere' 2 'explain: frame a:e0 syn by back: filter back stands in no chain'
xlab explain b:e0 udp b a:80
ended 'a step that goes out there' 2 'udp b a:80: node b sends it, and a chain is asked about what comes in'
xlab explain a:e0 syn
ended 'no chain' 2 'a:e0 has no chain: a packet passes there'
is 'no scenario puts one there' "${err%$'\n'}" 'xlab: a:e0 has no chain: a packet passes there'
xlab explain b:e0 captured
like 'a packet of the lab file that was captured' "$out" '=> pass'
mv "$dir/one.pcap" "$dir/kept.pcap"
xlab explain b:e0 captured
ended 'a packet whose capture is gone' 2 'packet captured: *one.pcap'
mv "$dir/kept.pcap" "$dir/one.pcap"
xlab explain b:e9.1 syn
ended 'no such interface' 2 'did you mean "b:e1"?'
xlab explain a:e0 --scenario far syn
ended 'no chain in a scenario, either' 2 'a:e0 has no chain in that scenario: a packet passes there'
xlab explain b:e0 exec a true
ended 'a step that sends none' 2 '"exec a true" is no step'
xlab explain b:e0 hex:deadbeef000
ended 'half a byte' 2 'the last byte has one digit only'
for byte in xx 0x x0 +1; do
	xlab explain b:e0 hex:deadbeef$byte
	ended "no hex: $byte" 2 "\"$byte\" at byte 4 is not two hex digits"
done
xlab explain b:e0 hex:deadbeef
ended 'too short' 2 'a packet of 4 bytes is none'
xlab explain b:e0 long
ended 'too long' 2 'no packet of 5042 bytes comes in here'
xlab explain b:e0 --summary syn
ended 'a summary of one' 2 '--summary is of the packets of a capture'
xlab explain b:e0 --scenario sauce syn
ended 'no such scenario' 2 'did you mean "source"?'
"$XLAB" exec c -- ip link delete e0
xlab explain c:e0 --scenario far udp b c:80
ended 'a MAC of a link that is gone' 3 'cannot ask for the MAC of c:e0: '
"$XLAB" down >/dev/null

# --- Without a lab ---

xlab explain "$dir/lab.ini" syn
like 'the chain of a lab file, and its only one' "$out" '=> drop, by web'
xlab explain "$dir/lab.ini" b:e0 tcp a b:22
like 'a step without a lab' "$out" '=> pass, for no filter decided otherwise'
xlab explain "$dir/lab.ini" c:e0 --scenario far udp a c:80
[[ $out =~ 'EthHdr: src: '([0-9a-f:]+)' => dst: '([0-9a-f:]+) && ${BASH_REMATCH[*]} != *00:00:00:00:00:00* ]]
result $? 'and with MACs, whichever the kernel chose' "$out"
sed 's/forward = yes/forwrad = yes/' "$dir/lab.ini" >"$dir/wrong.ini"
xlab explain "$dir/wrong.ini" syn
ended 'a lab file that is wrong' 2 'wrong.ini:*forwrad'
sed 's/forward = yes//' "$dir/lab.ini" >"$dir/unrouted.ini"
xlab explain "$dir/unrouted.ini" c:e0 --scenario far udp a c:80
like 'a MAC that nobody knows' "$out" 'EthHdr: src: 00:00:00:00:00:00 =>'
like 'is said to be none' "$err" \
	'the source MAC is not known, and 0: node a is not on the link of c:e0, and no router is, or more than one'
xlab status
like 'no lab is up of it' "$out" 'no lab is up'
xlab explain "$dir/lab.ini" --scenario source lines
like 'of an object each line that ran, as it is written' "$out" \
	'bytes\[0\] = 2; /\* LINE tx \*/
'
like 'its verdict' "$out" '1  lines  tx'
like 'what it made of the packet' "$out" 'it came out changed, 82 bytes
  EthHdr: src: de:ad:be:ef:00:01 => dst: 02:ad:be:ef:00:02 (0x0800)'
xlab explain "$dir/lab.ini" --scenario source udp a b:9 "$(printf '%040d' 0)"
like 'an object without line info, and its verdict' "$out" '  2  bare   pass
     (which of its lines ran is not known: compile it with -g)'
xlab explain "$dir/lab.ini" --scenario changes udp a b:7
like 'sent back' "$out" '=> tx, by back
it came out changed, 46 bytes
  EthHdr: src: de:ad:be:ef:00:02 => dst: de:ad:be:ef:00:01 (0x0800)'
xlab explain "$dir/lab.ini" --scenario far syn
ended 'two chains, and no interface' 2 'which chain? Name one of the interfaces c:e0, b:e0'
sed '/^[[:space:]]*chain = headers web counting/d' "$dir/lab.ini" >"$dir/bare.ini"
xlab explain "$dir/bare.ini" syn
ended 'no chain at all' 2 'lab tried has no chain of its own: --scenario NAME takes those of a scenario'
xlab explain "$dir/bare.ini" --scenario none syn
ended 'no chain in the scenario' 2 'lab tried has no chain there: --scenario NAME takes those of a scenario'
xlab explain "$dir/bare.ini" b:e0 syn
ended 'no chain but that of a scenario' 2 \
	'b:e0 has no chain: a packet passes there; a scenario puts one there: --scenario source'
xlab explain "$dir/lab.ini" --scenario elsewhere syn
like 'sent elsewhere' "$out" '=> redirect, by away'
xlab explain "$dir/lab.ini" --scenario tailed ping a b
like 'lines behind a tail call' "$out" "$tailed"
xlab explain "$dir/lab.ini" --scenario twice syn
like 'of a filter that stands there twice' "$out" 'TAIL target \*/*2 times*
     (lines behind bpf_tail_call are those of all filters here that share its PROG_ARRAY)
  2  tails'
xlab explain "$dir/lab.ini" --scenario much syn
like 'where lines are too many, the verdict' "$out" '1  wider  pass
     (which of its lines ran is not known: counting them is too much for the kernel)'
done_testing
