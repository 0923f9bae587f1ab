// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of every kind that is copied: afterwards the copy holds what the original does, no more. */
#include <errno.h>
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
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

#define FEW	3
#define MANY	10000 /* more than are read at once */
#define AT_ONCE 4096
#define ROOM	10 /* for more than there are */
#define CPU_MAX 1024

static const struct kind {
	enum bpf_map_type type;
	__u32 n, flags;
} kinds[] = {
	{ BPF_MAP_TYPE_ARRAY, FEW, 0 },
	{ BPF_MAP_TYPE_ARRAY, MANY, 0 },
	{ BPF_MAP_TYPE_ARRAY, AT_ONCE - ROOM, 0 },
	{ BPF_MAP_TYPE_ARRAY, AT_ONCE - ROOM - 1, 0 },
	{ BPF_MAP_TYPE_ARRAY, FEW, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_HASH, MANY, 0 },
	{ BPF_MAP_TYPE_HASH, MANY, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LRU_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, MANY, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, FEW, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, MANY, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, FEW, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LPM_TRIE, MANY, BPF_F_NO_PREALLOC },
};

struct key { /* larger than what says where the next batch begins */
	__u32 bits, address[4];
};

static bool is_trie(const struct kind *k)
{
	return k->type == BPF_MAP_TYPE_LPM_TRIE;
}

static int make(const struct kind *k)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = k->flags);
	int fd = bpf_map_create(k->type, "copied", is_trie(k) ? sizeof(struct key) : 4,
				sizeof(__u64), k->n + ROOM, &opts);

	assert_true(fd >= 0);
	return fd;
}

/* Element @i; each CPU has a value of its own where there is one a CPU. */
static void put(int fd, const struct kind *k, __u32 i, __u64 value)
{
	struct key prefix = { 32, { i } };
	__u64 values[CPU_MAX];

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		values[cpu] = value + (__u64)cpu;
	assert_int_equal(bpf_map_update_elem(fd, is_trie(k) ? (void *)&prefix : &i, values, 0), 0);
}

static bool get(int fd, const struct kind *k, __u32 i, __u64 values[CPU_MAX])
{
	struct key prefix = { 32, { i } };

	memset(values, 0, CPU_MAX * sizeof(*values));
	return !bpf_map_lookup_elem(fd, is_trie(k) ? (void *)&prefix : &i, values);
}

static void check_same(int to, int from, const struct kind *k)
{
	static __u64 a[CPU_MAX], b[CPU_MAX];

	for (__u32 i = 0; i < k->n + ROOM; i++) {
		bool there = get(from, k, i, a);

		assert_int_equal(get(to, k, i, b), there);
		assert_memory_equal(a, b, sizeof(a));
		assert_true(i >= k->n || *a == i + 7u);
	}
}

static size_t batches; /* that were read */

int __real_bpf_map_lookup_batch(int fd, void *at, void *next, void *keys, void *values, __u32 *n,
				const struct bpf_map_batch_opts *opts);
WRAP(int, bpf_map_lookup_batch, int fd, void *at, void *next, void *keys, void *values, __u32 *n,
     const struct bpf_map_batch_opts *opts)
{
	batches++;
	if (fails_at("any batch") || (batches > 1 && fails_at("a later batch")))
		return -errno;
	return __real_bpf_map_lookup_batch(fd, at, next, keys, values, n, opts);
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
		batches = 0;
		assert_int_equal(map_copy(to, from, &e), 0);
		assert_int_equal(batches > 0, k->n + ROOM >= AT_ONCE);
		check_same(to, from, k);
	}
}

/* What a map of each kind has to do with its original; of others nothing is known. */
static void test_what_is_copied(void **state)
{
	static const struct {
		enum bpf_map_type type;
		enum map_copying copying;
	} rows[] = {
		{ BPF_MAP_TYPE_HASH, MAP_COPIED },
		{ BPF_MAP_TYPE_ARRAY, MAP_COPIED },
		{ BPF_MAP_TYPE_PERCPU_HASH, MAP_COPIED },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, MAP_COPIED },
		{ BPF_MAP_TYPE_LRU_HASH, MAP_COPIED },
		{ BPF_MAP_TYPE_LRU_PERCPU_HASH, MAP_COPIED },
		{ BPF_MAP_TYPE_LPM_TRIE, MAP_COPIED },
		{ BPF_MAP_TYPE_ARRAY_OF_MAPS, MAP_COPIED },
		{ BPF_MAP_TYPE_HASH_OF_MAPS, MAP_COPIED },
		{ BPF_MAP_TYPE_DEVMAP, MAP_SHARED },
		{ BPF_MAP_TYPE_DEVMAP_HASH, MAP_SHARED },
		{ BPF_MAP_TYPE_CPUMAP, MAP_SHARED },
		{ BPF_MAP_TYPE_XSKMAP, MAP_SHARED },
		{ BPF_MAP_TYPE_SOCKMAP, MAP_SHARED },
		{ BPF_MAP_TYPE_SOCKHASH, MAP_SHARED },
		{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, MAP_SHARED },
		{ BPF_MAP_TYPE_CGROUP_ARRAY, MAP_SHARED },
		{ BPF_MAP_TYPE_PROG_ARRAY, MAP_EMPTY },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, MAP_EMPTY },
		{ BPF_MAP_TYPE_QUEUE, MAP_EMPTY },
		{ BPF_MAP_TYPE_RINGBUF, MAP_EMPTY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (map_copying_of(rows[i].type) != rows[i].copying)
			fail_msg("a map of type %d", rows[i].type);
}

