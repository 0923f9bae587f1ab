// SPDX-License-Identifier: GPL-2.0-or-later
/* Which instructions go where, to tell what a chain does, and of what they tell. How they get there
 * is link_insert()'s, in whose place stands the test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_insert.h"
#include "orchestrator/linker/trace.h"
#include "tests/unit/fails.h"
#include "tests/unit/insns.h"
#include "tests/unit/mapped.h"
#include "tests/unit/wrap.h"

#define MAP_FD 99

static struct btf *btf;
static struct insertion *inserted;
static size_t n_inserted;

WRAP(int, link_insert, struct link_output *out, struct insertion *insertions, size_t n)
{
	(void)out;
	free(inserted);
	inserted = n ? xmemdup(insertions, n * sizeof(*insertions)) : NULL;
	n_inserted = n;
	return fails_at("insert") ? -E2BIG : 0;
}

WRAP(struct btf *, bpf_object__btf, const struct bpf_object *obj)
{
	(void)obj;
	return btf;
}

WRAP(int, bpf_map_create, enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
     const struct bpf_map_create_opts *opts)
{
	assert_int_equal(type, BPF_MAP_TYPE_ARRAY);
	assert_string_equal(name, "xlab.trace");
	assert_int_equal(key, sizeof(__u32));
	assert_int_equal(n, 1);
	assert_int_equal(opts->map_flags, BPF_F_MMAPABLE);
	mapped.fd = MAP_FD;
	mapped.size = value;
	return fails_at("create") ? -1 : MAP_FD;
}

/* --- A chain -------------------------------------------------------------------------------- */

/* Its dispatcher asks filter "first", which is a function, and "second", part of which is in it. */
#define DISPATCHER "r6 = r1; call +8; if r0 == 31 goto +1; exit; "
#define INLINED	   "r0 = 7; r2 = wide 9; if r1 == r2 goto +0; "
#define BEHIND	   "exit; "
#define FIRST	   "r0 = 1; if r1 == 5 goto +1; call +1; exit; r0 = 3; exit; "
#define REST	   "if r1 == 0 goto +0; r0 = 4; exit"

enum { /* where each begins */
       AT_INLINED = 4,
       AT_FIRST = 9,
       AT_REST = 15,
};

static struct captured_prog codes[2];
static struct link_input filters[2];
static struct linker chain;
static struct link_output out;
static struct bpf_line_info lines[8];
static struct bpf_func_info funcs[2][2], all_funcs[4];

static __u32 line_col(unsigned int line)
{
	return line << 10 | 5;
}

static void add_line(__u32 insn, unsigned int line, const char *text)
{
	lines[out.n_lines++] =
		(struct bpf_line_info){ insn, (__u32)btf__add_str(btf, line ? "f.c" : "xlab"),
					(__u32)btf__add_str(btf, text), line_col(line) };
}

static void add_func(size_t filter, size_t nth, __u32 insn, const char *name)
{
	int id = btf__add_func(btf, name, BTF_FUNC_STATIC, 1);

	assert_true(id > 0);
	funcs[filter][nth] = (struct bpf_func_info){ insn, (__u32)id };
}

static int make_chain(void **state)
{
	static const char *const sources[] = { FIRST, INLINED REST };

	(void)state;
	btf = btf__new_empty();
	assert_int_equal(btf__add_func_proto(btf, 0), 1);
	out = (struct link_output){ .btf = btf, .rodata_fd = -1, .lines = lines };
	out.insns = insns_of(DISPATCHER INLINED BEHIND FIRST REST, &out.n_insns);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		insns_captured(&codes[i], sources[i]);
		codes[i].funcs = funcs[i];
		codes[i].n_funcs = 2;
		filters[i].code = &codes[i];
		filters[i].traced = true;
	}
	filters[0].form = LINK_STATIC;
	filters[0].at = AT_FIRST;
	filters[1].form = LINK_INLINED;
	filters[1].body = AT_INLINED;
	filters[1].n_main = 4;
	filters[1].entry = 3;
	filters[1].at = AT_REST;
	add_func(0, 0, 0, "one");
	add_func(0, 1, 4, "helper");
	add_func(1, 0, 0, "two");
	add_func(1, 1, 4, "rest");
	all_funcs[1].insn_off = AT_FIRST;
	all_funcs[2].insn_off = AT_FIRST + 4;
	all_funcs[3].insn_off = AT_REST;
	out.funcs = all_funcs;
	out.n_funcs = 4;
	add_line(0, 0, "the chain begins");
	add_line(AT_INLINED, 20, "begin two");
	add_line(AT_INLINED + 4, 0, "the chain ends");
	add_line(AT_FIRST, 10, "begin one");
	add_line(AT_FIRST + 2, 11, "ask");
	add_line(AT_FIRST + 4, 0, "invented");
	add_line(AT_REST, 21, "the rest");
	chain = (struct linker){ .filters = filters, .n_filters = 2 };
	return 0;
}

