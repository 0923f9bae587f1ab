// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One BTF of all the filters' types, and a function and its lines for each part of the output, so
 * that the verifier's log and `bpftool prog dump` name filters and show their source.
 */
#include "orchestrator/linker/link_btf.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"

/* "udp-8888" -> "udp_8888", malloc'ed: BTF and kallsyms take C names only. */
static char *c_name(const char *name)
{
	char *text = text_format("%s%s", isdigit((unsigned char)*name) ? "f_" : "", name);

	for (char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return text;
}

/* An id or offset that libbpf gives. Why it gives none is told when all is described. */
static __u32 given(struct link_output *out, int id)
{
	if (id < 0 && !out->btf_err)
		out->btf_err = id;
	return (__u32)id;
}

static bool same_types(const struct btf *a, const struct btf *b)
{
	__u32 size_a = 0, size_b = 0;
	const void *raw_a, *raw_b;

	if (!a || !b)
		return false;
	raw_a = btf__raw_data(a, &size_a);
	raw_b = btf__raw_data(b, &size_b);
	return size_a == size_b && !memcmp(raw_a, raw_b, size_a);
}

static bool take_types(struct link_input *p, const struct link_input *other)
{
	if (!same_types(bpf_object__btf(p->obj), bpf_object__btf(other->obj)))
		return false;
	p->btf_shift = other->btf_shift;
	return true;
}

void link_btf_name_declared(struct btf *btf)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(btf, id);

		if (btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN)
			t->info = BTF_KIND_TYPEDEF << 24;
	}
}

static void add_types(struct link_output *out, struct link_input *p)
{
	const struct btf *own = bpf_object__btf(p->obj);

	if (own)
		p->btf_shift = (int)given(out, btf__add_btf(out->btf, own)) - 1;
}

/* The same object's types are added once, however many filters come from it. */
static void merge_types(struct link_output *out, struct linker *c, size_t filter)
{
	struct link_input *p = &c->filters[filter];
	bool there = take_types(p, &c->stop);

	for (size_t i = 0; i < filter && !there; i++)
		there = take_types(p, &c->filters[i]);
	if (!there)
		add_types(out, p);
}

/* int (struct xdp_md *ctx) */
static int chain_proto(struct link_output *out)
{
	__u32 ctx = given(out, btf__find_by_name_kind(out->btf, "xdp_md", BTF_KIND_STRUCT));
	__u32 number = given(out, btf__find_by_name_kind(out->btf, "int", BTF_KIND_INT));
	__u32 pointer = given(out, btf__add_ptr(out->btf, (int)ctx));
	__u32 proto = given(out, btf__add_func_proto(out->btf, (int)number));

	(void)given(out, btf__add_func_param(out->btf, "ctx", (int)pointer));
	return (int)proto;
}

static void add_func(struct link_output *out, size_t at, int id)
{
	struct bpf_func_info *func = array_add(&out->funcs, &out->n_funcs, sizeof(*func));

	*func = (struct bpf_func_info){ .insn_off = (__u32)at, .type_id = given(out, id) };
}

static void add_line(struct link_output *out, size_t at, const char *file, const char *text,
		     __u32 col)
{
	struct bpf_line_info *line = array_add(&out->lines, &out->n_lines, sizeof(*line));

	*line = (struct bpf_line_info){
		.insn_off = (__u32)at,
		.file_name_off = given(out, btf__add_str(out->btf, file ? file : "")),
		.line_off = given(out, btf__add_str(out->btf, text ? text : "")),
		.line_col = col
	};
}

static void add_no_source(struct link_output *out, size_t at, const char *name)
{
	add_line(out, at, name, "(compiled without -g)", 0);
}

/* A function of its own name for each filter: `bpftool prog dump xlated` and the verifier's log
 * then tell twice the same program in one chain apart.
 */
static void name_filter(struct link_output *out, const struct link_input *p, int proto)
{
	enum btf_func_linkage linkage = p->form == LINK_STATIC ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL;
	char *FREE_AUTO name = c_name(p->name);

	add_func(out, p->at, btf__add_func(out->btf, name, linkage, proto));
}

/* Without BTF of its own a program still needs a name for each function. */
static void invent_funcs(struct link_output *out, const struct link_input *p, int proto)
{
	char *FREE_AUTO starts = xcalloc(p->code->n_insns, 1);
	char *FREE_AUTO name = c_name(p->name);

	for (size_t i = 0; i < p->code->n_insns; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];
		size_t to = i + 1 + (size_t)insn->imm;

		if (insn_names_function(insn) && to < p->code->n_insns)
			starts[to] = 1;
	}
	for (size_t i = 1; i < p->code->n_insns; i++) {
		char *FREE_AUTO part = NULL;

		if (!starts[i])
			continue;
		part = text_format("%s_%zu", name, i);
		add_func(out, p->at + i, btf__add_func(out->btf, part, BTF_FUNC_STATIC, proto));
		add_no_source(out, p->at + i, p->name);
	}
}