/* What can be read, or written, no further than this, if at all. */
static void test_refused(void **state)
{
	static const struct {
		struct kind from, to;
		const char *why;
	} rows[] = {
		{ { BPF_MAP_TYPE_HASH, FEW, BPF_F_WRONLY },
		  { BPF_MAP_TYPE_HASH, FEW, 0 },
		  "cannot read a map's keys" },
		{ { BPF_MAP_TYPE_HASH, MANY, BPF_F_WRONLY },
		  { BPF_MAP_TYPE_HASH, MANY, 0 },
		  "cannot read a map's keys" },
		{ { BPF_MAP_TYPE_HASH, FEW, 0 },
		  { BPF_MAP_TYPE_HASH, FEW, BPF_F_RDONLY },
		  "cannot write a copy of map copied" },
		{ { BPF_MAP_TYPE_HASH, MANY, 0 },
		  { BPF_MAP_TYPE_HASH, MANY, BPF_F_RDONLY },
		  "cannot write a copy of map copied" },
		{ { BPF_MAP_TYPE_HASH, MANY, BPF_F_NO_PREALLOC },
		  { BPF_MAP_TYPE_HASH, MANY / 2, BPF_F_NO_PREALLOC },
		  "cannot write a copy of map copied" },
	};
	struct error ERROR_AUTO none = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ERROR_AUTO struct error e = ERROR_INIT;
		FD_AUTO int from = make(&rows[i].from), to = make(&rows[i].to);

		for (__u32 n = 0; n < rows[i].from.n; n++)
			put(from, &rows[i].from, n, 1);
		assert_true(map_copy(to, from, &e) < 0);
		if (!strstr(e.text, rows[i].why))
			fail_msg("row %zu: %s", i, e.text);
	}
	assert_true(map_copy(-1, -1, &none) < 0);
	assert_non_null(strstr(none.text, "cannot ask for a map"));
}

static int outer(enum bpf_map_type type, const struct kind *inner, __u32 n)
{
	FD_AUTO int model = make(inner);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)model);
	int fd = bpf_map_create(type, "outer", 4, 4, n, &opts);

	assert_true(fd >= 0);
	return fd;
}

/* An inner map is a copy as well: who writes to it writes to nobody else's. What is read at once
 * are ids, which are no maps to put there.
 */
static void check_inner(enum bpf_map_type type, __u32 n)
{
	const struct kind inner = { BPF_MAP_TYPE_HASH, FEW, BPF_F_NO_PREALLOC };
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int one = make(&inner), from = outer(type, &inner, n), to = outer(type, &inner, n);
	FD_AUTO int copy = -1;
	__u32 key = 1, id = 0;
	__u64 values[CPU_MAX];

	put(one, &inner, 2, 9);
	assert_int_equal(bpf_map_update_elem(from, &key, &one, BPF_ANY), 0);
	for (__u32 other = 0; other < 4; other++)
		assert_int_equal(bpf_map_update_elem(to, &other, &one, BPF_ANY), 0);
	batches = 0;
	assert_int_equal(map_copy(to, from, &e), 0);
	assert_int_equal(batches, 0);
	for (__u32 other = 0; other < 4; other++)
		assert_int_equal(!bpf_map_lookup_elem(to, &other, &id), other == key);
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
	check_inner(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4);
	check_inner(BPF_MAP_TYPE_HASH_OF_MAPS, 4);
	check_inner(BPF_MAP_TYPE_HASH_OF_MAPS, AT_ONCE);
}

/* Of interfaces the copy holds the same map, and of what cannot be read an empty one. Where neither
 * fits, that is told.
 */
