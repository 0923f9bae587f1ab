// SPDX-License-Identifier: GPL-2.0-or-later
/* port: ports and ranges of UDP and TCP, behind whatever IP puts before them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static struct rule p8888 = SPAN(DST, 8888, 8888);

static const struct filter by_dst = {
	.name = "f", .program = PROGRAM_PORT, .action = XDP_DROP, .rules = &p8888, .n_rules = 1
};

static uint32_t run(const struct filter *filter, const struct frame *f)
{
	struct subject s;
	uint32_t verdict;

	subject_load(&s, filter, NULL);
	verdict = subject_run(&s, f->bytes, f->len);
	subject_free(&s);
	return verdict;
}

static void run_ports(struct range range, uint16_t port, uint32_t verdict)
{
	struct rule dst = SPAN(DST, range.first, range.last);
	struct rule src = SPAN(SRC, range.first, range.last);
	struct filter by_src = by_dst, filter = by_dst;

	filter.rules = &dst;
	by_src.rules = &src;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame to = frame_udp(44024, port, v6), from = frame_udp(port, 44024, v6);

		assert_int_equal(run(&filter, &to), verdict);
		assert_int_equal(run(&by_src, &from), verdict);
	}
}

static void edges_of_ranges(void **state)
{
	const struct range one = { 8888, 8888 }, p0 = { 0, 0 }, p65535 = { 65535, 65535 };
	const struct range edges = { 8000, 8999 };

	(void)state;
	run_ports(one, 8888, XDP_DROP);
	run_ports(one, 8889, XLAB_NEXT);
	run_ports(one, 0xb822, XLAB_NEXT); /* 8888 with its bytes swapped */
	run_ports(edges, 7999, XLAB_NEXT);
	run_ports(edges, 8000, XDP_DROP);
	run_ports(edges, 8999, XDP_DROP);
	run_ports(edges, 9000, XLAB_NEXT);
	run_ports(p0, 0, XDP_DROP);
	run_ports(p0, 1, XLAB_NEXT);
	run_ports(p65535, 65535, XDP_DROP);
	run_ports(p65535, 65534, XLAB_NEXT);
}

static void actions(void **state)
{
	struct frame f = frame_udp(1, 8888, 0);
	uint32_t all[] = { XDP_ABORTED, XDP_DROP, XDP_PASS };
	struct filter filter = by_dst;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		filter.action = all[i];
		assert_int_equal(run(&filter, &f), all[i]);
	}
}

static void tx_turns_the_frame(void **state)
{
	struct frame f = frame_udp(1, 8888, 0), other = frame_udp(1, 8889, 0);
	struct filter filter = by_dst;
	struct subject s;
	uint8_t out[512];

	(void)state;
	filter.action = XDP_TX;
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_turn(&s, f.bytes, f.len, out), XDP_TX);
	assert_memory_equal(out, f.bytes + 6, 6);
	assert_memory_equal(out + 6, f.bytes, 6);
	assert_memory_equal(out + 12, f.bytes + 12, f.len - 12);
	assert_int_equal(subject_turn(&s, other.bytes, other.len, out), XLAB_NEXT);
	assert_memory_equal(out, other.bytes, other.len);
	subject_free(&s);
}

static void protocols(void **state)
{
	struct rule rules[] = { p8888, SPAN(PROTO, 17, 17) };
	struct filter filter = by_dst;
	struct frame f = FRAME_NONE, sctp = frame_udp(1, 8888, 0), six = frame_udp(1, 8888, 1);

	(void)state;
	filter.rules = rules;
	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
	frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 6, 5, 0);
	frame_ports(&f, 1, 8888, 6);
	sctp.bytes[14 + 9] = 132;
	assert_int_equal(run(&filter, &f), XDP_DROP);
	assert_int_equal(run(&filter, &sctp), XLAB_NEXT);
	filter.n_rules = 2;
	assert_int_equal(run(&filter, &f), XLAB_NEXT);
	assert_int_equal(run(&filter, &six), XDP_DROP);
	filter.rules = rules + 1; /* proto alone: every port */
	filter.n_rules = 1;
	six = frame_udp(5, 6, 1);
	assert_int_equal(run(&filter, &six), XDP_DROP);
}

