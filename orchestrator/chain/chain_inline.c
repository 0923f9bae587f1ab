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
#include "orchestrator/chain/chain_parts.h"
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

/* A chain being built. Inputs point to parts. */
struct build {
	struct prog_capture capture;
	struct chain_parts *kept; /* or NULL */
	struct chain_part *counters, *parts[XLAB_CHAIN_MAX];
	const struct filter_object *objects[XLAB_CHAIN_MAX];
	struct link_input inputs[XLAB_CHAIN_MAX];
	struct xlab_config configs[XLAB_CHAIN_MAX + 1]; /* the last is the chain's end's */
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
static int capture_counters(struct build *b, const struct chain_job *job, unsigned int wanted,
			    struct error *e)
{
	static const char *const entries[] = {
		[CODE_STOP] = "xlab_stop", [CODE_NOTE] = "xlab_note", [CODE_CAME] = "xlab_came"
	};
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, b->counters->object.obj)
		(void)bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		char *FREE_AUTO name = text_format("%s%s", entries[i], job->many ? "_many" : "");

		prog = bpf_object__find_program_by_name(b->counters->object.obj, name);
		if (!prog)
			return error_sys(e, -ENOENT, "cannot find program %s of the counters",
					 name);
		if (!(wanted >> i & 1))
			continue;
		(void)bpf_program__set_autoload(prog, true);
		prog_capture_add(&b->capture, prog, false, &b->counters->codes[i]);
	}
	return 0;
}

static int prepare_counters(struct build *b, const struct chain_job *job, struct error *e)
{
	const struct labfile *labfile = &job->lab->labfile;
	unsigned int wanted = 1U << CODE_STOP;
	const void *bytes;
	size_t size;
	int err;

	for (size_t i = 0; i < job->n_filters; i++) {
		const struct filter *f = &labfile->filters[job->filters[i]];

		if (link_input_notes(f->continues, program_silent(f->program)))
			wanted |= 1U << CODE_NOTE;
	}
	b->linker.tells_came = chain_may_change(labfile, job->filters, job->n_filters);
	if (b->linker.tells_came)
		wanted |= 1U << CODE_CAME;
	b->counters = chain_parts_take(b->kept, job->iface, NONE, wanted);
	if (b->counters->loaded)
		return 0;
	bytes = counters_bpf__elf_bytes(&size);
	err = counters_open_object(bytes, size, job->counters_fd, job->many ? 0 : job->row,
				   job->rows, job->rings_fd, &b->counters->object.obj);
	if (err)
		return error_sys(e, err, "cannot give the chain its counters");
	return capture_counters(b, job, wanted, e);
}

static int prepare_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	size_t filter = job->filters[i];
	bool builtin = job->lab->labfile.filters[filter].program != PROGRAM_OBJECT;
	struct chain_part *part =
		chain_parts_take(builtin ? b->kept : NULL, job->iface, filter, 1U << CODE_FILTER);
	struct filter_object *in = &part->object;
	int err;

	b->parts[i] = part;
	b->objects[i] = in;
	b->n = i + 1;
	b->configs[i] = chain_job_config(job, i);
	if (part->loaded)
		return 0;
	err = filter_object_open(job->lab, filter, in, e);
	if (err)
		return err;
	in->own_arrays = true;
	if (builtin)
		filter_object_leave_counters(in);
	err = filter_maps_settle(in, job->lab, filter, job->counters_fd, job->rings_fd, e);
	if (!err)
		prog_capture_add(&b->capture, in->main, filter_object_is_called(in),
				 &part->codes[CODE_FILTER]);
	return err ? error_wrap(e, "filter %s", job->lab->labfile.filters[filter].name) : 0;
}

