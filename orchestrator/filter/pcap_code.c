// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Instruction by instruction, twice over.
 *
 *   r0  A          r1  the context       [r10-64..-1]   M[]
 *   r4  X          r2  the packet        [r10-72]       the context
 *   r5  for us     r3  its end           [r10-80, -88]  A, X over a call
 *                                        [r10-96, -104] what a helper loaded; the packet's length
 *                                        [r10-112, -120] rounds of loops; 0
 *
 * Only these registers: what calls preserve would be saved at every entry.
 */
#include "orchestrator/filter/pcap_code.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"

enum {
	REG_A = BPF_REG_0,
	REG_CTX = BPF_REG_1,
	REG_DATA = BPF_REG_2,
	REG_END = BPF_REG_3,
	REG_X = BPF_REG_4,
	REG_TMP = BPF_REG_5,
};

enum {
	AT_CTX = -72,
	AT_A = -80,
	AT_X = -88,
	AT_LOADED = -96,
	AT_LENGTH = -104,
	AT_ROUNDS = -112,
	AT_ZERO = -120,
};

#define UNREACHED  UINT32_MAX
#define REACH	   0x7fff /* bytes of a packet that the verifier lets a variable offset reach */
#define PACKET_MAX 0xffff

/* What a jump may name. */
struct target {
	enum { TO_INSN, TO_NOTHING, TO_SELECTED, TO_SHORT } kind;
	size_t insn; /* of the classic program, in this copy */
};

struct fixup {
	size_t at;
	struct target target;
};

struct maker {
	const struct sock_filter *in;
	size_t n_in;
	struct bpf_insn *out;
	size_t n_out;
	struct fixup *fixups; /* of the copy that is being written */
	size_t n_fixups;
	size_t *places; /* by classic instruction: where it begins in this copy */
	/* By classic instruction: so many bytes are known to be there when it is reached. */
	uint32_t *sure;
	size_t nothing, selected; /* where it is known */
	const struct pcap_result *result;
	bool slow; /* the second copy: loads go by the helper */
	bool gone; /* the instruction that is being written always jumps away */
	bool uses_length, loops;
	uint32_t memory; /* bits of M[] that are used */
};

static struct bpf_insn *emit(struct maker *m, uint8_t code, uint8_t dst, uint8_t src, int off,
			     uint32_t imm)
{
	struct bpf_insn *insn = array_add(&m->out, &m->n_out, sizeof(*insn));

	*insn = (struct bpf_insn){ code, dst, src, (int16_t)off, (int32_t)imm };
	return insn;
}

