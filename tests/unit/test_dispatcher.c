// SPDX-License-Identifier: GPL-2.0-or-later
/* The first block of a chain's program, instruction by instruction, with filters in it and called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/dispatcher.h"
#include "orchestrator/linker/inline.h"
#include "orchestrator/linker/link.h"
#include "tests/unit/insns.h"

#define BIT(n)	(UINT32_C(1) << (n))
#define ON_NEXT BIT(XLAB_NEXT)

static struct captured_prog codes[2];
static struct bpf_func_info starts[2] = { { .insn_off = 0 }, { .insn_off = 3 } };

/* A filter whose first function has @n_main instructions; 0: it is called. */
static struct link_input input(size_t i, const char *text, size_t n_main, uint32_t continues)
{
	struct link_input p = { .name = i ? "b" : "a",
				.code = &codes[i],
				.continues = continues,
				.silent = XLAB_NEXT,
				.form = n_main ? LINK_INLINED : LINK_GLOBAL,
				.n_main = n_main };

	insns_captured(&codes[i], text);
	return p;
}

static void clear(struct link_output *out)
{
	captured_prog_clear(&codes[0]);
	captured_prog_clear(&codes[1]);
	link_output_clear(out);
}

/* Where it all is that is behind the dispatcher; that itself is not looked at. */
static void fix_up(struct link_output *out, struct linker *c)
{
	size_t n = out->n_insns;

	c->stop.at = n;
	c->note.at = n + 100;
	for (size_t i = 0; i < c->n_filters; i++)
		c->filters[i].at = n + 200 + 100 * i;
	c->idle = n + 400;
	while (out->n_insns < n + 500)
		link_output_insn(out)->code = BPF_JMP | BPF_CALL;
	dispatcher_fix_up(out, c);
	assert_int_equal(out->insns[n].imm, 0);
	out->n_insns = n;
}

static void called_filters(void **state)
{
	struct link_input filters[] = { input(0, "r0 = 31; exit", 0, ON_NEXT),
					input(1, "r0 = 2; exit", 0, ON_NEXT) };
	struct linker c = { .filters = filters, .n_filters = 2 };
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	assert_false(linker_notes(&c));
	assert_false(linker_idles(&c));
	dispatcher_write(&out, &c);
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "r1 = r6; call +0; if w0 != 31 goto +4;"
		  "r1 = r6; call +1; if w0 != 31 goto +4;"
		  "goto +6;"
		  "w3 = w0; w2 = 0; goto +5;" /* out of the first */
		  "w3 = w0; w2 = 1; goto +2;" /* and of the second */
		  "w2 = 2; w3 = 2;"	      /* the end */
		  "r1 = r6");		      /* stop */
	assert_int_equal(filters[0].entry, 1);
	assert_int_equal(filters[1].entry, 4);
	assert_int_equal(c.end, 7);
	fix_up(&out, &c); /* from where they are, 2 and 5 of 17 */
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "r1 = r6; call +214; if w0 != 31 goto +4;"
		  "r1 = r6; call +311; if w0 != 31 goto +4;"
		  "goto +6;"
		  "w3 = w0; w2 = 0; goto +5;"
		  "w3 = w0; w2 = 1; goto +2;"
		  "w2 = 2; w3 = 2; r1 = r6");
	clear(&out);
}

/* With a call of what is behind, and of what tells what a filter said before the chain went on. */
static void stop_and_notes_are_called(void **state)
{
	struct link_input filters[] = { input(0, "r0 = 31; exit", 0,
					      ON_NEXT | BIT(XDP_ABORTED) | BIT(XDP_PASS)) };
	struct linker c = { .filters = filters, .n_filters = 1, .calls_stop = true };
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	assert_true(linker_notes(&c));
	dispatcher_write(&out, &c);
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "r1 = r6; call +0; if w0 != 31 goto +6;"
		  "goto +10;"
		  "r1 = r6; w2 = 0; w3 = w0; call +1; goto -6;" /* a note, and on */
		  "if w0 == 0 goto -6; if w0 == 2 goto -7; w3 = w0; w2 = 0; goto +2;"
		  "w2 = 1; w3 = 2;"
		  "r1 = r6; call +2; exit");
	fix_up(&out, &c);
	assert_int_equal(out.insns[8].imm, 20 + 100 - 9);
	assert_int_equal(out.insns[18].imm, 20 - 19);
	clear(&out);
}