static int drop_chain(void **state)
{
	(void)state;
	btf__free(btf);
	free(out.insns);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		free(codes[i].insns);
	free(inserted);
	return 0;
}

/* --- What is told --------------------------------------------------------------------------- */

struct wanted {
	size_t at;
	enum insert_where where;
	const char *insns; /* of a point: the registers, "r0 r2" */
};

/* Of point @nth, with @regs as in "r0 r2". */
static char *counting(size_t nth, const char *regs)
{
	size_t cell = offsetof(struct trace_cells, counts) + nth * sizeof(uint64_t);
	unsigned int a, b;

	assert_int_equal(sscanf(regs, "r%u r%u", &a, &b), 2);
	return text_format("r%u = value %d %zu; w%u = 1; lock [r%u 0] += r%u", a, MAP_FD, cell, b,
			   a, b);
}

/* The last @n_points of them count. */
static void inserted_are(const struct wanted *wanted, size_t n, size_t n_points)
{
	assert_int_equal(n_inserted, n);
	for (size_t i = 0; i < n; i++) {
		bool counts = i + n_points >= n;
		char *FREE_AUTO count = counts ? counting(i + n_points - n, wanted[i].insns) : NULL;

		assert_int_equal(inserted[i].at, wanted[i].at);
		assert_int_equal(inserted[i].where, wanted[i].where);
		insns_are(inserted[i].insns, inserted[i].n, counts ? count : wanted[i].insns);
	}
}

/* "FILTER FUNCTION? LINE TEXT @INSN KIND; …" */
static void points_are(const struct trace *t, const char *wanted)
{
	static const char *const kinds[] = { "", " stayed", " jumped" };
	char *FREE_AUTO said = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const struct trace_point *p = &t->points[i];

		assert_string_equal(p->file, "f.c");
		text_add(&said, "; ", "%zu %s%s%u %s @%zu%s", p->filter,
			 p->function ? p->function : "", p->function ? ": " : "", p->line, p->text,
			 p->insn, kinds[p->kind]);
	}
	assert_string_equal(said ? said : "", wanted);
}

#define VERDICTS                                                                                  \
	{ 2, INSERT_BEFORE, "r1 = value 99 0; u32 [r1 0] = r0; u32 [r1 4] = 1" },                 \
	{                                                                                         \
		AT_INLINED + 4, INSERT_BEFORE, "r1 = value 99 8; u32 [r1 0] = r0; u32 [r1 4] = 1" \
	}

static void instruments(struct trace *t, enum trace_level level)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	t->may_lack = true;
	assert_int_equal(trace_instrument(t, level, true, &out, &chain, &e), 0);
	assert_true(t->may_lack);
	assert_int_equal(t->level, level);
	assert_int_equal(t->fd, MAP_FD);
	assert_int_equal(t->size, sizeof(struct trace_cells) + t->n * sizeof(uint64_t));
	assert_int_equal(mapped.size, t->size);
	assert_non_null(t->cells);
	assert_int_equal(t->uncounted, 0);
	t->fd = -1;
}

