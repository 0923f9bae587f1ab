// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match: rules that come and go while packets are looked at, exceptions among them, against the
 * model; and whose hits they are.
 */
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

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/match_derive.h"
#include "orchestrator/model/filter.h"
#include "tests/filters/frame.h"
#include "tests/filters/model.h"
#include "tests/filters/subject.h"
#include "tests/unit/filter_lines.h"

static struct labfile labfile;

static void load_keys(struct subject *s, const char *lines)
{
	subject_load(s, filter_of_lines(&labfile, lines), NULL);
}

static void free_keys(struct subject *s)
{
	subject_free(s);
	labfile_clear(&labfile);
}

/* "ip.src=10.0.0.1", as `xlab filter f add` reads it. */
static struct rule rule_of(const struct subject *s, const char *text)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct filter read = { .name = s->filter.name,
			       .program = s->filter.program,
			       .keys = s->filter.keys,
			       .n_keys = s->filter.n_keys };
	struct rule rule;

	if (filter_read_rule(&read, &labfile, text, &e))
		fail_msg("%s", e.text);
	assert_int_equal(read.n_rules, 1);
	rule = read.rules[0];
	free(read.rules);
	names_clear(&read.values);
	return rule;
}

static int add(struct subject *s, const char *text)
{
	struct rule rule = rule_of(s, text);

	return rule_maps_add(&s->maps, &rule, 1);
}

static int del(struct subject *s, const char *text)
{
	struct rule rule = rule_of(s, text);

	return rule_maps_del(&s->maps, &rule, 1);
}

static uint64_t hits(const struct subject *s, const char *text)
{
	struct rule rule = rule_of(s, text);

	return subject_hits(s, &rule);
}

static struct frame udp(const char *src, const char *dst, uint16_t port)
{
	struct frame f = FRAME_NONE;
	bool v6 = strchr(src, ':');

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", v6 ? 0x86dd : 0x0800);
	if (v6)
		frame_ipv6(&f, src, dst, 17);
	else
		frame_ipv4(&f, src, dst, 17, 5, 0);
	frame_ports(&f, 1, port, 17);
	frame_fill(&f, 64);
	return f;
}

static bool drops(const struct subject *s, const char *src, const char *dst, uint16_t port)
{
	struct frame f = udp(src, dst, port);

	return subject_run(s, f.bytes, f.len) == XDP_DROP;
}

/* --- Against the model ---------------------------------------------------------------------- */

/* A filter, the rules that may come and go, and the frames that tell them apart. */
static const struct churn {
	const char *lines;
	const char *rules[16];
	bool v6;
} churns[] = {
	{ "program = match\nip.src = 10.0.0.5\nudp.dstport = 8002",
	  { "ip.src=10.0.0.6", "ip.src=10.0.0.0/29", "ip.src=10.0.0.4/30", "ip.src=!10.0.0.5",
	    "ip.src=!10.0.0.2-10.0.0.6", "ip.src=10.0.0.1-10.0.0.9", "ip.src=10.0.0.0/8",
	    "ip.src=!10.0.0.8/29", "udp.dstport=8000-8003", "udp.dstport=!8001", "udp.dstport=8001",
	    "udp.dstport=!8002-8004", "ip.src=10.0.0.5", "udp.dstport=8002" },
	  false },
	{ "program = match\nip.addr = !10.0.0.3",
	  { "ip.addr=10.0.0.1", "ip.addr=10.0.0.0/29", "ip.addr=!10.0.0.8/30", "ip.addr=!10.0.0.3",
	    "ip.addr=!10.0.0.1", "ip.addr=10.0.0.9" },
	  false },
	{ "program = match\nipv6.src = fd00::/16",
	  { "ipv6.src=fd00::5", "ipv6.src=!fd00::4/126", "ipv6.src=fd00::1-fd00::6",
	    "ipv6.src=!fd00::5", "ipv6.src=::/0", "ipv6.src=fd00::/16", "ipv6.src=fd00::8" },
	  true },
	{ "program = ip\nsrc = 10.0.0.5 fd00::5",
	  { "src=::/0", "src=!10.0.0.5", "src=0.0.0.0/0", "src=!fd00::4/126", "dst=10.0.0.1",
	    "dst=!10.0.0.1", "dst=fd00::1", "addr=10.0.0.7", "addr=!fd00::/16", "proto=udp",
	    "proto=!17", "src=10.0.0.5", "src=fd00::5" },
	  false },
	{ "program = port\ndst = 8000-8003",
	  { "dst=8002", "src=1", "src=!1", "port=8001", "port=!8004", "proto=udp", "proto=tcp",
	    "dst=!8000", "dst=8000-8003" },
	  false },
};

