// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every filter against the model: frames cut at each length from 0 to 128
 * bytes, and 100,000 random ones. No input may come out as ABORTED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/model.h"
#include "tests/filters/subject.h"

#define MAC_10 MAC(SRC, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x10)
#define MAC_2  MAC(SRC, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x02)
#define UDP    SPAN(PROTO, 17, 17)
#define ICMPV6 SPAN(PROTO, 58, 58)
#define PORTS  SPAN(DST, 8000, 8999), SPAN(DST, 8888, 8888), SPAN(DST, 53, 53)

static struct rule macs[] = { MAC_10, MAC_2 };
static struct rule types[] = { SPAN(TYPE, 0x0800, 0x0800), SPAN(TYPE, 0x8100, 0x8100) };
static struct rule mac_and_type[] = { MAC_10, SPAN(TYPE, 0x0800, 0x0800) };
static struct rule from_nets[4], to_nets[6] = { [4] = UDP, ICMPV6 };
static struct rule udp[] = { UDP };
static struct rule ports[] = { PORTS };
static struct rule ports_of_udp[] = { SPAN(SRC, 8000, 8999), PORTS, UDP };

static const struct filter filters[] = {
	{ .program = PROGRAM_ETHER, .rules = macs, .n_rules = 2 },
	{ .program = PROGRAM_ETHER, .rules = types, .n_rules = 2 },
	{ .program = PROGRAM_ETHER, .rules = mac_and_type, .n_rules = 2 },
	{ .program = PROGRAM_IP, .rules = from_nets, .n_rules = 4 },
	{ .program = PROGRAM_IP, .rules = to_nets, .n_rules = 6 },
	{ .program = PROGRAM_IP, .rules = udp, .n_rules = 1 },
	{ .program = PROGRAM_PORT, .rules = ports, .n_rules = 3 },
	{ .program = PROGRAM_PORT, .rules = ports_of_udp, .n_rules = 5 },
	{ .program = PROGRAM_PORT, .rules = udp, .n_rules = 1 },
};

static int load_all(void **state)
{
	static const char *const texts[] = { "10.0.0.10", "10.0.0.0/28", "fd00::10", "fd00::/120" };
	struct subject *all = calloc(ARRAY_SIZE(filters), sizeof(*all));

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		from_nets[i] = rule_net(KEY_SRC, texts[i]);
		to_nets[i] = rule_net(KEY_DST, texts[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct filter filter = filters[i];

		filter.name = "f";
		filter.action = XDP_DROP;
		subject_load(&all[i], &filter, NULL);
	}
	*state = all;
	return 0;
}

static int free_all(void **state)
{
	struct subject *all = *state;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		subject_free(&all[i]);
	free(all);
	return 0;
}

static void agree(const struct subject *all, const uint8_t *bytes, size_t len, size_t matches[])
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		bool match = model_matches(&filters[i], bytes, len);

		if (subject_run(&all[i], bytes, len) != (match ? XDP_DROP : XLAB_NEXT)) {
			print_message("# filter %zu, the model says %d, length %zu:", i, match,
				      len);
			for (size_t k = 0; k < len; k++)
				print_message(" %02x", bytes[k]);
			print_message("\n");
			fail();
		}
		matches[i] += match;
	}
}

static uint8_t pick(const uint8_t *from, size_t n)
{
	return from[(size_t)rand() % n];
}

static void add_network6(struct frame *f)
{
	static const uint8_t kinds[] = { 0, 43, 60, 51, 44 }, carried[] = { 17, 17, 6, 58, 50 };
	int n = rand() % 3 ? 0 : rand() % 10;
	uint8_t kind = n ? pick(kinds, sizeof(kinds)) : pick(carried, sizeof(carried));

	frame_ipv6(f, rand() % 2 ? "fd00::10" : "fd00::300", rand() % 2 ? "fd00::1" : "fd01::1",
		   kind);
	while (n-- > 0) {
		uint8_t next = n ? pick(kinds, sizeof(kinds)) : pick(carried, sizeof(carried));

		frame_extension(f, kind, next, rand() % 3, rand() % 4 ? 0 : rand() % 16);
		kind = next;
	}
}

/* A frame that makes sense, most of the time. */
static struct frame compose(void)
{
	static const uint8_t carried[] = { 17, 17, 6, 1 };
	static const uint16_t tpids[] = { 0x8100, 0x88a8 };
	int v6 = rand() % 2, tags = rand() % 2 ? 0 : rand() % 4;
	uint16_t type = v6 ? 0x86dd : 0x0800;
	struct frame f = FRAME_NONE;

	frame_ether(&f, "de:ad:be:ef:00:01", rand() % 2 ? "de:ad:be:ef:00:10" : "de:ad:be:ef:00:03",
		    tags ? tpids[rand() % 2] : type);
	for (int i = 0; i < tags; i++)
		frame_tag(&f, i + 1 < tags ? tpids[rand() % 2] : type);
	if (v6)
		add_network6(&f);
	else
		frame_ipv4(&f, rand() % 2 ? "10.0.0.10" : "10.0.0.99",
			   rand() % 2 ? "10.0.0.1" : "10.0.1.1", pick(carried, sizeof(carried)),
			   rand() % 3 ? 5 : 5 + rand() % 11, rand() % 4 ? 0x4000 : rand() & 0x3fff);
	frame_ports(&f, 7990 + rand() % 20, rand() % 2 ? 8888 : rand(), rand() % 2 ? 17 : 6);
	return f;
}

static void mutate(struct frame *f)
{
	/* As padding, or what is cut off. */
	if (f->network && rand() % 8 == 0)
		f->bytes[f->network + (f->bytes[f->network] >> 4 == 6 ? 5 : 3)] = rand() % 64;
	for (int n = rand() % 3; n > 0; n--)
		f->bytes[(size_t)rand() % f->len] ^= 1 << rand() % 8;
	if (rand() % 4 == 0)
		f->len = (size_t)rand() % (f->len + 1);
	if (rand() % 20 == 0)
		for (size_t i = 0; i < f->len; i++)
			f->bytes[i] = rand();
}

static void every_length(void **state)
{
	size_t matches[ARRAY_SIZE(filters)] = { 0 };

	srand(7);
	for (int n = 0; n < 60; n++) {
		struct frame f = compose();

		frame_fill(&f, 128);
		for (size_t len = 0; len <= 128; len++)
			agree(*state, f.bytes, len, matches);
	}
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		assert_true(matches[i] > 0);
}

static void random_frames(void **state)
{
	size_t matches[ARRAY_SIZE(filters)] = { 0 }, total = 100000;

	srand(42);
	for (size_t n = 0; n < total; n++) {
		struct frame f = compose();

		mutate(&f);
		agree(*state, f.bytes, f.len, matches);
	}
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		print_message("# filter %zu matched %zu of %zu\n", i, matches[i], total);
		assert_in_range(matches[i], total / 200, total - total / 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(random_frames),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
