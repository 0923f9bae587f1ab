/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PCAP_EMIT_H
#define XLAB_PCAP_EMIT_H

/*
 * eBPF written one instruction after the other, with jumps to where nothing stands yet.
 *
 *   r0  A          r1  the context       [r10-64..-1]   M[]
 *   r4  X          r2  the packet        [r10-72]       the context
 *   r5  for us     r3  its end           [r10-80, -88]  A, X over a call
 *                                        [r10-96, -104] what a helper loaded; the packet's length
 *                                        [r10-112, -120] rounds of loops; 0
 *
 * Only these registers: what calls preserve would be saved at every entry.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

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
#define AT_MEMORY(k) (-4 * ((int)(k) + 1)) /* M[k] */

/* Where a jump leads: to an instruction of the classic program, or to an end. */
struct pcap_target {
	enum pcap_end { TO_INSN, TO_NOTHING, TO_SELECTED, TO_SHORT } end;
	size_t insn;
};

struct pcap_out {
	struct bpf_insn *insns;
	size_t n;
	struct pcap_fixup *fixups; /* jumps whose place is not known yet */
	size_t n_fixups;
};

void pcap_emit(struct pcap_out *out, uint8_t code, uint8_t dst, uint8_t src, int off, uint32_t imm);
void pcap_move(struct pcap_out *out, uint8_t dst, uint8_t src);
void pcap_set(struct pcap_out *out, uint8_t dst, uint32_t value);
void pcap_add(struct pcap_out *out, uint8_t dst, uint32_t value);
void pcap_load(struct pcap_out *out, uint8_t size, uint8_t dst, uint8_t from, int off);
void pcap_save(struct pcap_out *out, uint8_t size, int off, uint8_t src);
void pcap_call(struct pcap_out *out, uint32_t helper);

/* @code BPF_JMP | BPF_JA, or a condition. */
void pcap_jump(struct pcap_out *out, uint8_t code, uint8_t dst, uint8_t src, uint32_t imm,
	       struct pcap_target target);

/* Some jump leads there. */
bool pcap_jumps_to(const struct pcap_out *out, enum pcap_end end);

/* @insns: where each classic instruction begins, @ends: by enum pcap_end. -E2BIG: a jump is too
 * long.
 */
int pcap_resolve(struct pcap_out *out, const size_t *insns, const size_t ends[static TO_SHORT + 1]);

#endif
