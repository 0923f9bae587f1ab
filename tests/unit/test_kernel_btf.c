// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel's types: of a BTF that is made here, of ones that are damaged, and of this kernel as
 * libbpf has them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <linux/btf.h>

#include "lab/cleanup.h"
#include "orchestrator/util/kernel_btf.h"
#include "tests/unit/temp_file.h"

#define INFO(kind, n) ((uint32_t)(kind) << 24 | (n))
#define KFLAG	      (1U << 31)
#define NAMES(name)   offsetof(struct names, name)

/* Each at its place, with a NUL behind it. */
static const struct names {
	char none[1], integer[4], outer[6], a[2], b[2], x[2], deep[5], reasons[8], good[5], bad[4],
		last[5], z[2], itself[7], end[4];
} names = { "",	       "int",  "outer", "a",	"b", "x",      "deep",
	    "reasons", "good", "bad",	"last", "z", "itself", "end" };

/* Every kind that something follows, and behind them all a struct: were one taken for longer or
 * shorter, that would not be found.
 */
static const uint32_t types[] = {
	/* 1: int */ NAMES(integer),
	INFO(BTF_KIND_INT, 0),
	4,
	32,
	/* 2: struct outer { int a; union { int x; struct { int, deep; }; }; int b; } */
	NAMES(outer),
	INFO(BTF_KIND_STRUCT, 3),
	16,
	NAMES(a),
	1,
	0,
	NAMES(none),
	3,
	32,
	NAMES(b),
	1,
	96,
	/* 3 */ NAMES(none),
	INFO(BTF_KIND_UNION, 2),
	8,
	NAMES(x),
	1,
	0,
	NAMES(none),
	4,
	0,
	/* 4 */ NAMES(none),
	INFO(BTF_KIND_STRUCT, 1),
	8,
	NAMES(deep),
	1,
	32,
	/* 5 */ NAMES(reasons),
	INFO(BTF_KIND_ENUM, 2),
	4,
	NAMES(good),
	1,
	NAMES(bad),
	5,
	/* 6 */ NAMES(reasons),
	INFO(BTF_KIND_ENUM64, 1),
	8,
	NAMES(good),
	7,
	8,
	/* 7 */ NAMES(none),
	INFO(BTF_KIND_ARRAY, 0),
	0,
	1,
	1,
	3,
	/* 8 */ NAMES(none),
	INFO(BTF_KIND_FUNC_PROTO, 2),
	1,
	NAMES(a),
	1,
	NAMES(b),
	1,
	/* 9 */ NAMES(a),
	INFO(BTF_KIND_VAR, 0),
	1,
	1,
	/* 10 */ NAMES(b),
	INFO(BTF_KIND_DATASEC, 1),
	4,
	9,
	0,
	4,
	/* 11 */ NAMES(a),
	INFO(BTF_KIND_DECL_TAG, 0),
	2,
	0,
	/* 12 */ NAMES(none),
	INFO(BTF_KIND_PTR, 0),
	1,
	/* 13: of the name, but no struct */ NAMES(last),
	INFO(BTF_KIND_TYPEDEF, 0),
	1,
	/* 14: with bit fields */ NAMES(last),
	INFO(BTF_KIND_STRUCT, 2) | KFLAG,
	8,
	NAMES(a),
	1,
	3U << 24 | 8,
	NAMES(z),
	1,
	3U << 24 | 56,
	/* 15: the first counts */ NAMES(last),
	INFO(BTF_KIND_STRUCT, 1),
	4,
	NAMES(x),
	1,
	0,
	/* 16 */ NAMES(itself),
	INFO(BTF_KIND_STRUCT, 2),
	4,
	NAMES(none),
	16,
	32,
	NAMES(x),
	1,
	0,
	/* 17: its name lies behind all names */ sizeof(struct names),
	INFO(BTF_KIND_TYPEDEF, 0),
	1,
	/* 18 */ NAMES(end),
	INFO(BTF_KIND_STRUCT, 1),
	4,
	NAMES(z),
	1,
	64,
	/* 19: nothing follows it */ NAMES(end),
	INFO(BTF_KIND_TYPEDEF, 0),
	1,
};

struct file {
	struct btf_header head;
	uint32_t gap[2];
	uint32_t types[sizeof(types) / sizeof(types[0])];
	struct names names;
	char behind[7];
};

#define FILE_SIZE (offsetof(struct file, names) + sizeof(struct names))

/* Where the names come first, and something of which nothing is said between them and the types. */
struct turned {
	struct btf_header head;
	struct names names;
	char behind[7];
	uint32_t types[sizeof(types) / sizeof(types[0])];
};

static struct file whole(void)
{
	struct file file = { .head = { .magic = BTF_MAGIC,
				       .version = 1,
				       .hdr_len = sizeof(struct btf_header),
				       .type_off = 8,
				       .type_len = sizeof(types),
				       .str_off = 8 + sizeof(types),
				       .str_len = sizeof(names) },
			     .names = names,
			     .behind = "behind" };

