// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel is told of a chain's functions, lines and types. rules.mk puts a BTF in the place
 * of an object that has it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_btf.h"
#include "tests/unit/insns.h"

#define ON_NEXT (UINT32_C(1) << XLAB_NEXT)

struct btf *__wrap_bpf_object__btf(const struct bpf_object *obj);
struct btf *__wrap_bpf_object__btf(const struct bpf_object *obj)
{
	return (struct btf *)obj;
}

/* The types of an object: what all have, and functions of their own. */
static struct btf *types(const char *functions)
{
	struct btf *btf = btf__new_empty();
	char word[32];
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), proto;

	assert_true(btf__add_struct(btf, "xdp_md", 4) > 0);
	btf__add_field(btf, "data", number, 0, 0);
	proto = btf__add_func_proto(btf, number);
	while (text_word(&functions, word, sizeof(word)) > 0)
		assert_true(btf__add_func(btf, word, BTF_FUNC_STATIC, proto) > 0);
	return btf;
}

static __u32 function(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);

	assert_true(id > 0);
	return (__u32)id;
}

static __u32 word(struct btf *btf, const char *text)
{
	return (__u32)btf__add_str(btf, text);
}

/* "ctx", of a function that takes a context and gives an int; "", of one that takes nothing. */
static const char *argument_of(const struct btf *btf, const struct btf_type *f)
{
	const struct btf_type *proto = btf__type_by_id(btf, f->type), *type;
	const struct btf_param *param = btf_params(proto);

	assert_true(btf_is_func_proto(proto));
	type = btf__type_by_id(btf, proto->type);
	assert_string_equal(btf__name_by_offset(btf, type->name_off), "int");
	if (!btf_vlen(proto))
		return "";
	type = btf__type_by_id(btf, param->type);
	assert_true(btf_is_ptr(type));
	type = btf__type_by_id(btf, type->type);
	assert_string_equal(btf__name_by_offset(btf, type->name_off), "xdp_md");
	return btf__name_by_offset(btf, param->name_off);
}

/* "AT NAME(ARGUMENT)" */
static char *functions_of(const struct link_output *out)
{
	static const char *const linkages[] = { " static", "", " extern" };
	char *said = NULL;

	for (size_t i = 0; i < out->n_funcs; i++) {
		const struct btf_type *f = btf__type_by_id(out->btf, out->funcs[i].type_id);

		assert_true(f && btf_is_func(f));
		text_add(&said, "; ", "%u %s(%s)%s", out->funcs[i].insn_off,
			 btf__name_by_offset(out->btf, f->name_off), argument_of(out->btf, f),
			 linkages[btf_vlen(f)]);
	}
	return said;
}

static char *lines_of(const struct link_output *out)
{
	char *said = NULL;

	for (size_t i = 0; i < out->n_lines; i++) {
		assert_int_equal(BPF_LINE_INFO_LINE_COL(out->lines[i].line_col), 0);
		text_add(&said, "; ", "%u %s:%u %s", out->lines[i].insn_off,
			 btf__str_by_offset(out->btf, out->lines[i].file_name_off),
			 BPF_LINE_INFO_LINE_NUM(out->lines[i].line_col),
			 btf__str_by_offset(out->btf, out->lines[i].line_off));
	}
	return said;
}

static void describes(struct linker *c, const char *functions, const char *lines, size_t n_types)
{
	struct link_output out = { .rodata_fd = -1 };
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO said = NULL, *FREE_AUTO lines_said = NULL;

	assert_int_equal(link_btf_describe(&out, c, &e), 0);
	said = functions_of(&out);
	assert_string_equal(said, functions);
	lines_said = lines_of(&out);
	assert_string_equal(lines_said, lines);
	assert_int_equal(btf__type_cnt(out.btf), n_types);
	link_output_clear(&out);
	assert_true(!out.btf && !out.funcs && !out.n_funcs && !out.lines && !out.n_lines);
	assert_int_equal(out.rodata_fd, -1);
}

#define LINE(at, file, text, n)                                                \
	{                                                                      \
		.insn_off = (at), .file_name_off = (file), .line_off = (text), \
		.line_col = (n) << 10                                          \
	}

/* Of the chain itself; its three parts are one object's. */
static struct btf *own;
static struct captured_prog stop_code, note_code, came_code;
static struct bpf_func_info stop_funcs[2], note_funcs[1], came_funcs[2];
static struct bpf_line_info came_lines[2];

