// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions of tcpdump (expressions.txt, one a line) as filters: each selects the packets that
 * libpcap's own bpf_filter() does, of those of frames.txt, of carried.txt (what expressions ask for
 * and filters by fields do not) and of crafted ones, whole and cut short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/filter.h>

#include <bpf/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_expr.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

#define EXPRESSIONS_MIN 500
#define PACKETS_MIN	200

struct kept {
	uint8_t bytes[1024];
	size_t len;
};

static struct kept packets[1024];
static size_t n_packets, n_fragmented; /* the first ones are tried in fragments, too */

static void keep(const uint8_t *bytes, size_t len)
{
	assert_in_range(len, 14, sizeof(packets->bytes));
	assert_true(n_packets < ARRAY_SIZE(packets));
	memcpy(packets[n_packets].bytes, bytes, len);
	packets[n_packets++].len = len;
}

/* Whole, and cut behind each of its headers and within them. */
static void keep_cut(const uint8_t *bytes, size_t len)
{
	static const size_t cuts[] = { 14, 15, 18, 20, 23, 24, 33, 34,
				       35, 37, 41, 42, 46, 53, 54, 57 };

	keep(bytes, len);
	for (size_t i = n_packets % 3; i < ARRAY_SIZE(cuts); i += 3)
		if (cuts[i] < len)
			keep(bytes, cuts[i]);
}

static void read_frames(const char *path, void (*each)(const uint8_t *bytes, size_t len))
{
	FILE_AUTO FILE *file = fopen(path, "r");
	char name[32], hex[2048];
	uint8_t bytes[1024];

	assert_non_null(file);
	while (fscanf(file, "%31s %2047s", name, hex) == 2) {
		size_t len = strlen(hex) / 2;

		for (size_t i = 0; i < len; i++)
			assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
		each(bytes, len);
	}
}

/* What nobody has but who asks for it: filled up to what Ethernet sends at least, and cut in one
 * place.
 */
static void keep_carried(const uint8_t *bytes, size_t len)
{
	uint8_t filled[60] = { 0 };

	keep(bytes, len - (len - 14) % 5);
	if (len < sizeof(filled)) {
		memcpy(filled, bytes, len);
		keep(filled, sizeof(filled));
	} else {
		keep(bytes, len);
	}
}

static void keep_frame(const struct frame *f)
{
	keep_cut(f->bytes, f->len);
}

/* What frames.txt has not: TCP by its flags, ICMP by its types, ARP, other protocols and sizes. */
static void craft(void)
{
	static const uint8_t protos[] = { 1, 2, 6, 17, 41, 47, 50, 51, 58, 89, 103, 112, 132 };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(protos); i++) {
		struct frame f = FRAME_NONE;
		bool v6 = i % 2;
		uint8_t proto = protos[i / 2];

		frame_ether(&f, "ff:ff:ff:ff:ff:ff", "00:11:22:33:44:55", v6 ? 0x86dd : 0x0800);
		if (v6)
			frame_ipv6(&f, "fd00::1", "ff02::1", proto);
		else
			frame_ipv4(&f, "192.168.1.1", "224.0.0.5", proto, 5, 0);
		frame_ports(&f, (uint16_t)(20 + i), (uint16_t)(i % 3 ? 80 : 443), proto);
		f.bytes[f.len - 1] ^= (uint8_t)i;
		frame_fill(&f, 60 + 30 * i % 400);
		keep_frame(&f);
	}
	for (unsigned int flags = 0; flags < 64; flags++) {
		struct frame f = FRAME_NONE;

		frame_ether(&f, "00:11:22:33:44:55", "00:00:00:00:00:01", 0x0800);
		frame_ipv4(&f, "10.0.0.1", "10.1.2.3", 6, flags % 4 ? 5 : 6,
			   flags == 63 ? 0x2001 : 0x4000);
		frame_ports(&f, 1024, (uint16_t)(flags % 2 ? 22 : 8080), 6);
		f.bytes[14 + 4 * (flags % 4 ? 5 : 6) + 13] = (uint8_t)flags;
		frame_fill(&f, 80);
		keep(f.bytes, f.len);
	}
}

static void craft_icmp(bool v6, unsigned int from, unsigned int to)
{
	for (unsigned int type = from; type <= to; type++) {
		struct frame f = FRAME_NONE;

		frame_ether(&f, "00:11:22:33:44:55", "00:00:00:00:00:01", v6 ? 0x86dd : 0x0800);
		if (v6)
			frame_ipv6(&f, "fd00::1", "ff02::1", 58);
		else
			frame_ipv4(&f, "192.168.1.1", "10.1.2.3", 1, 5, 0);
		f.bytes[f.len] = (uint8_t)type;
		frame_fill(&f, f.len + 8);
		keep(f.bytes, f.len);
	}
}

static int make_packets(void **state)
{
	(void)state;
	read_frames("tests/filters/frames.txt", keep_cut);
	craft();
	n_fragmented = n_packets;
	read_frames("tests/filters/carried.txt", keep_carried);
	craft_icmp(false, 0, 18);
	craft_icmp(true, 1, 4);
	craft_icmp(true, 128, 155);
	assert_true(n_packets >= PACKETS_MIN);
	return 0;
}

