// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many programs made one and loaded: which form each filter takes, and the next one when the
 * verifier refuses it. What a filter is, and where the chain goes, is not known here.
 */
#include "orchestrator/linker/linker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/dispatcher.h"
#include "orchestrator/linker/inline.h"
#include "orchestrator/linker/link_btf.h"
#include "orchestrator/linker/link_load.h"
#include "orchestrator/linker/link_maps.h"
#include "orchestrator/linker/refusal.h"
#include "orchestrator/linker/trace.h"
#include "orchestrator/linker/trace_load.h"

static int check_budget(const struct linker *c, struct error *e)
{
	size_t insns = 0, subprogs = 1;

	for (size_t i = 0; i < c->n_filters; i++) {
		const struct link_input *p = &c->filters[i];

		insns += p->code->n_insns;
		subprogs += (p->code->n_funcs ? p->code->n_funcs : 1) - (p->form == LINK_INLINED);
		if (insns > LINK_INSNS_MAX)
			return error_state(
				e, -E2BIG,
				"with filter %s the chain has %zu instructions; the kernel "
				"takes %d in one program",
				p->name, insns, LINK_INSNS_MAX);
		if (subprogs + 2 > LINK_SUBPROGS_MAX)
			return error_state(
				e, -E2BIG,
				"with filter %s the chain has over %d functions, which is the "
				"kernel's limit for one program",
				p->name, LINK_SUBPROGS_MAX);
	}
	return 0;
}

/* What the dispatcher does not hold. */
static void append(struct link_output *out, struct link_input *p)
{
	p->at = out->n_insns;
	for (size_t i = link_input_inlined(p); i < p->code->n_insns; i++)
		*link_output_insn(out) = p->code->insns[i];
}

static size_t fd_array_index(struct link_output *out, int fd)
{
	for (size_t i = 1; i < out->n_fd_array; i++)
		if (out->fd_array[i] == fd)
			return i;
	if (!out->n_fd_array)
		array_add(&out->fd_array, &out->n_fd_array, sizeof(int));
	*(int *)array_add(&out->fd_array, &out->n_fd_array, sizeof(int)) = fd;
	return out->n_fd_array - 1;
}

/* A module's kfunc is named by an index into its object's array of module BTFs. */
static void merge_modules(struct link_output *out, const struct link_input *p)
{
	for (size_t i = 0; i < p->code->n_insns; i++) {
		struct bpf_insn *insn = &out->insns[link_input_insn(p, i)];

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		    insn->off)
			insn->off = (int16_t)fd_array_index(out, p->code->fd_array[insn->off]);
	}
}

static void append_all(struct link_output *out, struct linker *c)
{
	dispatcher_write(out, c);
	append(out, &c->stop);
	if (linker_notes(c))
		append(out, &c->note);
	if (c->tells_came)
		append(out, &c->came);
	for (size_t i = 0; i < c->n_filters; i++) {
		append(out, &c->filters[i]);
		merge_modules(out, &c->filters[i]);
	}
	dispatcher_write_idle(out, c);
	dispatcher_fix_up(out, c);
}

/* The steps of a million instructions would take seconds, and tell nobody anything. */
static bool is_too_large(const char *log)
{
	return strstr(log, "BPF program is too large");
}

static int load_linked(struct link_output *out, const struct linker *c, char **log, struct error *e)
{
	int FD_AUTO btf_fd = link_load_btf(out, e);
	int fd;

	if (btf_fd < 0)
		return btf_fd;
	fd = link_load_for_log(out, c, btf_fd, LOG_FEW, log);
	if (fd < 0 && !is_too_large(*log))
		fd = link_load_for_log(out, c, btf_fd, LOG_STEPS, log);
	if (fd < 0)
		return refusal_explain(out, c, *log, fd, e);
	free(steal_pointer(log)); /* what it took */
	return fd;
}

/*
 * Jumps reach 32767 instructions, and the longest is from the first filter to the end: so large
 * filters are called.
 */
#define INLINED_MAX 16384

static void choose_forms(struct linker *c)
{
	size_t room = INLINED_MAX;

	c->stop.form = LINK_STATIC;
	c->note.form = LINK_STATIC;
	/* Always possible: the code is ours. */
	c->came.form = LINK_INLINED;
	if (c->tells_came)
		(void)inline_possible(&c->came);
	for (size_t i = 0; i < c->n_filters; i++) {
		struct link_input *p = &c->filters[i];

		p->form = inline_possible(p) && p->n_main <= room ? LINK_INLINED : LINK_GLOBAL;
		room -= link_input_inlined(p);
	}
}

