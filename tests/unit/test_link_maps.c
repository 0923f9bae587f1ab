// SPDX-License-Identifier: GPL-2.0-or-later
/* The constants of a chain's filters in one map, and how many maps one program may have. The
 * objects and their maps are the test's own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_maps.h"
#include "orchestrator/util/map_fd.h"
#include "tests/unit/fails.h"
#include "tests/unit/insns.h"
#include "tests/unit/wrap.h"

#define MERGED 99

struct bpf_map { /* libbpf's is nobody's to look into */
	int fd;	 /* 0: it is the object's end */
	bool internal;
	__u32 flags, size;
	const char *bytes;
};

WRAP(struct bpf_map *, bpf_object__next_map, const struct bpf_object *obj,
     const struct bpf_map *map)
{
	const struct bpf_map *next = map ? map + 1 : (const void *)obj;

	return next && next->fd ? (struct bpf_map *)next : NULL;
}

WRAP(bool, bpf_map__is_internal, const struct bpf_map *map)
{
	return map->internal;
}

WRAP(__u32, bpf_map__map_flags, const struct bpf_map *map)
{
	return map->flags;
}

WRAP(__u32, bpf_map__value_size, const struct bpf_map *map)
{
	return map->size;
}

WRAP(int, map_fd, const struct bpf_map *map)
{
	return map->fd;
}

/* --- Constants ------------------------------------------------------------------------------ */

#define CONSTANT true, BPF_F_RDONLY_PROG

static const struct xlab_config config = { .length = 7, .continues = 0x01020304 };

static const struct bpf_map of_stop[] = { { 10, CONSTANT, 4, "stop" }, { 0 } },
			    of_first[] = { { 11, true, 0, 8, "data.bss" },
					   { 12, false, BPF_F_RDONLY_PROG, 8, "a user's" },
					   { 13, CONSTANT, sizeof(config) + 11, "0123456789a" },
					   { 15, CONSTANT, 8, "another." },
					   { 0 } },
			    of_second[] = { { -1, CONSTANT, 8, "not made" },
					    { 14, CONSTANT, 8, "kconfig." },
					    { 0 } },
			    of_none[] = { { 0 } };

#define FIRST_AT  8U
#define OTHER_AT  ((FIRST_AT + (unsigned int)sizeof(config) + 11 + 7) / 8 * 8)
#define SECOND_AT (OTHER_AT + 8U)

static unsigned char *merged;
static size_t n_merged;
static bool frozen;

WRAP(int, bpf_map_lookup_elem, int fd, const void *key, void *value)
{
	static const struct bpf_map *const all[] = { &of_stop[0], &of_first[2], &of_first[3],
						     &of_second[1] };
	char what[32];

	assert_int_equal(*(const __u32 *)key, 0);
	(void)snprintf(what, sizeof(what), "read %d", fd);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->fd == fd) {
			memset(value, 0, all[i]->size);
			memcpy(value, all[i]->bytes, strlen(all[i]->bytes));
			return fails_at(what) ? -1 : 0;
		}
	fail_msg("map %d is read", fd);
	return 0;
}

WRAP(int, bpf_map_create, enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
     const struct bpf_map_create_opts *opts)
{
	assert_int_equal(type, BPF_MAP_TYPE_ARRAY);
	assert_string_equal(name, "xlab.rodata");
	assert_int_equal(key, sizeof(__u32));
	assert_int_equal(n, 1);
	assert_int_equal(opts->map_flags, BPF_F_RDONLY_PROG);
	n_merged = value;
	return fails_at("create") ? -1 : MERGED;
}

WRAP(int, bpf_map_update_elem, int fd, const void *key, const void *value, __u64 flags)
{
	assert_int_equal(fd, MERGED);
	assert_int_equal(*(const __u32 *)key, 0);
	assert_int_equal(flags, BPF_ANY);
	assert_false(frozen);
	free(merged);
	merged = malloc(n_merged);
	memcpy(merged, value, n_merged);
	return fails_at("write") ? -1 : 0;
}

WRAP(int, bpf_map_freeze, int fd)
{
	assert_int_equal(fd, MERGED);
	frozen = true;
	return fails_at("freeze") ? -1 : 0;
}

static struct link_input input(const char *name, const struct bpf_map *maps)
{
	return (struct link_input){ .name = name, .obj = (struct bpf_object *)maps };
}

#define LOADS                                                                          \
	"r1 = value 13 4; r1 = value 11 4; r1 = map 13; r1 = value 14 0; kfunc 13 2; " \
	"r1 = func 13; r1 = value 10 2; r1 = value 12 1; exit"

/* Merges what the chain has, if @given with a filter's place in the chain written into it. */
static int merge(bool given, struct link_output *out, struct error *e)
{
	struct link_input filters[] = { input("first", of_first), input("second", of_second) };
	struct linker c = { .filters = filters,
			    .n_filters = ARRAY_SIZE(filters),
			    .stop = input("stop", of_stop) };

	if (given) {
		filters[0].config = &config;
		filters[0].config_map = &of_first[2];
		filters[0].config_at = 11;
	}
	*out = (struct link_output){ .rodata_fd = -1 };
	out->insns = insns_of(LOADS, &out->n_insns);
	frozen = false;
	return link_maps_merge_constants(out, &c, e);
}

