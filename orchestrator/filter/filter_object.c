// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter's object opened, built-in or the user's, up to where it is loaded: that is the chain's.
 */
#include "orchestrator/filter/filter_object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/object_file.h"
#include "orchestrator/filter/object_maps.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/link_btf.h"
#include "orchestrator/model/program.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/run_in_child.h"

#define OPEN_MS 10000 /* far more than the largest object takes */

static bool same_object(const struct filter *a, const struct filter *b)
{
	return a->program == PROGRAM_OBJECT && b->program == PROGRAM_OBJECT &&
	       !strcmp(a->object, b->object);
}

/* How many sections before @filter name the same function of the same object. */
static size_t occurrence(const struct labfile *labfile, size_t filter)
{
	const struct filter *f = &labfile->filters[filter];
	size_t n = 0;

	for (const struct filter *g = labfile->filters; g < f; g++)
		n += same_object(g, f) &&
		     !strcmp(g->function ? g->function : "", f->function ? f->function : "");
	return n;
}

size_t filter_maps_owner(const struct lab *lab, size_t filter)
{
	const struct labfile *labfile = &lab->labfile;
	size_t nth = occurrence(labfile, filter);

	for (size_t i = 0; i < filter; i++)
		if (same_object(&labfile->filters[i], &labfile->filters[filter]) &&
		    occurrence(labfile, i) == nth)
			return i;
	return filter;
}

char *filter_object_title(const struct lab *lab, size_t filter)
{
	const struct filter *f = &lab->labfile.filters[filter];

	if (f->program != PROGRAM_OBJECT)
		return text_format("filter %s", f->name);
	return text_format("filter %s (%s%s%s)", f->name, f->object, f->function ? ":" : "",
			   f->function ? f->function : "");
}

static int open_bytes(const void *bytes, size_t size, struct filter_object *in, struct error *e)
{
	/* Part of the names of .data and .bss maps: the same for everybody. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "filter");
	BPFLOG log = BPFLOG_INIT;

	bpflog_begin(&log);
	in->obj = bpf_object__open_mem(bytes, size, &opts);
	if (!in->obj) {
		int err = -errno;

		(void)error_input(e, "libbpf cannot open the object: %s",
				  bpflog_first(&log, strerror(-err)));
		if (err == -ENOMEM) /* the machine's fault, not the object's */
			e->kind = ERROR_STATE;
		return e->err;
	}
	return 0;
}

static int open_builtin(const struct filter *f, struct filter_object *in, struct error *e)
{
	void *FREE_AUTO bytes = NULL;
	const char *function;
	size_t size;
	int err;

	err = program_bytes(f, &bytes, &size, &function, e);
	if (err)
		return err;
	err = open_bytes(bytes, size, in, e);
	if (err)
		return err;
	err = object_file_main(in->obj, function, &in->main, e);
	return err ? err : program_prepare(in->obj, f, e);
}

static int set_constants(const struct lab *lab, const struct filter *f, struct filter_object *in,
			 struct error *e)
{
	for (size_t i = 0; i < f->n_settings; i++) {
		const struct setting *s = &f->settings[i];

		if (globals_set(in->obj, s->name, s->value, e))
			return error_wrap(e, "%s:%d: set.%s = %s", lab->labfile.ini.path,
					  s->read_from->line, s->name, s->value);
	}
	return 0;
}

static int open_user(const void *bytes, size_t size, struct filter_object *in, struct error *e)
{
	void *FREE_AUTO converted = NULL;
	int err = object_maps_convert(bytes, size, &converted, &size, e);

	if (converted)
		bytes = converted;
	if (!err)
		err = open_bytes(bytes, size, in, e);
	if (!err)
		object_calls_find(&in->calls, in->obj, bytes, size);
	return err;
}

struct bytes {
	const void *start;
	size_t size;
};

static int try_open(void *cookie, int *fd, struct error *e)
{
	const struct bytes *bytes = cookie;
	struct filter_object in = { 0 };

	(void)fd;
	(void)open_user(bytes->start, bytes->size, &in, e);
	filter_object_close(&in);
	return 0;
}