/* @filter, or every one when it is none, takes its next form: false if there is no further one. */
static bool next_form(struct linker *c, size_t filter)
{
	bool changed = false;

	for (size_t i = 0; i < c->n_filters; i++) {
		struct link_input *p = &c->filters[i];

		if (p->form == LINK_STATIC || (filter < c->n_filters && filter != i))
			continue;
		p->form++;
		changed = true;
	}
	return changed;
}

static bool any_inlined(const struct linker *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (c->filters[i].form == LINK_INLINED)
			return true;
	return false;
}

#define SINGLE_TRIES 4

/* Another way to put it, after the verifier's refusal: false if there is none. */
static bool give_way(struct linker *c, const char *log, int tries)
{
	/* Functions that are verified once cost the verifier least. */
	if (is_too_large(log))
		return any_inlined(c) && next_form(c, c->n_filters);
	/* A few bytes of stack are to be had for a call more. */
	if (strstr(log, "combined stack size") && !any_inlined(c) && !c->calls_stop) {
		c->calls_stop = true;
		return true;
	}
	return next_form(c, tries < SINGLE_TRIES ? refusal_filter(c, log) : c->n_filters);
}

static bool names_callback(const struct bpf_insn *insn)
{
	return insn->code == LINK_WIDE_LOAD && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* Where the verifier has come to the address of a function, and never to the function. */
static void find_idle_of(struct link_input *p, const bool *seen)
{
	for (size_t i = 0; i < p->code->n_insns; i++) {
		const struct bpf_insn *insn = &p->code->insns[i];

		if (names_callback(insn) && seen[link_input_insn(p, i)] &&
		    !seen[link_input_callback(p, i)])
			*(size_t *)array_add(&p->idle, &p->n_idle, sizeof(*p->idle)) = i;
	}
}

static void forget_idle(struct linker *c)
{
	for (size_t i = 0; i < c->n_filters; i++) {
		free(c->filters[i].idle);
		c->filters[i].idle = NULL;
		c->filters[i].n_idle = 0;
	}
}

static int compose(struct link_output *out, struct linker *c, struct error *e)
{
	int err;

	append_all(out, c);
	err = link_maps_merge_constants(out, c, e);
	if (!err)
		err = link_maps_check(out, c, e);
	return err ? err : link_btf_describe(out, c, e);
}

static bool loads_nonzero(const struct bpf_insn *insn)
{
	return (insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) ||
		insn->code == (BPF_ALU | BPF_MOV | BPF_K)) &&
	       insn->imm;
}

/* bpf_loop() with a number of rounds that is not plainly written before it. */
static bool may_idle(const struct captured_prog *code)
{
	bool known = false;

	for (size_t i = 0; i < code->n_insns; i++) {
		const struct bpf_insn *insn = &code->insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL)) {
			if (!insn->src_reg && insn->imm == BPF_FUNC_loop && !known)
				return true;
			known = false;
		} else if (insn->dst_reg == BPF_REG_1) {
			known = loads_nonzero(insn);
		}
	}
	return false;
}

/* The verifier's words on a program with too much stack, which is refused when all of it has been
 * looked at, malloc'ed; NULL if it was not tried. If it is taken, since it calls nothing, they are
 * none of these.
 */
static char *try_overfull(const struct link_output *out, const struct linker *c, struct error *e)
{
	int FD_AUTO btf_fd = link_load_btf(out, e);
	char *log = NULL;
	int fd = btf_fd < 0 ? -1 : link_load_for_log(out, c, btf_fd, LOG_ALL, &log);

	cleanup_fd(&fd);
	return log;
}

/*
 * Kernels since 6.7 take a callback that is never called (of bpf_loop() with nothing to do) out of
 * the program, and then fail over its address, with EFAULT and a warning, unless no function is
 * left at all, which is why such a filter may load alone. So another function's address is to
 * stand there. Which are such only the verifier knows, before it comes so far. What fails here
 * fails once more where it is told.
 */
