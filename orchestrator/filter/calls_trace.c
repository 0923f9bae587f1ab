// SPDX-License-Identifier: GPL-2.0-or-later
/* Which programs an object's PROG_ARRAYs hold, instrumented, and put where they stood. */
#include "orchestrator/filter/calls_trace.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/coverage.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/trace_load.h"

void calls_trace_clear(struct calls_trace *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->calls[i].program);
		trace_clear(&t->calls[i].trace);
	}
	free(t->calls);
	*t = (struct calls_trace){ 0 };
}

struct captured_prog *calls_trace_capture(const struct lab *lab, const struct filter_object *in,
					  struct prog_capture *capture)
{
	struct captured_prog *codes;

	if (!lab->calls && !lab->coverage)
		return NULL;
	codes = xcalloc(in->calls.n + 1, sizeof(*codes));
	for (size_t i = 0; i < in->calls.n; i++)
		prog_capture_add(capture, in->calls.progs[i], true, &codes[i]);
	return codes;
}

/* Wherever an array has @old it has @new. False if that cannot be said. */
static bool replace(const struct filter_object *in, const struct bpf_prog_info *old, int new)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map (map, in->obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		for (__u32 i = 0, id; i < bpf_map__max_entries(map); i++) {
			err = bpf_map_lookup_elem(bpf_map__fd(map), &i, &id);
			if (!err && id == old->id)
				err = bpf_map_update_elem(bpf_map__fd(map), &i, &new, BPF_ANY);
			if (err && err != -ENOENT)
				return false;
		}
	}
	return true;
}

/* The trace is the coverage's, or the lab's. */
static void hand_over(const struct lab *lab, size_t filter, const struct linker *c)
{
	const struct filter *f = &lab->labfile.filters[filter];
	struct calls_trace *to = lab->calls;

	if (lab->coverage) {
		char *FREE_AUTO program = text_format("%s:%s", f->object, c->alone);

		coverage_add(lab->coverage, c->trace, c, (const char *const *)&program);
		return;
	}
	*(struct call_trace *)array_add(&to->calls, &to->n, sizeof(*to->calls)) =
		(struct call_trace){ .owner = filter_maps_owner(lab, filter),
				     .program = xstrdup(c->alone),
				     .trace = *c->trace };
}

/* What counts stands where the program of @old stood. False: that cannot be. */
static bool count(const struct filter_object *in, struct linker *c, const struct bpf_prog_info *old)
{
	struct error ERROR_AUTO refused = ERROR_INIT;
	int FD_AUTO fd = trace_load_alone(c, &refused);

	return fd >= 0 && replace(in, old, fd);
}

static void trace_call(const struct lab *lab, size_t filter, const struct filter_object *in,
		       const struct bpf_program *prog, const struct captured_prog *code)
{
	char *FREE_AUTO name = text_format("%s, program %s", lab->labfile.filters[filter].name,
					   bpf_program__name(prog));
	struct trace trace = { .level = lab->calls ? lab->calls->level : TRACE_BRANCHES, .fd = -1 };
	struct link_input input = {
		.name = name, .code = code, .obj = in->obj, .traced = true, .form = LINK_STATIC
	};
	struct linker c = { .filters = &input,
			    .n_filters = 1,
			    .alone = bpf_program__name(prog),
			    .frags = in->frags,
			    .trace = &trace };
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	bool known = !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);

	c.gpl = info.gpl_compatible;
	/* Of one without lines there is nothing to count, and that is no lower level. */
	if (code->n_lines && (!known || !count(in, &c, &info))) {
		trace_clear(&trace);
		trace.level = TRACE_VERDICTS;
	}
	hand_over(lab, filter, &c);
}

void calls_trace_put(const struct lab *lab, size_t filter, const struct filter_object *in,
		     struct captured_prog *codes)
{
	for (size_t i = 0; codes && i < in->calls.n; i++) {
		if (bpf_program__fd(in->calls.progs[i]) >= 0)
			trace_call(lab, filter, in, in->calls.progs[i], &codes[i]);
		captured_prog_clear(&codes[i]);
	}
	free(codes);
}
