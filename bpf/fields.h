/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The fields of packets, a row each, named as Wireshark names them. What matches packets, makes
 * them, tells them apart and prints them takes them from here: a new field is its row.
 *
 *   FIELD(ID, name, layer, offset, bytes, shift, bits, kind, help)
 *
 *   ID           XLAB_FIELD_ID in C
 *   layer        XLAB_LAYER_…: the header that it is in
 *   offset       in bytes from that header's start
 *   bytes        that are loaded there, big-endian: 1, 2, 4, 6 or 16
 *   shift, bits  the field is so many bits of these, so far from the right
 *   kind         XLAB_KIND_…: how it is written
 *
 *   EITHER(ID, name, one, other, help)     matches if one of two fields of the same kind does
 *
 * No guard: define FIELD and EITHER, then include this, as often as there is something to make of
 * it. EITHER may be left undefined.
 */

#ifndef EITHER
#define EITHER(...)
#endif

/* clang-format off */
FIELD(FRAME_LEN, "frame.len", FRAME, 0, 4, 0, 32, NUMBER, "bytes of the frame, without its checksum")

FIELD(ETH_DST, "eth.dst", ETH, 0, 6, 0, 48, MAC, "destination MAC")
FIELD(ETH_SRC, "eth.src", ETH, 6, 6, 0, 48, MAC, "source MAC")
EITHER(ETH_ADDR, "eth.addr", ETH_SRC, ETH_DST, "either MAC")
FIELD(ETH_TYPE, "eth.type", ETH, 12, 2, 0, 16, TYPE, "EtherType behind VLAN tags; vlan: any tagged frame")

FIELD(VLAN_ID, "vlan.id", VLAN, 0, 2, 0, 12, NUMBER, "VLAN of the outer tag")
FIELD(VLAN_PRIORITY, "vlan.priority", VLAN, 0, 2, 13, 3, NUMBER, "priority of the outer tag")
FIELD(VLAN_DEI, "vlan.dei", VLAN, 0, 2, 12, 1, NUMBER, "1: may be dropped first")
FIELD(VLAN_TYPE, "vlan.etype", VLAN, 2, 2, 0, 16, TYPE, "EtherType behind the outer tag")

FIELD(ARP_OPCODE, "arp.opcode", ARP, 6, 2, 0, 16, NUMBER, "1: a request, 2: a reply")
FIELD(ARP_SRC_MAC, "arp.src.hw_mac", ARP, 8, 6, 0, 48, MAC, "MAC of who asks or replies")
FIELD(ARP_SRC, "arp.src.proto_ipv4", ARP, 14, 4, 0, 32, IPV4, "address of who asks or replies")
FIELD(ARP_DST_MAC, "arp.dst.hw_mac", ARP, 18, 6, 0, 48, MAC, "MAC of who is asked")
FIELD(ARP_DST, "arp.dst.proto_ipv4", ARP, 24, 4, 0, 32, IPV4, "address that is asked for")

FIELD(IP_HDR_LEN, "ip.hdr_len", IP, 0, 1, 0, 4, NUMBER, "length of the header in words of four bytes")
FIELD(IP_DSCP, "ip.dsfield.dscp", IP, 1, 1, 2, 6, NUMBER, "differentiated services code point")
FIELD(IP_ECN, "ip.dsfield.ecn", IP, 1, 1, 0, 2, NUMBER, "3: congestion was met on the way")
FIELD(IP_LEN, "ip.len", IP, 2, 2, 0, 16, NUMBER, "bytes of the packet, header and all")
FIELD(IP_ID, "ip.id", IP, 4, 2, 0, 16, NUMBER, "what the fragments of a packet have in common")
FIELD(IP_RB, "ip.flags.rb", IP, 6, 1, 7, 1, NUMBER, "reserved, 0")
FIELD(IP_DF, "ip.flags.df", IP, 6, 1, 6, 1, NUMBER, "1: must not be fragmented")
FIELD(IP_MF, "ip.flags.mf", IP, 6, 1, 5, 1, NUMBER, "1: more fragments follow")
FIELD(IP_FRAG_OFFSET, "ip.frag_offset", IP, 6, 2, 0, 13, NUMBER, "where the fragment belongs, in units of eight bytes")
FIELD(IP_TTL, "ip.ttl", IP, 8, 1, 0, 8, NUMBER, "routers that it may still pass")
FIELD(IP_PROTO, "ip.proto", IP, 9, 1, 0, 8, PROTO, "protocol that it carries")
FIELD(IP_CHECKSUM, "ip.checksum", IP, 10, 2, 0, 16, HEX, "checksum of the header")
FIELD(IP_SRC, "ip.src", IP, 12, 4, 0, 32, IPV4, "source address")
FIELD(IP_DST, "ip.dst", IP, 16, 4, 0, 32, IPV4, "destination address")
EITHER(IP_ADDR, "ip.addr", IP_SRC, IP_DST, "either address")