static void all_frames(const struct subject *s, const struct filter *now, bool v6)
{
	for (int n = 0; n < 48; n++) {
		char src[16];
		struct frame f;
		bool six = v6 || n % 4 == 3;

		snprintf(src, sizeof(src), six ? "fd00::%d" : "10.0.0.%d", n % 12);
		f = udp(src, six ? "fd00::1" : "10.0.0.1", (uint16_t)(7999 + n % 7));
		if ((subject_run(s, f.bytes, f.len) == XDP_DROP) !=
		    model_matches(now, f.bytes, f.len))
			fail_msg("%s, port %d: the model says otherwise", src, 7999 + n % 7);
	}
}

/* A short form's key that no rule is left of is none; one of the file matches nothing. */
static bool is_emptied(const struct subject *s, const struct filter *now)
{
	for (size_t key = 0; key < now->n_keys; key++) {
		bool was = false, is = false;

		for (size_t i = 0; i < s->filter.n_rules; i++)
			was |= s->filter.rules[i].key == key;
		for (size_t i = 0; i < now->n_rules; i++)
			is |= now->rules[i].key == key;
		if (was && !is)
			return true;
	}
	return false;
}

static void change(struct subject *s, struct filter *now, const char *text)
{
	struct rule rule = rule_of(s, text);

	for (size_t i = 0; i < now->n_rules; i++) {
		if (!rule_equal(&now->rules[i], &rule))
			continue;
		assert_int_equal(rule_maps_del(&s->maps, &rule, 1), 0);
		now->rules[i] = now->rules[--now->n_rules];
		return;
	}
	assert_int_equal(rule_maps_add(&s->maps, &rule, 1), 0);
	*(struct rule *)array_add(&now->rules, &now->n_rules, sizeof(rule)) = rule;
}

static void rules_come_and_go(void **state)
{
	(void)state;
	srand(3);
	for (size_t c = 0; c < ARRAY_SIZE(churns); c++) {
		size_t n = 0;
		struct filter now;
		struct subject s;

		load_keys(&s, churns[c].lines);
		now = s.filter;
		now.rules = xcalloc(now.n_rules, sizeof(*now.rules));
		memcpy(now.rules, s.filter.rules, now.n_rules * sizeof(*now.rules));
		while (n < ARRAY_SIZE(churns[c].rules) && churns[c].rules[n])
			n++;
		for (int i = 0; i < 60; i++) {
			change(&s, &now, churns[c].rules[(size_t)rand() % n]);
			if (!is_emptied(&s, &now))
				all_frames(&s, &now, churns[c].v6);
		}
		free(now.rules);
		free_keys(&s);
	}
}

static void an_emptied_key_matches_nothing(void **state)
{
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nip.src = 10.0.0.1\nudp.dstport = 53");
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 53));
	assert_int_equal(del(&s, "udp.dstport=53"), 0);
	assert_false(drops(&s, "10.0.0.1", "10.0.0.2", 53));
	assert_int_equal(add(&s, "udp.dstport=54"), 0);
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 54));
	free_keys(&s);
}

/* As long as the rules are the lab file's, one value a key, the program has these in it: what else
 * is in memory does not count. Packets that are not plain go the other way.
 */
