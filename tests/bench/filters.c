// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ns a packet, in test runs: our filters without and with counters against
 * xdp-filter's packaged objects on the same rules and packets. Ours counts hits of each rule,
 * theirs packets and bytes of each verdict; the counters are what a chain adds, whoever's filters
 * are in it. All take turns in one process. Root, in a namespace of its own.
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
#include "tests/bench/turns.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

#define THEIRS "/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_alw_%s.o"
#define BY_DST (1 << 1) /* xdp-filter's flags of an element */
#define BY_UDP (1 << 3)

static struct rule mac = MAC(DST, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x01);
static struct rule port = SPAN(DST, 8888, 8888);
static struct rule v4, v6;

static const struct filter by_port = { .program = PROGRAM_PORT, .rules = &port, .n_rules = 1 };
static const struct filter by_mac = { .program = PROGRAM_ETHER, .rules = &mac, .n_rules = 1 };
static const struct filter by_v4 = { .program = PROGRAM_IP, .rules = &v4, .n_rules = 1 };
static const struct filter by_v6 = { .program = PROGRAM_IP, .rules = &v6, .n_rules = 1 };

static const struct row {
	const char *name;
	const struct filter *ours;
	const char *theirs;
	uint16_t dst;
	int v6;
	int other_address; /* the packet's, so that no rule holds it */
} rows[] = {
	{ "port, match", &by_port, "udp", 8888, 0, 0 },
	{ "port, no match", &by_port, "udp", 8889, 0, 0 },
	{ "port over IPv6, match", &by_port, "udp", 8888, 1, 0 },
	{ "MAC, match", &by_mac, "eth", 1, 0, 0 },
	{ "MAC, no match", &by_mac, "eth", 1, 0, 1 },
	{ "IPv4 address, match", &by_v4, "ip", 1, 0, 0 },
	{ "IPv4 address, no match", &by_v4, "ip", 1, 0, 1 },
	{ "IPv6 address, match", &by_v6, "ip", 1, 1, 0 },
	{ "IPv6 address, no match", &by_v6, "ip", 1, 1, 1 },
};

/* The same value on every CPU of one of their per-CPU maps. */
static void put(struct bpf_object *obj, const char *map, const void *key, uint64_t value)
{
	int fd = bpf_object__find_map_fd_by_name(obj, map), cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus];

	for (int i = 0; i < cpus; i++)
		values[i] = value;
	if (fd >= 0)
		bpf_map_update_elem(fd, key, values, BPF_ANY);
}

static struct bpf_object *load_theirs(const char *which, int *fd)
{
	char path[sizeof(THEIRS) + 8], name[32];
	uint32_t key = __builtin_bswap16(8888);
	struct bpf_object *obj;
	struct bpf_map *map;

	snprintf(path, sizeof(path), THEIRS, which);
	snprintf(name, sizeof(name), "xdpfilt_alw_%s", which);
	obj = bpf_object__open_file(path, NULL);
	assert_non_null(obj);
	bpf_object__for_each_map (map, obj)
		bpf_map__set_pin_path(map, NULL);
	if (bpf_object__load(obj))
		return NULL;
	*fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));
	put(obj, "filter_ports", &key, BY_DST | BY_UDP);
	put(obj, "filter_ethernet", mac.span.first.bytes + 10, BY_DST);
	put(obj, "filter_ipv4", v4.span.first.bytes + 12, BY_DST);
	put(obj, "filter_ipv6", v6.span.first.bytes, BY_DST);
	return obj;
}

static struct frame frame_of(const struct row *row)
{
	struct frame f = frame_udp(1, row->dst, row->v6);
	size_t udp = 14 + (row->v6 ? 40 : 20);

	f.bytes[udp + 5] = f.len - udp; /* xdp-filter aborts where this is 0 */
	if (row->other_address) {
		f.bytes[5] ^= 2;
		f.bytes[14 + (row->v6 ? 39 : 19)] ^= 2;
	}
	return f;
}

static void measure(const struct row *row)
{
	const struct xlab_config config = { .length = 1,
					    .continues = 1U << XLAB_NEXT,
					    .keeps_counters = 1 };
	struct frame f = frame_of(row);
	struct filter filter = *row->ours;
	struct subject plain, counters;
	struct bpf_object *theirs;
	struct runner r[3];

	filter.name = "f";
	filter.action = XDP_DROP;
	subject_load(&plain, &filter, NULL);
	subject_load(&counters, &filter, &config);
	theirs = load_theirs(row->theirs, &r[2].fd);
	assert_non_null(theirs);
	r[0].fd = plain.fd;
	r[1].fd = counters.fd;
	turns_run(r, ARRAY_SIZE(r), f.bytes, f.len);
	/* What theirs lets by is none of ours' business. */
	assert_int_equal(r[0].verdict == XLAB_NEXT ? XDP_PASS : r[0].verdict, r[2].verdict);
	printf("%-24s %8.1f %8.1f %10.1f %8.2f\n", row->name, r[0].ns, r[1].ns, r[2].ns,
	       r[0].ns / r[2].ns);
	bpf_object__close(theirs);
	subject_free(&plain);
	subject_free(&counters);
}

/* What a test run costs besides: it is in every figure. */
static void measure_empty(void)
{
	static const struct filter pass = { .name = "f", .program = PROGRAM_PASS };
	struct frame f = frame_udp(1, 1, 0);
	struct subject empty;
	struct runner r;

	subject_load(&empty, &pass, NULL);
	r.fd = empty.fd;
	turns_run(&r, 1, f.bytes, f.len);
	printf("%-24s %8.1f\n", "an empty program", r.ns);
	subject_free(&empty);
}

static void all_rows(void **state)
{
	(void)state;
	v4 = rule_net(KEY_DST, "10.0.0.1");
	v6 = rule_net(KEY_DST, "fd00::1");
	turns_pin();
	libbpf_set_print(NULL);
	printf("%-24s %8s %8s %10s %8s\n", "ns a packet", "ours", "+ counters", "xdp-filter",
	       "ratio");
	measure_empty();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		measure(&rows[i]);
	printf("goal: ratio at most 1.00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
