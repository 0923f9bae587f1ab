// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/event/packet.h"

#define ETHER 0xde, 0xad, 0xbe, 0xef, 0x00, 0x01, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x10
/* Lengths of 1024 bytes: what is here is the beginning. */
#define IPV4(proto) 0x45, 0, 4, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1
#define FD00(last)  0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define IPV6(next)  0x60, 0, 0, 0, 4, 0, next, 64, FD00(0x10), FD00(0x01)
#define UDP_44024   0xab, 0xf8, 0x1f, 0x40, 0, 8, 0, 0
#define ETHER_LINE  "EthHdr: src: de:ad:be:ef:00:10 => dst: de:ad:be:ef:00:01 "
#define IPV4_LINE   "Ipv4Hdr: src: 10.0.0.10 => dst: 10.0.0.1 "
#define IPV6_LINE   "Ipv6Hdr: src: fd00::10 => dst: fd00::1 "
#define BYTES(...)  (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

struct lines {
	char text[2048];
	size_t size;
};

static void append(void *cookie, const char *text)
{
	struct lines *all = cookie;
	int n = snprintf(all->text + all->size, sizeof(all->text) - all->size, "%s\n", text);

	assert_in_range(n, 1, sizeof(all->text) - all->size - 1);
	all->size += (size_t)n;
}

struct row {
	const uint8_t *bytes;
	size_t size;
	const char *lines;
};

