// SPDX-License-Identifier: GPL-2.0-or-later
/* What each instruction of classic BPF is in eBPF. */
#include "orchestrator/filter/pcap_insn.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>

#include "lab/cleanup.h"
#include "orchestrator/filter/pcap_emit.h"

#define REACH	   0x7fff /* bytes of a packet that the verifier lets a variable offset reach */
#define PACKET_MAX 0xffff
#define ROUNDS_MAX 64 /* of a loop (protochain), after which nothing is selected */

static const struct pcap_target to_nothing = { TO_NOTHING, 0 }, to_selected = { TO_SELECTED, 0 },
				to_short = { TO_SHORT, 0 };

static struct pcap_target to_insn(size_t insn)
{
	return (struct pcap_target){ TO_INSN, insn };
}

/* Whatever the packet is. */
static void go(struct pcap_insns *m, struct pcap_target target)
{
	pcap_jump(m->out, BPF_JMP | BPF_JA, 0, 0, 0, target);
	m->gone = true;
}

static uint32_t size_of(const struct sock_filter *f)
{
	switch (BPF_SIZE(f->code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

static void to_host_order(struct pcap_insns *m, uint8_t reg, uint32_t size)
{
	if (size > 1)
		pcap_emit(m->out, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, size * 8);
}

/* Bytes up to @end of the packet are there, or all begins anew. */
static void guard(struct pcap_insns *m, size_t at, uint32_t end)
{
	if (m->sure[at] >= end)
		return;
	pcap_move(m->out, REG_TMP, REG_DATA);
	pcap_add(m->out, REG_TMP, end);
	pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_X, REG_TMP, REG_END, 0, to_short);
	m->sure[at] = end;
}

static void fast_load(struct pcap_insns *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	uint32_t size = size_of(f);
	uint8_t from = REG_DATA;

	if (f->k > REACH - size) {
		go(m, to_short);
		return;
	}
	if (BPF_MODE(f->code) == BPF_IND) {
		/* Into A, whose old value is of no use any more. */
		pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_K, REG_X, 0, REACH, to_short);
		pcap_move(m->out, REG_TMP, REG_DATA);
		pcap_emit(m->out, BPF_ALU64 | BPF_ADD | BPF_X, REG_TMP, REG_X, 0, 0);
		pcap_move(m->out, into, REG_TMP);
		pcap_add(m->out, into, f->k + size);
		pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_X, into, REG_END, 0, to_short);
		from = REG_TMP;
	} else {
		guard(m, at, f->k + size);
	}
	pcap_load(m->out, BPF_SIZE(f->code), into, from, (int)f->k);
	to_host_order(m, into, size);
}

/* The register that is not loaded into is as before. */
static void slow_load(struct pcap_insns *m, const struct sock_filter *f, uint8_t into)
{
	uint8_t other = into == REG_A ? REG_X : REG_A;
	int at = into == REG_A ? AT_X : AT_A;
	uint32_t size = size_of(f);

	if (f->k > PACKET_MAX - size) {
		go(m, to_nothing);
		return;
	}
	pcap_save(m->out, BPF_DW, at, other);
	pcap_set(m->out, BPF_REG_2, f->k);
	if (BPF_MODE(f->code) == BPF_IND) {
		pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_K, REG_X, 0, PACKET_MAX, to_nothing);
		pcap_emit(m->out, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, REG_X, 0, 0);
		pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, 0, PACKET_MAX, to_nothing);
	}
	pcap_load(m->out, BPF_DW, BPF_REG_1, BPF_REG_10, AT_CTX);
	pcap_move(m->out, BPF_REG_3, BPF_REG_10);
	pcap_add(m->out, BPF_REG_3, (uint32_t)AT_LOADED);
	pcap_set(m->out, BPF_REG_4, size);
	pcap_call(m->out, BPF_FUNC_xdp_load_bytes);
	pcap_jump(m->out, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, to_nothing);
	pcap_load(m->out, BPF_SIZE(f->code), into, BPF_REG_10, AT_LOADED);
	to_host_order(m, into, size);
	pcap_load(m->out, BPF_DW, other, BPF_REG_10, at);
}

static void load_packet(struct pcap_insns *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	if (m->slow)
		slow_load(m, f, into);
	else
		fast_load(m, at, f, into);
}

static int ld(struct pcap_insns *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	switch (BPF_MODE(f->code)) {
	case BPF_IMM:
		pcap_set(m->out, into, f->k);
		return 0;
	case BPF_MEM:
		pcap_load(m->out, BPF_W, into, BPF_REG_10, AT_MEMORY(f->k));
		return 0;
	case BPF_LEN:
		pcap_load(m->out, BPF_W, into, BPF_REG_10, AT_LENGTH);
		return 0;
	case BPF_MSH: /* four times the low half of a byte: IPv4's header length */
		load_packet(m, at, f, into);
		pcap_emit(m->out, BPF_ALU | BPF_AND | BPF_K, into, 0, 0, 0xf);
		pcap_emit(m->out, BPF_ALU | BPF_LSH | BPF_K, into, 0, 0, 2);
		return 0;
	case BPF_ABS:
	case BPF_IND:
		if (into != REG_A)
			return -EINVAL;
		load_packet(m, at, f, into);
		return 0;
	default:
		return -EINVAL;
	}
}