static void move(struct maker *m, uint8_t dst, uint8_t src)
{
	emit(m, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct maker *m, uint8_t dst, uint32_t value)
{
	emit(m, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
}

static void add(struct maker *m, uint8_t dst, uint32_t value)
{
	emit(m, BPF_ALU64 | BPF_ADD, dst, 0, 0, value);
}

static void load(struct maker *m, uint8_t size, uint8_t dst, uint8_t from, int off)
{
	emit(m, BPF_LDX | BPF_MEM | size, dst, from, off, 0);
}

static void save(struct maker *m, uint8_t size, int off, uint8_t src)
{
	emit(m, BPF_STX | BPF_MEM | size, BPF_REG_10, src, off, 0);
}

static void call(struct maker *m, uint32_t helper)
{
	emit(m, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

/* @code BPF_JMP | BPF_JA, or a condition. */
static void jump(struct maker *m, uint8_t code, uint8_t dst, uint8_t src, uint32_t imm,
		 struct target target)
{
	struct fixup *fixup = array_add(&m->fixups, &m->n_fixups, sizeof(*fixup));

	*fixup = (struct fixup){ m->n_out, target };
	emit(m, code, dst, src, 0, imm);
}

static const struct target to_nothing = { TO_NOTHING, 0 }, to_selected = { TO_SELECTED, 0 },
			   to_short = { TO_SHORT, 0 };

static struct target to_insn(size_t insn)
{
	return (struct target){ TO_INSN, insn };
}

/* Whatever the packet is. */
static void go(struct maker *m, struct target target)
{
	jump(m, BPF_JMP | BPF_JA, 0, 0, 0, target);
	m->gone = true;
}

static void leave(struct maker *m, uint32_t result)
{
	set(m, BPF_REG_0, result);
	emit(m, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
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

static void to_host_order(struct maker *m, uint8_t reg, uint32_t size)
{
	if (size > 1)
		emit(m, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, size * 8);
}

/* Bytes up to @end of the packet are there, or all begins anew. */
static void guard(struct maker *m, size_t at, uint32_t end)
{
	if (m->sure[at] >= end)
		return;
	move(m, REG_TMP, REG_DATA);
	add(m, REG_TMP, end);
	jump(m, BPF_JMP | BPF_JGT | BPF_X, REG_TMP, REG_END, 0, to_short);
	m->sure[at] = end;
}

static void fast_load(struct maker *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	uint32_t size = size_of(f);
	uint8_t from = REG_DATA;

	if (f->k > REACH - size) {
		go(m, to_short);
		return;
	}
	if (BPF_MODE(f->code) == BPF_IND) {
		/* Into A, whose old value is of no use any more. */
		jump(m, BPF_JMP | BPF_JGT | BPF_K, REG_X, 0, REACH, to_short);
		move(m, REG_TMP, REG_DATA);
		emit(m, BPF_ALU64 | BPF_ADD | BPF_X, REG_TMP, REG_X, 0, 0);
		move(m, into, REG_TMP);
		add(m, into, f->k + size);
		jump(m, BPF_JMP | BPF_JGT | BPF_X, into, REG_END, 0, to_short);
		from = REG_TMP;
	} else {
		guard(m, at, f->k + size);
	}
	load(m, BPF_SIZE(f->code), into, from, (int)f->k);
	to_host_order(m, into, size);
}

/* The register that is not loaded into is as before. */
static void slow_load(struct maker *m, const struct sock_filter *f, uint8_t into)
{
	uint8_t other = into == REG_A ? REG_X : REG_A;
	int at = into == REG_A ? AT_X : AT_A;
	uint32_t size = size_of(f);

	if (f->k > PACKET_MAX - size) {
		go(m, to_nothing);
		return;
	}
	save(m, BPF_DW, at, other);
	set(m, BPF_REG_2, f->k);
	if (BPF_MODE(f->code) == BPF_IND) {
		jump(m, BPF_JMP | BPF_JGT | BPF_K, REG_X, 0, PACKET_MAX, to_nothing);
		emit(m, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, REG_X, 0, 0);
		jump(m, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, 0, PACKET_MAX, to_nothing);
	}
	load(m, BPF_DW, BPF_REG_1, BPF_REG_10, AT_CTX);
	move(m, BPF_REG_3, BPF_REG_10);
	add(m, BPF_REG_3, (uint32_t)AT_LOADED);
	set(m, BPF_REG_4, size);
	call(m, BPF_FUNC_xdp_load_bytes);
	jump(m, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, to_nothing);
	load(m, BPF_SIZE(f->code), into, BPF_REG_10, AT_LOADED);
	to_host_order(m, into, size);
	load(m, BPF_DW, other, BPF_REG_10, at);
}

static void load_packet(struct maker *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	if (m->slow)
		slow_load(m, f, into);
	else
		fast_load(m, at, f, into);
}

static int memory_at(uint32_t k)
{
	return -4 * ((int)k + 1);
}

static int ld(struct maker *m, size_t at, const struct sock_filter *f, uint8_t into)
{
	switch (BPF_MODE(f->code)) {
	case BPF_IMM:
		set(m, into, f->k);
		return 0;
	case BPF_MEM:
		load(m, BPF_W, into, BPF_REG_10, memory_at(f->k));
		return 0;
	case BPF_LEN:
		load(m, BPF_W, into, BPF_REG_10, AT_LENGTH);
		return 0;
	case BPF_MSH: /* four times the low half of a byte: IPv4's header length */
		load_packet(m, at, f, into);
		emit(m, BPF_ALU | BPF_AND | BPF_K, into, 0, 0, 0xf);
		emit(m, BPF_ALU | BPF_LSH | BPF_K, into, 0, 0, 2);
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

static int alu(struct maker *m, const struct sock_filter *f)
{
	uint8_t op = BPF_OP(f->code), source = BPF_SRC(f->code);
	bool shifts = op == BPF_LSH || op == BPF_RSH, divides = op == BPF_DIV || op == BPF_MOD;

	if (op > BPF_XOR)
		return -EINVAL;
	if (source == BPF_K && ((divides && !f->k) || (shifts && f->k > 31))) {
		if (divides)
			go(m, to_nothing);
		else
			set(m, REG_A, 0);
		return 0;
	}
	if (source == BPF_X && divides)
		jump(m, BPF_JMP | BPF_JEQ | BPF_K, REG_X, 0, 0, to_nothing);
	if (source == BPF_X && shifts) { /* eBPF would shift by the low five bits */
		emit(m, BPF_JMP | BPF_JLE | BPF_K, REG_X, 0, 2, 31);
		set(m, REG_A, 0);
		emit(m, BPF_JMP | BPF_JA, 0, 0, 1, 0);
	}
	if (op == BPF_NEG)
		emit(m, BPF_ALU | BPF_NEG, REG_A, 0, 0, 0);
	else
		emit(m, BPF_ALU | op | source, REG_A, source == BPF_X ? REG_X : 0, 0,
		     source == BPF_X ? 0 : f->k);
	return 0;
}

/* What the verifier shall see end. What it knows of X makes each way through the loop another one
 * for it: a zero that it does not know for one makes them alike again.
 */
static void count_round(struct maker *m)
{
	load(m, BPF_DW, REG_TMP, BPF_REG_10, AT_ZERO);
	emit(m, BPF_ALU | BPF_OR | BPF_X, REG_X, REG_TMP, 0, 0);
	load(m, BPF_DW, REG_TMP, BPF_REG_10, AT_ROUNDS);
	add(m, REG_TMP, 1);
	save(m, BPF_DW, AT_ROUNDS, REG_TMP);
	jump(m, BPF_JMP | BPF_JGT | BPF_K, REG_TMP, 0, PCAP_ROUNDS, to_nothing);
}

static const struct {
	uint8_t op, opposite;
} conditions[] = {
	{ BPF_JEQ, BPF_JNE },
	{ BPF_JGT, BPF_JLE },
	{ BPF_JGE, BPF_JLT },
	{ BPF_JSET, 0 }, /* has none */
};

static int jmp(struct maker *m, size_t at, const struct sock_filter *f)
{
	uint8_t op = BPF_OP(f->code), source = BPF_SRC(f->code), opposite = 0;
	uint8_t x = source == BPF_X ? REG_X : 0;
	size_t yes = at + 1 + f->jt, no = at + 1 + f->jf;

	if (op == BPF_JA) {
		/* Back where libpcap follows a chain of headers: k is negative then. */
		yes = at + 1 + (size_t)(int64_t)(int32_t)f->k;
		if (yes <= at)
			count_round(m);
		jump(m, BPF_JMP | BPF_JA, 0, 0, 0, to_insn(yes));
		return yes < m->n_in ? 0 : -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (conditions[i].op == op)
			opposite = conditions[i].opposite;
	if (!opposite && op != BPF_JSET)
		return -EINVAL;
	if (yes == at + 1 && opposite) {
		jump(m, BPF_JMP32 | opposite | source, REG_A, x, f->k, to_insn(no));
		return no < m->n_in ? 0 : -EINVAL;
	}
	jump(m, BPF_JMP32 | op | source, REG_A, x, f->k, to_insn(yes));
	if (no != at + 1)
		jump(m, BPF_JMP | BPF_JA, 0, 0, 0, to_insn(no));
	return yes < m->n_in && no < m->n_in ? 0 : -EINVAL;
}

static int ret(struct maker *m, const struct sock_filter *f)
{
	if (BPF_RVAL(f->code) != BPF_K && BPF_RVAL(f->code) != BPF_A)
		return -EINVAL;
	if (BPF_RVAL(f->code) == BPF_A)
		jump(m, BPF_JMP32 | BPF_JEQ | BPF_K, REG_A, 0, 0, to_nothing);
	go(m, BPF_RVAL(f->code) == BPF_K && !f->k ? to_nothing : to_selected);
	return 0;
}

static int translate(struct maker *m, size_t at)
{
	const struct sock_filter *f = &m->in[at];

	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
		return ld(m, at, f, REG_A);
	case BPF_LDX:
		return ld(m, at, f, REG_X);
	case BPF_ST:
		save(m, BPF_W, memory_at(f->k), REG_A);
		return 0;
	case BPF_STX:
		save(m, BPF_W, memory_at(f->k), REG_X);
		return 0;
	case BPF_ALU:
		return alu(m, f);
	case BPF_JMP:
		return jmp(m, at, f);
	case BPF_RET:
		return ret(m, f);
	default: /* BPF_MISC */
		emit(m, BPF_ALU | BPF_MOV | BPF_X, BPF_MISCOP(f->code) == BPF_TAX ? REG_X : REG_A,
		     BPF_MISCOP(f->code) == BPF_TAX ? REG_A : REG_X, 0, 0);
		return 0;
	}
}

/* What is known of the packet where @target is reached from @at. Jumps back know nothing. */
static void hand_on(struct maker *m, size_t at, int64_t target)
{
	if (target > (int64_t)at && target < (int64_t)m->n_in && m->sure[target] > m->sure[at])
		m->sure[target] = m->sure[at];
}

static void hand_on_all(struct maker *m, size_t at)
{
	const struct sock_filter *f = &m->in[at];

	if (m->gone || BPF_CLASS(f->code) == BPF_RET)
		return;
	if (BPF_CLASS(f->code) != BPF_JMP) {
		hand_on(m, at, (int64_t)at + 1);
	} else if (BPF_OP(f->code) == BPF_JA) {
		hand_on(m, at, (int64_t)at + 1 + (int32_t)f->k);
	} else {
		hand_on(m, at, (int64_t)at + 1 + f->jt);
		hand_on(m, at, (int64_t)at + 1 + f->jf);
	}
}

/* Before anything is written: what is used, and where nothing can be known. */
static int survey(struct maker *m)
{
	for (size_t i = 0; i < m->n_in; i++) {
		const struct sock_filter *f = &m->in[i];
		uint8_t class = BPF_CLASS(f->code);
		bool memory = class == BPF_ST || class == BPF_STX ||
			      (class <= BPF_LDX && BPF_MODE(f->code) == BPF_MEM);

		if (memory && f->k >= BPF_MEMWORDS)
			return -EINVAL;
		if (memory)
			m->memory |= 1U << f->k;
		if (class <= BPF_LDX && BPF_MODE(f->code) == BPF_LEN)
			m->uses_length = true;
		if (class == BPF_JMP && BPF_OP(f->code) == BPF_JA && (int32_t)f->k < 0)
			m->loops = true;
	}
	return m->n_in && BPF_CLASS(m->in[m->n_in - 1].code) == BPF_RET ? 0 : -EINVAL;
}

static void forget(struct maker *m)
{
	for (size_t i = 0; i < m->n_in; i++)
		m->sure[i] = i ? UNREACHED : 0;
	for (size_t i = 0; i < m->n_in; i++) {
		int64_t back = (int64_t)i + 1 + (int32_t)m->in[i].k;

		if (BPF_CLASS(m->in[i].code) == BPF_JMP && BPF_OP(m->in[i].code) == BPF_JA &&
		    back >= 0 && back <= (int64_t)i)
			m->sure[back] = 0;
	}
}

static void begin(struct maker *m)
{
	set(m, REG_A, 0);
	set(m, REG_X, 0);
	if (m->loops)
		save(m, BPF_DW, AT_ROUNDS, REG_X);
	for (uint32_t k = 0; k < BPF_MEMWORDS; k++)
		if (m->memory >> k & 1)
			save(m, BPF_W, memory_at(k), REG_X);
}

static void prologue(struct maker *m)
{
	if (m->uses_length) {
		save(m, BPF_DW, AT_CTX, REG_CTX);
		call(m, BPF_FUNC_xdp_get_buff_len);
		save(m, BPF_DW, AT_LENGTH, BPF_REG_0);
		load(m, BPF_DW, REG_CTX, BPF_REG_10, AT_CTX);
	}
	load(m, BPF_W, REG_DATA, REG_CTX, offsetof(struct xdp_md, data));
	load(m, BPF_W, REG_END, REG_CTX, offsetof(struct xdp_md, data_end));
	if (m->loops) { /* no packet has 4 GiB */
		move(m, REG_TMP, REG_END);
		emit(m, BPF_ALU64 | BPF_SUB | BPF_X, REG_TMP, REG_DATA, 0, 0);
		emit(m, BPF_ALU64 | BPF_RSH | BPF_K, REG_TMP, 0, 0, 32);
		save(m, BPF_DW, AT_ZERO, REG_TMP);
	}
	begin(m);
}

static bool is_wanted(const struct maker *m, int kind)
{
	for (size_t i = 0; i < m->n_fixups; i++)
		if ((int)m->fixups[i].target.kind == kind)
			return true;
	return false;
}

/* The part that is not in fragments was too short: is there more? */
static void look_for_more(struct maker *m)
{
	save(m, BPF_DW, AT_CTX, REG_CTX);
	emit(m, BPF_ALU64 | BPF_SUB | BPF_X, REG_END, REG_DATA, 0, 0);
	save(m, BPF_DW, AT_LOADED, REG_END);
	call(m, BPF_FUNC_xdp_get_buff_len);
	load(m, BPF_DW, REG_TMP, BPF_REG_10, AT_LOADED);
	emit(m, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_0, REG_TMP, 2, 0);
}

static int resolve(struct maker *m, size_t at_short)
{
	for (size_t i = 0; i < m->n_fixups; i++) {
		const struct fixup *f = &m->fixups[i];
		size_t target = f->target.kind == TO_INSN	? m->places[f->target.insn]
				: f->target.kind == TO_SHORT	? at_short
				: f->target.kind == TO_SELECTED ? m->selected
								: m->nothing;
		int64_t off = (int64_t)target - (int64_t)f->at - 1;

		if (off < INT16_MIN || off > INT16_MAX)
			return -E2BIG;
		m->out[f->at].off = (int16_t)off;
	}
	m->n_fixups = 0;
	return 0;
}

static int copy(struct maker *m)
{
	int err = 0;

	forget(m);
	for (size_t i = 0; i < m->n_in && !err; i++) {
		if (m->sure[i] == UNREACHED) /* the verifier takes no code that is never run */
			continue;
		m->places[i] = m->n_out;
		m->gone = false;
		err = translate(m, i);
		hand_on_all(m, i);
	}
	return err;
}

/* MACs, as swap_src_dst_mac() of bpf/ has it; a frame without them stays as it is. */
static void swap_macs(struct maker *m)
{
	const uint8_t sizes[] = { BPF_W, BPF_H };

	load(m, BPF_W, REG_DATA, REG_CTX, offsetof(struct xdp_md, data));
	load(m, BPF_W, REG_END, REG_CTX, offsetof(struct xdp_md, data_end));
	move(m, REG_TMP, REG_DATA);
	add(m, REG_TMP, ETH_HLEN);
	emit(m, BPF_JMP | BPF_JGT | BPF_X, REG_TMP, REG_END, 8, 0);
	for (int i = 0; i < 2; i++) {
		load(m, sizes[i], REG_X, REG_DATA, 4 * i);
		load(m, sizes[i], REG_TMP, REG_DATA, ETH_ALEN + 4 * i);
		emit(m, BPF_STX | BPF_MEM | sizes[i], REG_DATA, REG_TMP, 4 * i, 0);
		emit(m, BPF_STX | BPF_MEM | sizes[i], REG_DATA, REG_X, ETH_ALEN + 4 * i, 0);
	}
}

static void leave_selected(struct maker *m)
{
	if (m->result->swaps) {
		if (m->slow)
			load(m, BPF_DW, REG_CTX, BPF_REG_10, AT_CTX);
		swap_macs(m);
	}
	leave(m, m->result->selected);
}

/* What jumps to nowhere in this copy comes to its end; @more: there may be a second one. */
static int finish(struct maker *m, bool more)
{
	size_t behind;

	m->selected = m->n_out;
	if (is_wanted(m, TO_SELECTED))
		leave_selected(m);
	behind = m->n_out;
	if (more)
		look_for_more(m);
	m->nothing = m->n_out;
	if (more || is_wanted(m, TO_NOTHING))
		leave(m, m->result->other);
	return resolve(m, behind);
}

static int make(struct maker *m)
{
	bool more;
	int err = survey(m);

	if (err)
		return err;
	prologue(m);
	err = copy(m);
	more = is_wanted(m, TO_SHORT);
	if (!err)
		err = finish(m, more);
	if (err || !more)
		return err;
	m->slow = true;
	begin(m);
	err = copy(m);
	return err ? err : finish(m, false);
}

int pcap_code_make(const struct sock_filter *classic, size_t n_classic,
		   const struct pcap_result *result, struct bpf_insn **insns, size_t *n,
		   struct error *e)
{
	size_t *FREE_AUTO places = xcalloc(n_classic + 1, sizeof(*places));
	uint32_t *FREE_AUTO sure = xcalloc(n_classic + 1, sizeof(*sure));
	struct maker m = {
		.in = classic, .n_in = n_classic, .places = places, .sure = sure, .result = result
	};
	int err = make(&m);

	free(m.fixups);
	if (!err) {
		*insns = m.out;
		*n = m.n_out;
		return 0;
	}
	free(m.out);
	return error_input(e, err == -E2BIG
				      ? "the expression is too long: its program has more than "
					"32,767 instructions"
				      : "libpcap made a program of it that xlab does not know");
}
