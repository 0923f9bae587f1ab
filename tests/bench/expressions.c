// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ns a packet that an expression of tcpdump takes: as a filter of program pcap, over an empty one;
 * as classic BPF that the kernel runs as a socket's filter, over one that only refuses; and the
 * same rule as a filter of program match. Root, in a namespace of its own.
 *
 * A socket's filter is run by sending to it. All that classic programs return is made 0 here, so
 * that nothing is ever queued: what remains is the sending, which is the same for both, and the
 * filter.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_expr.h"
#include "tests/bench/turns.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static const struct row {
	const char *expr;
	uint16_t dst;
	int v6;
} rows[] = {
	{ "udp dst port 8888", 8888, 0 },
	{ "udp dst port 8888", 8889, 0 },
	{ "udp dst port 8888", 8888, 1 },
	{ "ip dst host 10.0.0.1", 1, 0 },
	{ "ip src host 10.9.9.9", 1, 0 },
	{ "ip src net 10.0.0.0/8 and udp dst port 8888 and ip[8] > 1", 8888, 0 },
	{ "udp port (53 or 67 or 68 or 8888)", 8888, 0 },
};

#define TURNS 31
#define SENDS 40000

static double now(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Two sockets, the second with a filter that refuses all. */
static void open_pair(int fds[2], struct sock_filter *classic, size_t n)
{
	struct sock_fprog filter = { .len = (unsigned short)n, .filter = classic };

	for (size_t i = 0; i < n; i++)
		if (BPF_CLASS(classic[i].code) == BPF_RET)
			classic[i] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)),
			 0);
}

static double send_all(int fd, const struct frame *f)
{
	double begin = now();

	for (int i = 0; i < SENDS; i++)
		(void)send(fd, f->bytes, f->len, MSG_DONTWAIT);
	return (now() - begin) / SENDS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The mean of the quieter half: interruptions only ever add. */
static double quiet(double values[TURNS])
{
	double sum = 0;

	qsort(values, TURNS, sizeof(*values), compare);
	for (int i = 0; i < TURNS / 2; i++)
		sum += values[i];
	return sum / (TURNS / 2);
}

/* What the kernel's own classic BPF takes. */
static double measure_socket(const struct row *row, const struct frame *f)
{
	struct sock_filter refuse = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_filter *FREE_AUTO classic = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	double with[TURNS], without[TURNS];
	int pairs[2][2];
	size_t n;

	assert_int_equal(pcap_expr_compile(row->expr, &classic, &n, &e), 0);
	open_pair(pairs[0], classic, n);
	open_pair(pairs[1], &refuse, 1);
	for (int i = 0; i < TURNS; i++) {
		with[i] = send_all(pairs[0][0], f);
		without[i] = send_all(pairs[1][0], f);
	}
	for (int i = 0; i < 4; i++)
		(void)close(pairs[i / 2][i % 2]);
	return quiet(with) - quiet(without);
}

static void measure(const struct row *row)
{
	static const struct filter pass = { .name = "f", .program = PROGRAM_PASS };
	const struct filter filter = {
		.name = "f", .program = PROGRAM_PCAP, .action = XDP_DROP, .expr = (char *)row->expr
	};
	struct frame f = frame_udp(1, row->dst, row->v6);
	struct subject subject, empty;
	struct runner r[2];
	double socket;

	subject_load(&subject, &filter, NULL);
	subject_load(&empty, &pass, NULL);
	r[0].fd = subject.fd;
	r[1].fd = empty.fd;
	turns_run(r, ARRAY_SIZE(r), f.bytes, f.len);
	socket = measure_socket(row, &f);
	printf("%-58s %4s %8.1f %8.1f %8.2f\n", row->expr, r[0].verdict == XDP_DROP ? "yes" : "no",
	       r[0].ns - r[1].ns, socket, (r[0].ns - r[1].ns) / socket);
	subject_free(&subject);
	subject_free(&empty);
}

static void all_rows(void **state)
{
	(void)state;
	turns_pin();
	libbpf_set_print(NULL);
	printf("%-58s %4s %8s %8s %8s\n", "ns a packet of an expression", "", "pcap", "socket",
	       "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		measure(&rows[i]);
	printf("goal: ratio at most 1.20\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
