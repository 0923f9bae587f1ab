// SPDX-License-Identifier: GPL-2.0-or-later
/* Where what an input has is in the one program, and what is asked of all inputs. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"

/* Six instructions, of which the main function has three. */
static struct bpf_insn insns[6] = { [4] = { .imm = -3 }, [5] = { .imm = -1 } };
static const struct captured_prog six = { .insns = insns, .n_insns = 6 };
static const struct captured_prog four = { .insns = insns, .n_insns = 4 };

static const struct link_input inlined = {
	.code = &six, .form = LINK_INLINED, .n_main = 3, .body = 10, .at = 20
};
static const struct link_input global = {
	.code = &four, .form = LINK_GLOBAL, .n_main = 3, .body = 1, .at = 30
};

static void each_instruction_has_its_place(void **state)
{
	static const struct {
		const struct link_input *input;
		size_t own, at;
	} rows[] = {
		{ &inlined, 0, 10 }, { &inlined, 2, 12 }, { &inlined, 3, 20 }, { &inlined, 5, 22 },
		{ &global, 0, 30 },  { &global, 2, 32 },  { &global, 3, 33 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(link_input_insn(rows[i].input, rows[i].own), rows[i].at);
		assert_int_equal(link_input_own(rows[i].input, rows[i].at), rows[i].own);
	}
	assert_int_equal(link_input_inlined(&inlined), 3);
	assert_int_equal(link_input_inlined(&global), 0);
	/* counted from the instruction behind */
	assert_int_equal(link_input_callback(&inlined, 4), 12);
	assert_int_equal(link_input_callback(&inlined, 5), 22);
}

/* Also where a function lies before what it is inlined into. */
static void each_instruction_has_its_filter(void **state)
{
	struct link_input filters[] = { inlined,
					global,
					{ .code = &six, .n_main = 2, .body = 15, .at = 1 } };
	const struct linker c = { .filters = filters, .n_filters = ARRAY_SIZE(filters) };
	static const struct {
		size_t insn, filter;
	} rows[] = {
		{ 0, 3 },  { 1, 2 },  { 4, 2 },	 { 5, 3 },  { 9, 3 },  { 10, 0 }, { 12, 0 },
		{ 13, 3 }, { 14, 3 }, { 15, 2 }, { 16, 2 }, { 17, 3 }, { 19, 3 }, { 20, 0 },
		{ 22, 0 }, { 23, 3 }, { 29, 3 }, { 30, 1 }, { 33, 1 }, { 34, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(linker_filter_at(&c, rows[i].insn), rows[i].filter);
}

static void calls_and_addresses_name_functions(void **state)
{
	static const struct {
		uint8_t code, src;
		bool names;
	} rows[] = {
		{ BPF_JMP | BPF_CALL, BPF_PSEUDO_CALL, true },
		{ BPF_JMP | BPF_CALL, 0, false }, /* a helper */
		{ BPF_JMP | BPF_CALL, BPF_PSEUDO_KFUNC_CALL, false },
		{ BPF_JMP | BPF_JA, BPF_PSEUDO_CALL, false },
		{ BPF_LD | BPF_DW | BPF_IMM, BPF_PSEUDO_FUNC, true },
		{ BPF_LD | BPF_DW | BPF_IMM, BPF_PSEUDO_MAP_FD, false },
		{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_PSEUDO_FUNC, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct bpf_insn insn = { .code = rows[i].code, .src_reg = rows[i].src & 15 };

		assert_int_equal(insn_names_function(&insn), rows[i].names);
	}
}

/* Of no filter, of those that have nothing of it, and where the first or the last alone has. */
static void one_of_all_is_enough(void **state)
{
	static const struct {
		uint32_t continues, silent;
		bool notes;
	} rows[] = {
		{ 0, 0, false },	  { 1U << 3, 3, false },   { 1U << 3, 2, true },
		{ 1U << 3 | 1, 3, true }, { 1U << 31, 31, false }, { 1U << 31, 0, true },
	};
	struct link_input filters[2] = { { .silent = 3 }, { .silent = 3 } };
	struct linker c = { .filters = filters };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(link_input_notes(rows[i].continues, rows[i].silent),
				 rows[i].notes);
	for (c.n_filters = 0; c.n_filters <= 2; c.n_filters++) {
		assert_false(linker_notes(&c));
		assert_false(linker_idles(&c));
	}
	for (size_t i = 0; i < 2; i++) {
		filters[i] = (struct link_input){ .silent = 3, .continues = 1, .n_idle = 1 };
		for (c.n_filters = 0; c.n_filters <= 2; c.n_filters++) {
			assert_int_equal(linker_notes(&c), c.n_filters > i);
			assert_int_equal(linker_idles(&c), c.n_filters > i);
		}
		filters[i] = (struct link_input){ .silent = 3 };
	}
}

static void what_is_cleared_is_empty(void **state)
{
	struct link_output out = { .rodata_fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	int fd = out.rodata_fd;

	(void)state;
	assert_true(fd >= 0);
	link_output_insn(&out)->imm = 5;
	assert_int_equal(link_output_insn(&out)->imm, 0);
	assert_int_equal(out.n_insns, 2);
	link_output_clear(&out);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(out.rodata_fd, -1);
	assert_int_equal(out.n_insns, 0);
	assert_null(out.insns);
	link_output_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_instruction_has_its_place),
		cmocka_unit_test(each_instruction_has_its_filter),
		cmocka_unit_test(calls_and_addresses_name_functions),
		cmocka_unit_test(one_of_all_is_enough),
		cmocka_unit_test(what_is_cleared_is_empty),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