FIELD(IPV6_TCLASS, "ipv6.tclass", IPV6, 0, 2, 4, 8, NUMBER, "traffic class")
FIELD(IPV6_FLOW, "ipv6.flow", IPV6, 0, 4, 0, 20, HEX, "flow label")
FIELD(IPV6_PLEN, "ipv6.plen", IPV6, 4, 2, 0, 16, NUMBER, "bytes behind the header")
FIELD(IPV6_NXT, "ipv6.nxt", IPV6, 6, 1, 0, 8, PROTO, "protocol that it carries, behind extension headers")
FIELD(IPV6_HLIM, "ipv6.hlim", IPV6, 7, 1, 0, 8, NUMBER, "routers that it may still pass")
FIELD(IPV6_SRC, "ipv6.src", IPV6, 8, 16, 0, 128, IPV6, "source address")
FIELD(IPV6_DST, "ipv6.dst", IPV6, 24, 16, 0, 128, IPV6, "destination address")
EITHER(IPV6_ADDR, "ipv6.addr", IPV6_SRC, IPV6_DST, "either address")

FIELD(ICMP_TYPE, "icmp.type", ICMP, 0, 1, 0, 8, NUMBER, "8: echo request, 0: echo reply, 3: unreachable, …")
FIELD(ICMP_CODE, "icmp.code", ICMP, 1, 1, 0, 8, NUMBER, "what kind of the type")
FIELD(ICMP_CHECKSUM, "icmp.checksum", ICMP, 2, 2, 0, 16, HEX, "checksum")
FIELD(ICMP_IDENT, "icmp.ident", ICMP, 4, 2, 0, 16, NUMBER, "identifier of an echo")
FIELD(ICMP_SEQ, "icmp.seq", ICMP, 6, 2, 0, 16, NUMBER, "sequence number of an echo")
FIELD(ICMP_MTU, "icmp.mtu", ICMP, 6, 2, 0, 16, NUMBER, "of type 3, code 4: bytes that the next link takes")
FIELD(ICMPV6_TYPE, "icmpv6.type", ICMPV6, 0, 1, 0, 8, NUMBER, "128: echo request, 129: echo reply, 135: solicitation")
FIELD(ICMPV6_CODE, "icmpv6.code", ICMPV6, 1, 1, 0, 8, NUMBER, "what kind of the type")
FIELD(ICMPV6_CHECKSUM, "icmpv6.checksum", ICMPV6, 2, 2, 0, 16, HEX, "checksum")
FIELD(ICMPV6_IDENT, "icmpv6.echo.identifier", ICMPV6, 4, 2, 0, 16, NUMBER, "identifier of an echo")
FIELD(ICMPV6_SEQ, "icmpv6.echo.sequence_number", ICMPV6, 6, 2, 0, 16, NUMBER, "sequence number of an echo")
FIELD(ICMPV6_MTU, "icmpv6.mtu", ICMPV6, 4, 4, 0, 32, NUMBER, "of type 2: bytes that the next link takes")