static void each_level_tells_more(void **state)
{
	static const struct wanted wanted[] = {
		VERDICTS,
		/* where a line begins, and where a branch and a call lead into the midst of it */
		{ AT_INLINED, INSERT_BEFORE, "r0 r1" },
		{ AT_FIRST, INSERT_BEFORE, "r0 r6" },
		{ AT_FIRST + 1, INSERT_BEFORE, "r6 r7" },
		{ AT_FIRST + 2, INSERT_BEFORE, "r0 r6" },
		{ AT_FIRST + 3, INSERT_BEFORE, "r1 r2" },
		{ AT_REST, INSERT_BEFORE, "r0 r2" },
		{ AT_REST + 1, INSERT_BEFORE, "r0 r1" },
		/* both ways */
		{ AT_INLINED + 3, INSERT_STAYED, "r1 r2" },
		{ AT_INLINED + 3, INSERT_JUMPED, "r1 r2" },
		{ AT_FIRST + 1, INSERT_STAYED, "r0 r6" },
		{ AT_FIRST + 1, INSERT_JUMPED, "r1 r2" },
		{ AT_REST, INSERT_STAYED, "r0 r1" },
		{ AT_REST, INSERT_JUMPED, "r0 r1" },
	};
	static const char at_lines[] =
		"1 two: 20 begin two @0; 0 one: 10 begin one @0; 0 10 begin one @1; 0 11 ask @2; "
		"0 11 ask @3; 1 rest: 21 the rest @4; 1 21 the rest @5";
	char *FREE_AUTO at_all =
		text_format("%s; 1 20 begin two @3 stayed; 1 20 begin two @3 jumped; "
			    "0 10 begin one @1 stayed; 0 10 begin one @1 jumped; "
			    "1 21 the rest @4 stayed; 1 21 the rest @4 jumped",
			    at_lines);
	struct trace t = TRACE_NONE;

	(void)state;
	instruments(&t, TRACE_VERDICTS);
	inserted_are(wanted, 2, 0);
	points_are(&t, "");
	instruments(&t, TRACE_LINES);
	inserted_are(wanted, 9, 7);
	points_are(&t, at_lines);
	instruments(&t, TRACE_BRANCHES);
	inserted_are(wanted, ARRAY_SIZE(wanted), ARRAY_SIZE(wanted) - 2);
	points_are(&t, at_all);
	t.cells->counts[3] = 7;
	t.cells->filters[1].asked = 1;
	trace_forget(&t);
	assert_int_equal(t.cells->counts[3], 0);
	assert_int_equal(t.cells->filters[1].asked, 0);
	trace_clear(&t);
	assert_null(t.cells);
	assert_int_equal(t.n, 0);
	trace_forget(&t);
}

/* Of filters that are not traced no more is told than what they say, and of a program that is
 * nobody's filter not even that.
 */
static void others_tell_less(void **state)
{
	static const struct wanted wanted[] = {
		VERDICTS,
		{ AT_INLINED, INSERT_BEFORE, "r0 r1" },
		{ AT_REST, INSERT_BEFORE, "r0 r2" },
		{ AT_REST + 1, INSERT_BEFORE, "r0 r1" },
	};
	static const char second[] =
		"1 two: 20 begin two @0; 1 rest: 21 the rest @4; 1 21 the rest @5";
	struct trace t = TRACE_NONE;

	(void)state;
	filters[0].traced = false;
	instruments(&t, TRACE_LINES);
	inserted_are(wanted, 5, 3);
	points_are(&t, second);
	chain.alone = "second";
	instruments(&t, TRACE_LINES);
	inserted_are(wanted + 2, 3, 3);
	points_are(&t, second);
	chain.alone = NULL;
	filters[0].traced = true;
	trace_clear(&t);
}

