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
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/filter.h>

#include <bpf/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/pcap_expr.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

#define EXPRESSIONS_MIN 500
#define PACKETS_MIN	200
#define ANY_PROGRAMS	300

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

/* Any classic program, as it stands for itself. */
static struct subject subject_of(const struct sock_filter *classic, size_t n)
{
	static const struct pcap_result result = { XDP_DROP, XLAB_NEXT, false };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	struct bpf_insn *FREE_AUTO insns = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct subject s = { .fd = -1 };
	size_t n_insns;

	assert_int_equal(pcap_code_make(classic, n, &result, &insns, &n_insns, &e), 0);
	s.fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "classic", "GPL", insns, n_insns, &opts);
	assert_true(s.fd >= 0);
	return s;
}

#define ALU(op, k) BPF_STMT(BPF_ALU | (op), k)
#define X_IS(k)	   BPF_STMT(BPF_LDX | BPF_IMM, k)
#define ENDS(op, k)                                                      \
	BPF_JUMP(BPF_JMP | (op), k, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1), \
		BPF_STMT(BPF_RET | BPF_K, 0)

/* What the compiler of expressions refuses, or reckons itself: A is 0xdead from the frame. */
static void what_no_expression_asks_for(void **state)
{
	static const struct {
		struct sock_filter ops[3];
		uint32_t a; /* then; NOTHING is selected where it is left before */
	} rows[] = {
#define NOTHING 0xbad
		{ { ALU(BPF_LSH | BPF_K, 16), ALU(BPF_LSH | BPF_K, 15), ALU(BPF_ADD, 1) },
		  0x80000001 },
		{ { ALU(BPF_LSH | BPF_K, 31), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, 0x80000002 },
		{ { ALU(BPF_LSH | BPF_K, 32), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, 2 },
		{ { ALU(BPF_LSH | BPF_K, 16), ALU(BPF_RSH | BPF_K, 31), ALU(BPF_ADD, 1) }, 2 },
		{ { ALU(BPF_RSH | BPF_K, 32), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, 2 },
		{ { ALU(BPF_RSH | BPF_K, 33), ALU(BPF_ADD, 2), ALU(BPF_ADD, 1) }, 3 },
		{ { X_IS(31), ALU(BPF_LSH | BPF_X, 0), ALU(BPF_ADD, 1) }, 0x80000001 },
		{ { X_IS(32), ALU(BPF_LSH | BPF_X, 0), ALU(BPF_ADD, 1) }, 1 },
		{ { X_IS(8), ALU(BPF_RSH | BPF_X, 0), ALU(BPF_ADD, 1) }, 0xdf },
		{ { X_IS(33), ALU(BPF_RSH | BPF_X, 0), ALU(BPF_ADD, 1) }, 1 },
		{ { ALU(BPF_DIV | BPF_K, 0), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, NOTHING },
		{ { ALU(BPF_MOD | BPF_K, 0), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, NOTHING },
		{ { ALU(BPF_MUL | BPF_K, 0), ALU(BPF_ADD, 1), ALU(BPF_ADD, 1) }, 2 },
		{ { ALU(BPF_AND | BPF_K, 0), ALU(BPF_OR, 4), ALU(BPF_ADD, 1) }, 5 },
		{ { ALU(BPF_DIV | BPF_K, 1), ALU(BPF_SUB, 0xdead), ALU(BPF_ADD, 1) }, 1 },
		{ { X_IS(0), ALU(BPF_DIV | BPF_X, 0), ALU(BPF_ADD, 1) }, NOTHING },
		{ { X_IS(0), ALU(BPF_MOD | BPF_X, 0), ALU(BPF_ADD, 1) }, NOTHING },
		{ { X_IS(0), ALU(BPF_MUL | BPF_X, 0), ALU(BPF_ADD, 1) }, 1 },
		{ { X_IS(0xdead), ALU(BPF_DIV | BPF_X, 0), ALU(BPF_ADD, 1) }, 2 },
		{ { ALU(BPF_NEG, 0), ALU(BPF_ADD, 0xdead), ALU(BPF_ADD, 1) }, 1 },
		{ { ALU(BPF_XOR | BPF_K, 0xdeaf), ALU(BPF_ADD, 0), ALU(BPF_ADD, 0) }, 2 },
	};
	const struct frame f = frame_udp(1, 8888, 0);

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct sock_filter *ops = rows[i / 2].ops;
		uint32_t a = rows[i / 2].a + i % 2; /* of two values one is not the right one */
		const struct sock_filter classic[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
						       ops[0], ops[1], ops[2], ENDS(BPF_JEQ, a) };
		struct subject s = subject_of(classic, ARRAY_SIZE(classic));
		uint32_t wanted = i % 2 || rows[i / 2].a == NOTHING ? XLAB_NEXT : XDP_DROP;

		if (subject_run(&s, f.bytes, f.len) != wanted)
			fail_msg("row %zu: not 0x%x", i / 2, a);
		(void)close(s.fd);
	}
}

/* A loop's first load has two ways to it. By the one that jumps back nothing was loaded before, and
 * the verifier sees whether the packet's end is asked for again.
 */
static void loops_are_entered_in_their_middle(void **state)
{
	static const struct sock_filter classic[] = {
		BPF_STMT(BPF_LD | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 60, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 30), /* from below, too */
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)-3),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	static const struct {
		size_t len;
		bool selected;
	} rows[] = { { 31, false }, { 32, true }, { 59, true }, { 60, true } };
	struct subject s = subject_of(classic, ARRAY_SIZE(classic));
	const struct frame f = frame_udp(1, 8888, 0);
	uint8_t bytes[60] = { 0 };

	(void)state;
	memcpy(bytes, f.bytes, f.len < sizeof(bytes) ? f.len : sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((subject_run(&s, bytes, rows[i].len) == XDP_DROP) != rows[i].selected)
			fail_msg("%zu bytes", rows[i].len);
	(void)close(s.fd);
}

static uint32_t below(uint32_t n)
{
	static uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static const uint32_t words[] = { 0, 1, 7, BPF_MEMWORDS - 1 }; /* of M[] */

/* Nothing that libpcap's bpf_filter() leaves to the machine: no constant that divides by 0. */
static struct sock_filter any_insn(size_t left)
{
	static const uint16_t sizes[] = { BPF_W, BPF_H, BPF_B },
			      ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
					BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR },
			      conditions[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t source = below(2) ? BPF_K : BPF_X;
	uint32_t small = 1 + below(31), at = below(below(2) ? 14 : 70);

	switch (below(12)) {
	case 0:
	case 1:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_ABS | sizes[below(3)], at);
	case 2:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IND | sizes[below(3)], at / 2);
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, at);
	case 4:
		return (struct sock_filter)BPF_STMT((below(2) ? BPF_LD : BPF_LDX) | BPF_W | BPF_LEN,
						    0);
	case 5:
		return (struct sock_filter)BPF_STMT((below(2) ? BPF_LD : BPF_LDX) | BPF_IMM, small);
	case 6:
		return (struct sock_filter)BPF_STMT((below(2) ? BPF_LD : BPF_LDX) | BPF_MEM,
						    words[below(ARRAY_SIZE(words))]);
	case 7:
		return (struct sock_filter)BPF_STMT(below(2) ? BPF_ST : BPF_STX,
						    words[below(ARRAY_SIZE(words))]);
	case 8:
		return (struct sock_filter)BPF_STMT(BPF_MISC | (below(2) ? BPF_TAX : BPF_TXA), 0);
	case 9:
		return (struct sock_filter)BPF_JUMP(
			BPF_JMP | conditions[below(4)] | source, source == BPF_X ? 0 : small,
			(uint8_t)below((uint32_t)(left < 4 ? left : 4)),
			(uint8_t)below((uint32_t)(left < 4 ? left : 4)));
	case 10:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
	default:
		return (struct sock_filter)BPF_STMT(BPF_ALU | ops[below(ARRAY_SIZE(ops))] | source,
						    small);
	}
}

/* Programs that nobody wrote: what comes to their end tells a bit of A, X or what was kept. */
static void programs_that_nobody_wrote(void **state)
{
	size_t selected = 0, all = 0;

	(void)state;
	for (int i = 0; i < ANY_PROGRAMS; i++) {
		struct sock_filter classic[24];
		size_t n = 3 + below(16);
		struct subject s;

		/* What was never written there is anything, for libpcap. */
		for (size_t at = 0; at < ARRAY_SIZE(words); at++)
			classic[at] = (struct sock_filter)BPF_STMT(BPF_ST, words[at]);
		n += ARRAY_SIZE(words);
		for (size_t at = ARRAY_SIZE(words); at < n; at++)
			classic[at] = any_insn(n - at);
		if (below(2))
			classic[n - 1] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
		classic[n++] =
			(struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1U << below(10));
		classic[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
		s = subject_of(classic, n);
		for (size_t k = below(40); k < n_packets; k += 40, all++) {
			const struct kept *p = &packets[k];
			bool selects = pcap_expr_selects(classic, n, p->bytes, p->len, p->len);

			compare_one(&s, "a program that nobody wrote", p, selects);
			selected += selects;
		}
		(void)close(s.fd);
	}
	assert_in_range(selected, all / 10, all - all / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_expression_asks_for),
		cmocka_unit_test(loops_are_entered_in_their_middle),
		cmocka_unit_test(programs_that_nobody_wrote),
		cmocka_unit_test(as_libpcap_has_it),
		cmocka_unit_test(refuses_what_is_not_there),
		cmocka_unit_test(sends_back),
	};

	return cmocka_run_group_tests(tests, make_packets, NULL);
}
