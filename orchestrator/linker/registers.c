// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a program needs at each of its instructions, found as compilers do it: backwards from each
 * reading of a register to where it is written, and forwards from there.
 */
#include "orchestrator/linker/registers.h"

#include <stdlib.h>

#include "lab/alloc.h"
#include "orchestrator/linker/link.h"

#define BIT(reg)  ((uint16_t)(1U << (reg)))
#define ARGUMENTS ((uint16_t)(BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5)))
#define SCRATCH	  ((uint16_t)(BIT(0) | ARGUMENTS))
#define ALL	  ((uint16_t)(BIT(BPF_REG_10) - 1))

static bool is_jump_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

bool insn_jumps(const struct bpf_insn *insn)
{
	return is_jump_class(insn) && BPF_OP(insn->code) != BPF_CALL &&
	       BPF_OP(insn->code) != BPF_EXIT;
}

bool insn_is_branch(const struct bpf_insn *insn)
{
	return insn_jumps(insn) && BPF_OP(insn->code) != BPF_JA;
}

/* A jump that says it in 32 bits, as calls do. */
static bool is_long(const struct bpf_insn *insn)
{
	return !insn_jumps(insn) || insn->code == (BPF_JMP32 | BPF_JA);
}

size_t insn_target(const struct bpf_insn *insn, size_t at)
{
	return at + 1 + (size_t)(is_long(insn) ? insn->imm : insn->off);
}

bool insn_reaches(const struct bpf_insn *insn, size_t at, size_t target)
{
	long by = (long)target - (long)at - 1;

	return is_long(insn) || (by >= INT16_MIN && by <= INT16_MAX);
}

void insn_aim(struct bpf_insn *insn, size_t at, size_t target)
{
	if (is_long(insn))
		insn->imm = (int32_t)(target - at - 1);
	else
		insn->off = (int16_t)(target - at - 1);
}

bool insns_show_frame(const struct bpf_insn *insns, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (insns[i].src_reg == BPF_REG_10 && BPF_CLASS(insns[i].code) != BPF_LDX)
			return true;
	return false;
}

static uint16_t reads_calculation(const struct bpf_insn *insn)
{
	uint16_t src = BPF_SRC(insn->code) == BPF_X ? BIT(insn->src_reg) : 0;

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return src;
	case BPF_NEG:
	case BPF_END:
		return BIT(insn->dst_reg);
	default:
		return src | BIT(insn->dst_reg);
	}
}

static uint16_t reads_jump(const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_EXIT)
		return BIT(0);
	if (BPF_OP(insn->code) == BPF_CALL) /* one takes none */
		return !insn->src_reg && insn->imm == BPF_FUNC_get_smp_processor_id ? 0 : ARGUMENTS;
	if (!insn_is_branch(insn))
		return 0;
	return BIT(insn->dst_reg) | (BPF_SRC(insn->code) == BPF_X ? BIT(insn->src_reg) : 0);
}

static uint16_t reads(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return insn->code == LINK_WIDE_LOAD ? 0 : ALL;
	case BPF_LDX:
		return BIT(insn->src_reg);
	case BPF_ST:
		return BIT(insn->dst_reg);
	case BPF_STX: /* an atomic compare-and-exchange reads r0, too */
		return BIT(insn->dst_reg) | BIT(insn->src_reg) |
		       (BPF_MODE(insn->code) == BPF_ATOMIC ? BIT(0) : 0);
	case BPF_ALU:
	case BPF_ALU64:
		return reads_calculation(insn);
	default:
		return reads_jump(insn);
	}
}

/* What it writes whatever was there. */
static uint16_t writes(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return insn->code == LINK_WIDE_LOAD ? BIT(insn->dst_reg) : BIT(0);
	case BPF_LDX:
	case BPF_ALU:
	case BPF_ALU64:
		return BIT(insn->dst_reg);
	case BPF_JMP:
		return BPF_OP(insn->code) == BPF_CALL ? SCRATCH : 0;
	default:
		return 0;
	}
}

