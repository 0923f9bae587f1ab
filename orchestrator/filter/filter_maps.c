// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter's maps on the bpffs: made, pinned, and used by each chain that it stands in. What lies
 * in those of rules is rule_maps.c's.
 */
#include "orchestrator/filter/filter_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/map_fd.h"

/* .rodata and .kconfig: the filter's own in its chain. */
static bool is_constant(const struct bpf_map *map)
{
	return bpf_map__is_internal(map) && bpf_map__map_flags(map) & BPF_F_RDONLY_PROG;
}

/* A bpffs takes no dots: "filter.bss" is pinned as ":bss", which no map in C can be called. */
static void undot(const char *from, char name[static 256])
{
	(void)snprintf(name, 256, "%s", from);
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = ':';
}

static void pin_name(const struct bpf_map *map, char name[static 256])
{
	const char *from = bpf_map__name(map);

	undot(bpf_map__is_internal(map) ? strchr(from, '.') : from, name);
}

static int pin_all(struct bpf_object *obj, const char *dir, struct error *e)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		char *FREE_AUTO path = NULL;
		int fd = map_fd(map);
		char name[256];

		if (fd < 0 || is_constant(map))
			continue;
		pin_name(map, name);
		path = text_format("%s/%s", dir, name);
		if (bpf_obj_pin(fd, path))
			return error_sys(e, -errno, "cannot pin map %s at %s", name, path);
	}
	return 0;
}

static int load_maps(struct filter_object *in, struct error *e)
{
	BPFLOG log = BPFLOG_INIT;
	int err;

	bpflog_begin(&log);
	filter_object_choose(in, false);
	err = bpf_object__load(in->obj);
	if (err)
		return error_state(e, err, "its maps cannot be made: %s",
				   bpflog_first(&log, strerror(-err)));
	return 0;
}

/* What the lab file puts into the maps of filter @filter, by all that share them: whichever of them
 * it is that comes first.
 */
static int fill_in_presets(const struct lab *lab, size_t filter, struct bpf_object *obj,
			   struct error *e)
{
	const struct labfile *labfile = &lab->labfile;
	size_t owner = filter_maps_owner(lab, filter);

	for (size_t i = owner; i < labfile->n_filters; i++) {
		const struct filter *f = &labfile->filters[i];

		for (size_t k = 0; k < f->n_presets && filter_maps_owner(lab, i) == owner; k++) {
			const struct map_preset *p = &f->presets[k];
			struct bpf_map *map = bpf_object__find_map_by_name(obj, p->name);

			if (map_value_preset(obj, p, map ? map_fd(map) : -1, e))
				return error_wrap(e, "%s:%d: map.%s = %s -> %s", labfile->ini.path,
						  p->read_from->line, p->name, p->key, p->value);
		}
	}
	return 0;
}

static int fill_folder(const struct lab *lab, size_t filter, struct filter_object *in,
		       const char *dir, struct error *e)
{
	bool builtin = lab->labfile.filters[filter].program != PROGRAM_OBJECT;
	int err;

	if (builtin)
		counters_withhold(in->obj);
	err = load_maps(in, e);
	if (err)
		return err;
	if (mkdir(dir, 0700))
		return error_sys(e, -errno, "cannot make the folder %s for BPF maps", dir);
	err = pin_all(in->obj, dir, e);
	if (err)
		return err;
	if (!builtin)
		return fill_in_presets(lab, filter, in->obj, e);
	return program_fill_rules(in->obj, lab, filter, e);
}

/* Another command may have been quicker: its maps are as good. */
static int name_folder(const char *growing, const char *dir, struct error *e)
{
	if (!rename(growing, dir))
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return error_sys(e, -errno, "cannot name the folder %s", dir);
	bpffs_remove(growing);
	return 0;
}

/* The programs that a PROG_ARRAY names have the constants of the first section that needs it. */
static int make_folder(const struct lab *lab, size_t filter, const char *dir, struct error *e)
{
	/* No filter's name can have a tilde. */
	char *FREE_AUTO growing = text_format("%s~%d", dir, (int)getpid());
	struct captured_prog *codes;
	struct prog_capture capture;
	struct filter_object in;
	int err;

	bpffs_remove(growing);
	err = prog_capture_begin(&capture, e);
	if (err)
		return err;
	err = filter_object_open(lab, filter, &in, e);
	if (!err) {
		capture.frags = in.frags;
		codes = calls_trace_capture(lab, &in, &capture);
		err = fill_folder(lab, filter, &in, growing, e);
		calls_trace_put(lab, filter, &in, codes);
		if (err)
			(void)error_wrap(e, "filter %s", lab->labfile.filters[filter].name);
		else
			err = name_folder(growing, dir, e);
		if (err)
			bpffs_remove(growing);
		filter_object_close(&in);
	}
	prog_capture_end(&capture);
	return err;
}

