// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ns a packet, in test runs: a chain of n hash look-ups composed by the inline engine, the
 * same n written by hand into one program, and the same n as programs that tail-call each other
 * (constant indices). All count their verdict; `bare` is the one by hand without. They
 * take turns in one process. Root, in a namespace of its own.
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

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/object_file.h"
#include "tests/bench/turns.h"
#include "tests/engine/rig.h"

#define LINK_NS	    1.5	 /* a link may cost so much over its filter */
#define COUNTERS_NS 1.0	 /* counting, a packet */
#define RATIO	    1.15 /* ten filters, against the hand-written program */
#define MANY_NS	    1.0	 /* finding the interface's counters, where it stands on several */

static const size_t lengths[] = { 0, 1, 2, 5, 10 };
#define N ARRAY_SIZE(lengths)

enum way { BARE, HAND, MANY, INLINE, TAIL, WAYS };

struct bench {
	struct lab lab;
	struct bpf_object *obj;
	struct runner runners[N][WAYS];
	uint8_t frame[64];
};

static void open_object(struct bench *b)
{
	/* Test runs come in by lo, which is 1. */
	struct xlab_config config = { .cpus = (uint32_t)libbpf_num_possible_cpus(),
				      .rows = 1,
				      .first_ifindex = 1 };
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int counters = -1, event_rings = -1;
	FREE_AUTO void *bytes = NULL;
	size_t size;

	assert_int_equal(object_file_read(BUILD_DIR "/tests/bench/links.bpf.o", &bytes, &size, &e),
			 0);
	assert_int_equal(counters_create(&counters, &event_rings, &e), 0);
	assert_int_equal(counters_open_object(bytes, size, counters, 0, 1, event_rings, &b->obj),
			 0);
	assert_true(globals_poke(b->obj, "xlab_config", &config, sizeof(config)));
	assert_int_equal(bpf_object__load(b->obj), 0);
}

static int program(const struct bench *b, const char *kind, size_t n)
{
	FREE_AUTO char *name = text_format("%s%zu", kind, n);

	return bpf_program__fd(bpf_object__find_program_by_name(b->obj, name));
}

/* The chain's first program; the array of n jumps ends it. */
static int tail_chain(const struct bench *b, size_t n)
{
	int jumps = bpf_object__find_map_fd_by_name(b->obj, "jumps");

	for (__u32 i = 0; i < 10; i++) {
		int fd = program(b, "tail", i);

		if (i < n)
			assert_int_equal(bpf_map_update_elem(jumps, &i, &fd, BPF_ANY), 0);
		else
			(void)bpf_map_delete_elem(jumps, &i);
	}
	return program(b, "tail", 0);
}

static int inline_chain(struct bench *b, size_t n)
{
	char names[10 * 5 + 1] = "";

	/* A chain of no filters is none; one that passes everything costs the same as a program. */
	if (!n)
		return program(b, "hand", 0);
	for (size_t i = 0; i < n; i++)
		(void)sprintf(names + strlen(names), "l%zu ", i);
	rig_must_chain(&b->lab, names);
	return bpf_prog_get_fd_by_id(rig_attached(&b->lab, "right", "r0"));
}

static void measure(struct bench *b, size_t row)
{
	struct runner *r = b->runners[row];
	size_t n = lengths[row];

	r[BARE].fd = program(b, "bare", n);
	r[HAND].fd = program(b, "hand", n);
	r[MANY].fd = program(b, "many", n);
	r[INLINE].fd = inline_chain(b, n);
	r[TAIL].fd = n ? tail_chain(b, n) : r[HAND].fd;
	turns_run(r, WAYS, b->frame, sizeof(b->frame));
	for (enum way way = 0; way < WAYS; way++)
		assert_int_equal(r[way].verdict, XDP_PASS);
	printf("%7zu  %6.1f %8.1f %8.1f %8.1f    %6.2f %8.2f\n", n, r[BARE].ns, r[HAND].ns,
	       r[INLINE].ns, r[TAIL].ns, r[INLINE].ns / r[HAND].ns, r[INLINE].ns / r[TAIL].ns);
}

static void report(const struct bench *b)
{
	const struct runner *ten = b->runners[N - 1];
	double counters = 0, many = 0;

	for (size_t row = 0; row < N; row++)
		counters += (b->runners[row][HAND].ns - b->runners[row][BARE].ns) / N;
	for (size_t row = 0; row < N; row++)
		many += (b->runners[row][MANY].ns - b->runners[row][HAND].ns) / N;
	printf("a link over its filter  %5.2f ns  (goal: at most %.1f)\n",
	       (ten[INLINE].ns - ten[HAND].ns) / 10, LINK_NS);
	printf("counting, a packet      %5.2f ns  (goal: at most %.1f)\n", counters, COUNTERS_NS);
	printf("on several interfaces   %5.2f ns  (goal: at most %.1f)\n", many, MANY_NS);
	printf("ten filters / by hand   %5.2f     (goal: at most %.2f)\n",
	       ten[INLINE].ns / ten[HAND].ns, RATIO);
}

static void bench(void **state)
{
	static struct bench b;
	FREE_AUTO char *sections = strdup("");

	(void)state;
	for (int i = 0; i < 10; i++) {
		char *longer = text_format(
			"%s[filter l%d]\nprogram = OBJECTS/../bench/link.bpf.o\n", sections, i);

		free(sections);
		sections = longer;
	}
	rig_up(&b.lab, sections);
	open_object(&b);
	rig_frame(b.frame, sizeof(b.frame), 1000);
	turns_pin();
	printf("ns a packet                                      inline /\n");
	printf("filters  bare  by hand   inline    tails    by hand    tails\n");
	for (size_t row = 0; row < N; row++)
		measure(&b, row);
	report(&b);
	bpf_object__close(b.obj);
	rig_down(&b.lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bench) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
