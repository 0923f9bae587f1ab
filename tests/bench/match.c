// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ns a packet, in test runs: match with one to eight keys of one value beside C that was written by
 * hand for them (hand.bpf.c), for a packet that matches and for one that does not; then one key
 * with more and more values. All take turns in one process. Root, in a namespace of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/labfile_read.h"
#include "tests/bench/turns.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

#define HAND BUILD_DIR "/tests/bench/hand.bpf.o"

/* In the order that hand.bpf.c has. */
static const char *const keys[] = {
	"ip.dst = 10.0.0.1", "tcp.dstport = 8888", "ip.src = 10.0.0.10",     "tcp.srcport = 1",
	"ip.ttl = 64",	     "tcp.flags = S",	   "tcp.window_size = 1000", "ip.id = 7",
};

static struct labfile labfile;

static void load_match(struct subject *s, size_t n_keys, size_t n_values)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FREE_AUTO char *text = xstrdup("[lab]\nname = f\n[node n]\n[filter f]\nprogram = match\n");
	struct filter *f;

	for (size_t i = 0; i < n_keys; i++)
		text_add(&text, "", "%s\n", keys[i]);
	if (labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e))
		fail_msg("%s", e.text);
	f = &labfile.filters[labfile_filter(&labfile, "f")];
	f->rules = xreallocarray(f->rules, f->n_rules + n_values, sizeof(*f->rules));
	for (size_t i = 1; i < n_values; i++) {
		struct rule *rule = &f->rules[f->n_rules++];
		const uint8_t address[] = { 10, 1, i / 200, i % 200 };

		*rule = f->rules[0];
		memcpy(rule->span.first.bytes + FIELD_VALUE - 4, address, sizeof(address));
		rule->span.last = rule->span.first;
	}
	subject_load(s, f, NULL);
}

static struct frame frame_of(const char *dst)
{
	struct frame f = FRAME_NONE;
	size_t tcp;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
	frame_ipv4(&f, "10.0.0.10", dst, 6, 5, 0);
	tcp = f.len;
	frame_ports(&f, 1, 8888, 6);
	f.bytes[f.network + 5] = 7;
	f.bytes[tcp + 13] = 0x02;
	f.bytes[tcp + 14] = 1000 >> 8;
	f.bytes[tcp + 15] = 1000 & 0xff;
	frame_fill(&f, 128);
	return f;
}

static void measure_keys(struct bpf_object *hand, size_t n, const char *what, const char *dst)
{
	struct frame f = frame_of(dst);
	struct runner r[2];
	struct subject ours;
	char name[16];

	snprintf(name, sizeof(name), "hand_%zu", n);
	load_match(&ours, n, 1);
	r[0].fd = ours.fd;
	r[1].fd = bpf_program__fd(bpf_object__find_program_by_name(hand, name));
	turns_run(r, ARRAY_SIZE(r), f.bytes, f.len);
	assert_int_equal(r[0].verdict, r[1].verdict);
	printf("%zu key%s, %-16s %8.1f %8.1f %8.2f\n", n, n > 1 ? "s" : " ", what, r[0].ns, r[1].ns,
	       r[0].ns / r[1].ns);
	subject_free(&ours);
	labfile_clear(&labfile);
}

static void by_hand(void **state)
{
	struct bpf_object *hand = bpf_object__open_file(HAND, NULL);
	struct bpf_program *prog;

	(void)state;
	turns_pin();
	libbpf_set_print(NULL);
	assert_non_null(hand);
	bpf_object__for_each_program (prog, hand)
		bpf_program__set_flags(prog, BPF_F_XDP_HAS_FRAGS);
	assert_int_equal(bpf_object__load(hand), 0);
	printf("%-24s %8s %8s %8s\n", "ns a packet", "match", "by hand", "ratio");
	for (size_t n = 1; n <= ARRAY_SIZE(keys); n++) {
		measure_keys(hand, n, "match", "10.0.0.1");
		measure_keys(hand, n, "no match", "10.0.0.2");
	}
	printf("goal: ratio at most 1.10\n");
	bpf_object__close(hand);
}

/* The packet has the last value, so that none is compared beforehand but the first. */
static void many_values(void **state)
{
	static const size_t values[] = { 2, 10, 100, 1000, 10000 };
	struct runner r[2];

	(void)state;
	printf("%-24s %8s %8s %8s\n", "ns a packet", "match", "1 value", "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct frame first = frame_of("10.0.0.1"), last;
		struct subject many, one;
		char dst[64];

		snprintf(dst, sizeof(dst), "10.1.%zu.%zu", (values[i] - 1) / 200,
			 (values[i] - 1) % 200);
		last = frame_of(dst);
		load_match(&many, 1, values[i]);
		labfile_clear(&labfile);
		load_match(&one, 1, 1);
		r[0].fd = many.fd;
		r[1].fd = one.fd;
		turns_run(r, 1, last.bytes, last.len);
		turns_run(r + 1, 1, first.bytes, first.len);
		assert_int_equal(r[0].verdict, XDP_DROP);
		printf("%5zu values %12s %8.1f %8.1f %8.2f\n", values[i], "", r[0].ns, r[1].ns,
		       r[0].ns / r[1].ns);
		subject_free(&many);
		subject_free(&one);
		labfile_clear(&labfile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(many_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
