// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts of several programs as one lcov file: by file, line and branch, and what is not counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/coverage.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/trace.h"

/* A point and how often it was come to. */
struct counted {
	size_t filter;
	const char *file;
	unsigned int line;
	size_t insn;
	enum trace_point_kind kind;
	uint64_t times;
	const char *function;
};

#define LINES_OF(n)            \
	{                      \
		.n_lines = (n) \
	}

/* Filters of the chains: three with lines, and one without. */
static const struct captured_prog codes[] = { LINES_OF(1), LINES_OF(1), LINES_OF(1), LINES_OF(0) };
static struct link_input filters[] = {
	{ .name = "f0", .code = &codes[0], .traced = true },
	{ .name = "f1", .code = &codes[1], .traced = true },
	{ .name = "f2", .code = &codes[2] },
	{ .name = "bare", .code = &codes[3], .traced = true },
};

static struct trace trace_of(const struct counted *points, size_t n)
{
	struct trace t = { .level = TRACE_BRANCHES, .fd = -1 };

	t.size = sizeof(*t.cells) + n * sizeof(uint64_t);
	t.cells = mmap(NULL, t.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(t.cells, MAP_FAILED);
	for (size_t i = 0; i < n; i++) {
		struct trace_point *p = array_add(&t.points, &t.n, sizeof(*p));

		*p = (struct trace_point){
			.filter = points[i].filter,
			.file = xstrdup(points[i].file),
			.text = xstrdup("text"),
			.line = points[i].line,
			.insn = points[i].insn,
			.kind = points[i].kind,
			.function = points[i].function ? xstrdup(points[i].function) : NULL,
		};
		t.cells->counts[i] = points[i].times;
	}
	return t;
}

/* A chain of the first @n_filters, its filters of these objects' functions. */
static void add_chain(struct coverage *c, const struct counted *points, size_t n, size_t n_filters,
		      const char *const *programs)
{
	const struct linker linker = { .filters = filters, .n_filters = n_filters };
	struct trace t = trace_of(points, n);

	coverage_add(c, &t, &linker, programs);
	assert_null(t.points); /* it is the coverage's now */
	assert_int_equal(t.fd, -1);
}

static void writes(const struct coverage *c, const char *wanted)
{
	char *FREE_AUTO text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	coverage_write(c, "test", out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, wanted);
}

static void nothing_is_empty(void **state)
{
	struct coverage *c = coverage_new();

	(void)state;
	writes(c, "");
	assert_null(coverage_lacking(c, 0));
	coverage_free(c);
	coverage_free(NULL);
}

/* The busiest of a line's places in a filter; filters, and chains, add up. Files, lines and then
 * branches are in order, however they were come by.
 */
static void lines_and_branches(void **state)
{
	static const char *const one[] = { "o:one", "o:one" }, *const two[] = { "o:two" };
	static const struct counted first[] = {
		{ 0, "/x/b.c", 9, 30, POINT_LINE, 0, NULL },
		{ 0, "/x/a.c", 5, 12, POINT_JUMPED, 2, NULL },
		{ 0, "/x/a.c", 5, 12, POINT_STAYED, 1, NULL },
		{ 0, "/x/a.c", 5, 11, POINT_LINE, 3, NULL },
		{ 0, "/x/a.c", 5, 20, POINT_LINE, 7, NULL },
		{ 0, "/x/a.c", 5, 16, POINT_STAYED, 0, NULL },
		{ 0, "/x/a.c", 5, 16, POINT_JUMPED, 0, NULL },
		{ 0, "/x/a.c", 4, 0, POINT_LINE, 8, "main" },
		{ 0, "/x/a.c", 4, 2, POINT_LINE, 8, NULL },
		/* the same object once more in the chain */
		{ 1, "/x/a.c", 5, 11, POINT_LINE, 10, NULL },
		{ 1, "/x/a.c", 5, 12, POINT_STAYED, 10, NULL },
		{ 1, "/x/a.c", 5, 12, POINT_JUMPED, 0, NULL },
		{ 1, "/x/a.c", 4, 0, POINT_LINE, 20, "main" },
	};
	/* another function of it, in a chain of its own: its instructions are others */
	static const struct counted second[] = {
		{ 0, "/x/a.c", 5, 12, POINT_STAYED, 0, NULL },
		{ 0, "/x/a.c", 5, 12, POINT_JUMPED, 4, NULL },
		{ 0, "/x/a.c", 5, 11, POINT_LINE, 4, NULL },
		{ 0, "/x/a.c", 8, 0, POINT_LINE, 0, "two" },
		/* which a macro made */
		{ 0, "/x/a.c", 8, 21, POINT_LINE, 3, "three" },
		{ 0, "/x/a.c", 8, 22, POINT_LINE, 1, NULL },
		/* there was no room to count the line itself */
		{ 0, "/x/a.c", 9, 14, POINT_STAYED, 5, NULL },
		{ 0, "/x/a.c", 9, 14, POINT_JUMPED, 6, NULL },
		{ 0, "/x/a.c", 9, 18, POINT_STAYED, 7, NULL },
		{ 0, "/x/a.c", 9, 18, POINT_JUMPED, 0, NULL },
	};
	struct coverage *c = coverage_new();

	(void)state;
	add_chain(c, first, ARRAY_SIZE(first), 2, one);
	add_chain(c, second, ARRAY_SIZE(second), 1, two);
	writes(c, "TN:test\nSF:/x/a.c\n"
		  "FN:4,main\nFNDA:28,main\nFN:8,two\nFNDA:0,two\n"
		  "FN:8,three\nFNDA:3,three\nFNF:3\nFNH:2\n"
		  "BRDA:5,0,0,11\nBRDA:5,0,1,2\n"
		  "BRDA:5,1,0,-\nBRDA:5,1,1,-\n" /* nobody came to it */
		  "BRDA:5,2,0,0\nBRDA:5,2,1,4\n" /* of the other function */
		  "BRDA:9,0,0,5\nBRDA:9,0,1,6\n"
		  "BRDA:9,1,0,7\nBRDA:9,1,1,0\n" /* always the same way */
		  "BRF:10\nBRH:6\n"
		  "DA:4,28\n"
		  "DA:5,21\n" /* 7 + 10 + 4 */
		  "DA:8,3\n"
		  "LF:3\nLH:3\nend_of_record\n"
		  "TN:test\nSF:/x/b.c\nFNF:0\nFNH:0\nBRF:0\nBRH:0\nDA:9,0\nLF:1\nLH:0\n"
		  "end_of_record\n");
	coverage_free(c);
}

static void lacks_are(const struct coverage *c, const char *const *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_non_null(coverage_lacking(c, i));
		assert_string_equal(coverage_lacking(c, i), wanted[i]);
	}
	assert_null(coverage_lacking(c, n));
}

