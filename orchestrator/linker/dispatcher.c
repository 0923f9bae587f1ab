// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/linker/dispatcher.h"

/*
 * The program before the filters:
 *
 *           r6 = ctx
 *   turn_i: r1 = r6; filter i itself (splice.c), or a call of it
 *           PASS, in its mask:            -> turn_i+1
 *           another verdict in its mask:  -> note_i
 *           any other:                    -> out_i
 *           …                             -> end
 *   note_i: xlab_note(ctx, i, verdict)    -> turn_i+1
 *   out_i:  r2 = i, r3 = verdict          -> stop
 *   end:    r2 = n, r3 = PASS
 *   stop:   r1 = r6, and on into xlab_stop(), or a call of it and the end
 *
 * What no mask lets on is jumped over by a comparison that is always true, since the kernel
 * refuses code that cannot be reached. Its only state is r6, and verdicts are compared as 32 bits,
 * as libxdp's does.
 */
#include <errno.h>
#include <stdlib.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/image.h"
#include "orchestrator/linker/splice.h"

struct labels {
	size_t end, stop;
	size_t *turn, *note, *out; /* by filter; turn has one more, the end */
};

/* Without memory the image stays as it is, and the two passes differ: that is found. */
static void emit(struct image *im, struct bpf_insn insn)
{
	struct bpf_insn *place = image_insn(im);

	if (place)
		*place = insn;
}

static void emit_move(struct image *im, uint8_t dst, uint8_t src)
{
	emit(im, (struct bpf_insn){
			 .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src });
}

static void emit_verdict(struct image *im)
{
	emit(im, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
				    .dst_reg = BPF_REG_3,
				    .src_reg = BPF_REG_0 });
}

static void emit_constant(struct image *im, uint8_t dst, size_t value)
{
	emit(im, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_K,
				    .dst_reg = dst,
				    .imm = (int32_t)value });
}

static void emit_jump(struct image *im, size_t to)
{
	emit(im,
	     (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = (int16_t)(to - im->n_insns - 1) });
}

static void emit_jump_if(struct image *im, uint8_t op, uint32_t verdict, size_t to)
{
	emit(im, (struct bpf_insn){ .code = BPF_JMP32 | op | BPF_K,
				    .dst_reg = BPF_REG_0,
				    .imm = (int32_t)verdict,
				    .off = (int16_t)(to - im->n_insns - 1) });
}

/* Aimed later: until then it holds the piece's number. */
static void emit_call(struct image *im, size_t piece)
{
	emit(im, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
				    .src_reg = BPF_PSEUDO_CALL,
				    .imm = (int32_t)piece });
}

#define PASS_ONLY  (1U << XDP_PASS)
#define ANY_ACTION ((1U << (XDP_REDIRECT + 1)) - 1)

static void write_turn(struct image *im, struct composition *c, size_t i, struct labels *l)
{
	struct piece *p = &c->filters[i];
	uint32_t mask = p->continues & ANY_ACTION;

	p->turn = l->turn[i] = im->n_insns;
	emit_move(im, BPF_REG_1, BPF_REG_6);
	if (p->form == PIECE_SPLICED)
		splice_write(im, p);
	else
		emit_call(im, i);
	if (mask == PASS_ONLY) {
		emit_jump_if(im, BPF_JNE, XDP_PASS, l->out[i]);
		return;
	}
	if (mask & PASS_ONLY)
		emit_jump_if(im, BPF_JEQ, XDP_PASS, l->turn[i + 1]);
	for (uint32_t action = XDP_ABORTED; action <= XDP_REDIRECT; action++)
		if (action != XDP_PASS && mask >> action & 1)
			emit_jump_if(im, BPF_JEQ, action, l->note[i]);
	if (mask)
		emit_jump(im, l->out[i]);
	else
		emit_jump_if(im, BPF_JGE, 0, l->out[i]);
}

static void write_note(struct image *im, const struct composition *c, size_t i, struct labels *l)
{
	l->note[i] = im->n_insns;
	if (!piece_notes(c->filters[i].continues))
		return;
	emit_move(im, BPF_REG_1, BPF_REG_6);
	emit_constant(im, BPF_REG_2, i);
	emit_verdict(im);
	emit_call(im, c->n_filters);
	emit_jump(im, l->turn[i + 1]);
}

static void write_out(struct image *im, size_t i, struct labels *l)
{
	l->out[i] = im->n_insns;
	emit_verdict(im);
	emit_constant(im, BPF_REG_2, i);
	emit_jump(im, l->stop);
}

static void write_all(struct image *im, struct composition *c, struct labels *l)
{
	size_t n = c->n_filters;

	im->n_insns = 0;
	emit_move(im, BPF_REG_6, BPF_REG_1);
	for (size_t i = 0; i < n; i++)
		write_turn(im, c, i, l);
	c->end = l->turn[n] = im->n_insns;
	emit_jump(im, l->end);
	for (size_t i = 0; i < n; i++) {
		write_note(im, c, i, l);
		write_out(im, i, l);
	}
	l->end = im->n_insns;
	emit_constant(im, BPF_REG_2, n);
	emit_constant(im, BPF_REG_3, XDP_PASS);
	l->stop = im->n_insns;
	emit_move(im, BPF_REG_1, BPF_REG_6);
	if (!c->calls_stop)
		return;
	emit_call(im, n + 1);
	emit(im, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

int dispatcher_write(struct image *im, struct composition *c, struct error *e)
{
	size_t n = c->n_filters, first;
	FREE_AUTO size_t *places = calloc(3 * n + 1, sizeof(*places));
	struct labels l = { .turn = places };

	if (!places)
		return error_sys(e, -ENOMEM, "composing a chain");
	l.note = places + n + 1;
	l.out = l.note + n;
	/* The first pass learns where the labels are, the second jumps to them. */
	write_all(im, c, &l);
	first = im->n_insns;
	write_all(im, c, &l);
	if (im->n_insns != first || first <= 3 * n)
		return error_sys(e, -ENOMEM, "composing a chain");
	return 0;
}

static const struct piece *called(const struct composition *c, size_t number)
{
	if (number < c->n_filters)
		return &c->filters[number];
	return number == c->n_filters ? &c->note : &c->stop;
}

void dispatcher_aim(struct image *im, const struct composition *c)
{
	size_t filter;

	for (size_t i = 0; i < c->stop.at; i++) {
		struct bpf_insn *insn = &im->insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && composition_filter(c, i) == c->n_filters)
			insn->imm = (int32_t)(called(c, (size_t)insn->imm)->at - i - 1);
	}
	for (filter = 0; filter < c->n_filters; filter++)
		if (c->filters[filter].form == PIECE_SPLICED)
			splice_aim(im, &c->filters[filter]);
}
