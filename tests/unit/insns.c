// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/insns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/prog_capture.h"

/* What the forms have in the place of numbers: %u and %d of the registers and the rest. */
struct form {
	const char *text;
	struct bpf_insn insn;
	const char *into; /* what each number is: d and s: a register, o: off, i: imm, j: imm of the
			     second */
};

#define IMM BPF_K
#define REG BPF_X

#define CALCULATION(word, op)                                                       \
	{ "r%d " word " %d%n", { .code = BPF_ALU64 | (op) | IMM }, "di" },          \
		{ "r%d " word " r%d%n", { .code = BPF_ALU64 | (op) | REG }, "ds" }, \
		{ "w%d " word " %d%n", { .code = BPF_ALU | (op) | IMM }, "di" },    \
	{                                                                           \
		"w%d " word " w%d%n", { .code = BPF_ALU | (op) | REG }, "ds"        \
	}
#define BRANCH(word, op)                                                                       \
	{ "if r%d " word " %d goto %d%n", { .code = BPF_JMP | (op) | IMM }, "dio" },           \
		{ "if r%d " word " r%d goto %d%n", { .code = BPF_JMP | (op) | REG }, "dso" },  \
		{ "if w%d " word " %d goto %d%n", { .code = BPF_JMP32 | (op) | IMM }, "dio" }, \
	{                                                                                      \
		"if w%d " word " w%d goto %d%n", { .code = BPF_JMP32 | (op) | REG }, "dso"     \
	}
#define WIDE(text, src, into)                                                            \
	{                                                                                \
		text "%n", { .code = BPF_LD | BPF_IMM | BPF_DW, .src_reg = (src) }, into \
	}

#define MEMORY(word, size)                                                                  \
	{ "r%d = " word "[r%d %d]%n", { .code = BPF_LDX | BPF_MEM | (size) }, "dso" },      \
		{ word "[r%d %d] = r%d%n", { .code = BPF_STX | BPF_MEM | (size) }, "dos" }, \
	{                                                                                   \
		word "[r%d %d] = %d%n", { .code = BPF_ST | BPF_MEM | (size) }, "doi"        \
	}

static const struct form forms[] = {
	CALCULATION("=", BPF_MOV),
	CALCULATION("+=", BPF_ADD),
	CALCULATION("-=", BPF_SUB),
	CALCULATION("|=", BPF_OR),
	CALCULATION(">>=", BPF_RSH),
	CALCULATION("<<=", BPF_LSH),
	CALCULATION("/=", BPF_DIV),
	{ "r%d = -r%d%n", { .code = BPF_ALU64 | BPF_NEG }, "dx" },
	{ "r%d = be16 r%d%n", { .code = BPF_ALU | BPF_END | BPF_TO_BE, .imm = 16 }, "dx" },
	BRANCH("==", BPF_JEQ),
	BRANCH("!=", BPF_JNE),
	BRANCH(">", BPF_JGT),
	BRANCH(">=", BPF_JGE),
	BRANCH("<", BPF_JLT),
	BRANCH("<=", BPF_JLE),
	BRANCH("&", BPF_JSET),
	BRANCH("s>", BPF_JSGT),
	{ "goto %d%n", { .code = BPF_JMP | BPF_JA }, "o" },
	{ "gotol %d%n", { .code = BPF_JMP32 | BPF_JA }, "i" },
	{ "exit%n", { .code = BPF_JMP | BPF_EXIT }, "" },
	{ "r%d = s8 r%d%n", { .code = BPF_ALU64 | BPF_MOV | BPF_X, .off = 8 }, "ds" },
	MEMORY("", BPF_DW),
	MEMORY("u32 ", BPF_W),
	MEMORY("u16 ", BPF_H),
	MEMORY("u8 ", BPF_B),
	{ "lock [r%d %d] += r%d%n",
	  { .code = BPF_STX | BPF_ATOMIC | BPF_DW, .imm = BPF_ADD },
	  "dos" },
	{ "ld %d%n", { .code = BPF_LD | BPF_ABS | BPF_W }, "i" },
	WIDE("r%d = map %d", BPF_PSEUDO_MAP_FD, "di"),
	WIDE("r%d = value %d %d", BPF_PSEUDO_MAP_VALUE, "dij"),
	WIDE("r%d = func %d", BPF_PSEUDO_FUNC, "di"),
	WIDE("r%d = wide %d", 0, "di"),
	{ "call +%d%n", { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL }, "i" },
	{ "call %d%n", { .code = BPF_JMP | BPF_CALL }, "i" },
	{ "kfunc %d %d%n", { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL }, "io" },
};

