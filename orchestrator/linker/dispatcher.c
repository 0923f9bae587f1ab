// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program before the filters, written as instructions; what it calls is appended by linker.c:
 *
 *           r6 = ctx
 *           xlab_came() itself, if this chain is to tell how packets came
 *           a call of idle, if there is one
 *   entry_i: r1 = r6; filter i itself (inline.c), or a call of it
 *           its silent verdict, if that is in its mask: on to entry_i+1
 *           any other:                    -> out_i
 *           …                             -> end
 *   note_i: xlab_note(ctx, i, verdict)    -> entry_i+1
 *   out_i:  another one in its mask:      -> note_i
 *           r2 = i, r3 = verdict          -> stop
 *   end:    r2 = n, r3 = PASS
 *   stop:   r1 = r6, and on into xlab_stop(), or a call of it and the end
 *
 * and behind the filters, where one of them names functions that are never called:
 *
 *   idle:   a function, called once so that the kernel keeps it. Its address stands for theirs; and
 *           what the kernel sees named nowhere is no function, so it calls them, in a branch that
 *           is never taken
 *
 * XLAB_NEXT is in every mask, so the code behind a filter can always be reached. The only state is
 * r6, and verdicts are compared as 32 bits, as libxdp's does.
 */
#include "orchestrator/linker/dispatcher.h"

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/inline.h"
#include "orchestrator/linker/link.h"

struct labels {
	size_t end, stop;
	size_t *entry, *note, *out; /* by filter; entry has one more, the end */
};

static void emit(struct link_output *out, struct bpf_insn insn)
{
	*link_output_insn(out) = insn;
}

static void emit_move(struct link_output *out, uint8_t dst, uint8_t src)
{
	emit(out, (struct bpf_insn){
			  .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src });
}

static void emit_verdict(struct link_output *out)
{
	emit(out, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
				     .dst_reg = BPF_REG_3,
				     .src_reg = BPF_REG_0 });
}

static void emit_constant(struct link_output *out, uint8_t dst, size_t value)
{
	emit(out, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_K,
				     .dst_reg = dst,
				     .imm = (int32_t)value });
}

static void emit_jump(struct link_output *out, size_t to)
{
	emit(out, (struct bpf_insn){ .code = BPF_JMP | BPF_JA,
				     .off = (int16_t)(to - out->n_insns - 1) });
}

static void emit_jump_if(struct link_output *out, uint8_t op, uint32_t verdict, size_t to)
{
	emit(out, (struct bpf_insn){ .code = BPF_JMP32 | op | BPF_K,
				     .dst_reg = BPF_REG_0,
				     .imm = (int32_t)verdict,
				     .off = (int16_t)(to - out->n_insns - 1) });
}

/* Fixed up later: until then it holds the input's number. */
static void emit_call(struct link_output *out, size_t input)
{
	emit(out, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
				     .src_reg = BPF_PSEUDO_CALL,
				     .imm = (int32_t)input });
}

#define VERDICTS (XLAB_NEXT + 1)

static void write_entry(struct link_output *out, struct linker *c, size_t i, struct labels *l)
{
	struct link_input *p = &c->filters[i];

	p->entry = l->entry[i] = out->n_insns;
	emit_move(out, BPF_REG_1, BPF_REG_6);
	if (p->form == LINK_INLINED)
		inline_append(out, p);
	else
		emit_call(out, i);
	/* What the chain is quickest at: it goes straight on. */
	if (p->continues >> p->silent & 1)
		emit_jump_if(out, BPF_JNE, p->silent, l->out[i]);
	else
		emit_jump(out, l->out[i]);
}

static void write_note(struct link_output *out, const struct linker *c, size_t i, struct labels *l)
{
	l->note[i] = out->n_insns;
	if (!link_input_notes(c->filters[i].continues, c->filters[i].silent))
		return;
	emit_move(out, BPF_REG_1, BPF_REG_6);
	emit_constant(out, BPF_REG_2, i);
	emit_verdict(out);
	emit_call(out, c->n_filters);
	emit_jump(out, l->entry[i + 1]);
}