static int load_counters(struct build *b, const struct chain_job *job, struct error *e)
{
	struct xlab_config *config = &b->configs[XLAB_CHAIN_MAX];
	int err = frags_agree(job, b->objects, &b->linker.frags, e);

	if (err)
		return err;
	*config = chain_job_config(job, job->n_filters);
	/* Tail-called programs follow suit. */
	config->frags = b->capture.frags = b->linker.frags;
	if (!b->counters->loaded && load_object(b->counters->object.obj, e))
		return error_wrap(e, "what counts for the chain");
	b->counters->loaded = true;
	return 0;
}

static int load_part(struct chain_part *part, const struct chain_job *job, struct error *e)
{
	const struct filter *f = &job->lab->labfile.filters[part->filter];
	struct filter_object *in = &part->object;
	struct captured_prog *code = &part->codes[CODE_FILTER];
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int err;

	filter_object_choose(in, true);
	err = load_object(in->obj, e);
	if (!err && in->has_prog_array)
		err = filter_maps_share_arrays(in, job->lab, part->filter, e);
	if (err)
		return error_wrap(e, "filter %s", f->name);
	/* Most of its code is of other keys. Its functions are known by its BTF, if the kernel
	 * takes that. */
	if (program_matches(&programs[f->program]) && code->n_funcs) {
		captured_prog_prune(code);
		captured_prog_straighten(code);
		captured_prog_prune(code);
	}
	part->gpl = !bpf_obj_get_info_by_fd(bpf_program__fd(in->main), &info, &len) &&
		    info.gpl_compatible;
	part->loaded = true;
	return 0;
}

/* Where it stands is a constant of what is loaded, which the linker writes. */
static int place(struct link_input *in, const struct xlab_config *config, struct error *e)
{
	struct bpf_map *map;

	if (!globals_place(in->obj, "xlab_config", sizeof(*config), &map, &in->config_at))
		return error_state(e, -EINVAL, "the embedded object of %s lacks a constant",
				   in->name);
	in->config = config;
	in->config_map = map;
	return 0;
}

static int load_filter(struct build *b, const struct chain_job *job, size_t i, struct error *e)
{
	const struct filter *f = &job->lab->labfile.filters[job->filters[i]];
	struct chain_part *part = b->parts[i];
	int err = part->loaded ? 0 : load_part(part, job, e);

	if (err)
		return err;
	b->linker.gpl &= part->gpl;
	b->inputs[i] = (struct link_input){
		.name = f->name,
		.code = &part->codes[CODE_FILTER],
		.obj = part->object.obj,
		.continues = f->continues,
		.silent = program_silent(f->program),
		.traced = f->program == PROGRAM_OBJECT,
	};
	return f->program == PROGRAM_OBJECT ? 0 : place(&b->inputs[i], &b->configs[i], e);
}

static struct link_input counters_input(const struct build *b, const char *name,
					enum chain_code code)
{
	return (struct link_input){
		.name = name,
		.code = &b->counters->codes[code],
		.obj = b->counters->object.obj,
	};
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
	for (size_t i = 0; i < b->n; i++) {
		const struct filter *f = &job->lab->labfile.filters[job->filters[i]];

		names[i] = text_format("%s:%s", f->object ? f->object : "",
				       bpf_program__name(b->objects[i]->main));
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
	b->linker.stop = counters_input(b, "xlab_stop", CODE_STOP);
	b->linker.note = counters_input(b, "xlab_note", CODE_NOTE);
	b->linker.came = counters_input(b, "xlab_came", CODE_CAME);
	err = place(&b->linker.stop, &b->configs[XLAB_CHAIN_MAX], e);
	if (err)
		return err;
	if (job->lab->coverage &&
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
	b->kept = job->many ? NULL : job->parts;
	err = prog_capture_begin(&b->capture, e);
	if (!err) {
		err = build_all(b, job, fd, log, e);
		prog_capture_end(&b->capture);
	}
	for (size_t i = 0; i < b->n; i++)
		chain_part_give(b->parts[i]);
	chain_part_give(b->counters);
	free(b);
	return err;
}

const struct chain_engine chain_engine_inline = {
	.choice = ENGINE_INLINE,
	.build = inline_build,
};
