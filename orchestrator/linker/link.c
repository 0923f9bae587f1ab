// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each part of the one program is, and its growing arrays. What is written into them is
 * dispatcher.c's, inline.c's and linker.c's.
 */
#include "orchestrator/linker/link.h"

#include <stdlib.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "lab/array.h"

void link_output_clear(struct link_output *out)
{
	free(out->insns);
	free(out->funcs);
	free(out->lines);
	free(out->fd_array);
	btf__free(out->btf);
	if (out->rodata_fd >= 0)
		(void)close(out->rodata_fd);
	*out = (struct link_output){ .rodata_fd = -1 };
}

struct bpf_insn *link_output_insn(struct link_output *out)
{
	return array_add(&out->insns, &out->n_insns, sizeof(*out->insns));
}

bool insn_names_function(const struct bpf_insn *insn)
{
	return (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
	       (insn->code == LINK_WIDE_LOAD && insn->src_reg == BPF_PSEUDO_FUNC);
}

size_t link_input_insn(const struct link_input *p, size_t i)
{
	if (p->form != LINK_INLINED)
		return p->at + i;
	return i < p->n_main ? p->body + i : p->at + i - p->n_main;
}

size_t link_input_own(const struct link_input *p, size_t at)
{
	if (p->form != LINK_INLINED)
		return at - p->at;
	return at >= p->body && at < p->body + p->n_main ? at - p->body : at - p->at + p->n_main;
}

size_t link_input_callback(const struct link_input *p, size_t i)
{
	return link_input_insn(p, i + 1 + (size_t)p->code->insns[i].imm);
}

size_t link_input_inlined(const struct link_input *p)
{
	return p->form == LINK_INLINED ? p->n_main : 0;
}

size_t linker_filter_at(const struct linker *c, size_t insn)
{
	for (size_t i = 0; i < c->n_filters; i++) {
		const struct link_input *p = &c->filters[i];
		size_t inlined = link_input_inlined(p);

		if ((insn >= p->at && insn < p->at + p->code->n_insns - inlined) ||
		    (insn >= p->body && insn < p->body + inlined))
			return i;
	}
	return c->n_filters;
}

bool link_input_notes(uint32_t continues, uint32_t silent)
{
	return continues & ~(UINT32_C(1) << silent);
}

/* What is called nowhere is no function to the kernel, and must not be described as one. */
bool linker_notes(const struct linker *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (link_input_notes(c->filters[i].continues, c->filters[i].silent))
			return true;
	return false;
}

bool linker_idles(const struct linker *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (c->filters[i].n_idle)
			return true;
	return false;
}