static void fill_in(struct bpf_insn insn[2], char what, int number)
{
	if (what == 'd')
		insn->dst_reg = (uint8_t)number & 15;
	else if (what == 's')
		insn->src_reg = (uint8_t)number & 15;
	else if (what == 'o')
		insn->off = (int16_t)number;
	else if (what == 'i')
		insn->imm = number;
	else if (what == 'j')
		insn[1].imm = number;
}

/* How long the instruction is that @text begins with. */
static size_t read_one(const char *text, struct bpf_insn insn[2])
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int v[4] = { 0 }, *end = &v[strlen(forms[i].into)];

		(void)sscanf(text, forms[i].text, &v[0], &v[1], &v[2], &v[3]);
		if (!*end || !strchr(";", text[*end]))
			continue;
		insn[0] = forms[i].insn;
		insn[1] = (struct bpf_insn){ 0 };
		for (size_t k = 0; forms[i].into[k]; k++)
			fill_in(insn, forms[i].into[k], v[k]);
		return (size_t)*end;
	}
	fail_msg("no instruction: %s", text);
	return 0;
}

struct bpf_insn *insns_of(const char *text, size_t *n)
{
	struct bpf_insn *insns = NULL;

	*n = 0;
	for (const char *at = text; *at; at += strspn(at, "; ")) {
		struct bpf_insn insn[2];

		at += read_one(at, insn);
		*(struct bpf_insn *)array_add(&insns, n, sizeof(*insns)) = insn[0];
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			*(struct bpf_insn *)array_add(&insns, n, sizeof(*insns)) = insn[1];
	}
	/* Without room behind the last, of which the sanitizers would not know. */
	return xreallocarray(insns, *n, sizeof(*insns));
}

static bool same(const struct bpf_insn *a, const struct bpf_insn *b)
{
	return a->code == b->code && a->dst_reg == b->dst_reg && a->src_reg == b->src_reg &&
	       a->off == b->off && a->imm == b->imm;
}

void insns_are(const struct bpf_insn *insns, size_t n, const char *text)
{
	size_t n_wanted;
	struct bpf_insn *FREE_AUTO wanted = insns_of(text, &n_wanted);

	for (size_t i = 0; i < n && i < n_wanted; i++)
		if (!same(&insns[i], &wanted[i]))
			fail_msg("%s\nat %zu: code %02x dst %u src %u off %d imm %d, not "
				 "code %02x dst %u src %u off %d imm %d",
				 text, i, insns[i].code, insns[i].dst_reg, insns[i].src_reg,
				 insns[i].off, insns[i].imm, wanted[i].code, wanted[i].dst_reg,
				 wanted[i].src_reg, wanted[i].off, wanted[i].imm);
	if (n != n_wanted)
		fail_msg("%s\n%zu instructions, not %zu", text, n, n_wanted);
}

void insns_captured(struct captured_prog *prog, const char *text)
{
	*prog = (struct captured_prog){ 0 };
	prog->insns = insns_of(text, &prog->n_insns);
}

void insns_told(struct captured_prog *prog, const struct bpf_func_info *funcs, size_t n_funcs,
		const struct bpf_line_info *lines, size_t n_lines)
{
	prog->funcs = xmemdup(funcs, n_funcs * sizeof(*funcs));
	prog->n_funcs = n_funcs;
	prog->lines = xmemdup(lines, n_lines * sizeof(*lines));
	prog->n_lines = n_lines;
}
