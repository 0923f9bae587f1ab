// SPDX-License-Identifier: GPL-2.0-or-later
/* Instructions, and the jumps among them. */
#include "orchestrator/filter/pcap_emit.h"

#include <errno.h>

#include "lab/array.h"

struct pcap_fixup {
	size_t at;
	struct pcap_target target;
};

void pcap_emit(struct pcap_out *out, uint8_t code, uint8_t dst, uint8_t src, int off, uint32_t imm)
{
	struct bpf_insn *insn = array_add(&out->insns, &out->n, sizeof(*insn));

	*insn = (struct bpf_insn){ code, dst, src, (int16_t)off, (int32_t)imm };
}

void pcap_move(struct pcap_out *out, uint8_t dst, uint8_t src)
{
	pcap_emit(out, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void pcap_set(struct pcap_out *out, uint8_t dst, uint32_t value)
{
	pcap_emit(out, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
}

void pcap_add(struct pcap_out *out, uint8_t dst, uint32_t value)
{
	pcap_emit(out, BPF_ALU64 | BPF_ADD, dst, 0, 0, value);
}

void pcap_load(struct pcap_out *out, uint8_t size, uint8_t dst, uint8_t from, int off)
{
	pcap_emit(out, BPF_LDX | BPF_MEM | size, dst, from, off, 0);
}

void pcap_save(struct pcap_out *out, uint8_t size, int off, uint8_t src)
{
	pcap_emit(out, BPF_STX | BPF_MEM | size, BPF_REG_10, src, off, 0);
}

void pcap_call(struct pcap_out *out, uint32_t helper)
{
	pcap_emit(out, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void pcap_jump(struct pcap_out *out, uint8_t code, uint8_t dst, uint8_t src, uint32_t imm,
	       struct pcap_target target)
{
	struct pcap_fixup *fixup = array_add(&out->fixups, &out->n_fixups, sizeof(*fixup));

	*fixup = (struct pcap_fixup){ out->n, target };
	pcap_emit(out, code, dst, src, 0, imm);
}

bool pcap_jumps_to(const struct pcap_out *out, enum pcap_end end)
{
	for (size_t i = 0; i < out->n_fixups; i++)
		if (out->fixups[i].target.end == end)
			return true;
	return false;
}

int pcap_resolve(struct pcap_out *out, const size_t *insns, const size_t ends[static TO_SHORT + 1])
{
	for (size_t i = 0; i < out->n_fixups; i++) {
		const struct pcap_fixup *f = &out->fixups[i];
		size_t to = f->target.end == TO_INSN ? insns[f->target.insn] : ends[f->target.end];
		int64_t off = (int64_t)to - (int64_t)f->at - 1;

		if (off < INT16_MIN || off > INT16_MAX)
			return -E2BIG;
		out->insns[f->at].off = (int16_t)off;
	}
	out->n_fixups = 0;
	return 0;
}
