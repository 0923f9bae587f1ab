// SPDX-License-Identifier: GPL-2.0-or-later
/* Chains as one linked program, on any kernel that has XDP: what is loaded for one, and in which
 * order. How code is put together is the linker's.
 */
#include "orchestrator/chain/chain_inline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Before the skeleton, which uses its types. */
#include "bpf/xlab.h"

#include "bpf/counters.skel.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/coverage.h"
#include "orchestrator/linker/linker.h"
#include "orchestrator/linker/prune.h"
#include "orchestrator/linker/straighten.h"
#include "orchestrator/linker/trace.h"
#include "orchestrator/model/program.h"
#include "orchestrator/util/bpflog.h"

/* A chain being built. Inputs point to codes. */
struct build {
	struct prog_capture capture;
	struct bpf_object *counters;
	struct captured_prog stop, note, came;
	struct filter_object objects[XLAB_CHAIN_MAX];
	struct captured_prog codes[XLAB_CHAIN_MAX];
	struct link_input inputs[XLAB_CHAIN_MAX];
	size_t n;
	struct linker linker;
};

static int load_object(struct bpf_object *obj, struct error *e)
{
	BPFLOG log = BPFLOG_INIT;
	char *FREE_AUTO tail = NULL;
	int err;

	bpflog_begin(&log);
	err = bpf_object__load(obj);
	if (!err)
		return 0;
	tail = bpflog_verifier(&log);
	return error_state(e, err, "libbpf cannot load the object: %s%s%s",
			   bpflog_first(&log, strerror(-err)), tail && *tail ? "\n" : "",
			   tail ? tail : "");
}

/* What is not wanted is not called, and need not be loaded. */
static int capture_from_counters(struct build *b, const struct chain_job *job, const char *entry,
				 bool wanted, struct captured_prog *into, struct error *e)
{
	char *FREE_AUTO name = text_format("%s%s", entry, job->many ? "_many" : "");
	struct bpf_program *prog = bpf_object__find_program_by_name(b->counters, name);

	if (!prog)
		return error_sys(e, -ENOENT, "cannot find program %s of the counters", name);
	if (!wanted)
		return 0;
	(void)bpf_program__set_autoload(prog, true);
	prog_capture_add(&b->capture, prog, false, into);
	return 0;
}

static int prepare_counters(struct build *b, const struct chain_job *job, struct error *e)
{
	const struct labfile *labfile = &job->lab->labfile;
	struct bpf_program *prog;
	bool notes = false;
	size_t size;
	const void *bytes = counters_bpf__elf_bytes(&size);
	int err = counters_open_object(bytes, size, job->counters_fd, job->many ? 0 : job->row,
				       job->rows, job->rings_fd, &b->counters);

	if (err)
		return error_sys(e, err, "cannot give the chain its counters");
	bpf_object__for_each_program (prog, b->counters)
		(void)bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < job->n_filters; i++) {
		const struct filter *f = &labfile->filters[job->filters[i]];

		notes |= link_input_notes(f->continues, program_silent(f->program));
	}
	b->linker.tells_came = chain_may_change(labfile, job->filters, job->n_filters);
	err = capture_from_counters(b, job, "xlab_stop", true, &b->stop, e);
	if (!err)
		err = capture_from_counters(b, job, "xlab_note", notes, &b->note, e);
	if (!err)
		err = capture_from_counters(b, job, "xlab_came", b->linker.tells_came, &b->came, e);
	return err;
}

static int prepare_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	struct xlab_config config = chain_job_config(job, i);
	struct filter_object *in = &b->objects[i];
	size_t filter = job->filters[i];
	int err = filter_object_open(job->lab, filter, in, e);

	if (err)
		return err;
	b->n = i + 1;
	in->own_arrays = true;
	if (job->lab->labfile.filters[filter].program != PROGRAM_OBJECT)
		filter_object_leave_counters(in);
	err = filter_maps_settle(in, job->lab, filter, &config, job->counters_fd, job->rings_fd, e);
	if (!err)
		prog_capture_add(&b->capture, in->main, filter_object_is_called(in), &b->codes[i]);
	return err ? error_wrap(e, "filter %s", job->lab->labfile.filters[filter].name) : 0;
}

static int load_counters(struct build *b, const struct chain_job *job, struct error *e)
{
	struct xlab_config config = chain_job_config(job, job->n_filters);
	int err = frags_agree(job, b->objects, &b->linker.frags, e);

	if (err)
		return err;
	/* Tail-called programs follow suit. */
	config.frags = b->capture.frags = b->linker.frags;
	(void)globals_poke(b->counters, "xlab_config", &config, sizeof(config));
	return load_object(b->counters, e) ? error_wrap(e, "what counts for the chain") : 0;
}