static const struct row prints[] = {
	{ BYTES(ETHER, 8, 0, IPV4(17), UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\nUdpHdr: src: 44024 => dst: 8000\n" },
	{ BYTES(ETHER, 8, 0, IPV4(1), 8, 0, 0, 0, 0x12, 0x34, 0, 7),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(1)\nIcmpHdr: type: 8 code: 0 (echo request)\n" },
	{ BYTES(ETHER, 8, 0, IPV4(6), 0xab, 0xf8, 0, 53, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x12, 0, 0,
		0, 0, 0, 0),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(6)\nTcpHdr: src: 44024 => dst: 53 [SYN,ACK]\n" },
	{ BYTES(ETHER, 0x86, 0xdd, IPV6(58), 129, 0, 0, 0, 0, 1, 0, 1),
	  ETHER_LINE "(0x86dd)\n" IPV6_LINE "(58)\nIcmpHdr: type: 129 code: 0 (echo reply)\n" },
	/* a hop-by-hop header of 8 bytes and destination options of 16 before UDP */
	{ BYTES(ETHER, 0x86, 0xdd, IPV6(0), 60, 0, 0, 0, 0, 0, 0, 0, 17, 1, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, UDP_44024),
	  ETHER_LINE "(0x86dd)\n" IPV6_LINE "(17)\nUdpHdr: src: 44024 => dst: 8000\n" },
	/* IPv4 options: 24 bytes of header */
	{ BYTES(ETHER, 8, 0, 0x46, 0, 4, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1, 1,
		1, 1, 1, UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\nUdpHdr: src: 44024 => dst: 8000\n" },
	{ BYTES(ETHER, 0x81, 0, 0x60, 5, 8, 0, IPV4(47)),
	  ETHER_LINE "(0x8100)\nVlanHdr: id: 5 (0x0800)\n" IPV4_LINE "(47)\n" },
	{ BYTES(ETHER, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 5, 8, 6),
	  ETHER_LINE "(0x88a8)\nVlanHdr: id: 7 (0x8100)\nVlanHdr: id: 5 (0x0806)\n" },
	{ BYTES(ETHER, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 1, 2, 3, 4, 5, 6, 10, 0, 0, 10, 0, 0, 0, 0, 0,
		0, 10, 0, 0, 1),
	  ETHER_LINE "(0x0806)\nArpHdr: src: 10.0.0.10 => dst: 10.0.0.1 (request)\n" },
	{ BYTES(ETHER, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 1, 2, 3, 4, 5, 6, 10, 0, 0, 10, 0, 0, 0, 0, 0,
		0, 10, 0, 0, 1),
	  ETHER_LINE "(0x0806)\nArpHdr: src: 10.0.0.10 => dst: 10.0.0.1 (reply)\n" },
	{ BYTES(ETHER, 8, 6, 0, 1, 8, 0, 6, 4, 0, 9, 1, 2, 3, 4, 5, 6, 10, 0, 0, 10, 0, 0, 0, 0, 0,
		0, 10, 0, 0, 1),
	  ETHER_LINE "(0x0806)\nArpHdr: src: 10.0.0.10 => dst: 10.0.0.1 (9)\n" },
	/* a later fragment has no ports, whatever its bytes look like */
	{ BYTES(ETHER, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 185, 64, 17, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1,
		UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\n" },
	/* Ethernet's padding is no header: behind 20 of 20 bytes, and behind 4 of 4 */
	{ BYTES(ETHER, 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1,
		UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\n" },
	{ BYTES(ETHER, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 4, 58, 64, FD00(0x10), FD00(0x01), 129, 0, 0,
		0, 0, 1, 0, 1),
	  ETHER_LINE "(0x86dd)\n" IPV6_LINE "(58)\n" },
	/* of a header that is cut short what is there whole: the ports, and the flags behind them
	 */
	{ BYTES(ETHER, 8, 0, IPV4(6), 0xab, 0xf8, 0, 53, 0, 0, 0, 0, 0, 0, 0, 0, 0x50),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(6)\nTcpHdr: src: 44024 => dst: 53\n" },
	{ BYTES(ETHER, 8, 0, IPV4(6), 0xab, 0xf8, 0, 53, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0xff),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE
		     "(6)\nTcpHdr: src: 44024 => dst: 53 [FIN,SYN,RST,PSH,ACK,URG,ECE,CWR]\n" },
	/* options that are said to be there, too */
	{ BYTES(ETHER, 8, 0, IPV4(6), 0xab, 0xf8, 0, 53, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0,
		0, 0, 0),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(6)\nTcpHdr: src: 44024 => dst: 53 []\n" },
	{ BYTES(ETHER, 8, 0, IPV4(17), 0xab, 0xf8, 0x1f, 0x40),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\nUdpHdr: src: 44024 => dst: 8000\n" },
	{ BYTES(ETHER, 8, 0, IPV4(17), 0xab, 0xf8, 0x1f),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\n" },
	/* behind 24 of 24 bytes, which have the ports, is padding */
	{ BYTES(ETHER, 8, 0, 0x45, 0, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1,
		UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(17)\nUdpHdr: src: 44024 => dst: 8000\n" },
	/* filters step over two tags */
	{ BYTES(ETHER, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 5, 0x81, 0, 0, 3, 8, 0, IPV4(47)),
	  ETHER_LINE "(0x88a8)\nVlanHdr: id: 7 (0x8100)\nVlanHdr: id: 5 (0x8100)\n" },
	/* what a tunnel carries, or an error is about, is another packet */
	{ BYTES(ETHER, 8, 0, IPV4(4), IPV4(17), UDP_44024),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(4)\n" },
	{ BYTES(ETHER, 8, 0, IPV4(1), 3, 1, 0, 0, 0, 0, 0, 0, IPV4(17), UDP_44024), ETHER_LINE
	  "(0x0800)\n" IPV4_LINE "(1)\nIcmpHdr: type: 3 code: 1 (destination unreachable)\n" },
	/* of which the ports are there, and no more */
	{ BYTES(ETHER, 8, 0, IPV4(4), IPV4(17), 0xab, 0xf8, 0x1f, 0x40),
	  ETHER_LINE "(0x0800)\n" IPV4_LINE "(4)\n" },
	{ BYTES(ETHER, 8, 0), ETHER_LINE "(0x0800)\n" },
	{ BYTES(ETHER, 8), "EthHdr: cut short, 13 of 14 bytes\n" },
	{ BYTES(0xde, 0xad), "EthHdr: cut short, 2 of 14 bytes\n" },
	{ (const uint8_t *)"", 0, "EthHdr: cut short, 0 of 14 bytes\n" },
	{ BYTES(ETHER, 8, 0, 0x44, 0), ETHER_LINE "(0x0800)\n" },
};

static void headers_are_printed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prints); i++) {
		struct lines lines = { .size = 0 };

		packet_print(prints[i].bytes, prints[i].size, append, &lines);
		assert_string_equal(lines.text, prints[i].lines);
	}
}

/* Each prefix in a block of exactly its size, so that ASan hears a step too far. */
static void no_byte_beyond_the_end_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prints); i++) {
		for (size_t size = 0; size <= prints[i].size; size++) {
			uint8_t *bytes = malloc(size ? size : 1);
			struct lines lines = { .size = 0 };
			struct packet p;

			assert_non_null(bytes);
			memcpy(bytes, prints[i].bytes, size);
			packet_read(bytes, size, &p);
			assert_true(p.payload <= size);
			packet_print(bytes, size, append, &lines);
			free(bytes);
		}
	}
}

static void any_bytes_are_safe(void **state)
{
	static const uint8_t starts[][3] = { { 8, 0, 0x45 }, { 0x86, 0xdd, 0x60 } };
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[128];
		struct lines lines = { .size = 0 };
		struct packet p;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
		}
		memcpy(bytes + 12, starts[round & 1], sizeof(starts[0]));
		packet_read(bytes, sizeof(bytes), &p);
		packet_print(bytes, sizeof(bytes), append, &lines);
	}
}

#define OUTER(proto) 0x45, 0, 4, 0, 0, 0, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2

static const struct row tunnels[] = {
	{ BYTES(ETHER, 8, 0, OUTER(4), IPV4(17), UDP_44024), "10.0.0.1" },
	{ BYTES(ETHER, 8, 0, OUTER(41), IPV6(17), UDP_44024), "fd00::1" },
	{ BYTES(ETHER, 0x86, 0xdd, IPV6(4), IPV4(17), UDP_44024), "10.0.0.1" },
	/* encapsulation limit, as the kernel's ip6tnl adds it */
	{ BYTES(ETHER, 0x86, 0xdd, IPV6(60), 41, 0, 4, 1, 4, 1, 1, 0, IPV6(17), UDP_44024),
	  "fd00::1" },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 0, 8, 0, IPV4(17), UDP_44024), "10.0.0.1" },
	/* with a checksum, a key and a number; and of a whole frame */
	{ BYTES(ETHER, 8, 0, OUTER(47), 0xb0, 0, 8, 0, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, IPV4(17),
		UDP_44024),
	  "10.0.0.1" },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0x80, 0, 8, 0, 1, 2, 3, 4, IPV4(17), UDP_44024),
	  "10.0.0.1" },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0x20, 0, 8, 0, 1, 2, 3, 4, IPV4(17), UDP_44024),
	  "10.0.0.1" },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0x10, 0, 8, 0, 1, 2, 3, 4, IPV4(17), UDP_44024),
	  "10.0.0.1" },
	/* the bits beside its version have no meaning */
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 8, 8, 0, IPV4(17), UDP_44024), "10.0.0.1" },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 0, 0x65, 0x58, ETHER, 0x86, 0xdd, IPV6(17), UDP_44024),
	  "fd00::1" },
};
static const struct row no_tunnels[] = {
	{ BYTES(ETHER, 8, 0, IPV4(17), UDP_44024), NULL },
	{ BYTES(ETHER, 8, 0, OUTER(4), 0x45, 0, 0, 0), NULL },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0x20, 0, 8, 0), NULL },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 1, 8, 0, IPV4(17), UDP_44024), NULL },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 4, 8, 0, IPV4(17), UDP_44024), NULL },
	{ BYTES(ETHER, 8, 0, OUTER(47), 0, 0, 8, 6, IPV4(17), UDP_44024), NULL },
	/* a later fragment, whose bytes look like a packet */
	{ BYTES(ETHER, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 185, 64, 4, 0, 0, 10, 0, 0, 10, 10, 0, 0, 1,
		IPV4(17), UDP_44024),
	  NULL },
};

