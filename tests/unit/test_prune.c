// SPDX-License-Identifier: GPL-2.0-or-later
/* What constants decide is taken out of a program, and nothing else; lines and functions follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/linker/prune.h"
#include "tests/unit/insns.h"

static void becomes(const char *before, const char *after)
{
	struct captured_prog prog;

	insns_captured(&prog, before);
	captured_prog_prune(&prog);
	insns_are(prog.insns, prog.n_insns, after);
	captured_prog_clear(&prog);
}

#define BRANCH "if %s goto +2; r0 = 1; exit; r0 = 2; exit"

/* It leads to r0 = 2 if it is taken. */
static void decides(const char *move, const char *branch, int taken)
{
	static const char *const after[] = { "r0 = 1; exit", "r0 = 2; exit" };
	char *FREE_AUTO before = text_format("%s; " BRANCH, move, branch);

	becomes(before, taken < 0 ? before : after[taken]);
}

static void constants_decide(void **state)
{
	static const struct {
		const char *move, *branch;
		int taken; /* -1: not known */
	} cases[] = {
		{ "r1 = 5", "r1 == 5", 1 },
		{ "r1 = 5", "r1 == 6", 0 },
		{ "r1 = 5", "r1 != 5", 0 },
		{ "r1 = 5", "r1 != 6", 1 },
		{ "r1 = 5", "r1 > 4", 1 },
		{ "r1 = 5", "r1 > 5", 0 },
		{ "r1 = 5", "r1 >= 5", 1 },
		{ "r1 = 5", "r1 >= 6", 0 },
		{ "r1 = 5", "r1 < 6", 1 },
		{ "r1 = 5", "r1 < 5", 0 },
		{ "r1 = 5", "r1 <= 5", 1 },
		{ "r1 = 5", "r1 <= 4", 0 },
		{ "r1 = 6", "r1 & 2", 1 },
		{ "r1 = 6", "r1 & 1", 0 },
		{ "r1 = 5; r2 = 5", "r1 == r2", 1 },
		{ "r1 = 5; r2 = 6", "r1 == r2", 0 },
		{ "w1 = 5; w2 = 5", "w1 == w2", 1 },
		/* what is negative is a large number, of 32 bits or of 64 */
		{ "r1 = -1", "r1 > 5", 1 },
		{ "r1 = -1", "r1 == -1", 1 },
		{ "w1 = -1", "r1 == -1", 0 },
		{ "w1 = -1", "w1 == -1", 1 },
		{ "r1 = -1", "w1 == -1", 1 },
		/* signed comparisons are left to the kernel; so is what it is not told */
		{ "r1 = 5", "r1 s> 4", -1 },
		{ "r1 = 5", "r1 == r2", -1 },
		{ "r2 = 5", "r1 == r2", -1 },
		{ "[r3 0] = 5", "r1 == 5", -1 },
		/* what was written since is not known */
		{ "r1 = 5; r1 += 1", "r1 == 5", -1 },
		{ "r1 = 5; w1 += 1", "r1 == 5", -1 },
		{ "r1 = 5; call 7", "r1 == 5", -1 },
		{ "r1 = 5; lock [r2 0] += r1", "r1 == 5", -1 },
		/* what others were is */
		{ "r1 = 4; r1 = 5", "r1 == 5", 1 },
		{ "r1 = 5; r2 = 7", "r1 == 5", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		decides(cases[i].move, cases[i].branch, cases[i].taken);
	becomes("r1 = 5; r1 = r2; if r1 == 5 goto +0; exit", "r1 = r2; if r1 == 5 goto +0; exit");
	becomes("r1 = 5; r1 = [r2 0]; if r1 == 5 goto +0; exit",
		"r1 = [r2 0]; if r1 == 5 goto +0; exit");
	becomes("r1 = 5; r1 = wide 5; if r1 == 5 goto +0; exit",
		"r1 = wide 5; if r1 == 5 goto +0; exit");
	/* where another register is written, or memory: that stays */
	becomes("r1 = 5; r3 += 1; if r1 == 5 goto +2; r0 = r3; exit; r0 = r3; exit",
		"r3 += 1; r0 = r3; exit");
	becomes("r1 = 5; [r3 0] = 7; if r1 == 5 goto +2; r0 = 1; exit; r0 = 2; exit",
		"[r3 0] = 7; r0 = 2; exit");
}

/* What something else may come to from elsewhere begins with nothing known. */
static void what_is_known_ends_where_others_come(void **state)
{
	(void)state;
	becomes("r1 = 5; if r2 == 0 goto +1; r3 += 1; if r1 == 5 goto +1; r3 += 2; r0 = r3; exit",
		"r1 = 5; if r2 == 0 goto +1; r3 += 1; if r1 == 5 goto +1; r3 += 2; r0 = r3; exit");
	/* and where nobody comes any more it is known after all */
	becomes("r4 = 0; r1 = 5; if r4 != 0 goto +1; r3 += 1; if r1 == 5 goto +1; r3 += 2; r0 = "
		"r3; exit",
		"r3 += 1; r0 = r3; exit");
	becomes("r1 = 5; call +2; r0 = r1; exit; if r1 == 5 goto +1; r0 = 2; exit",
		"r1 = 5; call +2; r0 = r1; exit; if r1 == 5 goto +1; r0 = 2; exit");
}

static void what_is_never_run_goes(void **state)
{
	(void)state;
	becomes("r0 = 1; exit; r0 = 2; exit", "r0 = 1; exit");
	becomes("goto +2; r0 = 1; exit; r0 = 2; exit", "r0 = 2; exit");
	becomes("r0 = 1; goto +0; exit", "r0 = 1; exit");
	/* jumps over what has gone */
	becomes("r1 = 0; if r2 == 0 goto +2; if r1 == 1 goto +2; r3 += 1; r0 = r3; exit; r0 = 7; "
		"exit",
		"if r2 == 0 goto +1; r3 += 1; r0 = r3; exit");
	becomes("r1 = 1; r3 += 1; if r1 == 0 goto +1; if r3 != 9 goto -3; r0 = r3; exit",
		"r1 = 1; r3 += 1; if r1 == 0 goto +1; if r3 != 9 goto -3; r0 = r3; exit");
	/* a branch over nothing but what has gone is none, unless it says something */
	becomes("r1 = 0; if r1 == 0 goto +1; r3 = 2; r0 = r3; exit", "r0 = r3; exit");
	becomes("if r1 == 0 goto +0; r0 = 1; exit", "if r1 == 0 goto +0; r0 = 1; exit");
	/* one that always jumps, back or over what is wanted, is a jump */
	becomes("if r2 == 0 goto +5; r1 = 0; if r1 == 0 goto +1; r3 += 1; r0 = r3; exit; r0 = 7; "
		"if r2 == 3 goto -5; exit",
		"if r2 == 0 goto +4; goto +1; r3 += 1; r0 = r3; exit; r0 = 7; if r2 == 3 goto -5; "
		"exit");
}

/* Two instructions, of which the second is no instruction. */
static void wide_loads_stay_whole(void **state)
{
	(void)state;
	becomes("r1 = 0; if r1 == 1 goto +2; r2 = map 5; r0 = [r2 0]; exit",
		"r2 = map 5; r0 = [r2 0]; exit");
	becomes("r1 = 0; if r1 == 0 goto +2; r2 = value 5 8; r0 = [r2 0]; exit",
		"r0 = [r2 0]; exit");
	becomes("r2 = wide 1; r1 = 0; if r1 == 0 goto +1; r3 = 1; r2 += r3; r0 = r2; exit",
		"r2 = wide 1; r2 += r3; r0 = r2; exit");
	becomes("r2 = func +6; r1 = 0; if r1 == 0 goto +1; r3 = 9; r0 = r2; exit; r0 = 3; exit",
		"r2 = func +3; r0 = r2; exit; r0 = 3; exit");
}

static void constants_and_copies_that_nobody_reads_go(void **state)
{
	(void)state;
	becomes("r1 = 5; r2 = 6; r0 = r2; exit", "r2 = 6; r0 = r2; exit");
	becomes("w1 = 5; r0 = 2; exit", "r0 = 2; exit");
	becomes("r1 = 5; call 7; exit", "r1 = 5; call 7; exit");
	becomes("r6 = 5; r0 = 1; exit", "r0 = 1; exit");
	becomes("r6 = r1; r7 = r6; r0 = 1; exit", "r0 = 1; exit");
	becomes("r6 = r1; call 7; r0 = r6; exit", "r6 = r1; call 7; r0 = r6; exit");
	becomes("r1 = r6; r6 = r1; r0 = r6; exit", "r0 = r6; exit");
	becomes("r1 = r6; r6 = r1; r0 = r6; if r0 == r2 goto -3; exit",
		"r1 = r6; r6 = r1; r0 = r6; if r0 == r2 goto -3; exit");
	/* not if it is cut on the way, or comes to another */
	becomes("r1 = s8 r6; r6 = r1; r0 = r6; exit", "r1 = s8 r6; r6 = r1; r0 = r6; exit");
	becomes("r1 = r6; r6 = s8 r1; r0 = r6; exit", "r1 = r6; r6 = s8 r1; r0 = r6; exit");
	becomes("r1 = r6; w6 = w1; r0 = r6; exit", "r1 = r6; w6 = w1; r0 = r6; exit");
	becomes("w1 = w6; r6 = r1; r0 = r6; exit", "w1 = w6; r6 = r1; r0 = r6; exit");
	becomes("r1 = r6; r7 = r1; r0 = r7; exit", "r1 = r6; r7 = r1; r0 = r7; exit");
	becomes("r1 = r6; r6 = r2; r0 = r1; r0 += r6; exit",
		"r1 = r6; r6 = r2; r0 = r1; r0 += r6; exit");
	becomes("r1 = 5; call 8; exit", "call 8; exit"); /* which CPU: it takes nothing */
	/* calculations are not constants, and may be of more than they say */
	becomes("r6 = r1; r6 += 3; r0 = 1; exit", "r6 = r1; r6 += 3; r0 = 1; exit");
}

/* Of a frame that nobody else knows. */
static void what_is_put_on_the_stack_and_never_read_goes(void **state)
{
	struct bpf_func_info funcs[] = { { 0, 11 } };
	static const char *const cases[][2] = {
		{ "[r10 -8] = r1; r0 = 1; exit", "r0 = 1; exit" },
		{ "r2 = 3; r3 = r2; [r10 -8] = r3; [r10 -16] = 5; r0 = 1; exit", "r0 = 1; exit" },
		{ "[r10 -8] = r1; [r10 -16] = r1; r0 = [r10 -8]; exit",
		  "[r10 -8] = r1; r0 = [r10 -8]; exit" },
		{ "[r10 -8] = r1; r0 = [r10 -1]; exit", "[r10 -8] = r1; r0 = [r10 -1]; exit" },
		{ "[r10 -8] = r1; r0 = [r10 -12]; exit", "[r10 -8] = r1; r0 = [r10 -12]; exit" },
		{ "[r1 -8] = r1; r0 = 1; exit", "[r1 -8] = r1; r0 = 1; exit" },
		{ "[r10 -8] = r1; r2 = r10; r0 = [r2 -8]; exit",
		  "[r10 -8] = r1; r2 = r10; r0 = [r2 -8]; exit" },
		{ "[r10 -8] = r1; lock [r10 -8] += r2; r0 = 1; exit",
		  "[r10 -8] = r1; lock [r10 -8] += r2; r0 = 1; exit" },
		/* all of the frame is, and what is no part of it is not looked at */
		{ "[r10 -512] = r1; r0 = 1; exit", "r0 = 1; exit" },
		{ "[r10 -512] = r1; r0 = u8 [r10 -512]; exit",
		  "[r10 -512] = r1; r0 = u8 [r10 -512]; exit" },
		{ "u8 [r10 -1] = r1; r0 = 1; exit", "r0 = 1; exit" },
		{ "[r10 0] = r1; r0 = 1; exit", "[r10 0] = r1; r0 = 1; exit" },
		/* one byte of it is enough, and none behind it or before it */
		{ "[r10 -16] = r1; r0 = u8 [r10 -8]; exit", "r0 = u8 [r10 -8]; exit" },
		{ "[r10 -16] = r1; r0 = u8 [r10 -9]; exit",
		  "[r10 -16] = r1; r0 = u8 [r10 -9]; exit" },
		{ "[r10 -16] = r1; r0 = u8 [r10 -16]; exit",
		  "[r10 -16] = r1; r0 = u8 [r10 -16]; exit" },
		{ "[r10 -16] = r1; r0 = u8 [r10 -17]; exit", "r0 = u8 [r10 -17]; exit" },
		{ "u32 [r10 -16] = 5; r0 = u8 [r10 -12]; exit", "r0 = u8 [r10 -12]; exit" },
		{ "u32 [r10 -16] = 5; r0 = u8 [r10 -13]; exit",
		  "u32 [r10 -16] = 5; r0 = u8 [r10 -13]; exit" },
		{ "u16 [r10 -16] = r1; r0 = u8 [r10 -14]; exit", "r0 = u8 [r10 -14]; exit" },
		{ "u16 [r10 -16] = r1; r0 = u8 [r10 -15]; exit",
		  "u16 [r10 -16] = r1; r0 = u8 [r10 -15]; exit" },
		{ "u8 [r10 -16] = r1; r0 = u8 [r10 -15]; exit", "r0 = u8 [r10 -15]; exit" },
		{ "u8 [r10 -13] = r1; r0 = u32 [r10 -16]; exit",
		  "u8 [r10 -13] = r1; r0 = u32 [r10 -16]; exit" },
		{ "u8 [r10 -12] = r1; r0 = u32 [r10 -16]; exit", "r0 = u32 [r10 -16]; exit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct captured_prog prog;

		insns_captured(&prog, cases[i][0]);
		prog.funcs = xmemdup(funcs, sizeof(funcs));
		prog.n_funcs = 1;
		captured_prog_prune(&prog);
		insns_are(prog.insns, prog.n_insns, cases[i][1]);
		captured_prog_clear(&prog);
	}
}

/* Calls of what stays lead there; a function that nobody calls is none. */
static void functions_and_lines_follow(void **state)
{
	struct bpf_func_info funcs[] = { { 0, 11 }, { 7, 12 }, { 9, 13 } };
	struct bpf_line_info lines[] = { { 0, 0, 1, 0 }, { 1, 0, 2, 0 }, { 2, 0, 3, 0 },
					 { 3, 0, 4, 0 }, { 5, 0, 5, 0 }, { 7, 0, 6, 0 },
					 { 9, 0, 7, 0 }, { 10, 0, 8, 0 } };
	struct captured_prog prog;

	(void)state;
	insns_captured(&prog, "r6 = 0; if r6 == 0 goto +2; call +4; goto +1; call +4; "
			      "r0 = 1; exit; r0 = 2; exit; r0 = r1; exit");
	insns_told(&prog, funcs, ARRAY_SIZE(funcs), lines, ARRAY_SIZE(lines));
	captured_prog_prune(&prog);
	insns_are(prog.insns, prog.n_insns, "call +2; r0 = 1; exit; r0 = r1; exit");
	assert_int_equal(prog.n_funcs, 2);
	assert_int_equal(prog.funcs[0].type_id, 11);
	assert_int_equal(prog.funcs[0].insn_off, 0);
	assert_int_equal(prog.funcs[1].type_id, 13);
	assert_int_equal(prog.funcs[1].insn_off, 3);
	/* of several at one place the last, which is its own; 6 was of what has gone, before 7 */
	assert_int_equal(prog.n_lines, 4);
	assert_int_equal(prog.lines[0].insn_off, 0);
	assert_int_equal(prog.lines[0].line_off, 4);
	assert_int_equal(prog.lines[1].insn_off, 1);
	assert_int_equal(prog.lines[1].line_off, 5);
	assert_int_equal(prog.lines[2].insn_off, 3);
	assert_int_equal(prog.lines[2].line_off, 7);
	assert_int_equal(prog.lines[3].insn_off, 4);
	assert_int_equal(prog.lines[3].line_off, 8);
	captured_prog_clear(&prog);
}

/* What was behind the last instruction that stays has no place. */
static void lines_of_what_is_at_the_end_go(void **state)
{
	struct bpf_line_info lines[] = { { 0, 0, 1, 0 }, { 2, 0, 2, 0 } };
	struct captured_prog prog;

	(void)state;
	insns_captured(&prog, "r0 = 1; exit; r0 = 2; exit");
	prog.lines = xmemdup(lines, sizeof(lines));
	prog.n_lines = ARRAY_SIZE(lines);
	captured_prog_prune(&prog);
	assert_int_equal(prog.n_lines, 1);
	assert_int_equal(prog.lines[0].line_off, 1);
	captured_prog_clear(&prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_decide),
		cmocka_unit_test(what_is_known_ends_where_others_come),
		cmocka_unit_test(what_is_never_run_goes),
		cmocka_unit_test(wide_loads_stay_whole),
		cmocka_unit_test(constants_and_copies_that_nobody_reads_go),
		cmocka_unit_test(what_is_put_on_the_stack_and_never_read_goes),
		cmocka_unit_test(functions_and_lines_follow),
		cmocka_unit_test(lines_of_what_is_at_the_end_go),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}
