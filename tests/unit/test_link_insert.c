// SPDX-License-Identifier: GPL-2.0-or-later
/* Instructions put between others: everything leads where it led before, through what is on the
 * way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_insert.h"
#include "tests/unit/insns.h"

struct put {
	size_t at;
	enum insert_where where;
	const char *text;
};

static struct insertion insertion_of(const struct put *put)
{
	struct insertion made = { .at = put->at, .where = put->where };
	struct bpf_insn *FREE_AUTO insns = insns_of(put->text, &made.n);

	assert_true(made.n <= INSERTION_MAX);
	memcpy(made.insns, insns, made.n * sizeof(*insns));
	return made;
}

#define N_PUT 4

/* As every program has them. */
static struct bpf_func_info main_func;
static struct bpf_line_info main_line;
#define WITH_MAIN .funcs = &main_func, .n_funcs = 1, .lines = &main_line, .n_lines = 1

static void becomes(const char *before, const struct put puts[N_PUT], const char *after)
{
	struct insertion list[N_PUT];
	struct link_output out = { WITH_MAIN, .rodata_fd = -1 };
	struct bpf_insn *old;
	size_t n = 0;

	for (; n < N_PUT && puts[n].text; n++)
		list[n] = insertion_of(&puts[n]);
	out.insns = old = insns_of(before, &out.n_insns);
	assert_int_equal(link_insert(&out, list, n), 0);
	insns_are(out.insns, out.n_insns, after);
	free(old);
	link_output_clear(&out);
}

#define PUTS (const struct put[N_PUT])

static void who_comes_comes_through_what_is_before(void **state)
{
	(void)state;
	becomes("r0 = 1; exit", PUTS{ { 0 } }, "r0 = 1; exit");
	becomes("r0 = 1; exit", PUTS{ { 0, INSERT_BEFORE, "r7 = 7" } }, "r7 = 7; r0 = 1; exit");
	becomes("r0 = 1; exit", PUTS{ { 1, INSERT_BEFORE, "r7 = 7; r8 = 8" } },
		"r0 = 1; r7 = 7; r8 = 8; exit");
	/* over it, to it and back to it */
	becomes("goto +1; r0 = 1; r0 = 2; exit", PUTS{ { 1, INSERT_BEFORE, "r7 = 7" } },
		"goto +2; r7 = 7; r0 = 1; r0 = 2; exit");
	becomes("goto +1; r0 = 1; r0 = 2; exit", PUTS{ { 2, INSERT_BEFORE, "r7 = 7" } },
		"goto +1; r0 = 1; r7 = 7; r0 = 2; exit");
	becomes("r1 += 1; if r1 < 9 goto -2; exit", PUTS{ { 0, INSERT_BEFORE, "r7 = 7" } },
		"r7 = 7; r1 += 1; if r1 < 9 goto -3; exit");
	becomes("call +1; exit; r0 = 2; exit", PUTS{ { 1, INSERT_BEFORE, "r7 = 7" } },
		"call +2; r7 = 7; exit; r0 = 2; exit");
	becomes("r1 = func +2; r0 = 1; exit; r0 = 2; exit",
		PUTS{ { 2, INSERT_BEFORE, "r7 = wide 7" } },
		"r1 = func +4; r7 = wide 7; r0 = 1; exit; r0 = 2; exit");
	becomes("gotol +1; r0 = 1; r0 = 2; exit", PUTS{ { 1, INSERT_BEFORE, "r7 = 7" } },
		"gotol +2; r7 = 7; r0 = 1; r0 = 2; exit");
	/* a helper's number leads nowhere */
	becomes("call 1; r0 = 1; exit", PUTS{ { 1, INSERT_BEFORE, "r7 = 7" } },
		"call 1; r7 = 7; r0 = 1; exit");
	/* several, in whatever order they are given */
	becomes("r0 = 1; r2 = wide 3; exit",
		PUTS{ { 3, INSERT_BEFORE, "r9 = 9" },
		      { 0, INSERT_BEFORE, "r7 = 7" },
		      { 1, INSERT_BEFORE, "r8 = 8" } },
		"r7 = 7; r0 = 1; r8 = 8; r2 = wide 3; r9 = 9; exit");
}

