// SPDX-License-Identifier: GPL-2.0-or-later
/* What a program needs at each of its instructions, and where these lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/registers.h"
#include "tests/unit/insns.h"

/* A jump, and what does not only go on; where it leads from instruction 10. */
static void instructions_lead_somewhere(void **state)
{
	static const struct {
		const char *text;
		bool jumps, branch;
		size_t target; /* 0: nowhere */
	} kinds[] = {
		{ "goto +4", true, false, 15 },
		{ "gotol -4", true, false, 7 },
		{ "if r1 == 3 goto +2", true, true, 13 },
		{ "if w1 > w2 goto -11", true, true, 0 },
		{ "call +5", false, false, 16 },
		{ "r1 = func +6", false, false, 17 },
		{ "exit", false, false, 0 },
		{ "call 3", false, false, 0 },
		{ "r1 += 3", false, false, 0 },
		{ "[r1 0] = r2", false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n;
		struct bpf_insn *FREE_AUTO insn = insns_of(kinds[i].text, &n);

		assert_int_equal(insn_jumps(insn), kinds[i].jumps);
		assert_int_equal(insn_is_branch(insn), kinds[i].branch);
		if (kinds[i].target)
			assert_int_equal(insn_target(insn, 10), kinds[i].target);
	}
}

/* 16 bits of a branch, 32 of what says it in its constant. */
static void a_branch_reaches_only_so_far(void **state)
{
	static const struct {
		const char *text;
		size_t at, target;
		bool reaches;
		const char *aimed;
	} aims[] = {
		{ "if r1 == 3 goto +0", 0, 32768, true, "if r1 == 3 goto +32767" },
		{ "if r1 == 3 goto +0", 0, 32769, false, NULL },
		{ "goto +0", 40000, 40001 - 32768, true, "goto -32768" },
		{ "goto +0", 40000, 40000 - 32768, false, NULL },
		{ "goto +0", 7, 7, true, "goto -1" },
		{ "gotol +0", 0, 70000, true, "gotol +69999" },
		{ "call +0", 0, 70000, true, "call +69999" },
		{ "call +0", 70000, 0, true, "call +-70001" },
		{ "r1 = func +1", 3, 40004, true, "r1 = func +40000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(aims); i++) {
		size_t n;
		struct bpf_insn *FREE_AUTO insn = insns_of(aims[i].text, &n);

		assert_int_equal(insn_reaches(insn, aims[i].at, aims[i].target), aims[i].reaches);
		if (!aims[i].aimed)
			continue;
		insn_aim(insn, aims[i].at, aims[i].target);
		insns_are(insn, n, aims[i].aimed);
	}
}

#define R(n) (1U << (n))
#define ARGS (R(1) | R(2) | R(3) | R(4) | R(5))
#define ALL  0x3ff

/* Of one instruction of a program: what is needed there, and what is held. */
struct expected {
	const char *program;
	size_t at;
	unsigned int needed, held;
};

static void registers_of(struct registers *r, const char *text, size_t *n)
{
	struct bpf_func_info funcs[2] = { { .insn_off = 0 }, { .insn_off = 0 } };
	struct bpf_insn *FREE_AUTO insns = insns_of(text, n);
	const struct link_output out = {
		.insns = insns, .n_insns = *n, .funcs = funcs, .n_funcs = 1
	};

	registers_find(r, &out);
}

static void what_is_read_later_is_needed(void **state)
{
	static const struct expected expected[] = {
		/* every kind of reading */
		{ "r0 = r7; exit", 0, R(7), ARGS },
		{ "w0 = w7; exit", 0, R(7), ARGS },
		{ "r0 = 7; exit", 0, 0, ARGS },
		{ "r0 = 7; exit", 1, R(0), ARGS | R(0) },
		{ "r3 += 7; exit", 0, R(0) | R(3), ARGS },
		{ "r3 += r8; exit", 0, R(0) | R(3) | R(8), ARGS },
		{ "r3 = -r3; exit", 0, R(0) | R(3), ARGS },
		{ "r3 = be16 r3; exit", 0, R(0) | R(3), ARGS },
		{ "r0 = [r6 4]; exit", 0, R(6), ARGS },
		{ "[r6 4] = r7; exit", 0, R(0) | R(6) | R(7), ARGS },
		{ "[r6 4] = 5; exit", 0, R(0) | R(6), ARGS },
		{ "r0 = 1; lock [r6 4] += r7; exit", 1, R(0) | R(6) | R(7), ARGS | R(0) },
		{ "r9 = 2; lock [r6 4] += r7; r0 = 1; exit", 0, R(0) | R(6) | R(7), ARGS },
		{ "ld 4; exit", 0, ALL, ARGS },
		{ "r0 = wide 4; exit", 0, 0, ARGS },
		{ "r0 = wide 4; exit", 2, R(0), ARGS | R(0) },
		/* calls take arguments, keep what is not scratch, and answer in r0 */
		{ "call 5; exit", 0, ARGS, ARGS },
		{ "call 5; exit", 1, R(0), R(0) },
		{ "r6 = 1; call 5; r0 = r6; exit", 1, ARGS | R(6), ARGS | R(6) },
		{ "r6 = 1; call 5; r0 = r6; exit", 2, R(6), R(0) | R(6) },
		/* both ways of a branch, and the one of a jump */
		{ "if r7 == 1 goto +1; r8 += 1; r0 = r9; exit", 0, R(7) | R(8) | R(9), ARGS },
		{ "if r7 == r2 goto +1; r0 = 1; exit", 0, R(0) | R(2) | R(7), ARGS },
		{ "if w7 > w2 goto +1; r0 = 1; exit", 0, R(0) | R(2) | R(7), ARGS },
		{ "goto +1; r0 = r8; r0 = r9; exit", 0, R(9), ARGS },
		{ "goto +1; r8 = 1; r0 = r9; exit", 2, R(9), ARGS | R(8) },
		{ "if r1 == 0 goto +1; r8 = 1; r0 = 1; exit", 2, 0, ARGS | R(8) },
		{ "if r1 == 0 goto +1; exit; r9 = 1; r0 = 1; exit", 2, 0, ARGS },
		{ "r8 = 1; exit; r0 = 1; exit", 2, 0, 0 },
		{ "r8 = 1; if r1 == 0 goto +1; r0 = r8; exit", 2, R(8), ARGS | R(8) },
		/* round a loop */
		{ "r2 = 1; r7 = 9; r3 += r7; if r3 != 5 goto -2; r0 = 1; exit", 2, R(3) | R(7),
		  ARGS | R(7) },
		{ "r0 = 1; r3 += 1; r8 = 2; if r3 != 5 goto -3; exit", 1, R(0) | R(3),
		  ARGS | R(0) | R(8) },
		{ "r7 = 9; r3 += r7; r8 = 2; if r3 != 5 goto -3; r0 = 1; exit", 2, R(3) | R(7),
		  ARGS | R(7) | R(8) },
		{ "r0 = 1; r3 += 1; r8 = 2; if r3 != 5 goto -3; exit", 2, R(0) | R(3),
		  ARGS | R(0) | R(8) },
		/* a second half of a wide load is none of its own */
		{ "r7 = wide 4; r7 += 1; r0 = r7; exit", 2, R(7), ARGS | R(7) },
		{ "if r1 == 0 goto +2; r7 = wide 4; r0 = r7; exit", 0, R(1) | R(7), ARGS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct expected *x = &expected[i];
		struct registers r;
		size_t n;

		registers_of(&r, x->program, &n);
		if (r.needed[x->at] != x->needed || r.held[x->at] != x->held)
			fail_msg("%s: at %zu %03x needed, not %03x; %03x held, not %03x",
				 x->program, x->at, r.needed[x->at], x->needed, r.held[x->at],
				 x->held);
		assert_int_equal(registers_free(&r, x->at), ALL & ~(x->needed & x->held));
		registers_clear(&r);
		assert_null(r.needed);
	}
}

/* A whole function's, in steps of eight; one whose address is anybody's may use all of it. */
static void the_stack_below_is_free(void **state)
{
	static const struct {
		const char *program;
		int stack;
	} stacks[] = {
		{ "r0 = 1; exit", 0 },
		{ "[r10 -8] = 5; exit", -8 },
		{ "[r10 -9] = 5; exit", -16 },
		{ "[r10 -4] = 5; [r10 -24] = r1; exit", -24 },
		{ "r1 = [r10 -32]; exit", -32 },
		{ "[r1 -64] = r2; r2 = [r1 -64]; [r1 -64] = 1; exit", 0 },
		{ "r2 = r10; r2 += -40; exit", -40 },
		{ "r2 = r10; r3 += -40; exit", STACK_UNKNOWN },
		{ "r2 = r10; r2 += r3; exit", STACK_UNKNOWN },
		{ "[r1 0] = r10; exit", STACK_UNKNOWN },
		{ "r2 += r10; exit", STACK_UNKNOWN },
		{ "r0 = 0; if r1 == r10 goto -2; exit", 0 },
		{ "lock [r10 -16] += r2; exit", -16 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		struct registers r;
		size_t n;

		registers_of(&r, stacks[i].program, &n);
		for (size_t k = 0; k < n; k++)
			if (r.stack[k] != stacks[i].stack)
				fail_msg("%s: at %zu %d, not %d", stacks[i].program, k, r.stack[k],
					 stacks[i].stack);
		registers_clear(&r);
	}
}

/* Each function has arguments and a stack of its own. */
static void functions_are_apart(void **state)
{
	struct bpf_func_info funcs[] = { { .insn_off = 0 }, { .insn_off = 3 } };
	size_t n;
	struct bpf_insn *FREE_AUTO insns =
		insns_of("[r10 -8] = 1; call +1; exit; [r10 -32] = 2; r0 = r1; exit", &n);
	const struct link_output out = {
		.insns = insns, .n_insns = n, .funcs = funcs, .n_funcs = 2
	};
	struct registers r;

	(void)state;
	registers_find(&r, &out);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(r.stack[i], i < 3 ? -8 : -32);
	assert_int_equal(r.held[3], ARGS);
	assert_int_equal(r.needed[3] & ALL, R(1));
	assert_int_equal(r.held[2], R(0));
	registers_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_lead_somewhere),
		cmocka_unit_test(a_branch_reaches_only_so_far),
		cmocka_unit_test(what_is_read_later_is_needed),
		cmocka_unit_test(the_stack_below_is_free),
		cmocka_unit_test(functions_are_apart),
	};

	return cmocka_run_group_tests_name("registers", tests, NULL, NULL);
}