/* Each begins where eight bytes do; what is between them is zero. */
static void constants_are_in_one_map(void **state)
{
	(void)state;
	for (int given = 0; given < 2; given++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		unsigned char wanted[SECOND_AT + 8] = "stop";
		char *FREE_AUTO text = NULL;
		struct link_output out;

		memcpy(wanted + FIRST_AT, "0123456789a", 11);
		if (given)
			memcpy(wanted + FIRST_AT + 11, &config, sizeof(config));
		memcpy(wanted + OTHER_AT, "another.", 8);
		memcpy(wanted + SECOND_AT, "kconfig.", 8);
		assert_int_equal(merge(given, &out, &e), 0);
		assert_int_equal(out.rodata_fd, MERGED);
		assert_true(frozen);
		assert_int_equal(n_merged, sizeof(wanted));
		assert_memory_equal(merged, wanted, sizeof(wanted));
		text = text_format("r1 = value 99 %u; r1 = value 11 4; r1 = map 13; "
				   "r1 = value 99 %u; kfunc 13 2; r1 = func 13; r1 = value 99 2; "
				   "r1 = value 12 1; exit",
				   FIRST_AT + 4, SECOND_AT);
		insns_are(out.insns, out.n_insns, text);
		free(out.insns);
	}
}

static void what_cannot_be_merged_is_told(void **state)
{
	static const char *const rows[] = { "read 10", "read 13", "read 14",
					    "create",  "write",	  "freeze" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct link_output out;

		fails = rows[i];
		assert_int_equal(merge(true, &out, &e), -EPERM);
		fails = NULL;
		assert_string_equal(e.text, "cannot merge the constants of the chain's filters: "
					    "Operation not permitted");
		insns_are(out.insns, out.n_insns, LOADS);
		free(out.insns);
	}
}

static void no_constants_need_no_map(void **state)
{
	struct link_input none = input("none", of_none);
	struct linker c = { .filters = &none, .n_filters = 1, .stop = none };
	struct link_output out = { .rodata_fd = -1 };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	fails = "create";
	assert_int_equal(link_maps_merge_constants(&out, &c, &e), 0);
	fails = NULL;
	assert_int_equal(out.rodata_fd, -1);
}

/* --- How many ------------------------------------------------------------------------------- */

/* Two of the same last three digits are one map; of great ones nothing is known. */
WRAP(int, bpf_obj_get_info_by_fd, int fd, void *info, __u32 *len)
{
	assert_int_equal(*len, sizeof(struct bpf_map_info));
	((struct bpf_map_info *)info)->id = (__u32)fd % 1000;
	return fd > 9000 ? -1 : 0;
}

/* A program that names @n maps from @from on, by their values or as such. */
static char *naming(int from, int n)
{
	char *text = NULL;

	for (int fd = from; fd < from + n; fd++)
		text_add(&text, " ", "r1 = %s %d%s;", fd % 2 ? "value" : "map", fd,
			 fd % 2 ? " 0" : "");
	text_add(&text, " ", "exit");
	return text;
}

/* The chain's own are behind the filters': theirs may be as many as are left, and the one too many
 * is that of the filter which names it first.
 */
static void a_filter_has_the_one_too_many(void **state)
{
	static const struct {
		int first, n_first, second, n_second, own, n_own; /* maps that each names */
		const char *of;
	} rows[] = {
		{ 1, 1, 2, 1, 3, 1, NULL },	     { 1, 64, 1, 64, 1, 64, NULL },
		{ 1, 64, 1001, 64, 2001, 64, NULL }, { 1, 30, 31, 31, 62, 3, NULL },
		{ 1, 30, 31, 32, 63, 3, "second" },  { 1, 62, 63, 1, 64, 3, "first" },
		{ 1, 61, 62, 1, 63, 3, "second" },   { 1, 61, 9001, 60, 62, 3, NULL },
		{ 1, 1, 1, 1, 2, 64, "first" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO one = naming(rows[i].first, rows[i].n_first);
		char *FREE_AUTO other = naming(rows[i].second, rows[i].n_second);
		char *FREE_AUTO own = naming(rows[i].own, rows[i].n_own);
		/* what is no map, at first */
		char *FREE_AUTO all = text_format("r1 = wide 500; r1 = func 501; kfunc 502 1; "
						  "%s; %s; %s",
						  one, other, own);
		struct captured_prog codes[2] = { 0 };
		struct link_input filters[] = { input("first", of_none), input("second", of_none) };
		struct linker c = { .filters = filters, .n_filters = ARRAY_SIZE(filters) };
		struct link_output out = { .rodata_fd = -1 };
		struct error ERROR_AUTO e = ERROR_INIT;
		int err;

		insns_captured(&codes[0], one);
		insns_captured(&codes[1], other);
		filters[0].form = filters[1].form = LINK_STATIC;
		filters[0].code = &codes[0];
		filters[0].at = 5;
		filters[1].code = &codes[1];
		filters[1].at = 5 + codes[0].n_insns;
		out.insns = insns_of(all, &out.n_insns);
		err = link_maps_check(&out, &c, &e);
		assert_int_equal(err, rows[i].of ? -E2BIG : 0);
		if (rows[i].of) {
			char *FREE_AUTO told =
				text_format("the chain uses over 64 maps, which is the kernel's "
					    "limit for one program: with filter %s it is passed; "
					    "take a filter out",
					    rows[i].of);

			assert_string_equal(e.text, told);
		}
		free(out.insns);
		free(codes[0].insns);
		free(codes[1].insns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_are_in_one_map),
		cmocka_unit_test(what_cannot_be_merged_is_told),
		cmocka_unit_test(no_constants_need_no_map),
		cmocka_unit_test(a_filter_has_the_one_too_many),
	};
	int failed = cmocka_run_group_tests_name("link_maps", tests, NULL, NULL);

	free(merged);
	return failed;
}