static void one_value_is_in_the_program(void **state)
{
	struct frame plain = udp("10.0.0.1", "10.0.0.2", 53), options = FRAME_NONE;
	struct subject s;
	uint64_t *one;

	(void)state;
	frame_ether(&options, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
	frame_ipv4(&options, "10.0.0.1", "10.0.0.2", 17, 6, 0);
	frame_ports(&options, 1, 53, 17);
	load_keys(&s, "program = port\ndst = 53");
	one = (uint64_t *)s.maps.memory->one[s.maps.layout.places[s.filter.rules[0].key].slot].part;
	*one ^= 1;
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XDP_DROP);
	assert_int_equal(subject_run(&s, options.bytes, options.len), XLAB_NEXT);
	*one ^= 1;
	assert_int_equal(subject_run(&s, options.bytes, options.len), XDP_DROP);
	/* A key that comes to it must hold, too. When it has gone all is as it was. */
	assert_int_equal(add(&s, "src=2"), 0);
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XLAB_NEXT);
	assert_int_equal(add(&s, "src=1"), 0);
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XDP_DROP);
	assert_int_equal(del(&s, "src=1"), 0);
	assert_int_equal(del(&s, "src=2"), 0);
	*one ^= 1;
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XDP_DROP);
	assert_int_equal(hits(&s, "dst=53"), 4);
	/* The same value anew is not the lab file's: hits are its own. */
	assert_int_equal(del(&s, "dst=53"), 0);
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XLAB_NEXT);
	assert_int_equal(add(&s, "dst=53"), 0);
	assert_int_equal(subject_run(&s, plain.bytes, plain.len), XDP_DROP);
	assert_int_equal(hits(&s, "dst=53"), 1);
	free_keys(&s);
	/* A number of 32 bits, the highest of which is no sign. */
	load_keys(&s, "program = match\nip.src = 10.0.0.200");
	assert_true(drops(&s, "10.0.0.200", "10.0.0.2", 53));
	assert_false(drops(&s, "10.0.0.201", "10.0.0.2", 53));
	free_keys(&s);
}

/* --- Hits ----------------------------------------------------------------------------------- */

/* The only value of a key is compared and not looked up: its hits are the filter's less the
 * others'.
 */
static void hits_of_one_and_of_others(void **state)
{
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nip.src = 10.0.0.1 !10.0.9.9\nudp.dstport = 53");
	for (int i = 0; i < 3; i++)
		assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 53));
	assert_false(drops(&s, "10.0.0.1", "10.0.0.2", 54));
	assert_int_equal(hits(&s, "ip.src=10.0.0.1"), 3);
	assert_int_equal(hits(&s, "udp.dstport=53"), 3);
	assert_int_equal(add(&s, "udp.dstport=54"), 0);
	assert_int_equal(add(&s, "udp.dstport=50-60"), 0);
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 54));
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 55));
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 53));
	assert_int_equal(hits(&s, "ip.src=10.0.0.1"), 6);
	assert_int_equal(hits(&s, "udp.dstport=53"), 4);
	assert_int_equal(hits(&s, "udp.dstport=54"), 1);
	assert_int_equal(hits(&s, "udp.dstport=50-60"), 1);
	assert_int_equal(hits(&s, "ip.src=!10.0.9.9"), 0);
	/* A number that is another's now takes no hits along, and leaves none behind. */
	assert_int_equal(del(&s, "udp.dstport=54"), 0);
	assert_int_equal(add(&s, "ip.src=10.0.0.7"), 0);
	assert_int_equal(hits(&s, "ip.src=10.0.0.7"), 0);
	assert_true(drops(&s, "10.0.0.7", "10.0.0.2", 53));
	assert_int_equal(hits(&s, "ip.src=10.0.0.7"), 1);
	assert_int_equal(hits(&s, "ip.src=10.0.0.1"), 6);
	assert_int_equal(hits(&s, "udp.dstport=53"), 5);
	free_keys(&s);
}

