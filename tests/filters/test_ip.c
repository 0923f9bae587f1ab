// SPDX-License-Identifier: GPL-2.0-or-later
/* ip: addresses and prefixes of both families, protocols. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static const struct filter empty = { .name = "f", .program = PROGRAM_IP, .action = XDP_DROP };

/* Loaded with one rule (put there as `add` would). */
static void load_with(struct subject *s, const struct rule *rule)
{
	subject_load(s, &empty, NULL);
	assert_int_equal(rule_maps_add(&s->maps, rule, 1), 0);
}

static struct frame packet(const char *src, const char *dst, int v6)
{
	struct frame f = FRAME_NONE;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", v6 ? 0x86dd : 0x0800);
	if (v6)
		frame_ipv6(&f, src, dst, 17);
	else
		frame_ipv4(&f, src, dst, 17, 5, 0);
	frame_ports(&f, 1, 2, 17);
	return f;
}

static const struct {
	const char *rule;
	size_t key;
	const char *src, *dst;
	uint32_t verdict;
} cases[] = {
	{ "10.0.0.10", KEY_SRC, "10.0.0.10", "10.0.0.1", XDP_DROP },
	{ "10.0.0.10", KEY_SRC, "10.0.0.11", "10.0.0.1", XLAB_NEXT },
	{ "10.0.0.10", KEY_SRC, "10.0.0.1", "10.0.0.10", XLAB_NEXT },
	{ "10.0.0.10", KEY_DST, "10.0.0.1", "10.0.0.10", XDP_DROP },
	{ "10.0.0.0/24", KEY_SRC, "10.0.0.255", "10.0.0.1", XDP_DROP },
	{ "10.0.0.0/24", KEY_SRC, "10.0.1.0", "10.0.0.1", XLAB_NEXT },
	{ "10.0.0.7/24", KEY_DST, "10.9.0.0", "10.0.0.200", XDP_DROP },
	{ "10.0.0.8/31", KEY_SRC, "10.0.0.9", "10.0.0.1", XDP_DROP },
	{ "10.0.0.8/31", KEY_SRC, "10.0.0.10", "10.0.0.1", XLAB_NEXT },
	{ "0.0.0.0/0", KEY_SRC, "255.255.255.255", "0.0.0.0", XDP_DROP },
	{ "0.0.0.0/0", KEY_SRC, "fd00::1", "fd00::2", XLAB_NEXT },
	{ "::/0", KEY_SRC, "10.0.0.1", "10.0.0.2", XLAB_NEXT },
	{ "::/0", KEY_DST, "fd00::1", "fd00::2", XDP_DROP },
	/* below those that stand for IPv4's, and around them, up to the last before and from the
	   first behind */
	{ "::4/126", KEY_SRC, "::5", "fd00::1", XDP_DROP },
	{ "::4/126", KEY_SRC, "::8", "fd00::1", XLAB_NEXT },
	{ "::4/126", KEY_SRC, "::3", "fd00::1", XLAB_NEXT },
	{ "::/64", KEY_SRC, "::fffe:ffff:ffff", "fd00::1", XDP_DROP },
	{ "::/64", KEY_SRC, "::1:0:0:0", "fd00::1", XDP_DROP },
	{ "::/64", KEY_SRC, "::1:0:0:0:0", "fd00::1", XLAB_NEXT },
	{ "::1:0:0:0/80", KEY_SRC, "::1:0:0:0", "fd00::1", XDP_DROP },
	{ "::1:0:0:0/80", KEY_SRC, "::fffe:ffff:ffff", "fd00::1", XLAB_NEXT },
	{ "fd00::10", KEY_SRC, "fd00::10", "fd00::1", XDP_DROP },
	{ "fd00::10", KEY_SRC, "fd00::11", "fd00::1", XLAB_NEXT },
	{ "fd00::10", KEY_DST, "fd00::10", "fd00::1", XLAB_NEXT },
	{ "fd00::/64", KEY_DST, "fd01::1", "fd00::ffff:0:0:1", XDP_DROP },
	{ "fd00::/64", KEY_DST, "fd01::1", "fd00:0:0:1::1", XLAB_NEXT },
	{ "fd00::/127", KEY_SRC, "fd00::1", "fd00::9", XDP_DROP },
	{ "fd00::/127", KEY_SRC, "fd00::2", "fd00::9", XLAB_NEXT },
};

