// SPDX-License-Identifier: GPL-2.0-or-later
/* Constants are followed within what is run from its beginning to its end only: from one
 * instruction that something jumps to up to the next.
 */
#include "orchestrator/linker/prune.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/linker/registers.h"

enum fate {
	STAYS,
	GOES, /* never run, or it does nothing */
	JUMPS /* a branch that always does */
};

struct pruning {
	struct captured_prog *p;
	uint8_t *fates; /* enum fate by instruction; a wide load's second half is one that does
			   nothing */
	bool *run;	/* something comes there at all */
	bool *begins;	/* something may come there from elsewhere than the instruction before */
	size_t *places; /* where each comes to be, or the next one that stays */
};

/* What is known of the registers. */
struct known {
	uint16_t which;	    /* a bit a register */
	uint64_t value[16]; /* as many as an instruction can name */
};

/* A function that is run is named. */
static void find_beginnings(const struct pruning *r)
{
	const struct captured_prog *p = r->p;

	memset(r->begins, 0, p->n_insns);
	for (size_t i = 0; i < p->n_insns; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (r->fates[i] != GOES && (insn_jumps(insn) || insn_names_function(insn)))
			r->begins[insn_target(insn, i)] = true;
	}
}

/* -1: it depends on the packet. */
static int decide(const struct bpf_insn *insn, const struct known *k)
{
	bool word = BPF_CLASS(insn->code) == BPF_JMP32, by_register = BPF_SRC(insn->code) == BPF_X;
	uint64_t a, b;

	if (!(k->which >> insn->dst_reg & 1) || (by_register && !(k->which >> insn->src_reg & 1)))
		return -1;
	a = k->value[insn->dst_reg];
	b = by_register ? k->value[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
	if (word) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSET:
		return (a & b) != 0;
	default: /* of signed numbers */
		return -1;
	}
}

static void learn(struct known *k, const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);
	bool moves = (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(insn->code) == BPF_MOV &&
		     BPF_SRC(insn->code) == BPF_K;

	if (class == BPF_STX || class == BPF_LD || insn->code == (BPF_JMP | BPF_CALL)) {
		k->which = 0; /* some of them write registers that they do not name */
	} else if (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX) {
		k->which &= (uint16_t) ~(1U << insn->dst_reg);
	}
	if (!moves)
		return;
	k->which |= (uint16_t)(1U << insn->dst_reg);
	k->value[insn->dst_reg] =
		class == BPF_ALU ? (uint32_t)insn->imm : (uint64_t)(int64_t)insn->imm;
}

static bool decide_branches(const struct pruning *r)
{
	const struct captured_prog *p = r->p;
	struct known known = { 0 };
	bool any = false;

	for (size_t i = 0; i < p->n_insns; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (r->begins[i])
			known.which = 0;
		if (r->fates[i] != STAYS)
			continue;
		if (insn_is_branch(insn)) {
			int jumps = decide(insn, &known);

			any |= jumps >= 0;
			if (jumps >= 0)
				r->fates[i] = jumps ? JUMPS : GOES;
		} else {
			learn(&known, insn); /* of the second half of a wide load: nothing */
		}
	}
	return any;
}

/* What is never run goes. */
static void find_run(const struct pruning *r)
{
	const struct captured_prog *p = r->p;
	size_t *FREE_AUTO todo = xcalloc(2 * p->n_insns + 1, sizeof(*todo));
	size_t n = 1; /* the first instruction */

	memset(r->run, 0, p->n_insns);
	while (n) {
		size_t i = todo[--n];

		while (!r->run[i]) {
			const struct bpf_insn *insn = &p->insns[i];
			bool jumps = insn_jumps(insn) && r->fates[i] != GOES;

			r->run[i] = true;
			if (jumps || insn_names_function(insn))
				todo[n++] = insn_target(insn, i);
			if (insn->code == (BPF_JMP | BPF_EXIT) ||
			    (jumps && (!insn_is_branch(insn) || r->fates[i] == JUMPS)))
				break;
			i++;
		}
	}
	for (size_t i = 0; i < p->n_insns; i++)
		if (!r->run[i])
			r->fates[i] = GOES;
}

static void find_places(const struct pruning *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->p->n_insns; i++) {
		r->places[i] = n;
		n += r->fates[i] != GOES;
	}
	r->places[r->p->n_insns] = n;
}

/* Jumps to what follows anyway. */
static bool drop_jumps(const struct pruning *r)
{
	bool any = false;

	for (size_t i = 0; i < r->p->n_insns; i++) {
		const struct bpf_insn *insn = &r->p->insns[i];
		bool always = r->fates[i] == JUMPS || (insn_jumps(insn) && !insn_is_branch(insn));

		if (r->fates[i] != GOES && always &&
		    r->places[insn_target(insn, i)] == r->places[i] + 1) {
			r->fates[i] = GOES;
			any = true;
		}
	}
	return any;
}

static void move_lines(const struct pruning *r)
{
	struct captured_prog *p = r->p;
	size_t n = 0;

	for (size_t i = 0; i < p->n_lines; i++) {
		struct bpf_line_info line = p->lines[i];

		line.insn_off = (__u32)r->places[line.insn_off];
		if (line.insn_off == r->places[p->n_insns])
			continue;
		/* Of several that come to one instruction the last one is its own. */
		if (n && p->lines[n - 1].insn_off == line.insn_off)
			n--;
		p->lines[n++] = line;
	}
	p->n_lines = n;
}

