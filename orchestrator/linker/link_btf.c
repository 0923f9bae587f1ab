// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One BTF of all the filters' types, and a function and its lines for each part of the output, so
 * that the verifier's log and `bpftool prog dump` name filters and show their source.
 */
#include "orchestrator/linker/link_btf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"

/* "udp-8888" -> "udp_8888": BTF and kallsyms take C names only. */
static void c_name(const char *name, char out[static 128])
{
	(void)snprintf(out, 128, "%s%s", isdigit((unsigned char)*name) ? "f_" : "", name);
	for (char *c = out; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
}

/* The same object's types are added once, however many filters come from it. */
static bool same_types(const struct btf *a, const struct btf *b)
{
	__u32 size_a = 0, size_b = 0;
	const void *raw_a, *raw_b;

	if (a == b)
		return true;
	raw_a = btf__raw_data(a, &size_a);
	raw_b = btf__raw_data(b, &size_b);
	return raw_a && raw_b && size_a == size_b && !memcmp(raw_a, raw_b, size_a);
}

static int merge_types(struct link_output *out, struct linker *c, struct link_input *p,
		       size_t before)
{
	const struct btf *own = bpf_object__btf(p->obj);
	int first;

	if (!own)
		return 0;
	if (p != &c->stop && same_types(own, bpf_object__btf(c->stop.obj))) {
		p->btf_shift = c->stop.btf_shift;
		return 0;
	}
	for (size_t i = 0; i < before; i++) {
		const struct btf *other = bpf_object__btf(c->filters[i].obj);

		if (other && same_types(own, other)) {
			p->btf_shift = c->filters[i].btf_shift;
			return 0;
		}
	}
	first = btf__add_btf(out->btf, own);
	p->btf_shift = first - 1;
	return first < 0 ? first : 0;
}

/* int (struct xdp_md *ctx) */
static int chain_proto(struct link_output *out)
{
	int ctx = btf__find_by_name_kind(out->btf, "xdp_md", BTF_KIND_STRUCT);
	int number = btf__find_by_name_kind(out->btf, "int", BTF_KIND_INT);
	int proto;

	if (ctx < 0 || number < 0)
		return -ENOENT;
	ctx = btf__add_ptr(out->btf, ctx);
	proto = btf__add_func_proto(out->btf, number);
	if (ctx < 0 || proto < 0)
		return ctx < 0 ? ctx : proto;
	number = btf__add_func_param(out->btf, "ctx", ctx);
	return number < 0 ? number : proto;
}

static int add_func(struct link_output *out, size_t at, int id)
{
	struct bpf_func_info *func;

	if (id < 0)
		return id;
	func = array_add(&out->funcs, &out->n_funcs, sizeof(*func));
	*func = (struct bpf_func_info){ .insn_off = (__u32)at, .type_id = (__u32)id };
	return 0;
}

static int add_line(struct link_output *out, size_t at, const char *file, const char *text,
		    __u32 col)
{
	int file_off = btf__add_str(out->btf, file ? file : "");
	int text_off = btf__add_str(out->btf, text ? text : "");
	struct bpf_line_info *line;

	if (file_off < 0 || text_off < 0)
		return file_off < 0 ? file_off : text_off;
	line = array_add(&out->lines, &out->n_lines, sizeof(*line));
	*line = (struct bpf_line_info){ (__u32)at, (__u32)file_off, (__u32)text_off, col };
	return 0;
}

/* A function of its own name for each filter: `bpftool prog dump xlated` and the verifier's log
 * then tell twice the same program in one chain apart.
 */
static int name_filter(struct link_output *out, const struct link_input *p, int proto)
{
	enum btf_func_linkage linkage = p->form == LINK_STATIC ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL;
	char name[128];

	if (p->code->n_funcs) {
		const struct btf_type *f =
			btf__type_by_id(out->btf, p->code->funcs[0].type_id + (__u32)p->btf_shift);

		if (!f || !btf_is_func(f))
			return -EINVAL;
		proto = (int)f->type;
	}
	c_name(p->name, name);
	return add_func(out, p->at, btf__add_func(out->btf, name, linkage, proto));
}

/* Without BTF of its own a program still needs a name for each function. */
static int invent_funcs(struct link_output *out, const struct link_input *p, int proto)
{
	char *FREE_AUTO starts = xcalloc(p->code->n_insns + 1, 1);
	int err = 0;

	for (size_t i = 0; i < p->code->n_insns; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];
		size_t to = i + 1 + (size_t)insn->imm;

		if (insn_names_function(insn) && to < p->code->n_insns)
			starts[to] = 1;
		i += insn->code == LINK_WIDE_LOAD;
	}
	for (size_t i = 1; i < p->code->n_insns && !err; i++) {
		char name[128], part[128];

		if (!starts[i])
			continue;
		c_name(p->name, name);
		(void)snprintf(part, sizeof(part), "%.100s_%zu", name, i);
		err = add_func(out, p->at + i,
			       btf__add_func(out->btf, part, BTF_FUNC_STATIC, proto));
		if (!err)
			err = add_line(out, p->at + i, p->name, "(compiled without -g)", 0);
	}
	return err;
}