static void find_idle(struct linker *c)
{
	struct link_output out = { .rodata_fd = -1 };
	struct error ERROR_AUTO ignored = ERROR_INIT;
	bool *FREE_AUTO seen = NULL;
	char *FREE_AUTO log = NULL;

	c->overfull = true;
	if (!compose(&out, c, &ignored))
		log = try_overfull(&out, c, &ignored);
	c->overfull = false;
	if (log && strstr(log, "combined stack size")) {
		seen = xcalloc(out.n_insns, sizeof(*seen));
		refusal_seen(log, seen, out.n_insns);
		for (size_t i = 0; i < c->n_filters; i++)
			find_idle_of(&c->filters[i], seen);
	}
	link_output_clear(&out);
}

/* Of @plain_fd and @traced_fd, or that there is none, the one to use. */
static int instead_of(int plain_fd, int traced_fd, struct trace *trace, struct error *e)
{
	if (traced_fd < 0 && trace->may_lack) {
		error_clear(e);
		trace_clear(trace);
		return plain_fd;
	}
	(void)close(plain_fd);
	return traced_fd;
}

static int load(struct linker *c, char **log, struct error *e)
{
	struct link_output out = { .rodata_fd = -1 };
	int fd;

	for (size_t i = 0; i < c->n_filters; i++)
		if (may_idle(c->filters[i].code)) {
			find_idle(c);
			break;
		}
	fd = compose(&out, c, e);
	if (!fd)
		fd = load_linked(&out, c, log, e);
	/* What is taken as it is stands in forms that the verifier likes. */
	if (fd >= 0 && c->trace)
		fd = instead_of(fd, trace_load(&out, c, e), c->trace, e);
	link_output_clear(&out);
	forget_idle(c);
	return fd;
}

static int load_somehow(struct linker *c, char **log, struct error *e)
{
	int fd;

	choose_forms(c);
	fd = load(c, log, e);
	for (int tries = 0; fd < 0 && *log && fd != -ENOMEM && fd != -EPERM; tries++) {
		if (!give_way(c, *log, tries))
			break;
		error_clear(e);
		fd = load(c, log, e);
	}
	return fd;
}

/* Does the chain load that the @n filters from @first on are? Its refusal is in @e. */
static int try_part(const struct linker *whole, size_t first, size_t n, char **log, struct error *e)
{
	struct linker part = *whole;
	int fd;

	part.filters += first;
	part.n_filters = n;
	part.calls_stop = false;
	part.trace = NULL;
	fd = load_somehow(&part, log, e);
	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

/* The verifier's words name no filter: one that it refuses alone is at fault. */
static void blame(const struct linker *c, struct error *e)
{
	for (size_t i = 0; i < c->n_filters; i++) {
		struct error ERROR_AUTO alone = ERROR_INIT;
		char *FREE_AUTO log = NULL;

		if (!try_part(c, i, 1, &log, &alone))
			continue;
		error_move(e, &alone);
		(void)error_wrap(e, "filter %s", c->filters[i].name);
		return;
	}
	(void)error_add(e, "each of its filters loads alone");
}

/* Which filter makes it too much: the first with which the chain up to it is refused. */
static int blame_size(const struct linker *c, struct error *e)
{
	size_t fits = 0, too_many = c->n_filters;

	while (too_many - fits > 1) {
		struct error ERROR_AUTO part = ERROR_INIT;
		size_t middle = (fits + too_many) / 2;
		char *FREE_AUTO log = NULL;

		if (try_part(c, 0, middle, &log, &part) && log && is_too_large(log))
			too_many = middle;
		else
			fits = middle;
	}
	error_clear(e);
	return error_state(e, -E2BIG,
			   "with filter %s the chain needs more than the %d instructions that the "
			   "verifier looks at in one program: take a filter out",
			   c->filters[fits].name, LINK_INSNS_MAX);
}

int linker_load(struct linker *c, int *fd, char **log, struct error *e)
{
	char *FREE_AUTO words = NULL;
	int loaded_fd, err;

	choose_forms(c);
	err = check_budget(c, e);
	if (err)
		return err;
	loaded_fd = load_somehow(c, &words, e);
	/* There are words if the chain is refused, and only then. */
	if (words && is_too_large(words))
		loaded_fd = blame_size(c, e);
	else if (words && c->n_filters > 1 && refusal_filter(c, words) == c->n_filters)
		blame(c, e);
	if (log)
		*log = steal_pointer(&words);
	if (loaded_fd < 0)
		return loaded_fd;
	*fd = loaded_fd;
	return 0;
}