static void each_way_of_a_branch_has_its_own(void **state)
{
	(void)state;
	becomes("if r1 == 1 goto +1; r0 = 1; exit", PUTS{ { 0, INSERT_STAYED, "r7 = 7" } },
		"if r1 == 1 goto +2; r7 = 7; r0 = 1; exit");
	becomes("if r1 == 1 goto +1; r0 = 1; exit", PUTS{ { 0, INSERT_JUMPED, "r8 = 8" } },
		"if r1 == 1 goto +1; goto +2; r8 = 8; goto +1; r0 = 1; exit");
	becomes("if r1 == 1 goto +1; r0 = 1; exit",
		PUTS{ { 0, INSERT_JUMPED, "r8 = 8; r9 = 9" },
		      { 0, INSERT_BEFORE, "r6 = 6" },
		      { 0, INSERT_STAYED, "r7 = 7" } },
		"r6 = 6; if r1 == 1 goto +2; r7 = 7; goto +3; r8 = 8; r9 = 9; goto +1; r0 = 1; "
		"exit");
	becomes("r1 += 1; if r1 < 9 goto -2; exit",
		PUTS{ { 1, INSERT_JUMPED, "r8 = 8" }, { 1, INSERT_STAYED, "r7 = 7" } },
		"r1 += 1; if r1 < 9 goto +2; r7 = 7; goto +2; r8 = 8; goto -6; exit");
	/* only what belongs to the branch */
	becomes("if r1 == 1 goto +1; if r2 == 2 goto +0; exit",
		PUTS{ { 1, INSERT_STAYED, "r7 = 7" }, { 1, INSERT_JUMPED, "r8 = 8" } },
		"if r1 == 1 goto +5; if r2 == 2 goto +2; r7 = 7; goto +2; r8 = 8; goto +0; exit");
}

static void functions_and_lines_move(void **state)
{
	struct bpf_func_info funcs[] = { { 0, 5 }, { 3, 6 } }, *old_funcs = funcs;
	struct bpf_line_info lines[] = { { 0, 0, 1, 0 }, { 1, 0, 2, 0 }, { 3, 0, 3, 0 } };
	struct insertion list[] = { insertion_of(&(struct put){ 1, INSERT_BEFORE, "r7 = 7" }),
				    insertion_of(&(struct put){ 3, INSERT_BEFORE, "r8 = 8" }) };
	struct link_output out = {
		.funcs = funcs, .n_funcs = 2, .lines = lines, .n_lines = 3, .rodata_fd = -1
	};
	struct bpf_insn *FREE_AUTO old =
		insns_of("r0 = 0; call +1; exit; r0 = 1; exit", &out.n_insns);

	(void)state;
	out.insns = old;
	assert_int_equal(link_insert(&out, list, 2), 0);
	insns_are(out.insns, out.n_insns, "r0 = 0; r7 = 7; call +1; exit; r8 = 8; r0 = 1; exit");
	assert_ptr_not_equal(out.funcs, old_funcs);
	assert_int_equal(out.funcs[0].insn_off, 0);
	assert_int_equal(out.funcs[0].type_id, 5);
	assert_int_equal(out.funcs[1].insn_off, 4); /* what is before its beginning is in it */
	assert_int_equal(out.funcs[1].type_id, 6);
	assert_int_equal(out.lines[0].insn_off, 0);
	assert_int_equal(out.lines[1].insn_off, 1);
	assert_int_equal(out.lines[2].insn_off, 4);
	assert_int_equal(out.lines[2].line_off, 3);
	assert_int_equal(funcs[1].insn_off, 3);
	assert_int_equal(lines[2].insn_off, 3);
	link_output_clear(&out);
}

/* A jump of 32767 cannot become longer; then nothing has changed. */
static void what_a_jump_does_not_reach_is_refused(void **state)
{
	struct insertion list[] = { insertion_of(&(struct put){ 1, INSERT_BEFORE, "r7 = 7" }) };
	struct link_output out = { WITH_MAIN, .rodata_fd = -1, .n_insns = 32769 };
	struct bpf_insn *FREE_AUTO insns = calloc(out.n_insns, sizeof(*insns));

	(void)state;
	for (size_t i = 0; i < out.n_insns; i++)
		insns[i].code = BPF_ALU64 | BPF_MOV | BPF_K;
	insns[0] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = 32767 };
	insns[32768].code = BPF_JMP | BPF_EXIT;
	out.insns = insns;
	assert_int_equal(link_insert(&out, list, 1), -E2BIG);
	assert_ptr_equal(out.insns, insns);
	assert_int_equal(out.n_insns, 32769);
	assert_int_equal(insns[0].off, 32767);
	insns[0].off = 32766;
	assert_int_equal(link_insert(&out, list, 1), 0);
	assert_int_equal(out.n_insns, 32770);
	assert_int_equal(out.insns[0].off, 32767);
	free(out.insns);
	free(out.funcs);
	free(out.lines);

	/* far from the beginning, where the first pass knows no target yet */
	out = (struct link_output){ WITH_MAIN, .insns = insns, .n_insns = 32769, .rodata_fd = -1 };
	insns[0] = insns[1];
	insns[32767] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
	assert_int_equal(link_insert(&out, list, 1), 0);
	assert_int_equal(out.insns[32768].off, 0);
	link_output_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_comes_through_what_is_before),
		cmocka_unit_test(each_way_of_a_branch_has_its_own),
		cmocka_unit_test(functions_and_lines_move),
		cmocka_unit_test(what_a_jump_does_not_reach_is_refused),
	};

	return cmocka_run_group_tests_name("link_insert", tests, NULL, NULL);
}