/* Its silent verdict need not be the one that all masks have; and may not be in the mask. */
static void silence_is_what_is_not_noted(void **state)
{
	struct link_input filters[] = { input(0, "r0 = 2; exit", 0, ON_NEXT | BIT(XDP_PASS)),
					input(1, "r0 = 2; exit", 0, ON_NEXT) };
	struct linker c = { .filters = filters, .n_filters = 2 };
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	filters[0].silent = filters[1].silent = XDP_PASS;
	dispatcher_write(&out, &c);
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "r1 = r6; call +0; if w0 != 2 goto +9;"
		  "r1 = r6; call +1; goto +15;"
		  "goto +18;"
		  "r1 = r6; w2 = 0; w3 = w0; call +2; goto -9;"
		  "if w0 == 31 goto -6; w3 = w0; w2 = 0; goto +11;"
		  "r1 = r6; w2 = 1; w3 = w0; call +2; goto -15;"
		  "if w0 == 31 goto -6; w3 = w0; w2 = 1; goto +2;"
		  "w2 = 2; w3 = 2;"
		  "r1 = r6");
	clear(&out);
}

/* Each exit leads to its end, and r6 is another register; its second function is behind all else.
 */
static void a_filter_in_the_dispatcher(void **state)
{
	struct link_input filters[] = {
		input(0, "r6 = r2; call +1; exit; r6 = 5; r0 = r6; exit", 3, ON_NEXT),
		input(1, "r0 = 2; exit", 0, ON_NEXT),
	};
	struct linker c = { .filters = filters, .n_filters = 2 };
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	dispatcher_write(&out, &c);
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "r1 = r6; r7 = r2; call +1; goto +0; if w0 != 31 goto +4;"
		  "r1 = r6; call +1; if w0 != 31 goto +4;"
		  "goto +6;"
		  "w3 = w0; w2 = 0; goto +5;"
		  "w3 = w0; w2 = 1; goto +2;"
		  "w2 = 2; w3 = 2; r1 = r6");
	assert_int_equal(filters[0].entry, 1);
	assert_int_equal(filters[0].body, 2);
	fix_up(&out, &c);
	/* the function begins where the filter's rest does */
	assert_int_equal(out.insns[3].imm, 19 + 200 - 4);
	assert_int_equal(out.insns[7].imm, 19 + 300 - 8);
	clear(&out);
}

/* What tells how a packet came is first; a word at the very end of the stack makes it too much. */
static void what_comes_before_the_filters(void **state)
{
	struct link_input filters[] = { input(0, "r0 = 2; exit", 0, ON_NEXT) };
	size_t idle[] = { 0 };
	struct linker c = {
		.filters = filters, .n_filters = 1, .tells_came = true, .overfull = true
	};
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	c.came = input(1, "call +2; call +1; exit; r0 = 1; exit", 3, 0);
	c.came.at = 500;
	dispatcher_write(&out, &c);
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "call +2; call +1; goto +0;"
		  "[r10 -512] = 0;"
		  "r1 = r6; call +0; if w0 != 31 goto +1;"
		  "goto +3;"
		  "w3 = w0; w2 = 0; goto +2;"
		  "w2 = 1; w3 = 2; r1 = r6");
	filters[0].idle = idle;
	filters[0].n_idle = 1;
	c.overfull = false;
	dispatcher_write(&out, &c);
	fix_up(&out, &c);
	/* its own are not the dispatcher's, whose first is behind it */
	insns_are(out.insns, out.n_insns,
		  "r6 = r1;"
		  "call +498; call +497; goto +0;"
		  "call +410;"
		  "r1 = r6; call +208; if w0 != 31 goto +1;"
		  "goto +3;"
		  "w3 = w0; w2 = 0; goto +2;"
		  "w2 = 1; w3 = 2; r1 = r6");
	clear(&out);
}

/* A function that is never called: its address is that of a stand-in, which names it to the kernel.
 */
