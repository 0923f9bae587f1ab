// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a program is to say that it came by, and the instructions that do:
 *
 *   a filter's verdict    rA = cell; *(u32 *)rA = r0; *(u32 *)(rA + 4) = 1
 *   a line, a branch      rA = cell; rB = 1; lock *(u64 *)rA += rB
 *
 * rA and rB are registers that the program does not need there; where it needs them all, two are
 * put away on its stack for as long.
 */
#include "orchestrator/linker/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_insert.h"
#include "orchestrator/linker/registers.h"

/* Points being chosen. */
struct work {
	struct trace *trace;
	const struct link_output *out;
	const struct linker *c;
	struct registers registers;
	bool stack;
	const struct bpf_line_info **line_at; /* of each instruction, or NULL */
	struct insertion *insertions;
	size_t n;
};

void trace_clear(struct trace *trace)
{
	for (size_t i = 0; i < trace->n; i++) {
		free(trace->points[i].file);
		free(trace->points[i].text);
		free(trace->points[i].function);
	}
	free(trace->points);
	if (trace->cells)
		(void)munmap(trace->cells, trace->size);
	cleanup_fd(&trace->fd);
	*trace = (struct trace)TRACE_NONE;
}

void trace_forget(struct trace *trace)
{
	if (trace->cells)
		memset(trace->cells, 0, trace->size);
}

static struct insertion *insert(struct work *w, size_t at, enum insert_where where)
{
	struct insertion *new = array_add(&w->insertions, &w->n, sizeof(*new));

	new->at = at;
	new->where = where;
	return new;
}

static void add(struct insertion *to, struct bpf_insn insn)
{
	to->insns[to->n++] = insn;
}

/* Of which map, is put in when there is one. */
static void add_address(struct insertion *to, uint8_t reg, size_t cell)
{
	add(to, (struct bpf_insn){
			.code = LINK_WIDE_LOAD, .dst_reg = reg, .src_reg = BPF_PSEUDO_MAP_VALUE });
	add(to, (struct bpf_insn){ .imm = (int32_t)cell });
}

static void add_store(struct insertion *to, uint8_t reg, int offset)
{
	add(to, (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_DW,
				   .dst_reg = BPF_REG_10,
				   .src_reg = reg,
				   .off = (int16_t)offset });
}

static void add_load(struct insertion *to, uint8_t reg, int offset)
{
	add(to, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_DW,
				   .dst_reg = reg,
				   .src_reg = BPF_REG_10,
				   .off = (int16_t)offset });
}

static void add_count(struct insertion *to, const uint8_t regs[2], size_t cell)
{
	add_address(to, regs[0], cell);
	add(to,
	    (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = regs[1], .imm = 1 });
	add(to, (struct bpf_insn){ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
				   .dst_reg = regs[0],
				   .src_reg = regs[1],
				   .imm = BPF_ADD });
}

/* Two registers, and how many of them are free. */
static size_t choose(uint16_t free, uint8_t regs[2])
{
	size_t n = 0, n_free;

	for (uint8_t reg = 0; reg < BPF_REG_10 && n < 2; reg++)
		if (free >> reg & 1)
			regs[n++] = reg;
	n_free = n;
	for (uint8_t reg = 0; reg < BPF_REG_10 && n < 2; reg++)
		if (!(free >> reg & 1))
			regs[n++] = reg;
	return n_free;
}

/* @to: where the way leads that the point is on. False: there is no room. */
static bool count(struct work *w, size_t at, enum insert_where where, size_t to, size_t cell)
{
	int stack = w->registers.stack[to];
	uint8_t regs[2];
	size_t n_free = choose(registers_free(&w->registers, to), regs);
	int below = (int)(2 - n_free) * 8;
	struct insertion *i;

	if (below && (!w->stack || stack == STACK_UNKNOWN || below - stack > LINK_STACK_MAX))
		return false;
	i = insert(w, at, where);
	for (size_t k = n_free; k < 2; k++)
		add_store(i, regs[k], stack - (int)(2 - k) * 8);
	add_count(i, regs, cell);
	for (size_t k = n_free; k < 2; k++)
		add_load(i, regs[k], stack - (int)(2 - k) * 8);
	return true;
}

static void add_point(struct work *w, size_t insn, enum trace_point_kind kind,
		      enum insert_where where, size_t to)
{
	const struct bpf_line_info *line = w->line_at[insn];
	struct trace *t = w->trace;
	struct trace_point *p;

	if (!count(w, insn, where, to,
		   offsetof(struct trace_cells, counts) + t->n * sizeof(uint64_t))) {
		t->uncounted++;
		return;
	}
	p = array_add(&t->points, &t->n, sizeof(*p));
	*p = (struct trace_point){
		.filter = linker_filter_at(w->c, insn),
		.file = xstrdup(btf__str_by_offset(w->out->btf, line->file_name_off)),
		.text = xstrdup(btf__str_by_offset(w->out->btf, line->line_off)),
		.line = BPF_LINE_INFO_LINE_NUM(line->line_col),
		.insn = insn,
		.kind = kind,
	};
}

