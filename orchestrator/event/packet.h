/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PACKET_H
#define XLAB_PACKET_H

/* A packet's bytes: read, printed in the article's form, recognised. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"

struct packet {
	bool has_ether;
	uint8_t src_mac[6], dst_mac[6];
	uint16_t type; /* EtherType behind VLAN tags, host order */
	bool has_ip;
	struct address src, dst;
	uint8_t proto;	      /* behind IPv6 extension headers */
	bool fragmented;      /* one of several fragments */
	bool fragment;	      /* not the first of them: no ports */
	uint32_t fragment_id; /* what the fragments of one packet have in common */
	bool has_ports;
	uint16_t src_port, dst_port;
	uint8_t tcp_flags; /* FIN is bit 0 */
	uint32_t tcp_seq;
	size_t tcp_length; /* bytes of the connection's data, which need not all be here */
	bool has_icmp;
	uint8_t icmp_type;
	bool has_echo; /* a request or reply: id and seq */
	uint16_t icmp_id, icmp_seq;
	bool has_arp;
	uint16_t arp_op;
	struct address arp_sender, arp_target;
	struct address nd_target; /* family 0 if none: ICMPv6 neighbour messages */
	size_t payload;		  /* offset of what follows the headers that could be read */
};

/* Reads as far as the bytes go; never beyond @size. */
void packet_read(const uint8_t *bytes, size_t size, struct packet *p);

/* The same from the network header on; @type is its EtherType. */
void packet_read_network(const uint8_t *bytes, size_t size, uint16_t type, struct packet *p);

/* The packet inside of @p, whose bytes these are, if that is a tunnel's: IP in IP, or GRE. */
bool packet_read_inner(const uint8_t *bytes, size_t size, const struct packet *p,
		       struct packet *inner);

/* The headers, a line each, handed to @line:
 *
 *   EthHdr: src: de:ad:be:ef:00:10 => dst: de:ad:be:ef:00:01 (0x0800)
 *   VlanHdr: id: 5 (0x0800)
 *   ArpHdr: src: 10.0.0.10 => dst: 10.0.0.1 (request)
 *   Ipv4Hdr: src: 10.0.0.10 => dst: 10.0.0.1 (17)     and likewise Ipv6Hdr
 *   UdpHdr: src: 44024 => dst: 8000
 *   TcpHdr: src: 44024 => dst: 8000 [SYN]
 *   IcmpHdr: type: 8 code: 0 (echo request)           of either family
 */
void packet_print(const uint8_t *bytes, size_t size, void (*line)(void *cookie, const char *text),
		  void *cookie);

/* @pattern matches the whole of @text; `*` matches anything, as in `see`. */
bool packet_line_matches(const char *pattern, const char *text);

#endif
