#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packets of a lab file: tshark reads each as it was meant, field by field and without a complaint, and
# what is shown of one is a [packet] that makes it again; captures, and bad ones.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

lab=tests/cli/packets.ini

# All packets in one capture, for tshark needs a second to start: the header of a file, then packets.
cut_header() { tail -c +25 "$1"; }

dissect() # ARGS…: of all packets, of none of which it knows from another
{
	tshark -r "$dir/all.pcap" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -o ip.defragment:FALSE -o tcp.analyze_sequence_numbers:FALSE \
		-o arp.detect_duplicate_ips:FALSE "$@" 2>"$dir/tshark"
}

# "ip.ttl 64": each field that xlab shows of a packet, as plain numbers in tshark's units.
ours()
{
	local layer eq words word name value

	while read -r layer eq words; do
		[ "$eq" = = ] && [ "$layer" != data ] || continue
		for word in $words; do
			name=$layer.${word%%=*} value=${word#*=}
			case $name in
			*.options) continue ;; # bytes, of which tshark has fields by kind
			*.hdr_len) value=$((value * 4)) ;;
			tcp.flags) value=$(flags "$value") ;;
			esac
			echo "$name $(plain "$value")"
		done
	done
}

flags() # FSA: the number
{
	local all=FSRPAUEC i number=0

	[ "$1" = none ] || for ((i = 0; i < 8; i++)); do
		[[ $1 != *${all:i:1}* ]] || number=$((number | 1 << i))
	done
	echo "$number"
}

plain() # a name of a number: the number; what is none stays
{
	case $1 in
	True) echo 1 ;; # as tshark has it from 4.2 on
	False) echo 0 ;;
	icmp) echo 1 ;;
	tcp) echo 6 ;;
	udp) echo 17 ;;
	icmpv6) echo 58 ;;
	ipv4) echo 2048 ;;
	arp) echo 2054 ;;
	ipv6) echo 34525 ;;
	vlan) echo 33024 ;;
	*[.:]*) echo "$1" ;;
	*) echo $(($1)) ;;
	esac
}

# The same of the packet at a line of what tshark said of all, whose columns are $names.
theirs() # LINE
{
	local values value n

	sed -n "$1p" "$dir/fields" | tr '\t' '\n' >"$dir/values"
	mapfile -t values <"$dir/values"
	for n in "${!names[@]}"; do
		for value in ${values[n]//,/ }; do
			echo "${names[n]} $(plain "$value")"
		done
	done
}

packets=$(sed -n 's/^\[packet \(.*\)\]$/\1/p' $lab)
for name in $packets; do
	xlab packet $lab "$name"
	is "$name: shown" "$status" 0
	mv "$dir/out" "$dir/$name.ini"
	ours <"$dir/$name.ini" | sort >"$dir/$name.ours"
	{ echo '[node a]' && cat "$dir/$name.ini"; } >"$dir/again.ini"
	xlab packet "$dir/again.ini" "$name"
	is "$name: what is shown makes it again" "$out" "$(cat "$dir/$name.ini")"
	xlab packet $lab "$name" --pcap "$dir/one.pcap"
	is "$name: written" "$status$out$err" 0
	[ -e "$dir/all.pcap" ] || head -c 24 "$dir/one.pcap" >"$dir/all.pcap"
	cut_header "$dir/one.pcap" >>"$dir/all.pcap"
done

dissect -T fields -e frame.protocols >"$dir/layers"
dissect -T fields -e _ws.expert.severity -e _ws.expert.message -e _ws.malformed \
	-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status -e icmp.checksum.status \
	-e icmpv6.checksum.status >"$dir/complaints"
mapfile -t names < <(cut -d ' ' -f 1 "$dir"/*.ours | sort -u)
for name in "${names[@]}"; do
	args+=(-e "$name")
done
dissect -T fields -E occurrence=a -E aggregator=, "${args[@]}" >"$dir/fields"
is 'tshark knows each field' "$(grep -v 'Running as user' "$dir/tshark")" ''

line=0
for name in $packets; do
	line=$((line + 1))
	is "$name: tshark finds the layers" \
		"$(sed -n "${line}p" "$dir/layers" | tr : '\n' |
			grep -xE 'eth|vlan|arp|ip|ipv6|icmp|icmpv6|tcp|udp' | paste -sd ' ')" \
		"$(awk '$2 == "=" && $1 != "data" { print $1 }' "$dir/$name.ini" | paste -sd ' ')"
	# 1 is a good checksum, 2 one that it cannot tell; of severities 0x600000 is a warning.
	is "$name: tshark complains of nothing" \
		"$(sed -n "${line}p" "$dir/complaints" | grep -E '6291456|8388608|Malformed|	0(	|,|$)')" ''
	theirs "$line" | sort >"$dir/theirs"
	diff "$dir/$name.ours" "$dir/theirs" >"$dir/diff"
	result $? "$name: tshark reads each field so" "$(cat "$dir/diff")"
done

# Of captures, in both formats, and of bytes.
editcap -F pcapng "$dir/all.pcap" "$dir/all.pcapng" 2>/dev/null
head -c 140 "$dir/all.pcap" >"$dir/cut.pcap"
head -c 24 "$dir/all.pcap" >"$dir/none.pcap"
: >"$dir/empty.pcap"
third=$(sed -n 3p <<<"$packets")
capture() # WORDS…: a lab file with one packet, from a capture
{
	printf '%s\n' '[node a]' "[packet $third]" "pcap = $*" >"$dir/capture.ini"
	xlab packet "$dir/capture.ini" "$third"
}
for file in all.pcap all.pcapng "$dir/all.pcap"; do
	capture "$file 3"
	is "packet 3 of $file" "$out" "$(cat "$dir/$third.ini")"
done
capture all.pcap
is 'the first packet, where no number is given' "$(sed 1d <<<"$out")" \
	"$(sed 1d "$dir/$(head -n 1 <<<"$packets").ini")"
capture all.pcap 99
ended 'a number past the end' 2 "capture.ini:3: \[packet $third] pcap = all.pcap 99: *has $line packets: there is no packet 99"
capture cut.pcap 2
ended 'a cut capture' 2 'capture.ini:3: *cannot be read behind packet 1: truncated'
capture none.pcap
ended 'a capture of nothing' 2 'has 0 packets: there is no packet 1'
capture empty.pcap
ended 'an empty file' 2 'is empty'
capture all.pcap -1
ended 'a number that is none' 2 '"-1" is no number of a packet, from 1 on; allowed: FILE \[NUMBER]'
capture no.pcap 1
ended 'a capture that is not there' 2 'cannot read the capture *no.pcap: No such file'
capture capture.ini 1
ended 'what is no capture' 2 'unknown file format'

xlab packet $lab sin
ended 'a misspelt name' 2 'packets.ini has no packet "sin"; did you mean "syn"?'
xlab packet topologies/pair.ini syn
ended 'a lab without packets' 2 'pair.ini has no packet: add a section \[packet syn]'
xlab packet $lab syn --pcap "$dir/no/where"
ended 'where it cannot be written' 3 'no/where'
is 'a capture on standard output' "$("$XLAB" packet $lab syn --pcap - | head -c 100 | cksum)" \
	"$(head -c 100 "$dir/all.pcap" | cksum)"
xlab packet $lab
ended 'no name' 2 "the packet's name is missing"

done_testing
