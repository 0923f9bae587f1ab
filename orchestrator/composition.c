// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/composition.h"

#include <linux/bpf.h>

size_t piece_place(const struct piece *p, size_t i)
{
	if (p->form != PIECE_SPLICED)
		return p->at + i;
	return i < p->n_main ? p->body + i : p->at + i - p->n_main;
}

size_t piece_spliced(const struct piece *p)
{
	return p->form == PIECE_SPLICED ? p->n_main : 0;
}

size_t composition_filter(const struct composition *c, size_t insn)
{
	for (size_t i = 0; i < c->n_filters; i++) {
		const struct piece *p = &c->filters[i];
		size_t spliced = piece_spliced(p);

		if ((insn >= p->at && insn < p->at + p->code->n_insns - spliced) ||
		    (insn >= p->body && insn < p->body + spliced))
			return i;
	}
	return c->n_filters;
}

bool piece_notes(uint32_t continues)
{
	const uint32_t actions = (1U << (XDP_REDIRECT + 1)) - 1;

	return continues & actions & ~(1U << XDP_PASS);
}

/* What is called nowhere is no function to the kernel, and must not be described as one. */
bool composition_notes(const struct composition *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (piece_notes(c->filters[i].continues))
			return true;
	return false;
}