/* A tunnel's inner packet, UDP to port 8000 each time, as far as it is whole. */
static void the_inner_packet_of_a_tunnel_is_read(void **state)
{
	struct packet p, in;
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++) {
		packet_read(tunnels[i].bytes, tunnels[i].size, &p);
		assert_true(packet_read_inner(tunnels[i].bytes, tunnels[i].size, &p, &in));
		assert_true(in.has_ports);
		assert_int_equal(in.dst_port, 8000);
		assert_string_equal(address_text(&in.dst, text), tunnels[i].lines);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no_tunnels); i++) {
		packet_read(no_tunnels[i].bytes, no_tunnels[i].size, &p);
		assert_false(packet_read_inner(no_tunnels[i].bytes, no_tunnels[i].size, &p, &in));
	}
	/* what is behind the end is not looked at, though it is there */
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++)
		for (size_t size = 0; size < tunnels[i].size; size++) {
			packet_read(tunnels[i].bytes, size, &p);
			if (packet_read_inner(tunnels[i].bytes, size, &p, &in))
				assert_in_range(in.payload, 1, size - p.payload);
		}
	/* nor what of a packet is not given */
	packet_read(tunnels[0].bytes, tunnels[0].size, &p);
	assert_false(packet_read_inner(tunnels[0].bytes, p.payload - 1, &p, &in));
	packet_read_network(tunnels[0].bytes + 14, tunnels[0].size - 14, 0x0800, &p);
	assert_true(packet_read_inner(tunnels[0].bytes + 14, tunnels[0].size - 14, &p, &in));
	assert_int_equal(in.src_port, 44024);
}

