/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_REGISTERS_H
#define XLAB_REGISTERS_H

/* Which registers, and how much of the stack, a program does not need at an instruction: code put
 * in there may use them, and the program does not notice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct link_output;

struct registers {
	/* Of each instruction, a bit a register from r0 to r9: */
	uint16_t *needed; /* it may be read before it is written */
	uint16_t *held;	  /* it may have a value; no program can read one that has none */
	int *stack; /* offset from r10 below which its function uses nothing, or STACK_UNKNOWN */
};

#define STACK_UNKNOWN 1 /* no offset there is one */

void registers_find(struct registers *r, const struct link_output *out);
void registers_clear(struct registers *r);

/* Whose value nobody misses at instruction @i. */
uint16_t registers_free(const struct registers *r, size_t i);

/* It may go on elsewhere, at insn_target(); if it always does, insn_is_branch() is false. */
bool insn_jumps(const struct bpf_insn *insn);
bool insn_is_branch(const struct bpf_insn *insn);

/* Instructions @from up to @to, a function's, give away the address of something on its stack. */
bool insns_show_frame(const struct bpf_insn *insns, size_t from, size_t to);

/* Where a jump, a call or a function's address leads from instruction @at. */
size_t insn_target(const struct bpf_insn *insn, size_t at);
void insn_aim(struct bpf_insn *insn, size_t at, size_t target);
/* The furthest is as far as the instruction can say. */
bool insn_reaches(const struct bpf_insn *insn, size_t at, size_t target);

#endif
