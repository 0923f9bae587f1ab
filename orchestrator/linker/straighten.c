// SPDX-License-Identifier: GPL-2.0-or-later
/* From each function's beginning on, what comes next is written out, and where branches lead to is
 * kept for later. What is never run has no place.
 */
#include "orchestrator/linker/straighten.h"

#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/linker/registers.h"

#define NOWHERE SIZE_MAX

struct straightening {
	const struct captured_prog *p;
	size_t *places; /* by instruction: where it comes to be, or NOWHERE */
	size_t *from;	/* by place: the instruction; NOWHERE: a jump, to @to */
	size_t *to;
	bool *last;  /* by instruction: it calls what takes its place */
	bool *taken; /* by instruction: a function began there that has taken its call's place */
	size_t n;
};

static bool is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

static bool is_jump(const struct bpf_insn *insn)
{
	return insn_jumps(insn) && !insn_is_branch(insn);
}

static bool aims(const struct bpf_insn *insn)
{
	return insn_jumps(insn) || insn_names_function(insn);
}

/* What is run when @i is to be, past jumps. */
static size_t run_at(const struct captured_prog *p, size_t i)
{
	for (size_t n = 0; n < p->n_insns && is_jump(&p->insns[i]); n++)
		i = insn_target(&p->insns[i], i);
	return i;
}

/* --- Functions that take their call's place --------------------------------------------------- */

static size_t count_names(const struct captured_prog *p, size_t begin)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_insns; i++)
		n += insn_names_function(&p->insns[i]) && insn_target(&p->insns[i], i) == begin;
	return n;
}

static void find_last_calls(const struct straightening *s)
{
	const struct captured_prog *p = s->p;

	for (size_t f = 0; f < p->n_funcs; f++) {
		size_t begin = p->funcs[f].insn_off, end = captured_prog_end(p, f);

		if (insns_show_frame(p->insns, begin, end))
			continue;
		for (size_t i = begin; i + 1 < end; i++) {
			const struct bpf_insn *insn = &p->insns[i];

			if (!insn_names_function(insn) || !is_exit(&p->insns[run_at(p, i + 1)]) ||
			    count_names(p, insn_target(insn, i)) > 1)
				continue;
			s->last[i] = true;
			s->taken[insn_target(insn, i)] = true;
		}
	}
}

/* --- The order -------------------------------------------------------------------------------- */

static void put(struct straightening *s, size_t i, size_t to)
{
	s->from[s->n] = i;
	s->to[s->n++] = to;
}

/* From @i on up to an end; where branches lead to goes on @todo. */
static void write_run(struct straightening *s, size_t i, size_t *todo, size_t *n_todo)
{
	const struct captured_prog *p = s->p;

	for (;;) {
		const struct bpf_insn *insn;

		i = run_at(p, i);
		insn = &p->insns[i];
		if (s->places[i] != NOWHERE) {
			put(s, NOWHERE, i);
			return;
		}
		s->places[i] = s->n;
		if (s->last[i]) {
			i = insn_target(insn, i);
			continue;
		}
		put(s, i, aims(insn) ? run_at(p, insn_target(insn, i)) : NOWHERE);
		if (is_exit(insn))
			return;
		if (insn_jumps(insn))
			todo[(*n_todo)++] = insn_target(insn, i);
		i++;
	}
}

static void write_function(struct straightening *s, size_t begin)
{
	size_t *FREE_AUTO todo = xcalloc(s->p->n_insns + 1, sizeof(*todo));
	size_t n = 0;

	todo[n++] = begin;
	while (n) {
		size_t i = run_at(s->p, todo[--n]);

		if (s->places[i] == NOWHERE)
			write_run(s, i, todo, &n);
	}
}

/* --- What is made of it ----------------------------------------------------------------------- */

static void write_insns(const struct straightening *s, struct bpf_insn *insns)
{
	const struct captured_prog *p = s->p;

	for (size_t at = 0; at < s->n; at++) {
		struct bpf_insn *insn = &insns[at];
		size_t i = s->from[at], to = s->to[at];

		*insn = i == NOWHERE ? (struct bpf_insn){ .code = BPF_JMP | BPF_JA } : p->insns[i];
		if (to != NOWHERE)
			insn_aim(insn, at, s->places[to]);
	}
}

static void write_lines(const struct straightening *s, struct captured_prog *p)
{
	size_t *FREE_AUTO lines = xcalloc(p->n_insns, sizeof(*lines)); /* by instruction */
	struct bpf_line_info *all = NULL;
	size_t n = 0, before = NOWHERE, line = NOWHERE;

	for (size_t i = 0; i < p->n_insns; i++) {
		if (n < p->n_lines && p->lines[n].insn_off == i)
			line = n++;
		lines[i] = line;
	}
	n = 0;
	for (size_t at = 0; at < s->n; at++) {
		line = s->from[at] == NOWHERE ? before : lines[s->from[at]];
		if (line == before)
			continue;
		before = line;
		*(struct bpf_line_info *)array_add(&all, &n, sizeof(*all)) = p->lines[line];
		all[n - 1].insn_off = (__u32)at;
	}
	free(p->lines);
	p->lines = all;
	p->n_lines = n;
}

static void write_functions(struct straightening *s, struct captured_prog *p)
{
	size_t n = 0;

	for (size_t f = 0; f < p->n_funcs; f++) {
		struct bpf_func_info info = p->funcs[f];
		size_t begin = info.insn_off;

		if (s->taken[begin])
			continue;
		info.insn_off = (__u32)s->n;
		write_function(s, begin);
		p->funcs[n++] = info;
	}
	p->n_funcs = n;
	if (!s->n)
		write_function(s, 0);
}

void captured_prog_straighten(struct captured_prog *p)
{
	size_t *FREE_AUTO places = xcalloc(p->n_insns, sizeof(*places));
	/* Each run may end in a jump of its own, and each begins where a branch leads to. */
	size_t *FREE_AUTO from = xcalloc(2 * p->n_insns, sizeof(*from));
	size_t *FREE_AUTO to = xcalloc(2 * p->n_insns, sizeof(*to));
	bool *FREE_AUTO last = xcalloc(p->n_insns, sizeof(*last));
	bool *FREE_AUTO taken = xcalloc(p->n_insns, sizeof(*taken));
	struct straightening s = { p, places, from, to, last, taken, 0 };
	struct bpf_insn *insns;

	for (size_t i = 0; i < p->n_insns; i++)
		places[i] = NOWHERE;
	find_last_calls(&s);
	write_functions(&s, p);
	insns = xcalloc(s.n, sizeof(*insns));
	write_insns(&s, insns);
	write_lines(&s, p);
	free(p->insns);
	p->insns = insns;
	p->n_insns = s.n;
}