/* Likewise inside of a tunnel. */
static void no_byte_beyond_the_inner_end_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++) {
		for (size_t size = 0; size < tunnels[i].size; size++) {
			uint8_t *bytes = malloc(size ? size : 1);
			struct packet p, in;

			assert_non_null(bytes);
			memcpy(bytes, tunnels[i].bytes, size);
			packet_read(bytes, size, &p);
			if (packet_read_inner(bytes, size, &p, &in))
				assert_true(in.payload <= size);
			free(bytes);
		}
	}
}

/* What fragments share, and which bytes of a TCP connection these are. */
static void fragments_and_segments_are_known(void **state)
{
	static const uint8_t v4[] = { ETHER, 8, 0, 0x45, 0, 0, 28, 0x12, 0x34, 0x20, 185, 64,
				      17,    0, 0, 10,	 0, 0, 10, 10,	 0,    0,    1 };
	static const uint8_t v6[] = { ETHER, 0x86, 0xdd, IPV6(44), 17, 0,	 0,
				      1,     1,	   2,	 3,	   4,  UDP_44024 };
	static const uint8_t second[] = { ETHER, 0x86, 0xdd, IPV6(44), 17, 0,	     0,
					  8,	 1,    2,    3,	       4,  UDP_44024 };
	static const uint8_t whole[] = { ETHER, 0x86, 0xdd, IPV6(44), 17, 0,	    0,
					 0,	1,    2,    3,	      4,  UDP_44024 };
	/* 20 bytes of IP, 24 of TCP, 1000 of text, of which none is here */
	static const uint8_t tcp[] = {
		ETHER, 8, 0, 0x45, 0,  1044 >> 8, 1044 & 0xff, 0, 0,	0x40, 0, 64, 6,	   0, 0,
		10,    0, 0, 10,   10, 0,	  0,	       1, 0xab, 0xf8, 0, 53, 0xff, 2, 3,
		4,     0, 0, 0,	   0,  0x60,	  0x18,	       0, 0,	0,    0, 0,  0
	};
	uint8_t bare[sizeof(tcp)];
	struct packet p;

	(void)state;
	packet_read(v4, sizeof(v4), &p);
	assert_true(p.fragmented && p.fragment);
	assert_int_equal(p.fragment_id, 0x1234);
	packet_read(v6, sizeof(v6), &p);
	assert_true(p.fragmented && !p.fragment && p.has_ports);
	assert_int_equal(p.fragment_id, 0x01020304);
	packet_read(second, sizeof(second), &p);
	assert_true(p.fragmented && p.fragment && !p.has_ports);
	packet_read(whole, sizeof(whole), &p);
	assert_false(p.fragmented);
	packet_read(tcp, sizeof(tcp), &p);
	assert_false(p.fragmented);
	assert_int_equal(p.tcp_flags, 0x18);
	assert_int_equal(p.tcp_seq, 0xff020304);
	assert_int_equal(p.tcp_length, 1000);
	/* without its flags nobody knows what it is */
	packet_read(tcp, 14 + 20 + 13, &p);
	assert_true(p.has_ports);
	assert_int_equal(p.tcp_seq, 0);
	packet_read(tcp, 14 + 20 + 14, &p);
	assert_int_equal(p.tcp_seq, 0xff020304);
	memcpy(bare, tcp, sizeof(tcp));
	for (unsigned int size = 43; size <= 45; size++) { /* 44 are its headers */
		bare[16] = 0;
		bare[17] = (uint8_t)size;
		packet_read(bare, sizeof(bare), &p);
		assert_int_equal(p.tcp_length, size == 45);
	}
}

