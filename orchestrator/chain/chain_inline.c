// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/chain/chain_inline.h"

/* Chains as one composed program, on any kernel that has XDP. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Before the skeleton, which uses its types. */
#include "bpf/xlab.h"

#include "bpf/book.skel.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/book.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/instance.h"
#include "orchestrator/filter/instance_maps.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/compose.h"
#include "orchestrator/util/bpflog.h"

/* A chain being built. Pieces point to codes. */
struct build {
	struct taker taker;
	struct bpf_object *book;
	struct taken stop, note;
	struct instance instances[XLAB_CHAIN_MAX];
	struct taken codes[XLAB_CHAIN_MAX];
	struct piece pieces[XLAB_CHAIN_MAX];
	size_t n;
	struct composition whole;
};

static int load_object(struct bpf_object *obj, struct error *e)
{
	BPFLOG log = BPFLOG_INIT;
	FREE_AUTO char *words = NULL, *tail = NULL;
	int err;

	bpflog_begin(&log);
	err = bpf_object__load(obj);
	if (!err)
		return 0;
	words = bpflog_verifier(&log);
	tail = words ? bpflog_tail(words, 12) : NULL;
	return error_state(e, err, "libbpf cannot load the object: %s%s%s",
			   bpflog_first(&log, strerror(-err)), tail && *tail ? "\n" : "",
			   tail ? tail : "");
}

static int take_from_book(struct build *b, const char *name, struct taken *into, struct error *e)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(b->book, name);

	return prog ? take_program(&b->taker, prog, false, into, e)
		    : error_sys(e, -ENOENT, "the book's %s", name);
}

static bool goes_on_after_others(const struct chain_job *job)
{
	for (size_t i = 0; i < job->n_filters; i++)
		if (piece_notes(job->lab->suite.filters[job->filters[i]].continues))
			return true;
	return false;
}

static int prepare_book(struct build *b, const struct chain_job *job, struct error *e)
{
	size_t size;
	const void *bytes = book_bpf__elf_bytes(&size);
	int err;

	err = book_open(bytes, size, job->book_fd, job->ears_fd, &b->book);
	if (err)
		return error_sys(e, err, "giving the chain its book");
	err = take_from_book(b, "xlab_stop", &b->stop, e);
	if (!err && goes_on_after_others(job))
		return take_from_book(b, "xlab_note", &b->note, e);
	/* What is not called need not be loaded. */
	(void)bpf_program__set_autoload(bpf_object__find_program_by_name(b->book, "xlab_note"),
					false);
	return err;
}

static int prepare_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	struct xlab_place place = chain_job_place(job, i);
	struct instance *in = &b->instances[i];
	size_t filter = job->filters[i];
	int err;

	err = instance_open(job->lab, filter, in, e);
	if (err)
		return err;
	b->n = i + 1;
	in->own_arrays = true;
	if (job->lab->suite.filters[filter].program != PROGRAM_OBJECT)
		instance_leave_book(in);
	err = instance_settle(in, job->lab, filter, &place, job->book_fd, job->ears_fd, e);
	if (!err)
		err = take_program(&b->taker, in->main, in->has_prog_array, &b->codes[i], e);
	return err ? error_wrap(e, "filter %s", job->lab->suite.filters[filter].name) : 0;
}

/* Tail-called programs follow suit. */
static int agree_on_frags(struct build *b, const struct chain_job *job, struct error *e)
{
	int err = frags_agree(job, b->instances, &b->whole.frags, e);

	b->taker.frags = b->whole.frags;
	return err;
}

static int load_book(struct build *b, const struct chain_job *job, struct error *e)
{
	struct xlab_place place = chain_job_place(job, job->n_filters);

	place.frags = b->whole.frags;
	(void)globals_poke(b->book, "xlab_place", &place, sizeof(place));
	return load_object(b->book, e);
}

static bool is_gpl(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) && info.gpl_compatible;
}

static int load_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	const struct filter *f = &job->lab->suite.filters[job->filters[i]];
	struct instance *in = &b->instances[i];
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program (prog, in->obj)
		(void)bpf_program__set_autoload(prog, prog == in->main || in->has_prog_array);
	err = load_object(in->obj, e);
	if (!err && in->has_prog_array)
		err = instance_share_arrays(in, job->lab, job->filters[i], e);
	if (err)
		return error_wrap(e, "filter %s", f->name);
	b->whole.gpl &= is_gpl(in->main);
	b->pieces[i] = (struct piece){
		.name = f->name, .code = &b->codes[i], .obj = in->obj, .continues = f->continues
	};
	return 0;
}

static int build_all(struct build *b, const struct chain_job *job, int *fd, char **log,
		     struct error *e)
{
	int err = prepare_book(b, job, e);

	for (size_t i = 0; i < job->n_filters && !err; i++)
		err = prepare_filter(b, job, i, e);
	b->whole.gpl = true;
	if (!err)
		err = agree_on_frags(b, job, e);
	if (!err)
		err = load_book(b, job, e);
	for (size_t i = 0; i < job->n_filters && !err; i++)
		err = load_filter(b, job, i, e);
	if (err)
		return err;
	b->whole.filters = b->pieces;
	b->whole.n_filters = b->n;
	b->whole.stop = (struct piece){ .name = "xlab_stop", .code = &b->stop, .obj = b->book };
	b->whole.note = (struct piece){ .name = "xlab_note", .code = &b->note, .obj = b->book };
	return compose_load(&b->whole, fd, log, e);
}

static void build_free(struct build *b)
{
	for (size_t i = 0; i < b->n; i++) {
		instance_close(&b->instances[i]);
		taken_clear(&b->codes[i]);
	}
	taken_clear(&b->stop);
	taken_clear(&b->note);
	bpf_object__close(b->book);
	free(b);
}

/* Maps need a taker of their own, so all are made before the chain's begins. */
static int make_maps(const struct chain_job *job, struct error *e)
{
	for (size_t i = 0; i < job->n_filters; i++) {
		FREE_AUTO char *folder = instance_maps(job->lab, job->filters[i], e);

		if (!folder)
			return e->err;
	}
	return 0;
}

static int inline_build(const struct chain_job *job, int *fd, char **log, struct error *e)
{
	struct build *b;
	int err;

	if (job->n_filters > XLAB_CHAIN_MAX)
		return error_input(e, "a chain has at most %d filters, not %zu", XLAB_CHAIN_MAX,
				   job->n_filters);
	err = make_maps(job, e);
	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return error_sys(e, -ENOMEM, "composing a chain");
	err = taker_begin(&b->taker, e);
	if (!err) {
		err = build_all(b, job, fd, log, e);
		taker_end(&b->taker);
	}
	build_free(b);
	return err;
}

const struct chain_engine chain_engine_inline = {
	.choice = ENGINE_INLINE,
	.build = inline_build,
};