static int make_own(void **state)
{
	(void)state;
	own = types("xlab_stop stop_sub xlab_note xlab_came came_sub");
	stop_funcs[0].type_id = function(own, "xlab_stop");
	stop_funcs[1] = (struct bpf_func_info){ 3, function(own, "stop_sub") };
	stop_code = (struct captured_prog){ .n_insns = 5, .funcs = stop_funcs, .n_funcs = 2 };
	note_funcs[0].type_id = function(own, "xlab_note");
	note_code = (struct captured_prog){ .n_insns = 2, .funcs = note_funcs, .n_funcs = 1 };
	came_funcs[0].type_id = function(own, "xlab_came");
	came_funcs[1] = (struct bpf_func_info){ 4, function(own, "came_sub") };
	came_lines[0] = (struct bpf_line_info)LINE(0, word(own, "c.h"), word(own, "came"), 7U);
	came_lines[1] = (struct bpf_line_info)LINE(4, word(own, "c.h"), word(own, "sub"), 8U);
	came_code = (struct captured_prog){
		.n_insns = 6, .funcs = came_funcs, .n_funcs = 2, .lines = came_lines, .n_lines = 2
	};
	return 0;
}

static int drop_own(void **state)
{
	(void)state;
	btf__free(own);
	return 0;
}

static struct linker chain(struct link_input *filters, size_t n)
{
	const struct link_input part = { .obj = (void *)own, .form = LINK_STATIC };
	struct linker c = { .filters = filters,
			    .n_filters = n,
			    .stop = part,
			    .note = part,
			    .came = part,
			    .end = 90 };

	c.stop.code = &stop_code;
	c.stop.at = 100;
	c.note.code = &note_code;
	c.note.at = 110;
	c.came.code = &came_code;
	c.came.form = LINK_INLINED;
	c.came.n_main = 4;
	c.came.body = 1;
	c.came.at = 120;
	return c;
}

#define OWN_TYPES 9 /* with void, and without what each chain adds: a pointer and a prototype */

/* The chain is a function, and what it calls; what it jumps into or has in it is none. */
static void the_chain_itself(void **state)
{
	struct linker c = chain(NULL, 0);

	(void)state;
	describes(&c, "0 xlab_chain(ctx); 103 stop_sub() static",
		  "0 xlab:0 the chain begins; 90 xlab:0 the chain ends", OWN_TYPES + 3);
	c.calls_stop = true;
	describes(&c, "0 xlab_chain(ctx); 100 xlab_stop() static; 103 stop_sub() static",
		  "0 xlab:0 the chain begins; 90 xlab:0 the chain ends", OWN_TYPES + 3);
	c.tells_came = true;
	describes(&c,
		  "0 xlab_chain(ctx); 100 xlab_stop() static; 103 stop_sub() static; 120 "
		  "came_sub() static",
		  "0 xlab:0 the chain begins; 1 c.h:7 came; 90 xlab:0 the chain ends; "
		  "120 c.h:8 sub",
		  OWN_TYPES + 3);
}

/* Its main function, of three instructions, calls the other. */
static struct bpf_func_info funcs[2];
static struct bpf_line_info lines[3];
static struct captured_prog code;

static void captured(struct btf *btf)
{
	code = (struct captured_prog){
		.n_insns = 5, .funcs = funcs, .n_funcs = 2, .lines = lines, .n_lines = 3
	};
	funcs[0] = (struct bpf_func_info){ 0, function(btf, "web") };
	funcs[1] = (struct bpf_func_info){ 3, function(btf, "sub") };
	lines[0] = (struct bpf_line_info)LINE(0, word(btf, "w.c"), word(btf, "first"), 1U);
	lines[1] = (struct bpf_line_info)LINE(2, word(btf, "w.c"), word(btf, "last"), 2U);
	lines[2] = (struct bpf_line_info)LINE(3, word(btf, "w.c"), word(btf, "other"), 3U);
}

static struct link_input filter(const char *name, struct btf *btf, enum link_form form)
{
	return (struct link_input){ .name = name,
				    .obj = (void *)btf,
				    .code = &code,
				    .continues = ON_NEXT,
				    .silent = XLAB_NEXT,
				    .form = form,
				    .entry = 10,
				    .body = 11,
				    .n_main = 3,
				    .at = 200 };
}

