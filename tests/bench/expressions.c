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
#include <unistd.h>

#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/model/labfile_read.h"
#include "tests/bench/turns.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static const struct row {
	const char *expr, *match; /* the same, as keys of program match */
	uint16_t dst;
	int v6;
} rows[] = {
	{ "udp dst port 8888", "udp.dstport = 8888", 8888, 0 },
	{ "udp dst port 8888", "udp.dstport = 8888", 8889, 0 },
	{ "udp dst port 8888", "udp.dstport = 8888", 8888, 1 },
	{ "ip dst host 10.0.0.1", "ip.dst = 10.0.0.1", 1, 0 },
	{ "ip src host 10.9.9.9", "ip.src = 10.9.9.9", 1, 0 },
	{ "ip dst host 10.0.0.1 and udp dst port 8888 and ip[8] > 1",
	  "ip.dst = 10.0.0.1\nudp.dstport = 8888\nip.ttl = 2-255", 8888, 0 },
	{ "udp port (53 or 67 or 68 or 8888)", "udp.port = 53 67 68 8888", 8888, 0 },
};

#define SENDS 40000

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
	double begin = turns_now();

	for (int i = 0; i < SENDS; i++)
		(void)send(fd, f->bytes, f->len, MSG_DONTWAIT);
	return (turns_now() - begin) / SENDS;
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
	return turns_quiet(with) - turns_quiet(without);
}

static struct labfile labfile;

static void load(struct subject *s, const char *program, const char *keys)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text =
		text_format("[node n]\n[filter f]\nprogram = %s\n%s\n", program, keys);

	if (labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e))
		fail_msg("%s", e.text);
	subject_load(s, &labfile.filters[labfile_filter(&labfile, "f")], NULL);
	labfile_clear(&labfile);
}

static void measure(const struct row *row)
{
	char *FREE_AUTO expr = text_format("expr = %s", row->expr);
	struct frame f = frame_udp(1, row->dst, row->v6);
	struct subject subjects[3];
	struct runner r[3];
	double socket, ours;

	load(&subjects[0], "pcap", expr);
	load(&subjects[1], "match", row->match);
	load(&subjects[2], "pass", "");
	for (size_t i = 0; i < ARRAY_SIZE(r); i++)
		r[i].fd = subjects[i].fd;
	turns_run(r, ARRAY_SIZE(r), f.bytes, f.len);
	assert_int_equal(r[0].verdict, r[1].verdict);
	socket = measure_socket(row, &f);
	ours = r[0].ns - r[2].ns;
	printf("%-56s %3s %6.1f %6.1f %6.1f %6.2f %6.2f\n", row->expr,
	       r[0].verdict == XDP_DROP ? "yes" : "no", ours, socket, r[1].ns - r[2].ns,
	       ours / socket, r[0].ns / r[1].ns);
	for (size_t i = 0; i < ARRAY_SIZE(r); i++)
		subject_free(&subjects[i]);
}

static void all_rows(void **state)
{
	(void)state;
	turns_pin();
	libbpf_set_print(NULL);
	printf("%-56s %3s %6s %6s %6s %6s %6s\n", "ns a packet over an empty program", "", "pcap",
	       "socket", "match", "/socket", "/match");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		measure(&rows[i]);
	printf("goal: ratios at most 1.20; that to match is of whole packets\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