/* Its lines of source, from instruction @from on, before @to. */
static int describe_lines(struct link_output *out, const struct link_input *p, size_t from,
			  size_t to)
{
	const struct btf *own = bpf_object__btf(p->obj);
	int err = 0;

	for (size_t i = 0; i < p->code->n_lines && !err; i++) {
		const struct bpf_line_info *l = &p->code->lines[i];

		if (l->insn_off >= from && l->insn_off < to)
			err = add_line(out, link_input_insn(p, l->insn_off),
				       btf__str_by_offset(own, l->file_name_off),
				       btf__str_by_offset(own, l->line_off), l->line_col);
	}
	return err;
}

/* What is behind the dispatcher; @first_func: the first that is a function there. */
static int describe_code(struct link_output *out, const struct link_input *p, size_t first_func)
{
	const struct captured_prog *t = p->code;
	int err = 0;

	for (size_t i = first_func; i < t->n_funcs && !err; i++)
		err = add_func(out, link_input_insn(p, t->funcs[i].insn_off),
			       (int)t->funcs[i].type_id + p->btf_shift);
	if (err)
		return err;
	return describe_lines(out, p, p->form == LINK_INLINED ? p->n_main : 0, t->n_insns);
}

/* The kernel wants a line at the start of each function, or none at all. */
static int invent_lines(struct link_output *out, const struct link_input *p, size_t first)
{
	const struct captured_prog *t = p->code;
	int err = 0;

	if (t->n_lines)
		return 0;
	for (size_t i = first; i < t->n_funcs && !err; i++)
		err = add_line(out, link_input_insn(p, t->funcs[i].insn_off), p->name,
			       "(compiled without -g)", 0);
	return err;
}

static int describe_filter(struct link_output *out, const struct link_input *p, int proto)
{
	bool called = p->form != LINK_INLINED;
	int err = called ? name_filter(out, p, proto) : 0;

	if (!err && called && !p->code->n_funcs) {
		err = add_line(out, p->at, p->name, "(compiled without -g)", 0);
		return err ? err : invent_funcs(out, p, proto);
	}
	if (!err)
		err = describe_code(out, p, 1);
	return err ? err : invent_lines(out, p, called ? 0 : 1);
}

static int describe_entry(struct link_output *out, const struct linker *c, size_t i)
{
	const struct link_input *p = &c->filters[i];
	char text[160];
	int err;

	(void)snprintf(text, sizeof(text), "filter %zu: %s", i, p->name);
	err = add_line(out, p->entry, "xlab", text, 0);
	if (err || p->form != LINK_INLINED)
		return err;
	err = describe_lines(out, p, 0, p->n_main);
	(void)snprintf(text, sizeof(text), "the verdict of filter %zu: %s", i, p->name);
	return err ? err : add_line(out, p->body + p->n_main, "xlab", text, 0);
}

static int describe_dispatcher(struct link_output *out, const struct linker *c, int proto)
{
	int err = add_func(out, 0, btf__add_func(out->btf, "xlab_chain", BTF_FUNC_GLOBAL, proto));

	if (!err)
		err = add_line(out, 0, "xlab", "the chain begins", 0);
	if (!err && c->tells_came)
		err = describe_lines(out, &c->came, 0, c->came.n_main);
	for (size_t i = 0; i < c->n_filters && !err; i++)
		err = describe_entry(out, c, i);
	return err ? err : add_line(out, c->end, "xlab", "the chain ends", 0);
}

static int describe_idle(struct link_output *out, const struct linker *c, int proto)
{
	int err = add_func(out, c->idle,
			   btf__add_func(out->btf, "xlab_never_called", BTF_FUNC_STATIC, proto));

	return err ? err : add_line(out, c->idle, "xlab", "what is never called", 0);
}

int link_btf_describe(struct link_output *out, struct linker *c, struct error *e)
{
	int proto, err;

	out->btf = btf__new_empty();
	if (!out->btf)
		return error_sys(e, -ENOMEM, "cannot merge the filters' BTF");
	err = merge_types(out, c, &c->stop, 0);
	c->note.btf_shift = c->came.btf_shift = c->stop.btf_shift;
	for (size_t i = 0; i < c->n_filters && !err; i++)
		err = merge_types(out, c, &c->filters[i], i);
	proto = err ? err : chain_proto(out);
	err = proto < 0 ? proto : describe_dispatcher(out, c, proto);
	/* Jumped into, xlab_stop's own function is the dispatcher's end. */
	if (!err)
		err = describe_code(out, &c->stop, c->calls_stop ? 0 : 1);
	if (!err && linker_notes(c))
		err = describe_code(out, &c->note, 0);
	if (!err && c->tells_came)
		err = describe_code(out, &c->came, 1);
	for (size_t i = 0; i < c->n_filters && !err; i++)
		err = describe_filter(out, &c->filters[i], proto);
	if (!err && linker_idles(c))
		err = describe_idle(out, c, proto);
	return err ? error_sys(e, err, "cannot merge the filters' BTF") : 0;
}