static int alu(struct pcap_insns *m, const struct sock_filter *f)
{
	uint8_t op = BPF_OP(f->code), source = BPF_SRC(f->code);
	bool shifts = op == BPF_LSH || op == BPF_RSH, divides = op == BPF_DIV || op == BPF_MOD;

	if (op > BPF_XOR)
		return -EINVAL;
	if (source == BPF_K && ((divides && !f->k) || (shifts && f->k > 31))) {
		if (divides)
			go(m, to_nothing);
		else
			pcap_set(m->out, REG_A, 0);
		return 0;
	}
	if (source == BPF_X && divides)
		pcap_jump(m->out, BPF_JMP | BPF_JEQ | BPF_K, REG_X, 0, 0, to_nothing);
	if (source == BPF_X && shifts) { /* eBPF would shift by the low five bits */
		pcap_emit(m->out, BPF_JMP | BPF_JLE | BPF_K, REG_X, 0, 2, 31);
		pcap_set(m->out, REG_A, 0);
		pcap_emit(m->out, BPF_JMP | BPF_JA, 0, 0, 1, 0);
	}
	if (op == BPF_NEG)
		pcap_emit(m->out, BPF_ALU | BPF_NEG, REG_A, 0, 0, 0);
	else
		pcap_emit(m->out, BPF_ALU | op | source, REG_A, source == BPF_X ? REG_X : 0, 0,
			  source == BPF_X ? 0 : f->k);
	return 0;
}

/* What the verifier shall see end. What it knows of X makes each way through the loop another one
 * for it: a zero that it does not know for one makes them alike again.
 */
static void count_round(struct pcap_insns *m)
{
	pcap_load(m->out, BPF_DW, REG_TMP, BPF_REG_10, AT_ZERO);
	pcap_emit(m->out, BPF_ALU | BPF_OR | BPF_X, REG_X, REG_TMP, 0, 0);
	pcap_load(m->out, BPF_DW, REG_TMP, BPF_REG_10, AT_ROUNDS);
	pcap_add(m->out, REG_TMP, 1);
	pcap_save(m->out, BPF_DW, AT_ROUNDS, REG_TMP);
	pcap_jump(m->out, BPF_JMP | BPF_JGT | BPF_K, REG_TMP, 0, ROUNDS_MAX, to_nothing);
}

static const struct {
	uint8_t op, opposite;
} conditions[] = {
	{ BPF_JEQ, BPF_JNE },
	{ BPF_JGT, BPF_JLE },
	{ BPF_JGE, BPF_JLT },
	{ BPF_JSET, 0 }, /* has none */
};

static int jmp(struct pcap_insns *m, size_t at, const struct sock_filter *f)
{
	uint8_t op = BPF_OP(f->code), source = BPF_SRC(f->code), opposite = 0;
	uint8_t x = source == BPF_X ? REG_X : 0;
	size_t yes = at + 1 + f->jt, no = at + 1 + f->jf;

	if (op == BPF_JA) {
		/* Back where libpcap follows a chain of headers: k is negative then. */
		yes = at + 1 + (size_t)(int64_t)(int32_t)f->k;
		if (yes <= at)
			count_round(m);
		pcap_jump(m->out, BPF_JMP | BPF_JA, 0, 0, 0, to_insn(yes));
		return yes < m->n_in ? 0 : -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (conditions[i].op == op)
			opposite = conditions[i].opposite;
	if (!opposite && op != BPF_JSET)
		return -EINVAL;
	if (yes == at + 1 && opposite) {
		pcap_jump(m->out, BPF_JMP32 | opposite | source, REG_A, x, f->k, to_insn(no));
		return no < m->n_in ? 0 : -EINVAL;
	}
	pcap_jump(m->out, BPF_JMP32 | op | source, REG_A, x, f->k, to_insn(yes));
	if (no != at + 1)
		pcap_jump(m->out, BPF_JMP | BPF_JA, 0, 0, 0, to_insn(no));
	return yes < m->n_in && no < m->n_in ? 0 : -EINVAL;
}

static int ret(struct pcap_insns *m, const struct sock_filter *f)
{
	if (BPF_RVAL(f->code) != BPF_K && BPF_RVAL(f->code) != BPF_A)
		return -EINVAL;
	if (BPF_RVAL(f->code) == BPF_A)
		pcap_jump(m->out, BPF_JMP32 | BPF_JEQ | BPF_K, REG_A, 0, 0, to_nothing);
	go(m, BPF_RVAL(f->code) == BPF_K && !f->k ? to_nothing : to_selected);
	return 0;
}

int pcap_insn(struct pcap_insns *m, size_t at)
{
	const struct sock_filter *f = &m->in[at];

	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
		return ld(m, at, f, REG_A);
	case BPF_LDX:
		return ld(m, at, f, REG_X);
	case BPF_ST:
		pcap_save(m->out, BPF_W, AT_MEMORY(f->k), REG_A);
		return 0;
	case BPF_STX:
		pcap_save(m->out, BPF_W, AT_MEMORY(f->k), REG_X);
		return 0;
	case BPF_ALU:
		return alu(m, f);
	case BPF_JMP:
		return jmp(m, at, f);
	case BPF_RET:
		return ret(m, f);
	default: /* BPF_MISC */
		pcap_emit(m->out, BPF_ALU | BPF_MOV | BPF_X,
			  BPF_MISCOP(f->code) == BPF_TAX ? REG_X : REG_A,
			  BPF_MISCOP(f->code) == BPF_TAX ? REG_A : REG_X, 0, 0);
		return 0;
	}
}