static void write_out(struct link_output *out, const struct linker *c, size_t i, struct labels *l)
{
	const struct link_input *p = &c->filters[i];

	l->out[i] = out->n_insns;
	for (uint32_t verdict = 0; verdict < VERDICTS; verdict++)
		if (verdict != p->silent && p->continues >> verdict & 1)
			emit_jump_if(out, BPF_JEQ, verdict, l->note[i]);
	emit_verdict(out);
	emit_constant(out, BPF_REG_2, i);
	emit_jump(out, l->stop);
}

static void write_all(struct link_output *out, struct linker *c, struct labels *l)
{
	size_t n = c->n_filters;

	out->n_insns = 0;
	emit_move(out, BPF_REG_6, BPF_REG_1);
	if (c->tells_came)
		inline_append(out, &c->came);
	if (c->overfull)
		emit(out, (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_DW,
					     .dst_reg = BPF_REG_10,
					     .off = -LINK_STACK_MAX });
	if (linker_idles(c))
		emit_call(out, n + 2);
	for (size_t i = 0; i < n; i++)
		write_entry(out, c, i, l);
	c->end = l->entry[n] = out->n_insns;
	emit_jump(out, l->end);
	for (size_t i = 0; i < n; i++) {
		write_note(out, c, i, l);
		write_out(out, c, i, l);
	}
	l->end = out->n_insns;
	emit_constant(out, BPF_REG_2, n);
	emit_constant(out, BPF_REG_3, XDP_PASS);
	l->stop = out->n_insns;
	emit_move(out, BPF_REG_1, BPF_REG_6);
	if (!c->calls_stop)
		return;
	emit_call(out, n + 1);
	emit(out, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

void dispatcher_write(struct link_output *out, struct linker *c)
{
	size_t n = c->n_filters;
	size_t *FREE_AUTO all = xcalloc(3 * n + 1, sizeof(*all));
	struct labels l = { .entry = all, .note = all + n + 1, .out = all + 2 * n + 1 };

	/* The first pass learns where the labels are, the second jumps to them. */
	write_all(out, c, &l);
	write_all(out, c, &l);
}

void dispatcher_write_idle(struct link_output *out, struct linker *c)
{
	size_t jump;

	if (!linker_idles(c))
		return;
	c->idle = out->n_insns;
	emit_constant(out, BPF_REG_0, 0);
	jump = out->n_insns;
	emit_jump_if(out, BPF_JEQ, 0, jump);
	for (size_t i = 0; i < c->n_filters; i++)
		for (size_t j = 0; j < c->filters[i].n_idle; j++) {
			emit_call(out, link_input_callback(&c->filters[i], c->filters[i].idle[j]) -
					       out->n_insns - 1);
			emit_constant(out, BPF_REG_0, 0);
		}
	out->insns[jump].off = (int16_t)(out->n_insns - jump - 1);
	emit(out, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static size_t called(const struct linker *c, size_t number)
{
	if (number < c->n_filters)
		return c->filters[number].at;
	if (number == c->n_filters)
		return c->note.at;
	return number == c->n_filters + 1 ? c->stop.at : c->idle;
}

static void name_idle(struct link_output *out, const struct linker *c, const struct link_input *p)
{
	for (size_t i = 0; i < p->n_idle; i++) {
		size_t at = link_input_insn(p, p->idle[i]);

		out->insns[at].imm = (int32_t)(c->idle - at - 1);
	}
}

/* Instruction @i is of the dispatcher itself, and of nothing that is inlined into it. */
static bool is_own(const struct linker *c, size_t i)
{
	const struct link_input *came = &c->came;

	return linker_filter_at(c, i) == c->n_filters &&
	       !(c->tells_came && i >= came->body && i < came->body + came->n_main);
}

void dispatcher_fix_up(struct link_output *out, const struct linker *c)
{
	for (size_t i = 0; i < c->stop.at; i++) {
		struct bpf_insn *insn = &out->insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && is_own(c, i))
			insn->imm = (int32_t)(called(c, (size_t)insn->imm) - i - 1);
	}
	for (size_t i = 0; i < c->n_filters; i++) {
		if (c->filters[i].form == LINK_INLINED)
			inline_fix_up(out, &c->filters[i]);
		name_idle(out, c, &c->filters[i]);
	}
	if (c->tells_came)
		inline_fix_up(out, &c->came);
}
