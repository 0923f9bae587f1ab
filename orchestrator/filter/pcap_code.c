// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole program, twice over: which of its bytes each instruction can rely on, what stands
 * before the first, and what its ends come to.
 */
#include "orchestrator/filter/pcap_code.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <sys/param.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/pcap_emit.h"
#include "orchestrator/filter/pcap_insn.h"

#define UNREACHED UINT32_MAX

struct maker {
	struct pcap_insns insns; /* @slow: of the second copy */
	struct pcap_out out;
	size_t *places; /* by classic instruction: where it begins in this copy */
	const struct pcap_result *result;
	bool uses_length, loops;
	uint32_t memory; /* bits of M[] that are used */
};

static void leave(struct maker *m, uint32_t result)
{
	pcap_set(&m->out, BPF_REG_0, result);
	pcap_emit(&m->out, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* What is known of the packet where @target is reached from @at. Jumps back know nothing. */
static void hand_on(struct maker *m, size_t at, int64_t target)
{
	uint32_t *sure = m->insns.sure;

	if (target > (int64_t)at && target < (int64_t)m->insns.n_in)
		sure[target] = MIN(sure[target], sure[at]);
}

/* Where the jump at @at leads. */
static int64_t led_to(const struct maker *m, size_t at)
{
	return (int64_t)at + 1 + (int32_t)m->insns.in[at].k;
}

static bool jumps_back(const struct sock_filter *f)
{
	return BPF_CLASS(f->code) == BPF_JMP && BPF_OP(f->code) == BPF_JA && (int32_t)f->k < 0;
}

static void hand_on_all(struct maker *m, size_t at)
{
	const struct sock_filter *f = &m->insns.in[at];

	if (m->insns.gone)
		return;
	if (BPF_CLASS(f->code) != BPF_JMP) {
		hand_on(m, at, (int64_t)at + 1);
	} else if (BPF_OP(f->code) == BPF_JA) {
		hand_on(m, at, led_to(m, at));
	} else {
		hand_on(m, at, (int64_t)at + 1 + f->jt);
		hand_on(m, at, (int64_t)at + 1 + f->jf);
	}
}

/* Before anything is written: what is used, and where nothing can be known. */
static int survey(struct maker *m)
{
	for (size_t i = 0; i < m->insns.n_in; i++) {
		const struct sock_filter *f = &m->insns.in[i];
		uint8_t class = BPF_CLASS(f->code);
		bool memory = class == BPF_ST || class == BPF_STX ||
			      (class <= BPF_LDX && BPF_MODE(f->code) == BPF_MEM);

		if (memory && f->k >= BPF_MEMWORDS)
			return -EINVAL;
		if (memory)
			m->memory |= 1U << f->k;
		if (class <= BPF_LDX && BPF_MODE(f->code) == BPF_LEN)
			m->uses_length = true;
		m->loops |= jumps_back(f);
	}
	return m->insns.n_in && BPF_CLASS(m->insns.in[m->insns.n_in - 1].code) == BPF_RET ? 0
											  : -EINVAL;
}

static void forget(struct maker *m)
{
	for (size_t i = 0; i < m->insns.n_in; i++)
		m->insns.sure[i] = i ? UNREACHED : 0;
	/* Where a loop is entered as well, by a way that knows less. */
	for (size_t i = 0; i < m->insns.n_in; i++)
		if (jumps_back(&m->insns.in[i]))
			hand_on(m, 0, led_to(m, i));
}

static void begin(struct maker *m)
{
	pcap_set(&m->out, REG_A, 0);
	pcap_set(&m->out, REG_X, 0);
	if (m->loops)
		pcap_save(&m->out, BPF_DW, AT_ROUNDS, REG_X);
	for (uint32_t k = 0; k < BPF_MEMWORDS; k++)
		if (m->memory >> k & 1)
			pcap_save(&m->out, BPF_W, AT_MEMORY(k), REG_X);
}

static void prologue(struct maker *m)
{
	if (m->uses_length) {
		pcap_save(&m->out, BPF_DW, AT_CTX, REG_CTX);
		pcap_call(&m->out, BPF_FUNC_xdp_get_buff_len);
		pcap_save(&m->out, BPF_DW, AT_LENGTH, BPF_REG_0);
		pcap_load(&m->out, BPF_DW, REG_CTX, BPF_REG_10, AT_CTX);
	}
	pcap_load(&m->out, BPF_W, REG_DATA, REG_CTX, offsetof(struct xdp_md, data));
	pcap_load(&m->out, BPF_W, REG_END, REG_CTX, offsetof(struct xdp_md, data_end));
	if (m->loops) { /* no packet has 4 GiB */
		pcap_move(&m->out, REG_TMP, REG_END);
		pcap_emit(&m->out, BPF_ALU64 | BPF_SUB | BPF_X, REG_TMP, REG_DATA, 0, 0);
		pcap_emit(&m->out, BPF_ALU64 | BPF_RSH | BPF_K, REG_TMP, 0, 0, 32);
		pcap_save(&m->out, BPF_DW, AT_ZERO, REG_TMP);
	}
	begin(m);
}

/* The part that is not in fragments was too short: is there more? */
static void look_for_more(struct maker *m)
{
	pcap_save(&m->out, BPF_DW, AT_CTX, REG_CTX);
	pcap_emit(&m->out, BPF_ALU64 | BPF_SUB | BPF_X, REG_END, REG_DATA, 0, 0);
	pcap_save(&m->out, BPF_DW, AT_LOADED, REG_END);
	pcap_call(&m->out, BPF_FUNC_xdp_get_buff_len);
	pcap_load(&m->out, BPF_DW, REG_TMP, BPF_REG_10, AT_LOADED);
	pcap_emit(&m->out, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_0, REG_TMP, 2, 0);
}

static int copy(struct maker *m)
{
	int err = 0;

	forget(m);
	for (size_t i = 0; i < m->insns.n_in && !err; i++) {
		if (m->insns.sure[i] ==
		    UNREACHED) /* the verifier takes no code that is never run */
			continue;
		m->places[i] = m->out.n;
		m->insns.gone = false;
		err = pcap_insn(&m->insns, i);
		hand_on_all(m, i);
	}
	return err;
}

/* MACs, as swap_src_dst_mac() of bpf/ has it; a frame without them stays as it is. */
static void swap_macs(struct maker *m)
{
	const uint8_t sizes[] = { BPF_W, BPF_H };

	pcap_load(&m->out, BPF_W, REG_DATA, REG_CTX, offsetof(struct xdp_md, data));
	pcap_load(&m->out, BPF_W, REG_END, REG_CTX, offsetof(struct xdp_md, data_end));
	pcap_move(&m->out, REG_TMP, REG_DATA);
	pcap_add(&m->out, REG_TMP, ETH_HLEN);
	pcap_emit(&m->out, BPF_JMP | BPF_JGT | BPF_X, REG_TMP, REG_END, 8, 0);
	for (int i = 0; i < 2; i++) {
		pcap_load(&m->out, sizes[i], REG_X, REG_DATA, 4 * i);
		pcap_load(&m->out, sizes[i], REG_TMP, REG_DATA, ETH_ALEN + 4 * i);
		pcap_emit(&m->out, BPF_STX | BPF_MEM | sizes[i], REG_DATA, REG_TMP, 4 * i, 0);
		pcap_emit(&m->out, BPF_STX | BPF_MEM | sizes[i], REG_DATA, REG_X, ETH_ALEN + 4 * i,
			  0);
	}
}

static void leave_selected(struct maker *m)
{
	if (m->result->swaps) {
		if (m->insns.slow)
			pcap_load(&m->out, BPF_DW, REG_CTX, BPF_REG_10, AT_CTX);
		swap_macs(m);
	}
	leave(m, m->result->selected);
}

/* What jumps to nowhere in this copy comes to its end; @more: there may be a second one. */
static int finish(struct maker *m, bool more)
{
	size_t ends[TO_SHORT + 1];

	ends[TO_SELECTED] = m->out.n;
	if (pcap_jumps_to(&m->out, TO_SELECTED))
		leave_selected(m);
	ends[TO_SHORT] = m->out.n;
	if (more)
		look_for_more(m);
	ends[TO_NOTHING] = m->out.n;
	if (more || pcap_jumps_to(&m->out, TO_NOTHING))
		leave(m, m->result->other);
	return pcap_resolve(&m->out, m->places, ends);
}

static int make(struct maker *m)
{
	bool more;
	int err = survey(m);

	if (err)
		return err;
	prologue(m);
	err = copy(m);
	more = pcap_jumps_to(&m->out, TO_SHORT);
	if (!err)
		err = finish(m, more);
	if (err || !more)
		return err;
	m->insns.slow = true;
	begin(m);
	(void)copy(m); /* what could be written once */
	return finish(m, false);
}

int pcap_code_make(const struct sock_filter *classic, size_t n_classic,
		   const struct pcap_result *result, struct bpf_insn **insns, size_t *n,
		   struct error *e)
{
	size_t *FREE_AUTO places = xcalloc(n_classic + 1, sizeof(*places));
	uint32_t *FREE_AUTO sure = xcalloc(n_classic + 1, sizeof(*sure));
	struct maker m = {
		.insns = { .in = classic, .n_in = n_classic, .out = &m.out, .sure = sure },
		.places = places,
		.result = result,
	};
	int err = make(&m);

	free(m.out.fixups);
	if (!err) {
		*insns = m.out.insns;
		*n = m.out.n;
		return 0;
	}
	free(m.out.insns);
	return error_input(e, err == -E2BIG
				      ? "the expression is too long: its program has more than "
					"32,767 instructions"
				      : "libpcap made a program of it that xlab does not know");
}