static void addresses_and_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = rule_net(cases[i].key, cases[i].rule);
		int v6 = strchr(cases[i].src, ':') != NULL;
		struct frame f = packet(cases[i].src, cases[i].dst, v6);
		struct subject s;

		load_with(&s, &rule);
		if (subject_run(&s, f.bytes, f.len) != cases[i].verdict)
			fail_msg("rule %s, packet %s > %s", cases[i].rule, cases[i].src,
				 cases[i].dst);
		subject_free(&s);
	}
}

static void every_bit_of_an_address_counts(void **state)
{
	struct rule rules[] = { rule_net(KEY_SRC, "fd00::10"), rule_net(KEY_SRC, "10.0.0.10") };
	struct frame frames[] = { packet("fd00::10", "fd00::1", 1),
				  packet("10.0.0.10", "10.0.0.1", 0) };
	const size_t at[] = { 14 + 8, 14 + 12 }, bits[] = { 128, 32 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct frame *f = &frames[i];
		struct subject s;

		load_with(&s, &rules[i]);
		assert_int_equal(subject_run(&s, f->bytes, f->len), XDP_DROP);
		for (size_t bit = 0; bit < bits[i]; bit++) {
			f->bytes[at[i] + bit / 8] ^= 1 << bit % 8;
			assert_int_equal(subject_run(&s, f->bytes, f->len), XLAB_NEXT);
			f->bytes[at[i] + bit / 8] ^= 1 << bit % 8;
		}
		subject_free(&s);
	}
}

