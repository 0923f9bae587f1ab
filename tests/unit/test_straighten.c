// SPDX-License-Identifier: GPL-2.0-or-later
/* What is run one behind another stands so; lines and functions follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/linker/straighten.h"
#include "tests/unit/insns.h"

#define FUNCS_MAX 4

static const uint32_t nobody_says[] = { 0, 0 }; /* where functions begin: there is no BTF */

/* @begins of its functions, 0 ends them, and of those of the result in @after. */
static void functions_become(const char *before, const uint32_t *begins, const char *after,
			     const uint32_t *begins_after)
{
	struct captured_prog prog;
	size_t n = 0;

	insns_captured(&prog, before);
	prog.funcs = xcalloc(FUNCS_MAX, sizeof(*prog.funcs));
	do
		prog.funcs[n] = (struct bpf_func_info){ begins[n], 10 + (uint32_t)n };
	while (begins[++n]);
	prog.n_funcs = begins == nobody_says ? 0 : n;
	captured_prog_straighten(&prog);
	insns_are(prog.insns, prog.n_insns, after);
	for (n = 0; n < prog.n_funcs; n++)
		assert_int_equal(prog.funcs[n].insn_off, begins_after[n]);
	assert_int_equal(begins_after[n], 0);
	captured_prog_clear(&prog);
}

static void becomes(const char *before, const char *after)
{
	functions_become(before, (uint32_t[]){ 0, 0 }, after, (uint32_t[]){ 0, 0 });
}

static void what_jumps_lead_to_takes_their_place(void **state)
{
	(void)state;
	becomes("r0 = 1; exit", "r0 = 1; exit");
	functions_become("goto +1; exit; r0 = 1; exit", nobody_says, "r0 = 1; exit", nobody_says);
	becomes("goto +2; r0 = 1; exit; r0 = 2; goto -4", "r0 = 2; r0 = 1; exit");
	becomes("goto +0; goto +1; r0 = 7; goto +1; r0 = 8; r0 = 2; exit", "r0 = 2; exit");
	becomes("if r1 == 0 goto +2; goto +2; exit; exit; r0 = 2; exit",
		"if r1 == 0 goto +2; r0 = 2; exit; exit");
	/* what has its place already is jumped to */
	becomes("if r1 == 0 goto +1; goto +1; r0 = 2; r0 = 3; exit",
		"if r1 == 0 goto +2; r0 = 3; exit; r0 = 2; goto -4");
	becomes("r1 += 1; if r1 < 9 goto -2; goto +1; exit; r0 = 1; goto -3",
		"r1 += 1; if r1 < 9 goto -2; r0 = 1; exit");
	/* a branch to a jump leads to where that leads */
	becomes("if r1 == 0 goto +2; r0 = 1; exit; goto +0; goto -3",
		"if r1 == 0 goto +1; r0 = 1; exit");
	becomes("r2 = wide 9; if r2 == r1 goto +3; goto +0; r0 = wide 1; exit; exit",
		"r2 = wide 9; if r2 == r1 goto +2; r0 = wide 1; exit");
}

static void a_function_that_is_called_last_takes_its_place(void **state)
{
	const uint32_t none[] = { 0, 0 };

	(void)state;
	functions_become("call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 2, 0 }, "r0 = 2; exit",
			 none);
	functions_become("if r1 == 0 goto +2; r0 = 1; exit; call +1; goto -3; r0 = 2; exit",
			 (uint32_t[]){ 0, 5, 0 }, "if r1 == 0 goto +2; r0 = 1; exit; r0 = 2; exit",
			 none);
	/* not if something is done behind it, */
	functions_become("call +2; r0 += 1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 },
			 "call +2; r0 += 1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 });
	/* if it is called twice, or its address is known, */
	functions_become("if r1 == 0 goto +2; call +3; exit; call +1; exit; r0 = 2; exit",
			 (uint32_t[]){ 0, 5, 0 },
			 "if r1 == 0 goto +2; call +3; exit; call +1; exit; r0 = 2; exit",
			 (uint32_t[]){ 0, 5, 0 });
	functions_become("r2 = func +3; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 4, 0 },
			 "r2 = func +3; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 4, 0 });
	/* or if it may be told of what is on the stack that would be its own; */
	functions_become("r1 = r10; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 },
			 "r1 = r10; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 });
	functions_become("[r1 0] = r10; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 },
			 "[r1 0] = r10; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 });
	functions_become("[r10 -8] = r1; call +1; exit; r0 = 2; exit", (uint32_t[]){ 0, 3, 0 },
			 "[r10 -8] = r1; r0 = 2; exit", none);
	/* the others are called where they are now. */
	functions_become("call +1; exit; call +1; goto +2; r0 = 2; exit; r0 += r0; exit",
			 (uint32_t[]){ 0, 2, 4, 0 }, "call +2; r0 += r0; exit; r0 = 2; exit",
			 (uint32_t[]){ 0, 3, 0 });
}

static void lines_follow(void **state)
{
	struct bpf_func_info funcs[] = { { 0, 11 }, { 8, 12 }, { 10, 13 } };
	struct bpf_line_info lines[] = { { 0, 0, 1, 0 }, { 2, 0, 2, 0 }, { 5, 0, 3, 0 },
					 { 7, 0, 4, 0 }, { 8, 0, 5, 0 }, { 10, 0, 6, 0 } };
	static const uint32_t after[][2] = { { 0, 1 }, { 1, 3 }, { 2, 5 }, { 4, 2 }, { 7, 6 } };
	struct captured_prog prog;

	(void)state;
	insns_captured(&prog, "r2 = 1; goto +3; call +7; r0 += 1; exit; if r1 == 0 goto -4; "
			      "call +1; goto -4; r0 = 3; exit; r0 = 4; exit");
	insns_told(&prog, funcs, ARRAY_SIZE(funcs), lines, ARRAY_SIZE(lines));
	captured_prog_straighten(&prog);
	insns_are(prog.insns, prog.n_insns,
		  "r2 = 1; if r1 == 0 goto +2; r0 = 3; exit; call +2; r0 += 1; exit; r0 = 4; exit");
	assert_int_equal(prog.n_funcs, 2);
	assert_int_equal(prog.funcs[1].type_id, 13);
	assert_int_equal(prog.n_lines, ARRAY_SIZE(after));
	for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
		assert_int_equal(prog.lines[i].insn_off, after[i][0]);
		assert_int_equal(prog.lines[i].line_off, after[i][1]);
	}
	captured_prog_clear(&prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_jumps_lead_to_takes_their_place),
		cmocka_unit_test(a_function_that_is_called_last_takes_its_place),
		cmocka_unit_test(lines_follow),
	};

	return cmocka_run_group_tests_name("straighten", tests, NULL, NULL);
}