static void move_insns(const struct pruning *r)
{
	struct captured_prog *p = r->p;

	for (size_t i = 0; i < p->n_insns; i++) {
		struct bpf_insn insn = p->insns[i];
		size_t at = r->places[i];
		bool aims = insn_jumps(&insn) || insn_names_function(&insn);
		size_t target = aims ? r->places[insn_target(&insn, i)] : 0;

		if (r->fates[i] == GOES)
			continue;
		if (r->fates[i] == JUMPS)
			insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
		if (aims)
			insn_aim(&insn, at, target);
		p->insns[at] = insn;
	}
}

/* Each comes to its place. */
static void take_out(const struct pruning *r)
{
	struct captured_prog *p = r->p;
	size_t n = 0;

	do
		find_places(r);
	while (drop_jumps(r));
	move_insns(r);
	move_lines(r);
	for (size_t i = 0; i < p->n_funcs; i++) {
		size_t begin = p->funcs[i].insn_off;

		if (!r->run[begin]) /* nobody calls it any more */
			continue;
		p->funcs[n] = p->funcs[i];
		p->funcs[n++].insn_off = (__u32)r->places[begin];
	}
	p->n_funcs = n;
	p->n_insns = r->places[p->n_insns];
}

/* --- What is never read ----------------------------------------------------------------------- */

/* A constant, or a copy. */
static bool is_move(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(insn->code) == BPF_MOV;
}

/* Of the instruction before, from where it came, and nothing else comes here. */
static bool is_copied_back(const struct pruning *r, size_t i)
{
	const struct bpf_insn *insn = &r->p->insns[i], *before = insn - 1;

	return i && !r->begins[i] && insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off &&
	       before->code == insn->code && !before->off && before->dst_reg == insn->src_reg &&
	       before->src_reg == insn->dst_reg;
}

static bool drop_moves(const struct pruning *r)
{
	const struct captured_prog *p = r->p;
	const struct link_output out = {
		.insns = p->insns, .n_insns = p->n_insns, .funcs = p->funcs, .n_funcs = p->n_funcs
	};
	struct registers registers;
	bool any = false;

	registers_find(&registers, &out);
	for (size_t i = 0; i + 1 < p->n_insns; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (is_copied_back(r, i) ||
		    (is_move(insn) && !(registers.needed[i + 1] >> insn->dst_reg & 1))) {
			r->fates[i] = GOES;
			any = true;
		}
	}
	registers_clear(&registers);
	return any;
}

static bool is_on_stack(const struct bpf_insn *insn, uint8_t base)
{
	return base == BPF_REG_10 && insn->off >= -LINK_STACK_MAX && insn->off < 0;
}

static int bytes_of(const struct bpf_insn *insn)
{
	static const int bytes[] = { 4, 2, 1, 8 }; /* BPF_W, _H, _B, _DW */

	return bytes[BPF_SIZE(insn->code) >> 3];
}

/* Of a function whose frame nobody else knows. */
static bool drop_stores(const struct pruning *r, size_t from, size_t to)
{
	const struct bpf_insn *insns = r->p->insns;
	bool read[LINK_STACK_MAX + 8] = { false };
	bool any = false;

	for (size_t i = from; i < to; i++) {
		bool reads = BPF_CLASS(insns[i].code) == BPF_LDX
				     ? is_on_stack(&insns[i], insns[i].src_reg)
				     : BPF_CLASS(insns[i].code) == BPF_STX &&
					       BPF_MODE(insns[i].code) == BPF_ATOMIC &&
					       is_on_stack(&insns[i], insns[i].dst_reg);

		for (int b = 0; reads && b < bytes_of(&insns[i]); b++)
			read[LINK_STACK_MAX + insns[i].off + b] = true;
	}
	for (size_t i = from; i < to; i++) {
		uint8_t class = BPF_CLASS(insns[i].code);
		bool wanted = false;

		if ((class != BPF_ST && class != BPF_STX) ||
		    !is_on_stack(&insns[i], insns[i].dst_reg))
			continue;
		for (int b = 0; b < bytes_of(&insns[i]); b++)
			wanted |= read[LINK_STACK_MAX + insns[i].off + b];
		if (!wanted)
			r->fates[i] = GOES;
		any |= !wanted;
	}
	return any;
}

/* Constants that decided something and nothing else, and what clang kept for what has gone. */
static bool drop_unread(const struct pruning *r)
{
	const struct captured_prog *p = r->p;
	bool any;

	memset(r->fates, STAYS, p->n_insns);
	memset(r->run, true, p->n_insns);
	find_beginnings(r);
	any = drop_moves(r);
	for (size_t f = 0; f < p->n_funcs; f++) {
		size_t from = p->funcs[f].insn_off, to = captured_prog_end(p, f);

		if (!insns_show_frame(p->insns, from, to))
			any |= drop_stores(r, from, to);
	}
	return any;
}

void captured_prog_prune(struct captured_prog *p)
{
	uint8_t *FREE_AUTO fates = xcalloc(p->n_insns, sizeof(*fates));
	bool *FREE_AUTO begins = xcalloc(p->n_insns, sizeof(*begins));
	bool *FREE_AUTO run = xcalloc(p->n_insns, sizeof(*run));
	size_t *FREE_AUTO places = xcalloc(p->n_insns + 1, sizeof(*places));
	const struct pruning r = { p, fates, run, begins, places };

	/* What goes may have been all that came to some other place from elsewhere. */
	do {
		find_run(&r);
		find_beginnings(&r);
	} while (decide_branches(&r));
	take_out(&r);
	while (drop_unread(&r))
		take_out(&r);
}