/* One that is called is a function of its own name, and its lines are where it is. */
static void filters_have_names_and_lines(void **state)
{
	static const struct {
		const char *name;
		enum link_form form;
		const char *functions, *lines;
	} rows[] = {
		{ "web-80", LINK_INLINED,
		  "0 xlab_chain(ctx); 103 stop_sub() static; 200 sub() static",
		  "10 xlab:0 filter 0: web-80; 11 w.c:1 first; 13 w.c:2 last; "
		  "14 xlab:0 the verdict of filter 0: web-80; 90 xlab:0 the chain ends; "
		  "200 w.c:3 other" },
		{ "web-80", LINK_GLOBAL,
		  "0 xlab_chain(ctx); 103 stop_sub() static; 200 web_80(ctx); 203 sub() static",
		  "10 xlab:0 filter 0: web-80; 90 xlab:0 the chain ends; 200 w.c:1 first; "
		  "202 w.c:2 last; 203 w.c:3 other" },
		{ "80", LINK_STATIC,
		  "0 xlab_chain(ctx); 103 stop_sub() static; 200 f_80(ctx) static; 203 sub() "
		  "static",
		  "10 xlab:0 filter 0: 80; 90 xlab:0 the chain ends; 200 w.c:1 first; "
		  "202 w.c:2 last; 203 w.c:3 other" },
	};
	struct btf *btf = types("web sub");

	(void)state;
	captured(btf);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct link_input one = filter(rows[i].name, btf, rows[i].form);
		struct linker c = chain(&one, 1);
		char *FREE_AUTO all = text_format("0 xlab:0 the chain begins; %s", rows[i].lines);

		/* its int, struct, prototype and functions; called, one of its name is added */
		describes(&c, rows[i].functions, all,
			  OWN_TYPES + 3 + 5 + (rows[i].form != LINK_INLINED));
	}
	btf__free(btf);
}

/* A line at the start of each function is made where there is none; functions, too. */
static void what_has_no_lines_has_made_ones(void **state)
{
	static const struct {
		enum link_form form;
		bool bare; /* it has no functions, either */
		const char *functions, *lines;
	} rows[] = {
		{ LINK_INLINED, false, "200 sub() static",
		  "14 xlab:0 the verdict of filter 0: web; 90 xlab:0 the chain ends; "
		  "200 web:0 (compiled without -g)" },
		{ LINK_GLOBAL, false, "200 web(ctx); 203 sub() static",
		  "90 xlab:0 the chain ends; 200 web:0 (compiled without -g); "
		  "203 web:0 (compiled without -g)" },
		{ LINK_GLOBAL, true, "200 web(ctx); 203 web_3(ctx) static; 205 web_5(ctx) static",
		  "90 xlab:0 the chain ends; 200 web:0 (compiled without -g); "
		  "203 web:0 (compiled without -g); 205 web:0 (compiled without -g)" },
	};
	struct btf *btf = types("web sub");
	struct captured_prog bare = { 0 };

	(void)state;
	/* An address, a call, a helper, calls of what is not there on either side, and of the main
	 * function.
	 */
	insns_captured(&bare, "r2 = func +4; call +0; exit; call 0; r0 = 2; call +3; call +-8;"
			      "call +-10; exit");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct link_input one = filter("web", btf, rows[i].form);
		struct linker c = chain(&one, 1);
		char *FREE_AUTO functions = text_format(
			"0 xlab_chain(ctx); 103 stop_sub() static; %s", rows[i].functions);
		char *FREE_AUTO all = text_format(
			"0 xlab:0 the chain begins; 10 xlab:0 filter 0: web; %s", rows[i].lines);
		size_t n_types = OWN_TYPES + 3;

		captured(btf);
		code.n_lines = 0;
		if (rows[i].bare) {
			one.obj = NULL;
			one.code = &bare;
		}
		n_types += rows[i].bare ? 3 : 5 + (rows[i].form != LINK_INLINED);
		describes(&c, functions, all, n_types);
	}
	captured_prog_clear(&bare);
	btf__free(btf);
}