static void ipv4_options_and_fragments(void **state)
{
	static const struct {
		unsigned int ihl;
		uint16_t fragment;
		uint32_t verdict;
	} c[] = {
		{ 5, 0x4000, XDP_DROP }, /* don't fragment */
		{ 5, 0x2000, XDP_DROP }, /* the first of several */
		{ 5, 0x2001, XLAB_NEXT }, { 5, 0x1fff, XLAB_NEXT }, { 5, 0x0001, XLAB_NEXT },
		{ 5, 0x1000, XLAB_NEXT }, { 6, 0x0000, XDP_DROP },  { 15, 0x0000, XDP_DROP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		struct frame f = FRAME_NONE;

		frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
		frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 17, c[i].ihl, c[i].fragment);
		frame_ports(&f, 1, 8888, 17);
		assert_int_equal(run(&by_dst, &f), c[i].verdict);
	}
}

static void ipv4_headers_that_are_none(void **state)
{
	struct frame short_ihl = frame_udp(1, 8888, 0), version = frame_udp(1, 8888, 0);
	struct frame version6 = frame_udp(1, 8888, 1);

	(void)state;
	short_ihl.bytes[14] = 0x44;
	version.bytes[14] = 0x65;
	version6.bytes[14] = 0x40;
	assert_int_equal(run(&by_dst, &short_ihl), XLAB_NEXT);
	assert_int_equal(run(&by_dst, &version), XLAB_NEXT);
	assert_int_equal(run(&by_dst, &version6), XLAB_NEXT);
}

static uint32_t run_extensions(const uint8_t *kinds, size_t n, uint16_t fragment)
{
	struct frame f = FRAME_NONE;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x86dd);
	frame_ipv6(&f, "fd00::10", "fd00::1", n ? kinds[0] : 17);
	for (size_t i = 0; i < n; i++)
		frame_extension(&f, kinds[i], i + 1 < n ? kinds[i + 1] : 17, i % 3, fragment);
	frame_ports(&f, 1, 8888, 17);
	return run(&by_dst, &f);
}

static void ipv6_extensions(void **state)
{
	static const uint8_t each[] = { 0, 43, 60, 51, 44 },
			     many[9] = { 0, 60, 60, 60, 60, 60, 60, 60, 60 };
	uint8_t esp = 50;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(each); i++)
		assert_int_equal(run_extensions(&each[i], 1, 0), XDP_DROP);
	assert_int_equal(run_extensions(each, ARRAY_SIZE(each), 0), XDP_DROP);
	assert_int_equal(run_extensions(many, 8, 0), XDP_DROP);
	assert_int_equal(run_extensions(many, 9, 0), XLAB_NEXT);
	assert_int_equal(run_extensions(&esp, 1, 0), XLAB_NEXT);
	assert_int_equal(run_extensions(&each[4], 1, 0x0001), XDP_DROP); /* first, more to come */
	assert_int_equal(run_extensions(&each[4], 1, 0x0008), XLAB_NEXT);
	assert_int_equal(run_extensions(&each[4], 1, 0xfff8), XLAB_NEXT);
}

static void tags(void **state)
{
	static const uint16_t tpids[] = { 0x88a8, 0x8100, 0x8100 };

	(void)state;
	for (size_t n = 0; n <= 3; n++) {
		struct frame f = FRAME_NONE;

		frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", n ? tpids[0] : 0x0800);
		for (size_t i = 0; i < n; i++)
			frame_tag(&f, i + 1 < n ? tpids[i + 1] : 0x0800);
		frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 17, 5, 0);
		frame_ports(&f, 1, 8888, 17);
		assert_int_equal(run(&by_dst, &f), n < 3 ? XDP_DROP : XLAB_NEXT);
	}
}

/* Ports are what the IP header's own length reaches to. */
static void padding_is_no_payload(void **state)
{
	struct rule zero = SPAN(DST, 0x7878, 0x7878);
	struct filter filter = by_dst;

	(void)state;
	filter.rules = &zero;
	for (int v6 = 0; v6 < 2; v6++) {
		for (size_t told = 0; told <= 8; told++) {
			struct frame f = FRAME_NONE;

			frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10",
				    v6 ? 0x86dd : 0x0800);
			if (v6) {
				frame_ipv6(&f, "fd00::10", "fd00::1", 60);
				frame_extension(&f, 60, 17, 0, 0);
			} else {
				frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 17, 6, 0);
			}
			frame_fill(&f, f.len + told);
			frame_pad(&f, 100);
			assert_int_equal(run(&filter, &f), told < 4 ? XLAB_NEXT : XDP_DROP);
		}
	}
}