/* What has a number and a sequence, by which it is known again. */
static void echoes_are_known(void **state)
{
	uint8_t v4[] = { ETHER, 8, 0, IPV4(1), 0, 0, 0, 0, 0x12, 0x34, 0, 7 };
	uint8_t v6[] = { ETHER, 0x86, 0xdd, IPV6(58), 0, 0, 0, 0, 0x12, 0x34, 0, 7 };

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		struct packet p;

		v4[sizeof(v4) - 8] = v6[sizeof(v6) - 8] = (uint8_t)type;
		packet_read(v4, sizeof(v4), &p);
		assert_true(p.has_icmp);
		assert_int_equal(p.has_echo, type == 0 || type == 8);
		assert_int_equal(p.icmp_id, p.has_echo ? 0x1234 : 0);
		assert_int_equal(p.icmp_seq, p.has_echo ? 7 : 0);
		packet_read(v6, sizeof(v6), &p);
		assert_int_equal(p.has_echo, type == 128 || type == 129);
		assert_int_equal(p.icmp_id, p.has_echo ? 0x1234 : 0);
		assert_int_equal(p.icmp_seq, p.has_echo ? 7 : 0);
	}
}

/* The names of the RFCs 792, 4443, 4861 and 3810; any other type is a number. */
static void icmp_types_have_names(void **state)
{
	static const struct {
		unsigned int type;
		const char *v4, *v6;
	} rows[] = {
		{ ICMP_ECHOREPLY, "echo reply", NULL },
		{ ICMP_DEST_UNREACH, "destination unreachable", "time exceeded" }, /* 3 */
		{ ICMP_REDIRECT, "redirect", NULL },
		{ ICMP_ECHO, "echo request", NULL },
		{ ICMP_TIME_EXCEEDED, "time exceeded", NULL },
		{ ICMP_PARAMETERPROB, "parameter problem", NULL },
		{ ICMP6_DST_UNREACH, NULL, "destination unreachable" },
		{ ICMP6_PACKET_TOO_BIG, NULL, "packet too big" },
		{ ICMP6_PARAM_PROB, NULL, "parameter problem" },
		{ ICMP6_ECHO_REQUEST, NULL, "echo request" },
		{ ICMP6_ECHO_REPLY, NULL, "echo reply" },
		{ ND_ROUTER_SOLICIT, NULL, "router solicitation" },
		{ ND_ROUTER_ADVERT, NULL, "router advertisement" },
		{ ND_NEIGHBOR_SOLICIT, NULL, "neighbour solicitation" },
		{ ND_NEIGHBOR_ADVERT, NULL, "neighbour advertisement" },
		{ 143, NULL, "multicast listener report" },
	};
	uint8_t frames[2][64] = { { ETHER, 8, 0, IPV4(1) }, { ETHER, 0x86, 0xdd, IPV6(58) } };
	static const size_t at[] = { 34, 54 }; /* behind IP's header */

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		const char *names[2] = { NULL, NULL };

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].type == type) {
				names[0] = rows[i].v4;
				names[1] = rows[i].v6;
			}
		for (size_t i = 0; i < 2; i++) {
			struct lines lines = { .size = 0 };
			char wanted[80];

			frames[i][at[i]] = (uint8_t)type;
			packet_print(frames[i], at[i] + 8, append, &lines);
			(void)snprintf(wanted, sizeof(wanted), "type: %u code: 0%s%s%s\n", type,
				       names[i] ? " (" : "", names[i] ? names[i] : "",
				       names[i] ? ")" : "");
			assert_string_equal(strstr(lines.text, "type: "), wanted);
		}
	}
}

/* MACs, and the EtherType of what is behind the last tag. */
static void frames_have_their_type(void **state)
{
	static const uint8_t plain[] = { ETHER, 0x88, 0xb5 };
	static const uint8_t tagged[] = { ETHER, 0x81, 0, 0, 5, 8, 6 };
	static const uint8_t to[] = { 0xde, 0xad, 0xbe, 0xef, 0x00, 0x01 };
	static const uint8_t from[] = { 0xde, 0xad, 0xbe, 0xef, 0x00, 0x10 };
	struct packet p;

	(void)state;
	packet_read(plain, sizeof(plain), &p);
	assert_true(p.has_ether && !p.has_ip && !p.has_arp);
	assert_int_equal(p.type, 0x88b5);
	assert_memory_equal(p.dst_mac, to, sizeof(to));
	assert_memory_equal(p.src_mac, from, sizeof(from));
	assert_int_equal(p.payload, 14);
	packet_read(tagged, sizeof(tagged), &p);
	assert_int_equal(p.type, 0x0806);
	assert_int_equal(p.payload, 18);
}

