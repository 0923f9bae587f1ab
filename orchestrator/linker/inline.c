// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter's main function as a part of the chain's. Whether it is tried, linker.c says. */
#include "orchestrator/linker/inline.h"

#include "orchestrator/linker/link.h"
#include "orchestrator/linker/registers.h"

#define FIRST_KEPT BPF_REG_6 /* calls preserve r6 to r9 */
#define LAST_KEPT  BPF_REG_9
#define NO_REG	   MAX_BPF_REG

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static uint32_t kept_registers(const struct link_input *p)
{
	uint32_t used = 0;

	for (size_t i = 0; i < p->n_main; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];

		if (is_call(insn))
			continue;
		used |= 1U << insn->dst_reg;
		if (insn->code != LINK_WIDE_LOAD) /* where src_reg says what the constant is */
			used |= 1U << insn->src_reg;
	}
	return used;
}

static bool writes(const struct bpf_insn *insn, uint8_t reg)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LD:
	case BPF_LDX:
		return insn->dst_reg == reg;
	case BPF_STX: /* some atomic ones fetch what was there */
		return BPF_MODE(insn->code) == BPF_ATOMIC && insn->src_reg == reg;
	default:
		return false;
	}
}

/* It has the context in r6 all the way, as the dispatcher has. */
static bool has_context(const struct link_input *p)
{
	const struct bpf_insn *first = &p->code->insns[0];

	if (first->code != (BPF_ALU64 | BPF_MOV | BPF_X) || first->dst_reg != BPF_REG_6 ||
	    first->src_reg != BPF_REG_1)
		return false;
	for (size_t i = 1; i < p->n_main; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];

		if (writes(insn, BPF_REG_6) || (insn_jumps(insn) && !insn_target(insn, i)))
			return false;
	}
	return true;
}

/* The register that stands in for r6; r6 itself where it may stay. */
static uint8_t stand_in(const struct link_input *p)
{
	uint32_t used = kept_registers(p);

	if (has_context(p))
		return BPF_REG_6;

	for (unsigned int reg = FIRST_KEPT; reg <= LAST_KEPT; reg++)
		if (!(used >> reg & 1))
			return (uint8_t)reg;
	return NO_REG;
}

static bool calls_tail(const struct link_input *p)
{
	for (size_t i = 0; i < p->n_main; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];

		if (is_call(insn) && !insn->src_reg && insn->imm == BPF_FUNC_tail_call)
			return true;
	}
	return false;
}

bool inline_possible(struct link_input *p)
{
	const struct captured_prog *code = p->code;

	if (!code->n_funcs)
		return false;
	p->n_main = code->n_funcs > 1 ? code->funcs[1].insn_off : code->n_insns;
	return !calls_tail(p) && stand_in(p) != NO_REG;
}

static uint8_t renamed(uint8_t reg, uint8_t instead)
{
	return reg == BPF_REG_6 ? instead : reg;
}

void inline_append(struct link_output *out, struct link_input *p)
{
	uint8_t instead = stand_in(p);

	p->body = out->n_insns;
	for (size_t i = 0; i < p->n_main; i++) {
		struct bpf_insn *insn = link_output_insn(out);

		*insn = p->code->insns[i];
		if (insn->code == (BPF_JMP | BPF_EXIT)) {
			insn->code = BPF_JMP | BPF_JA;
			insn->off = (int16_t)(p->n_main - i - 1);
		} else if (!is_call(insn)) {
			insn->dst_reg = renamed(insn->dst_reg, instead);
			if (insn->code != LINK_WIDE_LOAD)
				insn->src_reg = renamed(insn->src_reg, instead);
		}
	}
}

void inline_fix_up(struct link_output *out, const struct link_input *p)
{
	for (size_t i = 0; i < p->n_main; i++) {
		struct bpf_insn *insn = &out->insns[p->body + i];

		if (insn_names_function(insn)) {
			size_t to = i + 1 + (size_t)insn->imm;

			insn->imm = (int32_t)(link_input_insn(p, to) - (p->body + i) - 1);
		}
	}
}