char *filter_maps_dir(const struct lab *lab, size_t filter, struct error *e)
{
	size_t owner = filter_maps_owner(lab, filter);
	char *FREE_AUTO parent = bpffs_dir(lab, e, "filter");
	char *FREE_AUTO dir = NULL;

	if (!parent)
		return NULL;
	dir = text_format("%s/%s", parent, lab->labfile.filters[owner].name);
	if (!access(dir, F_OK))
		return steal_pointer(&dir);
	if (errno != ENOENT)
		(void)error_sys(e, -errno, "cannot look at %s", dir);
	else if (!make_folder(lab, filter, dir, e))
		return steal_pointer(&dir);
	return NULL;
}

static int check_same(const struct bpf_map *map, int fd, struct error *e)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return error_sys(e, -errno, "cannot ask for map %s", bpf_map__name(map));
	if (info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
	    info.value_size == bpf_map__value_size(map))
		return 0;
	return error_state(e, -ESTALE,
			   "map %s of the object is not what it was when the lab came up: the "
			   "object has changed; take the lab down and up again",
			   bpf_map__name(map));
}

/* An fd of the caller's. */
static int pinned_fd(const struct bpf_map *map, const char *dir, struct error *e)
{
	char *FREE_AUTO path = NULL;
	char name[256];
	int fd, err;

	pin_name(map, name);
	path = text_format("%s/%s", dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0 && fd != -ENOENT)
		return error_sys(e, fd, "cannot open map %s of the filter", name);
	if (fd < 0)
		return error_state(
			e, -ENOENT,
			"map %s is not among those of the filter: the object has changed, or "
			"the pin was removed; take the lab down and up again",
			name);
	err = check_same(map, fd, e);
	if (!err)
		return fd;
	(void)close(fd);
	return err;
}

static bool is_prog_array(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY;
}

/* Let @obj, not loaded yet, use the maps pinned in @dir instead of its own; @own_arrays: except
 * PROG_ARRAYs.
 */
static int reuse_maps(struct bpf_object *obj, const char *dir, bool own_arrays, struct error *e)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		int FD_AUTO fd = -1;
		int err;

		if (is_constant(map) || !bpf_map__autocreate(map) || map_fd(map) >= 0 ||
		    (own_arrays && is_prog_array(map)))
			continue;
		fd = pinned_fd(map, dir, e);
		if (fd < 0)
			return fd;
		err = bpf_map__reuse_fd(map, fd);
		if (err)
			return error_sys(e, err, "cannot use map %s", bpf_map__name(map));
	}
	return 0;
}

int filter_maps_open(const struct lab *lab, size_t filter, const char *name, int *fd,
		     struct error *e)
{
	char *FREE_AUTO dir = filter_maps_dir(lab, filter, e);
	char *FREE_AUTO path = NULL;
	char pin[256];

	if (!dir)
		return e->err;
	undot(name, pin);
	path = text_format("%s/%s", dir, pin);
	*fd = bpf_obj_get(path);
	if (*fd < 0)
		return error_sys(e, -errno, "cannot open map %s of filter %s", name,
				 lab->labfile.filters[filter].name);
	return 0;
}

int filter_maps_settle(struct filter_object *in, const struct lab *lab, size_t filter,
		       int counters_fd, int rings_fd, struct error *e)
{
	char *FREE_AUTO dir = filter_maps_dir(lab, filter, e);
	int err = 0;

	if (!dir)
		return e->err;
	if (lab->labfile.filters[filter].program != PROGRAM_OBJECT)
		err = counters_give(in->obj, counters_fd, rings_fd);
	if (err)
		return error_sys(e, err, "cannot give the filter its counters");
	return reuse_maps(in->obj, dir, in->own_arrays, e);
}

int filter_maps_share_arrays(const struct filter_object *in, const struct lab *lab, size_t filter,
			     struct error *e)
{
	char *FREE_AUTO dir = filter_maps_dir(lab, filter, e);
	struct bpf_map *map;

	if (!dir)
		return e->err;
	bpf_object__for_each_map (map, in->obj) {
		int FD_AUTO fd = -1;

		if (!is_prog_array(map))
			continue;
		fd = pinned_fd(map, dir, e);
		if (fd < 0)
			return fd;
		/* The fd of its own becomes one of the filter's. */
		if (dup3(fd, map_fd(map), O_CLOEXEC) < 0)
			return error_sys(e, -errno, "cannot use map %s", bpf_map__name(map));
	}
	return 0;
}