/* A header that tells less than its own size. */
static void lengths_that_are_none(void **state)
{
	struct frame four = frame_udp(1, 8888, 0), six = frame_udp(1, 8888, 1);

	(void)state;
	four.bytes[14 + 2] = four.bytes[14 + 3] = 0;
	six.bytes[14 + 4] = six.bytes[14 + 5] = 0;
	assert_int_equal(run(&by_dst, &four), XLAB_NEXT);
	assert_int_equal(run(&by_dst, &six), XLAB_NEXT);
	four.bytes[14 + 3] = 19;
	assert_int_equal(run(&by_dst, &four), XLAB_NEXT);
}

static void overlapping_ranges(void **state)
{
	struct rule wide = rule_span(KEY_DST, 8000, 8999), one = rule_span(KEY_DST, 8888, 8888);
	struct frame f = frame_udp(1, 8888, 0), other = frame_udp(1, 8001, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &by_dst, NULL);
	assert_int_equal(rule_maps_add(&s.maps, &wide, 1), 0);
	assert_int_equal(subject_run(&s, other.bytes, other.len), XDP_DROP);
	assert_int_equal(rule_maps_del(&s.maps, &wide, 1), 0);
	assert_int_equal(subject_run(&s, other.bytes, other.len), XLAB_NEXT);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(rule_maps_add(&s.maps, &wide, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_hits(&s, &one), 2); /* the first rule that holds it */
	assert_int_equal(rule_maps_del(&s.maps, &one, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &one, 1), -ENOENT);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP); /* by the wide one */
	assert_int_equal(subject_hits(&s, &wide), 1);
	subject_free(&s);
}

/* A packet matches by one rule a key, and each of the three counts it. */
static void hits_of_three_keys(void **state)
{
	struct rule rules[] = { SPAN(PROTO, 17, 17), SPAN(SRC, 1, 1), SPAN(DST, 8888, 8888) };
	struct frame f = frame_udp(1, 8888, 0), other = frame_udp(2, 8888, 0);
	struct filter filter = by_dst;
	struct subject s;

	(void)state;
	filter.rules = rules;
	filter.n_rules = ARRAY_SIZE(rules);
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_run(&s, other.bytes, other.len), XLAB_NEXT);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_int_equal(subject_hits(&s, &rules[i]), 1);
	subject_free(&s);
}

/* A change that was killed before the derived parts were made leaves it to the next. */
static void killed_half_way(void **state)
{
	struct rule any = rule_span(KEY_DST, 1, 1), one = rule_span(KEY_DST, 8888, 8888);
	struct frame f = frame_udp(1, 8888, 0);
	const struct match_place *dst;
	uint16_t *table;
	struct subject s;

	(void)state;
	subject_load(&s, &by_dst, NULL);
	dst = &s.maps.layout.places[KEY_DST];
	table = (uint16_t *)((char *)s.maps.memory + dst->at);
	table[__builtin_bswap16(8888)] = 0;
	s.maps.memory->one[dst->slot].part[0] = UINT64_MAX;
	s.maps.memory->changed = 1;
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(rule_maps_add(&s.maps, &any, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_hits(&s, &one), 1);
	subject_free(&s);
}

/* A key of the lab file whose last value went matches nothing: the filter does not become wider. */
static void an_emptied_key(void **state)
{
	struct rule rules[] = { SPAN(PROTO, IPPROTO_UDP, IPPROTO_UDP), SPAN(DST, 9999, 9999) };
	const struct filter filter = { .name = "f",
				       .program = PROGRAM_PORT,
				       .action = XDP_DROP,
				       .rules = rules,
				       .n_rules = 2 };
	struct rule dst = rule_span(KEY_DST, 9999, 9999);
	struct rule src = rule_span(KEY_SRC, 53, 53);
	struct frame f = frame_udp(53, 9999, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(rule_maps_del(&s.maps, &dst, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(rule_maps_add(&s.maps, &dst, 1), 0);
	/* One that was added besides comes and goes. */
	assert_int_equal(rule_maps_add(&s.maps, &src, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &src, 1), 0);
	f = frame_udp(54, 9999, 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	subject_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_of_ranges),
		cmocka_unit_test(actions),
		cmocka_unit_test(tx_turns_the_frame),
		cmocka_unit_test(protocols),
		cmocka_unit_test(ipv4_options_and_fragments),
		cmocka_unit_test(ipv4_headers_that_are_none),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test(tags),
		cmocka_unit_test(padding_is_no_payload),
		cmocka_unit_test(lengths_that_are_none),
		cmocka_unit_test(overlapping_ranges),
		cmocka_unit_test(hits_of_three_keys),
		cmocka_unit_test(killed_half_way),
		cmocka_unit_test(an_emptied_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