FIELD(TCP_SRCPORT, "tcp.srcport", TCP, 0, 2, 0, 16, PORT, "source port")
FIELD(TCP_DSTPORT, "tcp.dstport", TCP, 2, 2, 0, 16, PORT, "destination port")
EITHER(TCP_PORT, "tcp.port", TCP_SRCPORT, TCP_DSTPORT, "either port")
FIELD(TCP_SEQ, "tcp.seq_raw", TCP, 4, 4, 0, 32, NUMBER, "sequence number")
FIELD(TCP_ACK, "tcp.ack_raw", TCP, 8, 4, 0, 32, NUMBER, "acknowledgment number")
FIELD(TCP_HDR_LEN, "tcp.hdr_len", TCP, 12, 1, 4, 4, NUMBER, "length of the header in words of four bytes")
FIELD(TCP_RES, "tcp.flags.res", TCP, 12, 1, 1, 3, NUMBER, "reserved, 0")
FIELD(TCP_FLAGS_AE, "tcp.flags.ae", TCP, 12, 1, 0, 1, NUMBER, "1: congestion was met, told more exactly")
FIELD(TCP_FLAGS, "tcp.flags", TCP, 13, 1, 0, 8, FLAGS, "letters of FSRPAUEC; S/SA: of S and A only S is set")
FIELD(TCP_FLAGS_FIN, "tcp.flags.fin", TCP, 13, 1, 0, 1, NUMBER, "1: the sender has no more data")
FIELD(TCP_FLAGS_SYN, "tcp.flags.syn", TCP, 13, 1, 1, 1, NUMBER, "1: a connection begins")
FIELD(TCP_FLAGS_RST, "tcp.flags.reset", TCP, 13, 1, 2, 1, NUMBER, "1: it ends at once")
FIELD(TCP_FLAGS_PSH, "tcp.flags.push", TCP, 13, 1, 3, 1, NUMBER, "1: the receiver's program shall have it now")
FIELD(TCP_FLAGS_ACK, "tcp.flags.ack", TCP, 13, 1, 4, 1, NUMBER, "1: the acknowledgment number counts")
FIELD(TCP_FLAGS_URG, "tcp.flags.urg", TCP, 13, 1, 5, 1, NUMBER, "1: the urgent pointer counts")
FIELD(TCP_FLAGS_ECE, "tcp.flags.ece", TCP, 13, 1, 6, 1, NUMBER, "1: congestion was seen")
FIELD(TCP_FLAGS_CWR, "tcp.flags.cwr", TCP, 13, 1, 7, 1, NUMBER, "1: the sender slowed down")
FIELD(TCP_WINDOW, "tcp.window_size", TCP, 14, 2, 0, 16, NUMBER, "bytes that the sender takes, not scaled")
FIELD(TCP_CHECKSUM, "tcp.checksum", TCP, 16, 2, 0, 16, HEX, "checksum")
FIELD(TCP_URGENT, "tcp.urgent_pointer", TCP, 18, 2, 0, 16, NUMBER, "where urgent data ends")

FIELD(UDP_SRCPORT, "udp.srcport", UDP, 0, 2, 0, 16, PORT, "source port")
FIELD(UDP_DSTPORT, "udp.dstport", UDP, 2, 2, 0, 16, PORT, "destination port")
EITHER(UDP_PORT, "udp.port", UDP_SRCPORT, UDP_DSTPORT, "either port")
FIELD(UDP_LENGTH, "udp.length", UDP, 4, 2, 0, 16, NUMBER, "bytes of header and data")
FIELD(UDP_CHECKSUM, "udp.checksum", UDP, 6, 2, 0, 16, HEX, "checksum")

/* What the short forms ether, ip and port match: the same of whichever header is there. */
FIELD(NET_SRC, "src", NET, 0, 16, 0, 128, ADDRESS, "source address, of IPv4 or IPv6")
FIELD(NET_DST, "dst", NET, 16, 16, 0, 128, ADDRESS, "destination address, of IPv4 or IPv6")
EITHER(NET_ADDR, "addr", NET_SRC, NET_DST, "either address")
FIELD(NET_PROTO, "proto", NET, 32, 1, 0, 8, PROTO, "protocol that IPv4 or IPv6 carries")
FIELD(PORT_SRC, "src", PORTS, 0, 2, 0, 16, PORT, "source port, of UDP or TCP")
FIELD(PORT_DST, "dst", PORTS, 2, 2, 0, 16, PORT, "destination port, of UDP or TCP")
EITHER(PORT_EITHER, "port", PORT_SRC, PORT_DST, "either port")

/* Read to know fragments and what tunnels carry. No filter matches them, and to packets they are
 * options of ipv6, and data.
 */
FIELD(FRAG_OFFSET, "ipv6.fraghdr.offset", FRAGHDR, 2, 2, 3, 13, NUMBER, "where the fragment belongs, in units of eight bytes")
FIELD(FRAG_MORE, "ipv6.fraghdr.more", FRAGHDR, 2, 2, 0, 1, NUMBER, "1: more fragments follow")
FIELD(FRAG_IDENT, "ipv6.fraghdr.ident", FRAGHDR, 4, 4, 0, 32, HEX, "what the fragments of a packet have in common")
FIELD(GRE_CHECKSUM, "gre.flags.checksum", GRE, 0, 2, 15, 1, NUMBER, "1: a checksum of four bytes is there")
FIELD(GRE_KEY, "gre.flags.key", GRE, 0, 2, 13, 1, NUMBER, "1: and a key")
FIELD(GRE_SEQUENCE, "gre.flags.sequence_number", GRE, 0, 2, 12, 1, NUMBER, "1: and a sequence number")
FIELD(GRE_VERSION, "gre.flags.version", GRE, 0, 2, 0, 3, NUMBER, "0")
FIELD(GRE_PROTO, "gre.proto", GRE, 2, 2, 0, 16, TYPE, "EtherType of what it carries")

/* data[OFFSET:LENGTH] has its place in the key. */
FIELD(DATA, "data", DATA, 0, 16, 0, 128, BYTES, "bytes behind the last header that is known")
/* clang-format on */

#undef FIELD
#undef EITHER
