/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PACKET_H
#define XLAB_PACKET_H

/* A packet's bytes: read, printed in the article's form, recognised. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"

struct packet {
	uint8_t src_mac[6], dst_mac[6];
	uint16_t type; /* EtherType behind VLAN tags, host order */
	bool has_ip;
	struct address src, dst;
	uint8_t proto; /* behind IPv6 extension headers */
	bool fragment; /* not the first one: no ports */
	bool has_ports;
	uint16_t src_port, dst_port;
	bool has_icmp;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id, icmp_seq;
	bool has_arp;
	uint16_t arp_op;
	struct address arp_sender, arp_target;
	struct address nd_target; /* family 0 if none: ICMPv6 neighbour messages */
	size_t payload;		  /* offset of what follows the headers */
};

/* Reads as far as the bytes go; never beyond @size. */
void packet_read(const uint8_t *bytes, size_t size, struct packet *p);

/*
 * The headers, a line each ("EthHdr: src: … => dst: … (0x0800)"), handed to @line.
 */
void packet_print(const uint8_t *bytes, size_t size, void (*line)(void *cookie, const char *text),
		  void *cookie);

/* @pattern matches @text; `*` matches anything, as in `see`. */
bool packet_line_matches(const char *pattern, const char *text);

#endif