	memcpy(file.types, types, sizeof(types));
	return file;
}

static struct kernel_btf *open_bytes(const void *bytes, size_t size, struct kernel_type *wanted,
				     size_t n)
{
	FILE_AUTO FILE *out = fopen(temp_file, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fflush(out), 0);
	return kernel_btf_open(temp_file, wanted, n);
}

static void note(void *cookie, uint32_t value, const char *name)
{
	char *said = cookie;

	(void)sprintf(said + strlen(said), "%s=%u ", name, value);
}

/* Whether it is as on Linux before 6.16, where a BTF cannot be mapped and is read. */
static bool unmapped;

void *__real_mmap(void *at, size_t size, int access, int flags, int fd, off_t offset);

void *__wrap_mmap(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	return unmapped ? MAP_FAILED : __real_mmap(at, size, access, flags, fd, offset);
}

static void types_are_found(void **state)
{
	struct kernel_type wanted[] = {
		{ "outer", BTF_KIND_STRUCT, 0 }, { "last", BTF_KIND_STRUCT, 0 },
		{ "reasons", BTF_KIND_ENUM, 0 }, { "itself", BTF_KIND_STRUCT, 0 },
		{ "outer", BTF_KIND_UNION, 0 },	 { "int", BTF_KIND_INT, 0 },
		{ "end", BTF_KIND_STRUCT, 0 },	 { "end", BTF_KIND_TYPEDEF, 0 },
	};
	static const uint32_t ids[] = { 2, 14, 5, 16, 0, 1, 18, 19 };
	struct file file = whole();
	struct kernel_btf *btf = open_bytes(&file, FILE_SIZE, wanted, ARRAY_SIZE(wanted));
	char said[64] = "";

	(void)state;
	assert_non_null(btf);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(wanted[i].id, ids[i]);
	assert_int_equal(kernel_btf_offset(btf, &wanted[0], "a"), 0);
	assert_int_equal(kernel_btf_offset(btf, &wanted[0], "x"), 4);
	assert_int_equal(kernel_btf_offset(btf, &wanted[0], "deep"), 8);
	assert_int_equal(kernel_btf_offset(btf, &wanted[0], "b"), 12);
	assert_int_equal(kernel_btf_offset(btf, &wanted[0], "z"), -1);
	assert_int_equal(kernel_btf_offset(btf, &wanted[1], "a"), 1);
	assert_int_equal(kernel_btf_offset(btf, &wanted[1], "z"), 7);
	assert_int_equal(kernel_btf_offset(btf, &wanted[1], "x"), -1);
	/* one that has itself in it, without a name: no kernel's, and no reason to run on, so that
	 * what is behind it is found in the eighth of them
	 */
	assert_int_equal(kernel_btf_offset(btf, &wanted[3], "a"), -1);
	assert_int_equal(kernel_btf_offset(btf, &wanted[3], "x"), 7 * 4);
	assert_int_equal(kernel_btf_offset(btf, &wanted[4], "a"), -1);
	assert_int_equal(kernel_btf_offset(btf, &wanted[5], "a"), -1);
	kernel_btf_enum(btf, &wanted[2], note, said);
	kernel_btf_enum(btf, &wanted[4], note, said);
	assert_string_equal(said, "good=1 bad=5 ");
	kernel_btf_close(btf);
}

/* As in types_are_found(), from a file in which all lies elsewhere. */
static void the_head_tells_where_all_lies(void **state)
{
	struct kernel_type wanted[] = { { "outer", BTF_KIND_STRUCT, 0 },
					{ "end", BTF_KIND_TYPEDEF, 0 },
					{ "behind", BTF_KIND_TYPEDEF, 0 } };
	struct turned file = { .head = { .magic = BTF_MAGIC,
					 .version = 1,
					 .hdr_len = sizeof(struct btf_header),
					 .type_len = sizeof(types),
					 .str_len = sizeof(names) },
			       .names = names,
			       .behind = "behind" };
	struct kernel_btf *btf;

	(void)state;
	file.head.type_off = offsetof(struct turned, types) - sizeof(file.head);
	memcpy(file.types, types, sizeof(types));
	btf = open_bytes(&file, sizeof(file), wanted, ARRAY_SIZE(wanted));
	assert_non_null(btf);
	assert_int_equal(wanted[0].id, 2);
	assert_int_equal(wanted[1].id, 19);
	assert_int_equal(wanted[2].id, 0); /* what is behind the names is no name */
	kernel_btf_close(btf);
	/* None at all, at the file's end: nothing is found, and nothing is wrong. */
	file.head.type_off += sizeof(types);
	file.head.type_len = 0;
	wanted[0].id = 0;
	btf = open_bytes(&file, sizeof(file), wanted, 1);
	assert_non_null(btf);
	assert_int_equal(wanted[0].id, 0);
	kernel_btf_close(btf);
}

