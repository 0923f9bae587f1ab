// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ns a packet, in test runs: a chain of n hash look-ups composed by the inline engine, the
 * same n written by hand into one program, and the same n as programs that tail-call each other
 * (constant indices). All count their verdict in a book. They take turns in one process; medians.
 * Root, in a namespace of its own. Exit status 1: a goal is missed.
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
#include "lab/text.h"
#include "tests/engine/rig.h"

#define TURNS	31
#define PACKETS 100000
#define LINK_NS 1.5  /* a link may cost so much over its filter */
#define RATIO	1.15 /* ten filters, against the hand-written program */

static const size_t lengths[] = { 0, 1, 2, 5, 10 };
#define N ARRAY_SIZE(lengths)

enum way { NOTHING, INLINE, HAND, TAIL, WAYS };

struct bench {
	struct lab lab;
	struct bpf_object *obj;
	int fd[N][WAYS];
	double ns[N][WAYS][TURNS];
	uint8_t frame[64];
};

static void open_object(struct bench *b)
{
	struct bpf_map *book;

	b->obj = bpf_object__open_file(BUILD_DIR "/tests/bench/links.bpf.o", NULL);
	assert_non_null(b->obj);
	book = bpf_object__find_map_by_name(b->obj, "book");
	assert_int_equal(bpf_map__set_max_entries(book, (__u32)libbpf_num_possible_cpus()), 0);
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

static double run(const struct bench *b, int fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->frame, .data_size_in = sizeof(b->frame),
		    .repeat = PACKETS);

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, XDP_PASS);
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, TURNS, sizeof(*values), compare);
	return values[TURNS / 2];
}

static void measure(struct bench *b, size_t row)
{
	b->fd[row][NOTHING] = bpf_program__fd(bpf_object__find_program_by_name(b->obj, "nothing"));
	b->fd[row][INLINE] = inline_chain(b, lengths[row]);
	b->fd[row][HAND] = program(b, "hand", lengths[row]);
	b->fd[row][TAIL] = lengths[row] ? tail_chain(b, lengths[row]) : b->fd[row][HAND];
	for (size_t turn = 0; turn < TURNS; turn++)
		for (enum way way = 0; way < WAYS; way++)
			b->ns[row][way][turn] = run(b, b->fd[row][way]);
}

static bool report(struct bench *b)
{
	double link, ratio;

	printf("filters  nothing  inline    hand   tails\n");
	for (size_t row = 0; row < N; row++)
		printf("%7zu  %7.1f %7.1f %7.1f %7.1f\n", lengths[row], median(b->ns[row][NOTHING]),
		       median(b->ns[row][INLINE]), median(b->ns[row][HAND]),
		       median(b->ns[row][TAIL]));
	link = (median(b->ns[N - 1][INLINE]) - median(b->ns[N - 1][HAND])) / 10;
	ratio = median(b->ns[N - 1][INLINE]) / median(b->ns[N - 1][HAND]);
	printf("counting: %.1f ns a packet; a link: %.1f ns over its filter; ten filters: %.2f of "
	       "the "
	       "hand-written\n",
	       median(b->ns[0][HAND]) - median(b->ns[0][NOTHING]), link, ratio);
	return link <= LINK_NS && ratio <= RATIO;
}

static void bench(void **state)
{
	static struct bench b;
	FREE_AUTO char *sections = strdup("");

	(void)state;
	for (int i = 0; i < 10; i++) {
		char *longer =
			text_format("%s[filter l%d]\nprogram = OBJECTS/../bench/links.bpf.o:link\n",
				    sections, i);

		free(sections);
		sections = longer;
	}
	rig_up(&b.lab, sections);
	open_object(&b);
	rig_frame(b.frame, sizeof(b.frame), 1000);
	for (size_t row = 0; row < N; row++)
		measure(&b, row);
	assert_true(report(&b));
	bpf_object__close(b.obj);
	rig_down(&b.lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bench) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
