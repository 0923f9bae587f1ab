// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/turns.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/bpf.h>

#include <cmocka.h>

#define PACKETS 300000

double turns_now(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(struct runner *r, const void *frame, size_t len, int packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (__u32)len,
		    .repeat = packets);
	double begin = turns_now();

	assert_int_equal(bpf_prog_test_run_opts(r->fd, &opts), 0);
	r->verdict = opts.retval;
	return turns_now() - begin;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double turns_quiet(double values[TURNS])
{
	double sum = 0;

	qsort(values, TURNS, sizeof(*values), compare);
	for (int i = 0; i < TURNS / 2; i++)
		sum += values[i];
	return sum / (TURNS / 2);
}

/*
 * The kernel's own figure is whole ns, rounded down: too coarse for differences
 * below one. So the whole call is timed, and a call with one packet, which is all
 * set-up, is taken off.
 */
void turns_run(struct runner *runners, size_t n, const void *frame, size_t len)
{
	static double many[TURNS_MAX][TURNS], one[TURNS_MAX][TURNS];

	assert_true(n <= TURNS_MAX);
	for (int turn = 0; turn < TURNS; turn++) {
		for (size_t i = 0; i < n; i++) {
			one[i][turn] = run(&runners[i], frame, len, 1);
			many[i][turn] = run(&runners[i], frame, len, PACKETS);
		}
	}
	for (size_t i = 0; i < n; i++)
		runners[i].ns = (turns_quiet(many[i]) - turns_quiet(one[i])) / PACKETS;
}

void turns_pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}
