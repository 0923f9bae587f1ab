// SPDX-License-Identifier: GPL-2.0-or-later
/* ether: MACs and EtherTypes, tagged and not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

#define LB   0xde, 0xad, 0xbe, 0xef, 0x00, 0x10
#define HOST 0xde, 0xad, 0xbe, 0xef, 0x00, 0x01

static struct rule src_lb = MAC(SRC, LB);

static const struct filter by_src = {
	.name = "f", .program = PROGRAM_ETHER, .action = XDP_DROP, .rules = &src_lb, .n_rules = 1
};

static void every_bit_of_a_mac_counts(void **state)
{
	struct frame f = frame_udp(1, 2, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &by_src, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	for (int bit = 0; bit < 48; bit++) {
		f.bytes[6 + bit / 8] ^= 1 << bit % 8;
		assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
		f.bytes[6 + bit / 8] ^= 1 << bit % 8;
	}
	subject_free(&s);
}

static void source_is_not_destination(void **state)
{
	struct frame f = FRAME_NONE;
	struct subject s;

	(void)state;
	frame_ether(&f, "de:ad:be:ef:00:10", "de:ad:be:ef:00:01", 0x0800);
	subject_load(&s, &by_src, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	subject_free(&s);
}

static void both_keys_must_match(void **state)
{
	struct rule both[] = { MAC(SRC, LB), MAC(DST, HOST) };
	struct filter filter = by_src;
	struct frame yes = FRAME_NONE, no = FRAME_NONE;
	struct subject s;

	(void)state;
	filter.rules = both;
	filter.n_rules = 2;
	frame_ether(&yes, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
	frame_ether(&no, "de:ad:be:ef:00:02", "de:ad:be:ef:00:10", 0x0800);
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_run(&s, yes.bytes, yes.len), XDP_DROP);
	assert_int_equal(subject_run(&s, no.bytes, no.len), XLAB_NEXT);
	subject_free(&s);
}

static void any_value_of_a_list_matches(void **state)
{
	struct rule both[] = { MAC(SRC, LB), MAC(SRC, HOST) };
	struct filter filter = by_src;
	struct frame f = FRAME_NONE;
	struct subject s;

	(void)state;
	filter.rules = both;
	filter.n_rules = 2;
	frame_ether(&f, "de:ad:be:ef:00:10", "de:ad:be:ef:00:01", 0x0800);
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	subject_free(&s);
}

static uint32_t run_type(uint16_t wanted, const uint16_t *types, size_t n)
{
	struct rule type = SPAN(TYPE, wanted, wanted);
	struct filter filter = { .name = "f",
				 .program = PROGRAM_ETHER,
				 .action = XDP_DROP,
				 .rules = &type,
				 .n_rules = 1 };
	struct frame f = FRAME_NONE;
	struct subject s;
	uint32_t verdict;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", types[0]);
	for (size_t i = 1; i < n; i++)
		frame_tag(&f, types[i]);
	subject_load(&s, &filter, NULL);
	verdict = subject_run(&s, f.bytes, f.len);
	subject_free(&s);
	return verdict;
}

static const struct {
	uint16_t wanted;
	uint16_t types[4];
	size_t n;
	uint32_t verdict;
} type_cases[] = {
	{ 0x0800, { 0x0800 }, 1, XDP_DROP },
	{ 0x0800, { 0x86dd }, 1, XLAB_NEXT },
	{ 0x0800, { 0x0801 }, 1, XLAB_NEXT },
	{ 0x0800, { 0x0008 }, 1, XLAB_NEXT },
	{ 0x0806, { 0x0806 }, 1, XDP_DROP },
	{ 0xffff, { 0xffff }, 1, XDP_DROP },
	{ 0x86dd, { 0x8100, 0x86dd }, 2, XDP_DROP },
	{ 0x86dd, { 0x88a8, 0x8100, 0x86dd }, 3, XDP_DROP },
	{ 0x86dd, { 0x88a8, 0x8100, 0x8100, 0x86dd }, 4, XLAB_NEXT }, /* three tags */
	{ 0x8100, { 0x0800 }, 1, XLAB_NEXT },
	{ 0x8100, { 0x8100, 0x0800 }, 2, XDP_DROP },
	{ 0x8100, { 0x88a8, 0x0800 }, 2, XDP_DROP }, /* tagged is tagged */
	{ 0x88a8, { 0x88a8, 0x0800 }, 2, XDP_DROP },
	{ 0x88a8, { 0x8100, 0x0800 }, 2, XLAB_NEXT },
	{ 0x8100, { 0x8100 }, 1, XLAB_NEXT }, /* the tag is cut off */
	{ 0x0800, { 0x8100 }, 1, XLAB_NEXT },
};

static void types_behind_tags(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(type_cases); i++)
		assert_int_equal(
			run_type(type_cases[i].wanted, type_cases[i].types, type_cases[i].n),
			type_cases[i].verdict);
}

static void live_rules(void **state)
{
	struct rule src = rule_mac(KEY_SRC, "de:ad:be:ef:00:10");
	struct rule dst = rule_mac(KEY_DST, "de:ad:be:ef:00:10");
	struct rule arp = rule_span(KEY_TYPE, 0x0806, 0x0806);
	struct frame f = frame_udp(1, 2, 0);
	struct subject s;

	(void)state;
	subject_load(&s, &by_src, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(rule_maps_add(&s.maps, &src, 1), -EEXIST);
	assert_int_equal(rule_maps_add(&s.maps, &dst, 1), 0); /* the same MAC on the other side */
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(rule_maps_del(&s.maps, &dst, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &dst, 1), -ENOENT);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_hits(&s, &src), 2);
	assert_int_equal(rule_maps_add(&s.maps, &arp, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(rule_maps_del(&s.maps, &arp, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &src, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT); /* no key: no match */
	subject_free(&s);
}

/* Each key's rule, whichever comes first. */
static void hits_of_three_keys(void **state)
{
	static const struct rule rules[] = {
		SPAN(TYPE, ETH_P_IP, ETH_P_IP),
		MAC(SRC, 0x02, 0, 0, 0, 0, 0x0a),
		MAC(DST, 0x02, 0, 0, 0, 0, 0x0b),
	};
	const struct filter filter = { .program = PROGRAM_ETHER,
				       .action = XDP_DROP,
				       .rules = (struct rule *)rules,
				       .n_rules = ARRAY_SIZE(rules) };
	struct subject s;
	struct frame f = FRAME_NONE;

	(void)state;
	frame_ether(&f, "02:00:00:00:00:0b", "02:00:00:00:00:0a", ETH_P_IP);
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_int_equal(subject_hits(&s, &rules[i]), 1);
	subject_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_of_a_mac_counts),
		cmocka_unit_test(source_is_not_destination),
		cmocka_unit_test(both_keys_must_match),
		cmocka_unit_test(any_value_of_a_list_matches),
		cmocka_unit_test(types_behind_tags),
		cmocka_unit_test(live_rules),
		cmocka_unit_test(hits_of_three_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
