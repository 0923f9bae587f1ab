// SPDX-License-Identifier: GPL-2.0-or-later
/* Where each instruction comes to be when others are put between, and all that names one. */
#include "orchestrator/linker/link_insert.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/registers.h"

/* A run of insertions at one instruction. */
struct group {
	const struct insertion *first, *end;
};

struct move {
	const struct link_output *from;
	struct link_output to;
	size_t *start; /* where each instruction begins, what is put before it included */
	int err;
};

static int by_place(const void *a, const void *b)
{
	const struct insertion *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->where < y->where ? -1 : x->where > y->where;
}

static size_t length(const struct group *g, enum insert_where where)
{
	size_t n = 0;

	for (const struct insertion *i = g->first; i < g->end; i++)
		n += i->where == where ? i->n : 0;
	return n;
}

static void put(struct move *m, const struct group *g, enum insert_where where)
{
	for (const struct insertion *i = g->first; i < g->end; i++)
		for (size_t k = 0; i->where == where && k < i->n; k++)
			*link_output_insn(&m->to) = i->insns[k];
}

static void aim(struct move *m, size_t at, size_t target)
{
	struct bpf_insn *insn = &m->to.insns[at];

	if (insn_reaches(insn, at, target))
		insn_aim(insn, at, target);
	else
		m->err = -E2BIG;
}

static void put_jump(struct move *m, size_t target)
{
	*link_output_insn(&m->to) = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
	aim(m, m->to.n_insns - 1, target);
}

/* The branch @at, of instruction @i, leads to what is put on its way:
 *
 *   if … goto jumped
 *   what is put where it stays
 *   goto next
 *   jumped: what is put where it jumps
 *   goto its target
 *   next:
 */
static void put_branch(struct move *m, const struct group *g, size_t i, size_t at)
{
	size_t target = insn_target(&m->from->insns[i], i);
	size_t jumped = length(g, INSERT_JUMPED);

	put(m, g, INSERT_STAYED);
	if (!jumped) {
		aim(m, at, m->start[target]);
		return;
	}
	put_jump(m, m->to.n_insns + 1 + jumped + 1);
	aim(m, at, m->to.n_insns);
	put(m, g, INSERT_JUMPED);
	put_jump(m, m->start[target]);
}

static void move_insn(struct move *m, const struct group *g, size_t i)
{
	const struct bpf_insn *insn = &m->from->insns[i];
	size_t at;

	m->start[i] = m->to.n_insns;
	put(m, g, INSERT_BEFORE);
	at = m->to.n_insns;
	*link_output_insn(&m->to) = *insn;
	if (insn_is_branch(insn))
		put_branch(m, g, i, at);
	else if (insn_jumps(insn) || insn_names_function(insn))
		aim(m, at, m->start[insn_target(insn, i)]);
}

static void move_all(struct move *m, const struct insertion *insertions, size_t n)
{
	const struct insertion *next = insertions, *end = insertions + n;

	m->to.n_insns = 0;
	m->err = 0;
	for (size_t i = 0; i < m->from->n_insns; i++) {
		struct group g = { next, next };

		while (g.end < end && g.end->at == i)
			g.end++;
		next = g.end;
		move_insn(m, &g, i); /* the second half of a wide load, too */
	}
}

int link_insert(struct link_output *out, struct insertion *insertions, size_t n)
{
	size_t *FREE_AUTO start = xcalloc(out->n_insns, sizeof(*start));
	struct move m = { .from = out, .start = start };

	qsort(insertions, n, sizeof(*insertions), by_place);
	/* The first pass learns where all begins, the second jumps there. */
	move_all(&m, insertions, n);
	move_all(&m, insertions, n);
	if (m.err) {
		free(m.to.insns);
		return m.err;
	}
	out->insns = m.to.insns;
	out->n_insns = m.to.n_insns;
	out->funcs = xmemdup(out->funcs, out->n_funcs * sizeof(*out->funcs));
	for (size_t i = 0; i < out->n_funcs; i++)
		out->funcs[i].insn_off = (__u32)start[out->funcs[i].insn_off];
	out->lines = xmemdup(out->lines, out->n_lines * sizeof(*out->lines));
	for (size_t i = 0; i < out->n_lines; i++)
		out->lines[i].insn_off = (__u32)start[out->lines[i].insn_off];
	return 0;
}