/* So far the packet is not in fragments, at most. */
static const size_t linear[] = { 14, 20, 34 };
static bool no_fragments; /* this kernel makes none of crafted packets */

static void compare_fragments(const struct subject *s, const char *expr, const struct kept *p,
			      uint32_t wanted)
{
	uint32_t verdict;

	for (size_t i = 0; i < ARRAY_SIZE(linear) && !no_fragments; i++) {
		if (p->len <= linear[i])
			continue;
		no_fragments = !subject_run_linear(s, p->bytes, p->len, linear[i], &verdict);
		if (!no_fragments && verdict != wanted)
			fail_msg("%s: a packet of %zu bytes, of which %zu are linear: %u, not %u",
				 expr, p->len, linear[i], verdict, wanted);
	}
}

static void compare_one(const struct subject *s, const char *expr, const struct kept *p,
			bool selects)
{
	uint32_t wanted = selects ? XDP_DROP : XLAB_NEXT;

	if (subject_run(s, p->bytes, p->len) != wanted)
		fail_msg("%s: a packet of %zu bytes: libpcap says %d", expr, p->len, selects);
	if (p < &packets[n_fragmented])
		compare_fragments(s, expr, p, wanted);
}

static void compare(const char *expr)
{
	struct filter filter = {
		.name = "f", .program = PROGRAM_PCAP, .action = XDP_DROP, .expr = (char *)expr
	};
	struct sock_filter *FREE_AUTO classic = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct subject s;
	size_t n;

	if (pcap_expr_compile(expr, &classic, &n, &e))
		fail_msg("%s", e.text);
	subject_load(&s, &filter, NULL);
	for (size_t i = 0; i < n_packets; i++) {
		const struct kept *p = &packets[i];

		compare_one(&s, expr, p, pcap_expr_selects(classic, n, p->bytes, p->len, p->len));
	}
	subject_free(&s);
}

static void as_libpcap_has_it(void **state)
{
	FILE_AUTO FILE *file = fopen("tests/filters/expressions.txt", "r");
	char line[1024];
	size_t n = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		compare(line);
		n++;
	}
	assert_true(n >= EXPRESSIONS_MIN);
}

/* What the frames of an Ethernet do not have, and what only this machine's names or interfaces
 * would tell, is refused in libpcap's words.
 */
static void refuses_what_is_not_there(void **state)
{
	static const struct {
		const char *expr, *words;
	} refused[] = {
		{ "type mgt", "802.11" },
		{ "subtype beacon", "802.11" },
		{ "dir tods", "802.11" },
		{ "wlan ra de:ad:be:ef:00:10", "802.11" },
		{ "wlan addr1 de:ad:be:ef:00:10", "802.11" },
		{ "radio[0] = 0", "radio information" },
		{ "vpi 1", "ATM" },
		{ "lane", "ATM" },
		{ "oam", "ATM" },
		{ "ifname eth0", "PF" },
		{ "rnr 1", "PF" },
		{ "reason match", "PF" },
		{ "rset x", "PF" },
		{ "action pass", "PF" },
		{ "fisu", "MTP2" },
		{ "gateway 10.0.0.1", "requires a name" },
		{ "ip broadcast", "netmask" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct sock_filter *FREE_AUTO classic = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t n;

		if (!pcap_expr_compile(refused[i].expr, &classic, &n, &e))
			fail_msg("%s is taken", refused[i].expr);
		if (!strstr(e.text, refused[i].words))
			fail_msg("\"%s\" is not in \"%s\"", refused[i].words, e.text);
	}
}

/* In chains of ours and in libxdp's, for which the code is put into another function. */
static void sends_back(void **state)
{
	static const struct xlab_config theirs = { .length = 1,
						   .continues = 1U << XLAB_NEXT,
						   .keeps_counters = XLAB_KEEPS };
	const struct xlab_config *const configs[] = { NULL, &theirs };
	const struct filter filter = {
		.name = "f", .program = PROGRAM_PCAP, .action = XDP_TX, .expr = "udp port 8888"
	};
	const struct frame f = frame_udp(1, 8888, 0), other = frame_udp(1, 8889, 0);
	uint8_t out[sizeof(f.bytes)], swapped[sizeof(f.bytes)];

	(void)state;
	memcpy(swapped, f.bytes, f.len);
	memcpy(swapped, f.bytes + 6, 6);
	memcpy(swapped + 6, f.bytes, 6);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct subject s;

		subject_load(&s, &filter, configs[i]);
		assert_int_equal(subject_turn(&s, f.bytes, f.len, out), XDP_TX);
		assert_memory_equal(out, swapped, f.len);
		assert_int_equal(subject_turn(&s, other.bytes, other.len, out), XLAB_NEXT);
		assert_memory_equal(out, other.bytes, other.len);
		subject_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_libpcap_has_it),
		cmocka_unit_test(refuses_what_is_not_there),
		cmocka_unit_test(sends_back),
	};

	return cmocka_run_group_tests(tests, make_packets, NULL);
}