static void what_is_never_called_has_a_stand_in(void **state)
{
	struct link_input filters[] = {
		input(0, "r1 = func +2; r0 = 2; exit; r0 = 1; exit", 0, ON_NEXT),
		input(1, "r0 = 2; exit", 0, ON_NEXT),
	};
	size_t idle[] = { 0 };
	struct linker c = { .filters = filters, .n_filters = 2 };
	struct link_output out = { .rodata_fd = -1 };
	size_t n;

	(void)state;
	filters[0].idle = idle;
	filters[0].n_idle = 1;
	assert_true(linker_idles(&c));
	dispatcher_write(&out, &c);
	n = out.n_insns;
	assert_int_equal(n, 18);
	assert_int_equal(out.insns[1].imm, 4); /* the stand-in is called, first of all */
	c.stop.at = n;
	filters[0].at = n;
	for (size_t i = 0; i < codes[0].n_insns; i++)
		*link_output_insn(&out) = codes[0].insns[i];
	filters[1].at = out.n_insns;
	dispatcher_write_idle(&out, &c);
	assert_int_equal(c.idle, n + 6);
	insns_are(out.insns + c.idle, out.n_insns - c.idle,
		  "w0 = 0; if w0 == 0 goto +2; call +-6; w0 = 0; exit");
	dispatcher_fix_up(&out, &c);
	assert_int_equal(out.insns[1].imm, c.idle - 2);
	assert_int_equal(out.insns[n].imm, c.idle - n - 1);
	assert_int_equal(out.insns[c.idle + 2].imm, -6);
	clear(&out);
}

static void nobody_idles_nobody_stands_in(void **state)
{
	struct link_input filters[] = { input(0, "r0 = 2; exit", 0, ON_NEXT) };
	struct linker c = { .filters = filters, .n_filters = 1 };
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	dispatcher_write_idle(&out, &c);
	assert_int_equal(out.n_insns, 0);
	clear(&out);
}