/* Its lines of source, from instruction @from on, before @to. */
static void describe_lines(struct link_output *out, const struct link_input *p, size_t from,
			   size_t to)
{
	const struct btf *own = bpf_object__btf(p->obj);

	for (size_t i = 0; i < p->code->n_lines; i++) {
		const struct bpf_line_info *l = &p->code->lines[i];

		if (l->insn_off >= from && l->insn_off < to)
			add_line(out, link_input_insn(p, l->insn_off),
				 btf__str_by_offset(own, l->file_name_off),
				 btf__str_by_offset(own, l->line_off), l->line_col);
	}
}

/* What is behind the dispatcher; @first_func: the first that is a function there. */
static void describe_code(struct link_output *out, const struct link_input *p, size_t first_func)
{
	const struct captured_prog *t = p->code;

	for (size_t i = first_func; i < t->n_funcs; i++)
		add_func(out, link_input_insn(p, t->funcs[i].insn_off),
			 (int)t->funcs[i].type_id + p->btf_shift);
	describe_lines(out, p, link_input_inlined(p), t->n_insns);
}

static void describe_filter(struct link_output *out, const struct link_input *p, int proto)
{
	const struct captured_prog *t = p->code;
	bool called = p->form != LINK_INLINED;

	if (called)
		name_filter(out, p, proto);
	if (!t->n_funcs) {
		add_no_source(out, p->at, p->name);
		invent_funcs(out, p, proto);
		return;
	}
	describe_code(out, p, 1);
	/* The kernel wants a line at the start of each function, or none at all. */
	for (size_t i = called ? 0 : 1; i < t->n_funcs && !t->n_lines; i++)
		add_no_source(out, link_input_insn(p, t->funcs[i].insn_off), p->name);
}

static void describe_entry(struct link_output *out, const struct linker *c, size_t i)
{
	const struct link_input *p = &c->filters[i];
	char *FREE_AUTO begins = text_format("filter %zu: %s", i, p->name);
	char *FREE_AUTO ends = text_format("the verdict of filter %zu: %s", i, p->name);

	add_line(out, p->entry, "xlab", begins, 0);
	if (p->form != LINK_INLINED)
		return;
	describe_lines(out, p, 0, p->n_main);
	add_line(out, p->body + p->n_main, "xlab", ends, 0);
}

static void describe_dispatcher(struct link_output *out, const struct linker *c, int proto)
{
	add_func(out, 0, btf__add_func(out->btf, "xlab_chain", BTF_FUNC_GLOBAL, proto));
	add_line(out, 0, "xlab", "the chain begins", 0);
	if (c->tells_came)
		describe_lines(out, &c->came, 0, c->came.n_main);
	for (size_t i = 0; i < c->n_filters; i++)
		describe_entry(out, c, i);
	add_line(out, c->end, "xlab", "the chain ends", 0);
}

static void describe_idle(struct link_output *out, const struct linker *c, int proto)
{
	add_func(out, c->idle,
		 btf__add_func(out->btf, "xlab_never_called", BTF_FUNC_STATIC, proto));
	add_line(out, c->idle, "xlab", "what is never called", 0);
}

int link_btf_describe(struct link_output *out, struct linker *c, struct error *e)
{
	int proto;

	out->btf = btf__new_empty();
	if (!out->btf)
		return error_sys(e, -ENOMEM, "cannot merge the filters' BTF");
	add_types(out, &c->stop); /* of note and came, too: the first, whose ids stay */
	for (size_t i = 0; i < c->n_filters; i++)
		merge_types(out, c, i);
	proto = chain_proto(out);
	describe_dispatcher(out, c, proto);
	/* Jumped into, xlab_stop's own function is the dispatcher's end. */
	describe_code(out, &c->stop, c->calls_stop ? 0 : 1);
	if (linker_notes(c))
		describe_code(out, &c->note, 0);
	if (c->tells_came)
		describe_code(out, &c->came, 1);
	for (size_t i = 0; i < c->n_filters; i++)
		describe_filter(out, &c->filters[i], proto);
	if (linker_idles(c))
		describe_idle(out, c, proto);
	return out->btf_err ? error_sys(e, out->btf_err, "cannot merge the filters' BTF") : 0;
}
