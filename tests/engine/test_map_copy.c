// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of every kind that is copied: afterwards the copy holds what the original does, no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/map_copy.h"

#define FEW	3
#define MANY	10000 /* more than are read at once */
#define CPU_MAX 1024

static const struct kind {
	enum bpf_map_type type;
	__u32 n, flags;
} kinds[] = {
	{ BPF_MAP_TYPE_ARRAY, FEW, 0 },
	{ BPF_MAP_TYPE_ARRAY, MANY, 0 },
	{ BPF_MAP_TYPE_ARRAY, FEW, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_HASH, MANY, 0 },
	{ BPF_MAP_TYPE_HASH, MANY, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LRU_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, MANY, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, MANY, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, FEW, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LPM_TRIE, MANY, BPF_F_NO_PREALLOC },
};

struct key {
	__u32 bits, address;
};

static bool is_trie(const struct kind *k)
{
	return k->type == BPF_MAP_TYPE_LPM_TRIE;
}

static int make(const struct kind *k)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = k->flags);
	int fd = bpf_map_create(k->type, "copied", is_trie(k) ? sizeof(struct key) : 4,
				sizeof(__u64), k->n + 10, &opts);

	assert_true(fd >= 0);
	return fd;
}

/* Element @i; each CPU has a value of its own where there is one a CPU. */
static void put(int fd, const struct kind *k, __u32 i, __u64 value)
{
	struct key prefix = { 32, i };
	__u64 values[CPU_MAX];

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		values[cpu] = value + (__u64)cpu;
	assert_int_equal(bpf_map_update_elem(fd, is_trie(k) ? (void *)&prefix : &i, values, 0), 0);
}

static bool get(int fd, const struct kind *k, __u32 i, __u64 values[CPU_MAX])
{
	struct key prefix = { 32, i };

	memset(values, 0, CPU_MAX * sizeof(*values));
	return !bpf_map_lookup_elem(fd, is_trie(k) ? (void *)&prefix : &i, values);
}

static void check_same(int to, int from, const struct kind *k)
{
	static __u64 a[CPU_MAX], b[CPU_MAX];

	for (__u32 i = 0; i < k->n + 10; i++) {
		bool there = get(from, k, i, a);

		assert_int_equal(get(to, k, i, b), there);
		assert_memory_equal(a, b, sizeof(a));
		assert_true(i >= k->n || *a == i + 7u);
	}
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		ERROR_AUTO struct error e = ERROR_INIT;
		FD_AUTO int from = make(k), to = make(k);

		assert_int_equal(map_copying_of(k->type), MAP_COPIED);
		for (__u32 n = 0; n < k->n; n++)
			put(from, k, n, n + 7);
		put(to, k, 0, 99);
		put(to, k, k->n + 5, 99); /* which the original does not have */
		assert_int_equal(map_copy(to, from, &e), 0);
		check_same(to, from, k);
	}
}

/* An inner map is a copy as well: who writes to it writes to nobody else's. */
static void check_inner(enum bpf_map_type type)
{
	const struct kind inner = { BPF_MAP_TYPE_HASH, FEW, 0 };
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int one = make(&inner), from = -1, to = -1, copy = -1;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)one);
	__u32 key = 1, id = 0, other = 0;
	__u64 values[CPU_MAX];

	from = bpf_map_create(type, "outer", 4, 4, 4, &opts);
	to = bpf_map_create(type, "outer", 4, 4, 4, &opts);
	put(one, &inner, 2, 9);
	assert_int_equal(bpf_map_update_elem(from, &key, &one, BPF_ANY), 0);
	other = 3;
	assert_int_equal(bpf_map_update_elem(to, &other, &one, BPF_ANY), 0);
	assert_int_equal(map_copy(to, from, &e), 0);
	assert_int_not_equal(bpf_map_lookup_elem(to, &other, &id), 0);
	assert_int_equal(bpf_map_lookup_elem(to, &key, &id), 0);
	copy = bpf_map_get_fd_by_id(id);
	assert_true(copy >= 0);
	assert_true(get(copy, &inner, 2, values));
	assert_int_equal(*values, 9);
	put(copy, &inner, 2, 10);
	assert_true(get(one, &inner, 2, values));
	assert_int_equal(*values, 9);
}

static void test_inner(void **state)
{
	(void)state;
	check_inner(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	check_inner(BPF_MAP_TYPE_HASH_OF_MAPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_inner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