/* A file in /sys/kernel/btf can have any size: one that nobody would have read is refused. */
static void large_ones_have_a_limit(void **state)
{
	const size_t limit = 256 << 20;
	struct kernel_type wanted = { "outer", BTF_KIND_STRUCT, 0 };
	struct file file = whole();
	struct kernel_btf *btf = open_bytes(&file, FILE_SIZE, &wanted, 1);

	(void)state;
	kernel_btf_close(btf);
	assert_int_equal(truncate(temp_file, (off_t)limit), 0);
	btf = kernel_btf_open(temp_file, &wanted, 1);
	assert_non_null(btf);
	kernel_btf_close(btf);
	assert_int_equal(truncate(temp_file, (off_t)limit + 1), 0);
	assert_null(kernel_btf_open(temp_file, &wanted, 1));
	assert_int_equal(errno, EBADMSG);
}

static void older_kernels_have_it_read(void **state)
{
	unmapped = true;
	types_are_found(state);
	unmapped = false;
}

static void is_damaged(const struct file *file, size_t size)
{
	struct kernel_type wanted = { "last", BTF_KIND_STRUCT, 0 };

	errno = 0;
	assert_null(open_bytes(file, size, &wanted, 1));
	assert_int_equal(errno, EBADMSG);
}

static void what_is_damaged_is_none(void **state)
{
	struct file file;

	(void)state;
#define WITH(change)                          \
	do {                                  \
		file = whole();               \
		change;                       \
		is_damaged(&file, FILE_SIZE); \
	} while (0)
	WITH(file.head.magic++);
	WITH(file.head.hdr_len = FILE_SIZE + 1);
	WITH(file.head.type_off = 9);
	WITH(file.head.type_off = UINT32_MAX - 3);
	WITH(file.head.type_len = sizeof(types) + sizeof(names) + 1);
	WITH(file.head.type_len = UINT32_MAX);
	WITH(file.head.type_len -= 4);	/* the last one is cut */
	WITH(file.head.type_len -= 16); /* what follows the one before it is */
	WITH(file.head.str_off += sizeof(names) + 1);
	WITH(file.head.str_off++);
	WITH(file.head.str_len = 0);
	WITH(file.head.str_len++);
	WITH(file.head.str_len--); /* no NUL at its end */
	file = whole();
	is_damaged(&file, 0);
	is_damaged(&file, sizeof(file.head) - 1);
	is_damaged(&file, FILE_SIZE - 1);
	assert_null(kernel_btf_open("/nowhere", NULL, 0));
	assert_int_equal(errno, ENOENT);
	assert_null(kernel_btf_open("/tmp", NULL, 0)); /* which can be neither mapped nor read */
	assert_int_equal(errno, EISDIR);
}

/* In unnamed structs, too: @base is where this one lies. */
static void compare_members(const struct kernel_btf *btf, const struct kernel_type *of,
			    const struct btf *theirs, uint32_t id, uint32_t base, size_t *n)
{
	const struct btf_type *type = btf__type_by_id(theirs, id);
	const struct btf_member *m = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(theirs, m[i].name_off);
		uint32_t bits = base + btf_member_bit_offset(type, i);

		if (*name) {
			assert_int_equal(kernel_btf_offset(btf, of, name), bits / 8);
			++*n;
		} else if (btf_is_composite(btf__type_by_id(theirs, m[i].type))) {
			compare_members(btf, of, theirs, m[i].type, bits, n);
		}
	}
}

/* All that follows a type must have been stepped over rightly, up to the last of them. */
static void this_kernels_are_those_of_libbpf(void **state)
{
	struct kernel_type wanted[] = {
		{ "sk_buff", BTF_KIND_STRUCT, 0 },  { "net_device", BTF_KIND_STRUCT, 0 },
		{ "sock", BTF_KIND_STRUCT, 0 },	    { "net", BTF_KIND_STRUCT, 0 },
		{ "xdp_action", BTF_KIND_ENUM, 0 },
	};
	struct kernel_btf *btf;
	struct btf *theirs;
	size_t n = 0;

	(void)state;
	if (access(KERNEL_BTF, R_OK) != 0) {
		print_message("# this kernel has no BTF\n");
		skip();
	}
	btf = kernel_btf_open(KERNEL_BTF, wanted, ARRAY_SIZE(wanted));
	theirs = btf__parse(KERNEL_BTF, NULL);
	assert_non_null(btf);
	assert_non_null(theirs);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(wanted[i].id,
				 btf__find_by_name_kind(theirs, wanted[i].name, wanted[i].kind));
		if (wanted[i].kind == BTF_KIND_STRUCT)
			compare_members(btf, &wanted[i], theirs, wanted[i].id, 0, &n);
	}
	assert_true(n > 200);
	btf__free(theirs);
	kernel_btf_close(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_found),
		cmocka_unit_test(older_kernels_have_it_read),
		cmocka_unit_test(the_head_tells_where_all_lies),
		cmocka_unit_test(large_ones_have_a_limit),
		cmocka_unit_test(what_is_damaged_is_none),
		cmocka_unit_test(this_kernels_are_those_of_libbpf),
	};

	return cmocka_run_group_tests(tests, temp_file_make, temp_file_remove);
}