static void the_most_exact_rule_is_hit(void **state)
{
	struct rule exact = rule_net(KEY_SRC, "10.0.0.10");
	struct rule narrow = rule_net(KEY_SRC, "10.0.0.0/24");
	struct rule wide = rule_net(KEY_SRC, "10.0.0.0/8");
	struct frame f = packet("10.0.0.10", "10.0.0.1", 0);
	struct frame other = packet("10.0.0.11", "10.0.0.1", 0);
	struct subject s;

	(void)state;
	load_with(&s, &wide);
	assert_int_equal(rule_maps_add(&s.maps, &narrow, 1), 0);
	assert_int_equal(rule_maps_add(&s.maps, &exact, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_run(&s, other.bytes, other.len), XDP_DROP);
	assert_int_equal(subject_hits(&s, &exact), 1);
	assert_int_equal(subject_hits(&s, &narrow), 1);
	assert_int_equal(rule_maps_del(&s.maps, &exact, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &narrow, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_hits(&s, &wide), 1);
	subject_free(&s);
}

static void sides_and_families_together(void **state)
{
	struct rule src4 = rule_net(KEY_SRC, "10.0.0.10");
	struct rule src6 = rule_net(KEY_SRC, "fd00::/64");
	struct rule dst4 = rule_net(KEY_DST, "10.0.0.0/28");
	struct frame yes = packet("10.0.0.10", "10.0.0.1", 0),
		     no = packet("10.0.0.10", "10.0.0.99", 0);
	struct frame six = packet("fd00::1", "fd00::2", 1);
	struct subject s;

	(void)state;
	load_with(&s, &src4);
	assert_int_equal(rule_maps_add(&s.maps, &src6, 1), 0);
	assert_int_equal(subject_run(&s, six.bytes, six.len), XDP_DROP);
	assert_int_equal(rule_maps_add(&s.maps, &dst4, 1), 0);
	assert_int_equal(subject_run(&s, yes.bytes, yes.len), XDP_DROP);
	assert_int_equal(subject_run(&s, no.bytes, no.len), XLAB_NEXT);
	assert_int_equal(subject_run(&s, six.bytes, six.len), XLAB_NEXT); /* no dst is IPv6 */
	subject_free(&s);
}

static void protocols(void **state)
{
	struct rule udp = rule_span(KEY_PROTO, 17, 17), last = rule_span(KEY_PROTO, 255, 255);
	struct frame f = packet("10.0.0.10", "10.0.0.1", 0), six = packet("fd00::1", "fd00::2", 1);
	struct subject s;

	(void)state;
	load_with(&s, &udp);
	assert_int_equal(rule_maps_add(&s.maps, &last, 1), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	assert_int_equal(subject_run(&s, six.bytes, six.len), XDP_DROP);
	f.bytes[14 + 9] = 1;
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	f.bytes[14 + 9] = 255;
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	subject_free(&s);
}

/* Only the first fragment of a datagram has what IP carries, and all of them its addresses and its
 * protocol.
 */
static void later_fragments(void **state)
{
	static const uint16_t offsets[] = { 0x2000, 0x2001, 0x1fff, 0x00b9 };
	static const uint16_t offsets6[] = { 0x0001, 0x0009, 0xfff8, 0x0200 };
	struct rule rules[] = { rule_net(KEY_SRC, "10.0.0.10"), rule_net(KEY_SRC, "fd00::10"),
				SPAN(PROTO, 17, 17) };
	struct filter filter = empty;
	struct subject s;

	(void)state;
	filter.rules = rules;
	filter.n_rules = 3;
	subject_load(&s, &filter, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct frame four = FRAME_NONE, six = FRAME_NONE, other = FRAME_NONE;

		frame_ether(&four, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
		frame_ipv4(&four, "10.0.0.10", "10.0.0.1", 17, 5 + i, offsets[i]);
		assert_int_equal(subject_run(&s, four.bytes, four.len), XDP_DROP);
		four.bytes[14 + 9] = 6;
		assert_int_equal(subject_run(&s, four.bytes, four.len), XLAB_NEXT);
		frame_ether(&six, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x86dd);
		frame_ipv6(&six, "fd00::10", "fd00::1", 60);
		frame_extension(&six, 60, 44, 0, 0);
		frame_extension(&six, 44, 17, 0, offsets6[i]);
		assert_int_equal(subject_run(&s, six.bytes, six.len), XDP_DROP);
		six.bytes[14 + 23]++;
		assert_int_equal(subject_run(&s, six.bytes, six.len), XLAB_NEXT);
		/* What is behind the fragment header of a later one is no header. */
		frame_ether(&other, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x86dd);
		frame_ipv6(&other, "fd00::10", "fd00::1", 44);
		frame_extension(&other, 44, 60, 0, offsets6[i]);
		frame_extension(&other, 60, 17, 0, 0);
		assert_int_equal(subject_run(&s, other.bytes, other.len), i ? XLAB_NEXT : XDP_DROP);
	}
	subject_free(&s);
}

static void ten_thousand_addresses(void **state)
{
	struct filter filter = empty;
	struct rule *rules = calloc(10000, sizeof(*rules));
	struct rule extra = rule_net(KEY_SRC, "192.0.2.1");
	struct frame f;
	struct subject s;
	char text[32];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "10.1.%d.%d", i / 256, i % 256);
		rules[i] = rule_net(KEY_SRC, text);
	}
	filter.rules = rules;
	filter.n_rules = 10000;
	subject_load(&s, &filter, NULL);
	f = packet("10.1.39.15", "10.0.0.1", 0); /* the last */
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_DROP);
	f = packet("10.1.39.16", "10.0.0.1", 0); /* one more */
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(rule_maps_add(&s.maps, &extra, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, &extra, 1), 0);
	subject_free(&s);
	free(rules);
}

static void full_is_said(void **state)
{
	struct rule first = rule_net(KEY_SRC, "10.0.0.0");
	struct subject s;
	char text[32];
	int err = 0, n = 0;

	(void)state;
	subject_load(&s, &empty, NULL);
	while (!err) {
		struct rule rule;

		snprintf(text, sizeof(text), "10.0.%d.%d", n / 256, n % 256);
		rule = rule_net(KEY_SRC, text);
		err = rule_maps_add(&s.maps, &rule, 1);
		n += !err;
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(n, 1023);
	assert_int_equal(rule_maps_del(&s.maps, &first, 1), 0);
	assert_int_equal(rule_maps_add(&s.maps, &first, 1), 0);
	subject_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_prefixes),
		cmocka_unit_test(every_bit_of_an_address_counts),
		cmocka_unit_test(the_most_exact_rule_is_hit),
		cmocka_unit_test(sides_and_families_together),
		cmocka_unit_test(protocols),
		cmocka_unit_test(later_fragments),
		cmocka_unit_test(ten_thousand_addresses),
		cmocka_unit_test(full_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