/* @by_instruction: of those behind instruction @i. */
static uint16_t behind(const struct link_output *out, const uint16_t *by_instruction, size_t i)
{
	const struct bpf_insn *insn = &out->insns[i];
	size_t next = i + (insn->code == LINK_WIDE_LOAD ? 2 : 1);
	uint16_t all = 0;

	if (insn->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (insn_jumps(insn) && insn_target(insn, i) < out->n_insns)
		all |= by_instruction[insn_target(insn, i)];
	if ((!insn_jumps(insn) || insn_is_branch(insn)) && next < out->n_insns)
		all |= by_instruction[next];
	return all;
}

/* The second half of a wide load has the code 0, as no instruction of its own has. */
static bool is_half(const struct bpf_insn *insn)
{
	return !insn->code;
}

static void find_needed(struct registers *r, const struct link_output *out)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = out->n_insns; i-- > 0;) {
			const struct bpf_insn *insn = &out->insns[i];
			uint16_t now;

			if (is_half(insn))
				continue;
			now = (uint16_t)((behind(out, r->needed, i) & ~writes(insn)) | reads(insn));
			changed |= now != r->needed[i];
			r->needed[i] = now;
		}
	}
}

static bool pass_on(struct registers *r, const struct link_output *out, size_t to, uint16_t held)
{
	uint16_t before;

	if (to >= out->n_insns)
		return false;
	before = r->held[to];
	r->held[to] |= held;
	return r->held[to] != before;
}

static void find_held(struct registers *r, const struct link_output *out)
{
	bool changed = true;

	for (size_t i = 0; i < out->n_funcs; i++)
		r->held[out->funcs[i].insn_off] = ARGUMENTS;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < out->n_insns; i++) {
			const struct bpf_insn *insn = &out->insns[i];
			uint16_t held = r->held[i] | writes(insn);

			if (is_half(insn) || insn->code == (BPF_JMP | BPF_EXIT))
				continue;
			if (insn->code == (BPF_JMP | BPF_CALL))
				held = (uint16_t)((r->held[i] & ~SCRATCH) | BIT(0));
			if (insn_jumps(insn))
				changed |= pass_on(r, out, insn_target(insn, i), held);
			if (!insn_jumps(insn) || insn_is_branch(insn))
				changed |= pass_on(
					r, out, i + (insn->code == LINK_WIDE_LOAD ? 2 : 1), held);
		}
	}
}

/* A constant; BPF_K is 0. */
static bool adds(const struct bpf_insn *insn, uint8_t reg)
{
	return insn->code == (BPF_ALU64 | BPF_ADD) && insn->dst_reg == reg;
}

static bool copies_frame(const struct bpf_insn *insn)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == BPF_REG_10;
}

/* The address of an object on the stack is taken in two instructions, of which the second says
 * where the object begins. Whoever takes it otherwise may use any part of it.
 */
static int lowest_at(const struct link_output *out, size_t i)
{
	const struct bpf_insn *insn = &out->insns[i];
	uint8_t class = BPF_CLASS(insn->code);

	if (copies_frame(insn))
		return adds(insn + 1, insn->dst_reg) ? insn[1].imm : STACK_UNKNOWN;
	/* The frame's address itself, put away or calculated with. */
	if (insn->src_reg == BPF_REG_10 &&
	    (class == BPF_STX || (class == BPF_ALU64 && BPF_SRC(insn->code) == BPF_X)))
		return STACK_UNKNOWN;
	if (class == BPF_LDX && insn->src_reg == BPF_REG_10)
		return insn->off;
	if ((class == BPF_ST || class == BPF_STX) && insn->dst_reg == BPF_REG_10)
		return insn->off;
	return 0;
}

static int lowest(const struct link_output *out, size_t from, size_t to)
{
	int found = 0;

	for (size_t i = from; i < to; i++) {
		int at = lowest_at(out, i);

		if (at == STACK_UNKNOWN)
			return STACK_UNKNOWN;
		if (at < found)
			found = at;
	}
	return found & ~7;
}

static void find_stack(struct registers *r, const struct link_output *out)
{
	for (size_t f = 0; f < out->n_funcs; f++) {
		size_t from = out->funcs[f].insn_off;
		size_t to = f + 1 < out->n_funcs ? out->funcs[f + 1].insn_off : out->n_insns;
		int stack = lowest(out, from, to);

		for (size_t i = from; i < to; i++)
			r->stack[i] = stack;
	}
}

void registers_find(struct registers *r, const struct link_output *out)
{
	*r = (struct registers){
		.needed = xcalloc(out->n_insns, sizeof(*r->needed)),
		.held = xcalloc(out->n_insns, sizeof(*r->held)),
		.stack = xcalloc(out->n_insns, sizeof(*r->stack)),
	};
	find_needed(r, out);
	find_held(r, out);
	find_stack(r, out);
}

void registers_clear(struct registers *r)
{
	free(r->needed);
	free(r->held);
	free(r->stack);
	*r = (struct registers){ 0 };
}

uint16_t registers_free(const struct registers *r, size_t i)
{
	return ALL & (uint16_t) ~(r->needed[i] & r->held[i]);
}