/* Of filters that are traced; what was invented in link_btf.c is at line 0. */
static void find_lines(struct work *w)
{
	const struct bpf_line_info *line = NULL;
	size_t next = 0;

	for (size_t i = 0; i < w->out->n_insns; i++) {
		size_t filter = linker_filter_at(w->c, i);

		if (next < w->out->n_lines && w->out->lines[next].insn_off == i)
			line = &w->out->lines[next++];
		if (line && filter < w->c->n_filters && w->c->filters[filter].traced &&
		    BPF_LINE_INFO_LINE_NUM(line->line_col))
			w->line_at[i] = line;
	}
}

/* A line begins where its description says, and where another way leads into the midst of it. */
static void find_starts(const struct work *w, bool *starts)
{
	const struct link_output *out = w->out;

	for (size_t i = 0; i < out->n_lines; i++)
		starts[out->lines[i].insn_off] = true;
	for (size_t i = 0; i < out->n_insns; i++) {
		const struct bpf_insn *insn = &out->insns[i];

		if ((insn_jumps(insn) || insn_names_function(insn)) &&
		    insn_target(insn, i) < out->n_insns)
			starts[insn_target(insn, i)] = true;
	}
}

static void add_lines(struct work *w)
{
	bool *FREE_AUTO starts = xcalloc(w->out->n_insns, sizeof(*starts));

	find_starts(w, starts);
	for (size_t i = 0; i < w->out->n_insns; i++)
		if (starts[i] && w->line_at[i])
			add_point(w, i, POINT_LINE, INSERT_BEFORE, i);
}

static void add_branches(struct work *w)
{
	for (size_t i = 0; i < w->out->n_insns; i++) {
		const struct bpf_insn *insn = &w->out->insns[i];

		if (w->line_at[i] && insn_is_branch(insn)) {
			add_point(w, i, POINT_STAYED, INSERT_STAYED, i + 1);
			add_point(w, i, POINT_JUMPED, INSERT_JUMPED, insn_target(insn, i));
		}
	}
}

/* Behind the filter, where the dispatcher looks at r0 and needs no other register but its own. */
static void add_verdict(struct work *w, size_t filter)
{
	const struct link_input *p = &w->c->filters[filter];
	size_t cell = filter * sizeof(struct trace_answer);
	struct insertion *i = insert(
		w, p->form == LINK_INLINED ? p->body + p->n_main : p->entry + 2, INSERT_BEFORE);

	add_address(i, BPF_REG_1, cell);
	add(i, (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_W,
				  .dst_reg = BPF_REG_1,
				  .src_reg = BPF_REG_0,
				  .off = offsetof(struct trace_answer, verdict) });
	add(i, (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_W,
				  .dst_reg = BPF_REG_1,
				  .off = offsetof(struct trace_answer, asked),
				  .imm = 1 });
}

/* A function is known by the instruction that it begins with; then instructions are the filter's.
 */
static void name_functions(const struct work *w)
{
	for (size_t i = 0; i < w->trace->n; i++) {
		struct trace_point *p = &w->trace->points[i];
		const struct link_input *from = &w->c->filters[p->filter];
		const struct btf *btf = bpf_object__btf(from->obj);

		for (size_t f = 0; f < from->code->n_funcs && p->kind == POINT_LINE; f++) {
			const struct bpf_func_info *info = &from->code->funcs[f];
			const struct btf_type *type;

			if (link_input_insn(from, info->insn_off) != p->insn)
				continue;
			type = btf__type_by_id(btf, info->type_id);
			p->function = xstrdup(btf__str_by_offset(btf, type->name_off));
			break;
		}
		p->insn = link_input_own(from, p->insn);
	}
}

static int make_map(struct trace *t, struct error *e)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	t->size = sizeof(*t->cells) + t->n * sizeof(uint64_t);
	t->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xlab.trace", sizeof(__u32), (__u32)t->size, 1,
			       &opts);
	if (t->fd < 0)
		return error_sys(e, -errno, "cannot make a map to trace a chain");
	t->cells = mmap(NULL, t->size, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (t->cells != MAP_FAILED)
		return 0;
	t->cells = NULL;
	return error_sys(e, -errno, "cannot map what traces a chain");
}

static void give_map(struct work *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->insertions[i].n; k++)
			if (w->insertions[i].insns[k].code == LINK_WIDE_LOAD)
				w->insertions[i].insns[k].imm = w->trace->fd;
}

int trace_instrument(struct trace *trace, enum trace_level level, bool stack,
		     struct link_output *out, const struct linker *c, struct error *e)
{
	struct work w = {
		.trace = trace,
		.out = out,
		.c = c,
		.stack = stack,
		.line_at = xcalloc(out->n_insns, sizeof(struct bpf_line_info *)),
	};
	bool may_lack = trace->may_lack;
	int err;

	trace_clear(trace);
	trace->level = level;
	trace->may_lack = may_lack;
	registers_find(&w.registers, out);
	find_lines(&w);
	for (size_t i = 0; i < c->n_filters && !c->alone; i++)
		add_verdict(&w, i);
	if (level >= TRACE_LINES)
		add_lines(&w);
	if (level >= TRACE_BRANCHES)
		add_branches(&w);
	name_functions(&w);
	err = make_map(trace, e);
	if (!err) {
		give_map(&w);
		err = link_insert(out, w.insertions, w.n);
		if (err)
			(void)error_sys(e, err, "an instrumented chain gets too long");
	}
	registers_clear(&w.registers);
	free(w.line_at);
	free(w.insertions);
	return err;
}