/* Each once, of what was to be counted. */
static void what_is_not_counted_is_told(void **state)
{
	static const struct {
		enum trace_level level;
		const char *wanted;
	} levels[] = {
		{ TRACE_VERDICTS,
		  "filter f0 is not covered: counting its lines is too much for the kernel" },
		{ TRACE_LINES,
		  "filter f0 is covered without branches: counting them is too much for "
		  "the kernel" },
	};
	static const char *const wanted[] = {
		"filter bare is not covered: its object was compiled without -g",
		"2 places in the chain that ends in filter bare are not counted: there is no "
		"register "
		"and no stack for it",
		"something else",
	};
	static const char *const programs[] = { "o:a", "o:b", "o:c", "o:d" };
	const struct linker all = { .filters = filters, .n_filters = 4 };
	const struct linker one = { .filters = filters, .n_filters = 1 };
	struct coverage *c = coverage_new();

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct trace t = trace_of(NULL, 0);

		t.uncounted = 2;
		coverage_add(c, &t, &all, programs);
	}
	coverage_lacks(c, xstrdup("something else"));
	coverage_lacks(c, xstrdup("something else"));
	lacks_are(c, wanted, ARRAY_SIZE(wanted));
	coverage_free(c);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct trace t = trace_of(NULL, 0);

		c = coverage_new();
		t.level = levels[i].level;
		coverage_add(c, &t, &one, programs);
		lacks_are(c, &levels[i].wanted, 1);
		coverage_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_empty),
		cmocka_unit_test(lines_and_branches),
		cmocka_unit_test(what_is_not_counted_is_told),
	};

	return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