static void test_inner_that_is_not_copied(void **state)
{
	static const struct {
		enum bpf_map_type type;
		__u32 key_size, value_size;
		bool same;
	} rows[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 8, false },
		{ BPF_MAP_TYPE_DEVMAP, 4, 4, true },
		{ BPF_MAP_TYPE_QUEUE, 0, 8, false },
	};
	const struct kind hash = { BPF_MAP_TYPE_HASH, FEW, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		FD_AUTO int one = bpf_map_create(rows[i].type, "one", rows[i].key_size,
						 rows[i].value_size, FEW, NULL);
		FD_AUTO int from = -1, to = -1, other = outer(BPF_MAP_TYPE_HASH_OF_MAPS, &hash, 4);
		LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)one);
		ERROR_AUTO struct error e = ERROR_INIT;
		__u32 key = 1, original = 0, id = 0;

		from = bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 4, &opts);
		to = bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 4, &opts);
		assert_int_equal(bpf_map_update_elem(from, &key, &one, BPF_ANY), 0);
		assert_int_equal(bpf_map_lookup_elem(from, &key, &original), 0);
		assert_int_equal(map_copy(to, from, &e), 0);
		assert_int_equal(bpf_map_lookup_elem(to, &key, &id), 0);
		assert_int_equal(id == original, rows[i].same);
		assert_int_equal(map_copy(other, from, &e), -EINVAL);
		assert_non_null(strstr(e.text, "cannot put a map into a map"));
	}
}

int __real_bpf_map_create(enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
			  const struct bpf_map_create_opts *opts);
WRAP(int, bpf_map_create, enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
     const struct bpf_map_create_opts *opts)
{
	return fails_at("create") ? -1 : __real_bpf_map_create(type, name, key, value, n, opts);
}

int __real_bpf_map_get_fd_by_id(__u32 id);
WRAP(int, bpf_map_get_fd_by_id, __u32 id)
{
	int fd = fails_at("open") ? -1 : __real_bpf_map_get_fd_by_id(id);

	if (!fails_at("gone"))
		return fd;
	(void)close(fd);
	errno = ENOENT;
	return -1;
}

int __real_bpf_obj_get_info_by_fd(int fd, void *info, __u32 *len);
WRAP(int, bpf_obj_get_info_by_fd, int fd, void *info, __u32 *len)
{
	int err = __real_bpf_obj_get_info_by_fd(fd, info, len);
	bool inner = !err && !strcmp(((struct bpf_map_info *)info)->name, "one");

	return inner && fails_at("ask") ? -1 : err;
}

int __real_bpf_map_lookup_elem(int fd, const void *key, void *value);
WRAP(int, bpf_map_lookup_elem, int fd, const void *key, void *value)
{
	return fails_at("look") ? -1 : __real_bpf_map_lookup_elem(fd, key, value);
}

/* @words: what is told of it, or NULL: it is copied all the same. */
static void copy_while(const char *failing, const char *words, int to, int from)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	int err;

	fails = failing;
	err = map_copy(to, from, &e);
	fails = NULL;
	assert_int_equal(err, words ? -EPERM : 0);
	if (words)
		assert_string_equal(e.text, words);
}

/* Where none can be read at once each is alone; what ends between two is told. */
static void test_batches_that_fail(void **state)
{
	static const struct {
		const char *fails, *words;
	} rows[] = {
		{ "any batch", NULL },
		{ "a later batch", "cannot read map copied: Operation not permitted" },
	};
	const struct kind k = { BPF_MAP_TYPE_ARRAY, AT_ONCE, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		FD_AUTO int from = make(&k), to = make(&k);

		for (__u32 n = 0; n < k.n; n++)
			put(from, &k, n, n + 7);
		batches = 0;
		copy_while(rows[i].fails, rows[i].words, to, from);
		if (!rows[i].words)
			check_same(to, from, &k);
	}
}

/* One that went meanwhile is none; all else is told. */
static void test_inner_that_fails(void **state)
{
	static const struct {
		const char *fails, *words;
	} rows[] = {
		{ "open", "cannot open a map in a map: Operation not permitted" },
		{ "create", "cannot copy a map in a map: Operation not permitted" },
		{ "ask", "cannot ask for a map in a map: Operation not permitted" },
		{ "look", "cannot read map outer: Operation not permitted" },
		{ "gone", NULL },
	};
	FD_AUTO int one = bpf_map_create(BPF_MAP_TYPE_ARRAY, "one", 4, 8, FEW, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)one);
	FD_AUTO int from = bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 4, &opts);
	FD_AUTO int to = bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 4, &opts);
	__u32 key = 1;

	(void)state;
	assert_int_equal(bpf_map_update_elem(from, &key, &one, BPF_ANY), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		copy_while(rows[i].fails, rows[i].words, to, from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_what_is_copied),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_inner),
		cmocka_unit_test(test_inner_that_is_not_copied),
		cmocka_unit_test(test_inner_that_fails),
		cmocka_unit_test(test_batches_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