static void hits_of_exceptions_alone(void **state)
{
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nip.src = !10.0.0.1 !10.0.0.2\nudp.dstport = !53");
	assert_false(drops(&s, "10.0.0.1", "10.0.0.9", 80));
	assert_false(drops(&s, "10.0.0.3", "10.0.0.9", 53));
	assert_true(drops(&s, "10.0.0.3", "10.0.0.9", 80));
	assert_int_equal(hits(&s, "ip.src=!10.0.0.1"), 1);
	assert_int_equal(hits(&s, "ip.src=!10.0.0.2"), 0);
	assert_int_equal(hits(&s, "udp.dstport=!53"), 1);
	free_keys(&s);
}

/* --- Room ----------------------------------------------------------------------------------- */

static void ten_thousand_values(void **state)
{
	struct filter *f = filter_of_lines(&labfile, "program = match\nip.src = 10.0.0.0");
	struct rule *rules = xcalloc(10000, sizeof(*rules));
	char text[32];
	struct subject s;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		rules[i] = f->rules[0];
		memcpy(rules[i].span.first.bytes + 12, (uint8_t[]){ 10, i % 7, i / 250, i % 250 },
		       4);
		rules[i].span.last = rules[i].span.first;
	}
	free(f->rules);
	f->rules = rules;
	f->n_rules = 10000;
	subject_load(&s, f, NULL);
	for (int i = 0; i < 10000; i += 7) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i % 7, i / 250, i % 250);
		assert_true(drops(&s, text, "10.0.0.9", 80));
		snprintf(text, sizeof(text), "10.%d.%d.%d", i % 7 + 7, i / 250, i % 250);
		assert_false(drops(&s, text, "10.0.0.9", 80));
	}
	free_keys(&s);
}

/* Where values were is room again, however often they come and go. */
/* Places of the hash that are looked at, from @value's own on. */
static uint64_t place_of(const struct subject *s, const struct field_value *value)
{
	struct xlab_value v = match_layout_value(&s->maps.layout.places[0], value);

	return XLAB_HASH(v.part[0], v.part[1]) >> s->maps.layout.constants[XLAB_HASH_SHIFT];
}

/* As many as are looked for, and one more. */
static void values_of_one_place(void **state)
{
	struct rule rules[XLAB_PROBES + 1];
	char text[32];
	uint64_t place;
	struct subject s;
	size_t n = 0;

	(void)state;
	load_keys(&s, "program = match\nip.src = 10.0.0.1");
	/* None of these comes in between. */
	place = place_of(&s, &s.filter.rules[0].span.first) ^ 1024;
	for (uint32_t i = 0; n < ARRAY_SIZE(rules); i++) {
		struct rule *rule = &rules[n];

		*rule = s.filter.rules[0];
		memcpy(rule->span.first.bytes + 12, (uint8_t[]){ 11, i >> 16, i >> 8, i }, 4);
		rule->span.last = rule->span.first;
		n += place_of(&s, &rule->span.first) == place;
	}
	assert_int_equal(rule_maps_add(&s.maps, rules, XLAB_PROBES), 0);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *b = rules[i].span.first.bytes + 12;

		snprintf(text, sizeof(text), "%d.%d.%d.%d", b[0], b[1], b[2], b[3]);
		assert_int_equal(drops(&s, text, "10.0.0.9", 80), i < XLAB_PROBES);
		if (i < XLAB_PROBES)
			assert_int_equal(subject_hits(&s, &rules[i]), 1);
	}
	assert_int_equal(rule_maps_add(&s.maps, &rules[XLAB_PROBES], 1), -ENOSPC);
	free_keys(&s);
}

static void values_that_come_and_go(void **state)
{
	char text[40];
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nip.src = 10.0.0.1");
	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "ip.src=10.1.%d.%d", i / 250, i % 250);
		assert_int_equal(add(&s, text), 0);
		assert_true(drops(&s, text + strlen("ip.src="), "10.0.0.9", 80));
		assert_int_equal(del(&s, text), 0);
		assert_false(drops(&s, text + strlen("ip.src="), "10.0.0.9", 80));
	}
	assert_true(drops(&s, "10.0.0.1", "10.0.0.9", 80));
	free_keys(&s);
}