static void not_every_filter_can_be_in_it(void **state)
{
	static const struct {
		const char *text;
		size_t n_funcs, n_main; /* 0: it cannot be */
	} cases[] = {
		{ "r6 = r1; r0 = 2; exit", 1, 3 },
		{ "r6 = r1; call +1; exit; r0 = 2; exit", 2, 3 },
		{ "r0 = 2; exit", 0, 0 },
		/* it would leave the chain */
		{ "call 12; r0 = 2; exit", 1, 0 },
		{ "r0 = 2; call 11; exit", 1, 3 },
		{ "r1 = 12; r0 = 2; exit", 1, 3 },
		{ "call +12; r0 = 2; exit", 1, 3 },
		{ "r0 = 2; r0 = 1; exit; call 12; exit", 2, 3 },
		/* one register of those that calls keep is the chain's */
		{ "r7 = r6; r8 = r9; exit", 1, 0 },
		{ "r7 = r1; r8 = r9; exit", 1, 3 },
		{ "r7 = r6; r8 = r1; exit", 1, 3 },
		{ "r7 = r6; [r8 0] = r9; exit", 1, 0 },
		{ "r0 = 2; r0 = 1; exit; r6 = r7; r8 = r9; exit", 2, 3 },
		/* which has the context, as the chain's has, if nothing else is ever in it */
		{ "r6 = r1; r7 = r8; r9 = [r6 0]; [r6 0] = r7; exit", 1, 5 },
		{ "r6 = r1; r7 = r8; if r9 == 0 goto +0; exit", 1, 4 },
		{ "r6 = r2; r7 = r8; r9 = [r6 0]; exit", 1, 0 },
		{ "r7 = r1; r6 = r1; r9 = r8; exit", 1, 0 },
		{ "r7 = r1; r8 = r6; r9 = r8; exit", 1, 0 },
		{ "r6 = r1; r7 = r8; r9 = r6; r6 += 8; exit", 1, 0 },
		{ "r6 = r1; r7 = r8; r9 = r6; r6 = [r6 0]; exit", 1, 0 },
		{ "r6 = r1; r7 = r8; r9 = r6; lock [r7 0] += r6; exit", 1, 0 },
		{ "r6 = r1; r7 = r8; r9 = r6; r1 = 3; goto -5", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct captured_prog code;
		struct link_input p = { .code = &code };

		insns_captured(&code, cases[i].text);
		code.funcs = starts;
		code.n_funcs = cases[i].n_funcs;
		if (inline_possible(&p) != (cases[i].n_main > 0))
			fail_msg("%s: it can%s", cases[i].text, cases[i].n_main ? "not" : "");
		if (cases[i].n_main)
			assert_int_equal(p.n_main, cases[i].n_main);
		code.funcs = NULL;
		captured_prog_clear(&code);
	}
}

/* What stands in for r6: the first that it does not use; r6 itself, if that is it, or the context.
 */
static void registers_are_renamed(void **state)
{
	static const struct {
		const char *text, *becomes;
	} cases[] = {
		{ "r6 = r1; [r6 0] = r6; exit", "r6 = r1; [r6 0] = r6; goto +0" },
		{ "r6 = r2; [r6 0] = r6; exit", "r7 = r2; [r7 0] = r7; goto +0" },
		{ "r7 = r1; r8 = r7; exit", "r7 = r1; r8 = r7; goto +0" },
		{ "r6 = r7; r8 = r6; exit", "r9 = r7; r8 = r9; goto +0" },
		{ "r9 = r6; r7 = r6; exit; exit", "r9 = r8; r7 = r8; goto +1; goto +0" },
		/* the source of a wide load is none, nor a call's */
		{ "r6 = map 5; r0 = r6; exit", "r7 = map 5; r0 = r7; goto +0" },
		{ "r6 = func +3; r7 = r6; call +6; exit",
		  "r8 = func +3; r7 = r8; call +6; goto +0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct captured_prog code;
		struct link_input p = { .code = &code, .form = LINK_INLINED };
		struct link_output out = { .rodata_fd = -1 };

		insns_captured(&code, cases[i].text);
		p.n_main = code.n_insns;
		inline_append(&out, &p);
		assert_int_equal(p.body, 0);
		insns_are(out.insns, out.n_insns, cases[i].becomes);
		captured_prog_clear(&code);
		link_output_clear(&out);
	}
}

/* Which filter an instruction belongs to, and which of its own that is: 10 instructions in the
 * dispatcher, then two of the first filter's second function, then all five of the second.
 */
static void instructions_have_their_filter(void **state)
{
	struct captured_prog code = { .n_insns = 5 };
	struct link_input filters[] = {
		{ .code = &code, .form = LINK_INLINED, .n_main = 3, .body = 4, .at = 10 },
		{ .code = &code, .form = LINK_STATIC, .n_main = 3, .body = 4, .at = 12 },
	};
	struct linker c = { .filters = filters, .n_filters = 2 };
	static const struct {
		size_t at, filter, own;
	} places[] = {
		{ 3, 2, 0 },  { 4, 0, 0 },  { 6, 0, 2 },  { 7, 2, 0 },	{ 9, 2, 0 },
		{ 10, 0, 3 }, { 11, 0, 4 }, { 12, 1, 0 }, { 16, 1, 4 }, { 17, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t filter = linker_filter_at(&c, places[i].at);

		assert_int_equal(filter, places[i].filter);
		if (filter == 2)
			continue;
		assert_int_equal(link_input_own(&filters[filter], places[i].at), places[i].own);
		assert_int_equal(link_input_insn(&filters[filter], places[i].own), places[i].at);
	}
	assert_int_equal(link_input_inlined(&filters[0]), 3);
	assert_int_equal(link_input_inlined(&filters[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(called_filters),
		cmocka_unit_test(stop_and_notes_are_called),
		cmocka_unit_test(silence_is_what_is_not_noted),
		cmocka_unit_test(a_filter_in_the_dispatcher),
		cmocka_unit_test(what_comes_before_the_filters),
		cmocka_unit_test(what_is_never_called_has_a_stand_in),
		cmocka_unit_test(nobody_idles_nobody_stands_in),
		cmocka_unit_test(not_every_filter_can_be_in_it),
		cmocka_unit_test(registers_are_renamed),
		cmocka_unit_test(instructions_have_their_filter),
	};

	return cmocka_run_group_tests_name("dispatcher", tests, NULL, NULL);
}