static void what_fails_is_told(void **state)
{
	static const struct {
		const char *fails;
		int err;
		const char *told;
	} rows[] = {
		{ "create", -EPERM, "cannot make a map to trace a chain: Operation not permitted" },
		{ "mmap", -EPERM, "cannot map what traces a chain: Operation not permitted" },
		{ "insert", -E2BIG, "an instrumented chain gets too long: Argument list too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct trace t = TRACE_NONE;

		fails = rows[i].fails;
		assert_int_equal(trace_instrument(&t, TRACE_LINES, true, &out, &chain, &e),
				 rows[i].err);
		fails = NULL;
		assert_string_equal(e.text, rows[i].told);
		assert_int_equal(!t.cells, strcmp(rows[i].fails, "insert") != 0);
		t.fd = -1; /* none of this process */
		trace_clear(&t);
	}
}

/* --- Where there is no register ------------------------------------------------------------- */

/* All of them have values, of which all are read from @first on. */
#define FULL	     "r0 = r1; r6 = r1; r7 = r1; r8 = r1; r9 = r1; "
#define SUM	     "r0 += r1; r0 += r2; r0 += r3; r0 += r4; r0 += r5; r0 += r6; r0 += r7; "
#define COUNTS(a, b) "r" #a " = value 99 512; w" #b " = 1; lock [r" #a " 0] += r" #b

/* Those that are put away come back; below what the function has on its stack. */
static void registers_are_put_away(void **state)
{
	static const struct {
		const char *begins, *ends;
		bool stack;
		const char *insns; /* NULL: there is no room */
	} rows[] = {
		{ FULL, SUM "exit", false, COUNTS(8, 9) },
		{ FULL, SUM "r0 += r8; exit", false, NULL },
		{ FULL, SUM "r0 += r8; exit", true,
		  "[r10 -8] = r0; " COUNTS(9, 0) "; r0 = [r10 -8]" },
		{ FULL, SUM "r0 += r9; r0 += r8; exit", false, NULL },
		{ FULL, SUM "r0 += r9; r0 += r8; exit", true,
		  "[r10 -16] = r0; [r10 -8] = r1; " COUNTS(0,
							   1) "; r0 = [r10 -16]; r1 = [r10 -8]" },
		{ FULL "[r10 -32] = r1; ", SUM "r0 += r8; exit", true,
		  "[r10 -40] = r0; " COUNTS(9, 0) "; r0 = [r10 -40]" },
		{ FULL "[r10 -504] = r1; ", SUM "r0 += r8; exit", true,
		  "[r10 -512] = r0; " COUNTS(9, 0) "; r0 = [r10 -512]" },
		{ FULL "[r10 -504] = r1; ", SUM "r0 += r9; r0 += r8; exit", true, NULL },
		/* what else the function has there is not known */
		{ FULL "r6 = r10; r6 += r1; ", SUM "r0 += r8; exit", true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text = text_format("%s%s", rows[i].begins, rows[i].ends);
		struct bpf_func_info func = { 0, funcs[0][0].type_id };
		struct link_input input = { .form = LINK_STATIC, .traced = true };
		struct linker one = { .filters = &input, .n_filters = 1, .alone = "one" };
		struct link_output program = { .btf = btf, .rodata_fd = -1 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct bpf_line_info line = lines[1];
		struct trace t = TRACE_NONE;
		struct captured_prog code;
		struct bpf_insn *begins;
		size_t at;

		begins = insns_of(rows[i].begins, &at);
		free(begins);
		line.insn_off = (__u32)at;
		insns_captured(&code, text);
		code.funcs = &func;
		code.n_funcs = 1;
		input.code = &code;
		program.insns = code.insns;
		program.n_insns = code.n_insns;
		program.funcs = &func;
		program.n_funcs = 1;
		program.lines = &line;
		program.n_lines = 1;
		assert_int_equal(
			trace_instrument(&t, TRACE_LINES, rows[i].stack, &program, &one, &e), 0);
		assert_int_equal(t.n, !!rows[i].insns);
		assert_int_equal(t.uncounted, !rows[i].insns);
		assert_int_equal(n_inserted, t.n);
		if (rows[i].insns) {
			assert_int_equal(inserted[0].at, at);
			insns_are(inserted[0].insns, inserted[0].n, rows[i].insns);
		}
		t.fd = -1;
		trace_clear(&t);
		free(code.insns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_tells_more),
		cmocka_unit_test(others_tell_less),
		cmocka_unit_test(what_fails_is_told),
		cmocka_unit_test(registers_are_put_away),
	};

	return cmocka_run_group_tests_name("trace", tests, make_chain, drop_chain);
}