/* Spans have room of their own; of several rules that do not fit none is there. */
static void full_of_spans(void **state)
{
	struct rule rules[600], first;
	char text[40];
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nip.src = 10.0.0.1");
	for (int i = 0; i < 600; i++) {
		snprintf(text, sizeof(text), "ip.src=11.%d.%d.0/25", i / 250, i % 250);
		rules[i] = rule_of(&s, text);
	}
	assert_int_equal(rule_maps_add(&s.maps, rules, 600), -ENOSPC);
	assert_false(drops(&s, "11.0.0.1", "10.0.0.9", 80));
	assert_false(drops(&s, "11.1.5.1", "10.0.0.9", 80));
	assert_int_equal(rule_maps_add(&s.maps, rules, 500), 0);
	assert_int_equal(rule_maps_add(&s.maps, rules + 500, 100), -ENOSPC);
	assert_true(drops(&s, "11.1.5.1", "10.0.0.9", 80));
	assert_false(drops(&s, "11.1.5.129", "10.0.0.9", 80));
	assert_false(drops(&s, "11.2.5.1", "10.0.0.9", 80));
	assert_int_equal(rule_maps_del(&s.maps, rules, 501), -ENOENT);
	assert_true(drops(&s, "11.0.0.1", "10.0.0.9", 80));
	assert_true(drops(&s, "11.1.5.1", "10.0.0.9", 80));
	/* Each has two ends, but for one that begins where all does, and there is that beginning:
	 * of 1,024 that fit the last are that one's.
	 */
	assert_int_equal(rule_maps_add(&s.maps, rules + 500, 11), 0);
	first = rule_of(&s, "ip.src=0.0.0.0/25");
	assert_int_equal(rule_maps_add(&s.maps, &first, 1), 0);
	assert_true(drops(&s, "0.0.0.1", "10.0.0.9", 80));
	assert_int_equal(rule_maps_add(&s.maps, rules + 511, 1), -ENOSPC);
	assert_int_equal(rule_maps_del(&s.maps, &first, 1), 0);
	assert_int_equal(rule_maps_del(&s.maps, rules + 500, 11), 0);
	assert_int_equal(rule_maps_del(&s.maps, rules, 500), 0);
	assert_false(drops(&s, "11.1.5.1", "10.0.0.9", 80));
	assert_int_equal(rule_maps_add(&s.maps, rules + 500, 100), 0);
	assert_true(drops(&s, "11.2.5.1", "10.0.0.9", 80));
	free_keys(&s);
}

/* No rule has the number that stands for exceptions, when so many have come that it is next. */
static void one_number_is_no_rules(void **state)
{
	struct filter *f =
		filter_of_lines(&labfile, "program = match\nip.src = 10.0.0.1\nudp.dstport = 80");
	struct rule *rules = xcalloc(40000, sizeof(*rules)), next;
	struct xlab_rule *list;
	struct subject s;

	(void)state;
	/* What goes before makes room enough; it is all of the same value. */
	for (int i = 0; i < 40000; i++)
		rules[i] = f->rules[i > 0];
	free(f->rules);
	f->rules = rules;
	f->n_rules = 40000;
	subject_load(&s, f, NULL);
	list = match_list(&s.maps.layout, s.maps.memory);
	for (uint32_t i = 40001; i < XLAB_EXCEPTED; i++)
		list[i] = list[40000];
	next = rule_of(&s, "ip.src=10.0.0.2");
	assert_int_equal(rule_maps_add(&s.maps, &next, 1), 0);
	assert_false(list[XLAB_EXCEPTED].used);
	assert_true(list[XLAB_EXCEPTED + 1].used);
	assert_true(drops(&s, "10.0.0.2", "10.0.0.9", 80));
	/* Tables have no room for greater ones. */
	next = rule_of(&s, "udp.dstport=81");
	assert_int_equal(rule_maps_add(&s.maps, &next, 1), -ENOSPC);
	list[XLAB_EXCEPTED - 1].used = 0;
	assert_int_equal(rule_maps_add(&s.maps, &next, 1), 0);
	assert_true(drops(&s, "10.0.0.2", "10.0.0.9", 81));
	free_keys(&s);
}