/* The types of an object are there once, whoever else has the same ones. */
static void the_same_types_are_one(void **state)
{
	struct btf *btf[] = { types("web sub"), types("web sub"), types("sub web"), types("web") };
	static const struct {
		int first, second; /* -1: its object has none */
		size_t n_types;	   /* besides the chain's */
	} rows[] = {
		{ 0, 0, 5 },  { 0, 1, 5 },  { 0, 2, 10 },  { 0, 3, 9 },
		{ 0, -1, 5 }, { -1, 0, 5 }, { -1, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_insn insns[2] = { { 0 }, { 0 } };
		struct captured_prog plain[2] = { { .insns = insns, .n_insns = 2 },
						  { .insns = insns, .n_insns = 2 } };
		struct bpf_func_info main_funcs[2] = { { 0 }, { 0 } };
		struct link_input two[2];
		struct linker c = chain(two, 2);
		struct link_output out = { .rodata_fd = -1 };
		struct error ERROR_AUTO e = ERROR_INIT;

		for (size_t k = 0; k < 2; k++) {
			int which = k ? rows[i].second : rows[i].first;

			two[k] = filter("web", which < 0 ? NULL : btf[which], LINK_INLINED);
			two[k].code = &plain[k];
			two[k].n_main = 2;
			if (which < 0)
				continue;
			main_funcs[k].type_id = function(btf[which], "web");
			plain[k].funcs = &main_funcs[k];
			plain[k].n_funcs = 1;
		}
		assert_int_equal(link_btf_describe(&out, &c, &e), 0);
		for (size_t k = 0; k < 2; k++) {
			const struct btf_type *f = btf__type_by_id(
				out.btf, main_funcs[k].type_id + (__u32)two[k].btf_shift);

			if (plain[k].n_funcs)
				assert_string_equal(btf__name_by_offset(out.btf, f->name_off),
						    "web");
		}
		assert_int_equal(btf__type_cnt(out.btf), OWN_TYPES + 3 + rows[i].n_types);
		link_output_clear(&out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(btf); i++)
		btf__free(btf[i]);
}

/* What the kernel is told last stands last: its stand-in for functions that are never called. */
static void notes_and_the_stand_in(void **state)
{
	size_t idle[] = { 0 };
	struct btf *btf = types("web sub");
	struct link_input one = filter("web", btf, LINK_INLINED);
	struct linker c = chain(&one, 1);

	(void)state;
	captured(btf);
	code.n_funcs = 1;
	code.n_lines = 0;
	one.continues |= 1U << XDP_DROP;
	one.idle = idle;
	one.n_idle = 1;
	c.idle = 300;
	describes(&c,
		  "0 xlab_chain(ctx); 103 stop_sub() static; 110 xlab_note() static; "
		  "300 xlab_never_called(ctx) static",
		  "0 xlab:0 the chain begins; 10 xlab:0 filter 0: web; "
		  "14 xlab:0 the verdict of filter 0: web; 90 xlab:0 the chain ends; "
		  "300 xlab:0 what is never called",
		  OWN_TYPES + 3 + 5 + 1);
	btf__free(btf);
}

/* A function that is only declared is none to the kernel: what has its name is a type. */
static void declared_functions(void **state)
{
	struct btf *btf = types("web sub");
	__u32 proto = btf__type_by_id(btf, function(btf, "web"))->type;
	int id = btf__add_func(btf, "elsewhere", BTF_FUNC_EXTERN, (int)proto);
	const struct btf_type *elsewhere;

	(void)state;
	assert_int_equal(btf__add_func(btf, "last", BTF_FUNC_GLOBAL, (int)proto), id + 1);
	link_btf_name_declared(btf);
	elsewhere = btf__type_by_id(btf, (__u32)id);
	assert_true(btf_is_typedef(elsewhere) && !btf_vlen(elsewhere));
	assert_int_equal(elsewhere->type, proto);
	assert_true(btf__find_by_name_kind(btf, "last", BTF_KIND_FUNC) == id + 1);
	btf__free(btf);
}

/* An object that lacks what every chain has. */
static void types_that_lack(void **state)
{
	struct linker c = chain(NULL, 0);
	struct link_output out = { .rodata_fd = -1 };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	c.stop.obj = NULL;
	assert_int_equal(link_btf_describe(&out, &c, &e), -ENOENT);
	assert_string_equal(e.text, "cannot merge the filters' BTF: No such file or directory");
	link_output_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chain_itself),
		cmocka_unit_test(filters_have_names_and_lines),
		cmocka_unit_test(what_has_no_lines_has_made_ones),
		cmocka_unit_test(the_same_types_are_one),
		cmocka_unit_test(notes_and_the_stand_in),
		cmocka_unit_test(declared_functions),
		cmocka_unit_test(types_that_lack),
	};

	return cmocka_run_group_tests_name("link_btf", tests, make_own, drop_own);
}