static int load_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	const struct filter *f = &job->lab->labfile.filters[job->filters[i]];
	struct filter_object *in = &b->objects[i];
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int err;

	filter_object_choose(in, true);
	err = load_object(in->obj, e);
	if (!err && in->has_prog_array)
		err = filter_maps_share_arrays(in, job->lab, job->filters[i], e);
	if (err)
		return error_wrap(e, "filter %s", f->name);
	/* Most of its code is of other keys. Its functions are known by its BTF, if the kernel
	 * takes that. */
	if (program_matches(&programs[f->program]) && b->codes[i].n_funcs) {
		captured_prog_prune(&b->codes[i]);
		captured_prog_straighten(&b->codes[i]);
		captured_prog_prune(&b->codes[i]);
	}
	b->linker.gpl &= !bpf_obj_get_info_by_fd(bpf_program__fd(in->main), &info, &len) &&
			 info.gpl_compatible;
	b->inputs[i] = (struct link_input){
		.name = f->name,
		.code = &b->codes[i],
		.obj = in->obj,
		.continues = f->continues,
		.silent = program_silent(f->program),
		.traced = f->program == PROGRAM_OBJECT,
	};
	return 0;
}

/* Load it, and have the lab's coverage count what its objects do. */
static int load_covered(struct build *b, const struct chain_job *job, int *fd, char **log,
			struct error *e)
{
	struct trace trace = { .level = TRACE_BRANCHES, .may_lack = true, .fd = -1 };
	struct coverage *coverage = job->lab->coverage;
	char **STRINGS_AUTO names = xcalloc(b->n + 1, sizeof(*names));
	int err;

	b->linker.trace = &trace;
	err = linker_load(&b->linker, fd, log, e);
	b->linker.trace = NULL;
	for (size_t i = 0; i < b->n; i++) {
		const struct filter *f = &job->lab->labfile.filters[job->filters[i]];

		names[i] = text_format("%s:%s", f->object ? f->object : "",
				       bpf_program__name(b->objects[i].main));
	}
	if (!err)
		coverage_add(coverage, &trace, &b->linker, (const char *const *)names);
	trace_clear(&trace);
	return err;
}

static int build_all(struct build *b, const struct chain_job *job, int *fd, char **log,
		     struct error *e)
{
	int err = prepare_counters(b, job, e);

	for (size_t i = 0; i < job->n_filters && !err; i++)
		err = prepare_filter(b, job, i, e);
	b->linker.gpl = true;
	if (!err)
		err = load_counters(b, job, e);
	for (size_t i = 0; i < job->n_filters && !err; i++)
		err = load_filter(b, job, i, e);
	if (err)
		return err;
	b->linker.filters = b->inputs;
	b->linker.n_filters = b->n;
	b->linker.trace = job->trace;
	b->linker.stop =
		(struct link_input){ .name = "xlab_stop", .code = &b->stop, .obj = b->counters };
	b->linker.note =
		(struct link_input){ .name = "xlab_note", .code = &b->note, .obj = b->counters };
	b->linker.came =
		(struct link_input){ .name = "xlab_came", .code = &b->came, .obj = b->counters };
	if (job->lab->coverage && !job->trace &&
	    chain_user_object(&job->lab->labfile, job->filters, job->n_filters))
		return load_covered(b, job, fd, log, e);
	return linker_load(&b->linker, fd, log, e);
}

static int inline_build(const struct chain_job *job, int *fd, char **log, struct error *e)
{
	struct build *b;
	int err;

	if (job->n_filters > XLAB_CHAIN_MAX)
		return error_input(e, "a chain has at most %d filters, not %zu", XLAB_CHAIN_MAX,
				   job->n_filters);
	err = chain_job_make_maps(job, e);
	if (err)
		return err;
	b = xcalloc(1, sizeof(*b));
	err = prog_capture_begin(&b->capture, e);
	if (!err) {
		err = build_all(b, job, fd, log, e);
		prog_capture_end(&b->capture);
	}
	for (size_t i = 0; i < b->n; i++) {
		filter_object_close(&b->objects[i]);
		captured_prog_clear(&b->codes[i]);
	}
	captured_prog_clear(&b->stop);
	captured_prog_clear(&b->note);
	captured_prog_clear(&b->came);
	bpf_object__close(b->counters);
	free(b);
	return err;
}

const struct chain_engine chain_engine_inline = {
	.choice = ENGINE_INLINE,
	.build = inline_build,
};