static void marks_are_found(void **state)
{
	static const uint8_t echo[] = { ETHER, 8, 0, IPV4(1), 8, 0, 0, 0, 0x12, 0x34, 0, 7, 'x' };
	static const uint8_t solicitation[] = { ETHER, 0x86, 0xdd, IPV6(58), 135, 0,	     0,
						0,     0,    0,	   0,	     0,	  FD00(0x77) };
	static const uint8_t report[] = { ETHER, 0x86, 0xdd, IPV6(58), 143, 0,	       0,
					  0,	 0,    0,    0,	       0,   FD00(0x77) };
	static const uint8_t v4[] = { ETHER, 8, 0, IPV4(1), 135, 0, 0, 0, 0, 0, 0, 0, FD00(0x77) };
	static const uint8_t arp[] = { ETHER, 8,  6, 0, 1, 8, 0, 6, 4, 0, 2, 1,	 2, 3, 4, 5,
				       6,     10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1 };
	char text[ADDRESS_TEXT];
	struct address target;
	struct packet p;

	(void)state;
	packet_read(arp, sizeof(arp), &p);
	assert_true(p.has_arp && !p.has_ip);
	assert_int_equal(p.arp_op, 2);
	assert_string_equal(address_text(&p.arp_sender, text), "10.0.0.7");
	assert_string_equal(address_text(&p.arp_target, text), "10.0.0.1");
	packet_read(echo, sizeof(echo), &p);
	assert_true(p.has_icmp && p.has_echo);
	assert_string_equal(address_text(&p.src, text), "10.0.0.10");
	assert_string_equal(address_text(&p.dst, text), "10.0.0.1");
	assert_int_equal(p.icmp_id, 0x1234);
	assert_int_equal(p.icmp_seq, 7);
	assert_int_equal(p.payload, sizeof(echo) - 1);
	packet_read(solicitation, sizeof(solicitation), &p);
	assert_false(p.has_echo);
	assert_int_equal(text_address("fd00::77", &target), 0);
	assert_true(address_equal(&p.nd_target, &target));
	/* as far as it is there; and of nothing else */
	packet_read(solicitation, sizeof(solicitation) - 1, &p);
	assert_int_equal(p.nd_target.family, 0);
	packet_read(solicitation, sizeof(solicitation) - 16, &p);
	assert_true(p.has_icmp);
	assert_int_equal(p.nd_target.family, 0);
	packet_read(report, sizeof(report), &p);
	assert_int_equal(p.icmp_type, 143);
	assert_int_equal(p.nd_target.family, 0);
	packet_read(v4, sizeof(v4), &p);
	assert_int_equal(p.icmp_type, 135);
	assert_int_equal(p.nd_target.family, 0);
}

static void patterns_match_whole_lines(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{ "UdpHdr: src: * => dst: 8000", "UdpHdr: src: 44024 => dst: 8000", true },
		{ "UdpHdr: src: * => dst: 8000", "UdpHdr: src: 44024 => dst: 80001", false },
		{ "UdpHdr: src: * => dst: 8000", "UdpHdr: src: 8000 => dst: 44024", false },
		{ "*", "", true },
		{ "", "", true },
		{ "", "x", false },
		{ "*ab*ab", "ab ab ab", true },
		{ "a*b*c", "a c b", false },
		{ "**a", "ba", true },
		{ "Udp", "UdpHdr", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(packet_line_matches(rows[i].pattern, rows[i].text),
				 rows[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_printed),
		cmocka_unit_test(no_byte_beyond_the_end_is_read),
		cmocka_unit_test(any_bytes_are_safe),
		cmocka_unit_test(the_inner_packet_of_a_tunnel_is_read),
		cmocka_unit_test(no_byte_beyond_the_inner_end_is_read),
		cmocka_unit_test(fragments_and_segments_are_known),
		cmocka_unit_test(echoes_are_known),
		cmocka_unit_test(frames_have_their_type),
		cmocka_unit_test(icmp_types_have_names),
		cmocka_unit_test(marks_are_found),
		cmocka_unit_test(patterns_match_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