static void an_action_of_its_own(void **state)
{
	struct frame f = udp("10.0.0.1", "10.0.0.2", 80), out;
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\nudp.dstport = 80\naction = tx");
	assert_int_equal(subject_turn(&s, f.bytes, f.len, out.bytes), XDP_TX);
	assert_memory_equal(out.bytes, f.bytes + 6, 6);
	assert_memory_equal(out.bytes + 6, f.bytes, 6);
	free_keys(&s);
	load_keys(&s, "program = match\nudp.dstport = 80\naction = pass");
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_PASS);
	free_keys(&s);
}

/* Sixteen keys are as many as there can be; that they cannot hold at once is no error. */
static void as_many_keys_as_can_be(void **state)
{
	struct subject s;

	(void)state;
	load_keys(&s, "program = match\n"
		      "ip.hdr_len = 5\nip.dsfield.dscp = 0\nip.dsfield.ecn = 0\nip.len = 50\n"
		      "ip.id = 0\nip.flags.rb = 0\nip.flags.df = 0\nip.flags.mf = 0\n"
		      "ip.frag_offset = 0\nip.ttl = 64\nip.proto = 17\nip.checksum = 0\n"
		      "ip.src = 10.0.0.1\nip.dst = 10.0.0.2\nudp.dstport = 80\nudp.checksum = 0");
	assert_true(drops(&s, "10.0.0.1", "10.0.0.2", 80));
	assert_false(drops(&s, "10.0.0.1", "10.0.0.2", 81));
	assert_int_equal(hits(&s, "ip.ttl=64"), 1);
	free_keys(&s);
	load_keys(&s, "program = match\n"
		      "ip.src = 10.0.0.1\nipv6.src = fd00::1\nipv6.dst = fd00::2\nipv6.flow = 1\n"
		      "arp.src.hw_mac = 02:00:00:00:00:01\narp.dst.hw_mac = 02:00:00:00:00:02\n"
		      "udp.dstport = 80\ntcp.dstport = 80\ntcp.port = 80\nudp.port = 80\n"
		      "icmp.type = 8\nicmpv6.type = 128");
	assert_false(drops(&s, "10.0.0.1", "10.0.0.2", 80));
	assert_false(drops(&s, "fd00::1", "fd00::2", 80));
	free_keys(&s);
	/* each of the longest that one header has */
	load_keys(&s, "program = match\nipv6.src = fd00::1\nipv6.dst = fd00::2\nipv6.flow = 0");
	assert_true(drops(&s, "fd00::1", "fd00::2", 80));
	assert_false(drops(&s, "fd00::3", "fd00::2", 80));
	assert_false(drops(&s, "fd00::1", "fd00::3", 80));
	free_keys(&s);
	load_keys(&s, "program = match\nipv6.src = fd00::1\nipv6.dst = fd00::2\nipv6.flow = 1");
	assert_false(drops(&s, "fd00::1", "fd00::2", 80));
	free_keys(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_come_and_go),
		cmocka_unit_test(an_emptied_key_matches_nothing),
		cmocka_unit_test(one_value_is_in_the_program),
		cmocka_unit_test(hits_of_one_and_of_others),
		cmocka_unit_test(hits_of_exceptions_alone),
		cmocka_unit_test(ten_thousand_values),
		cmocka_unit_test(values_of_one_place),
		cmocka_unit_test(values_that_come_and_go),
		cmocka_unit_test(full_of_spans),
		cmocka_unit_test(one_number_is_no_rules),
		cmocka_unit_test(an_action_of_its_own),
		cmocka_unit_test(as_many_keys_as_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