/* libbpf trusts what it opens: a damaged object's BTF can send it anywhere, or round for ever.
 * A child process tries it first; what it is told meanwhile is told once more.
 */
static int try_object(const void *start, size_t size, struct error *e)
{
	struct bytes bytes = { start, size };
	int none = -1, err = run_in_child(try_open, &bytes, OPEN_MS, &none, e);

	if (err != -EPIPE && err != -ETIMEDOUT)
		return err;
	return error_input(e, "libbpf cannot read the object, and %s over it: the file is damaged",
			   err == -EPIPE ? "crashes" : "hangs");
}

static int refuse_exceptions(struct bpf_object *obj, struct error *e)
{
	const struct btf *btf = bpf_object__btf(obj);

	if (!btf || btf__find_by_name_kind(btf, "bpf_throw", BTF_KIND_FUNC) <= 0)
		return 0;
	return error_input(e,
			   "it calls bpf_throw(), which would unwind the whole chain and not the "
			   "filter alone: it cannot stand in one");
}

int filter_object_open_file(const struct filter *f, struct filter_object *in, struct error *e)
{
	void *FREE_AUTO bytes = NULL;
	size_t size = 0;
	int err;

	*in = (struct filter_object){ 0 };
	err = object_file_read(f->object, &bytes, &size, e);
	if (!err)
		err = try_object(bytes, size, e);
	if (err)
		return err;
	err = open_user(bytes, size, in, e);
	if (err)
		return err;
	err = object_file_main(in->obj, f->function, &in->main, e);
	return err ? err : refuse_exceptions(in->obj, e);
}

/* Nothing is pinned but by us, and only what the chain needs is loaded. */
static void make_ours(struct filter_object *in)
{
	struct btf *btf = bpf_object__btf(in->obj);
	struct bpf_program *prog;
	struct bpf_map *map;

	if (btf)
		link_btf_name_declared(btf);
	bpf_object__for_each_map (map, in->obj) {
		(void)bpf_map__set_pin_path(map, NULL);
		if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			in->has_prog_array = true;
	}
	bpf_object__for_each_program (prog, in->obj) {
		(void)bpf_program__set_autoload(prog, false);
		if (bpf_program__type(prog) != BPF_PROG_TYPE_UNSPEC)
			continue;
		(void)bpf_program__set_type(prog, BPF_PROG_TYPE_XDP);
		(void)bpf_program__set_expected_attach_type(prog, BPF_XDP);
	}
	in->frags = !strncmp(bpf_program__section_name(in->main), "xdp.frags", 9);
}

int filter_object_open(const struct lab *lab, size_t filter, struct filter_object *in,
		       struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	int err;

	*in = (struct filter_object){ 0 };
	err = counters_cpus(e);
	if (!err)
		err = f->program == PROGRAM_OBJECT ? filter_object_open_file(f, in, e)
						   : open_builtin(f, in, e);
	if (!err)
		err = set_constants(lab, f, in, e);
	if (err) {
		char *FREE_AUTO title = filter_object_title(lab, filter);

		filter_object_close(in);
		return error_wrap(e, "%s", title);
	}
	make_ours(in);
	return 0;
}

void filter_object_leave_counters(struct filter_object *in)
{
	char name[64];
	struct bpf_program *plain;

	(void)snprintf(name, sizeof(name), "%s_verdict", bpf_program__name(in->main));
	plain = bpf_object__find_program_by_name(in->obj, name);
	if (plain)
		in->main = plain;
}

bool filter_object_is_called(const struct filter_object *in)
{
	return object_calls_has(&in->calls, in->main);
}

void filter_object_choose(struct filter_object *in, bool main)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, in->obj)
		(void)bpf_program__set_autoload(prog, object_calls_has(&in->calls, prog) ||
							      (main && prog == in->main));
}

void filter_object_close(struct filter_object *in)
{
	free(in->calls.progs);
	bpf_object__close(in->obj);
	*in = (struct filter_object){ 0 };
}
