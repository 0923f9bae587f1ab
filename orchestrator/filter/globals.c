// SPDX-License-Identifier: GPL-2.0-or-later
/* Read-only globals set by name, as their BTF types say. */
#include "orchestrator/filter/globals.h"

#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/typed_value.h"

/* Called for each global; a nonzero answer ends the walk and is returned. */
typedef int (*global_fn)(void *cookie, const char *name, const struct typed_value *g);

static int walk_section(struct bpf_object *obj, const struct btf *btf, const struct btf_type *sec,
			global_fn fn, void *cookie)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(sec);
	struct bpf_map *map =
		bpf_object__find_map_by_name(obj, typed_value_name(btf, sec->name_off));
	unsigned char *bytes;
	size_t size = 0;

	/* Private memory until the load, which libbpf merely hands out as const. */
	bytes = map ? (unsigned char *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
	for (int i = 0; bytes && i < btf_vlen(sec); i++, v++) {
		const struct btf_type *var = btf__type_by_id(btf, v->type);
		struct typed_value g = { .bytes = bytes + v->offset, .size = v->size };
		int r;

		if (!var || !btf_is_var(var) || (size_t)v->offset + v->size > size)
			continue;
		if (typed_value_type(&g, btf, var->type))
			continue;
		r = fn(cookie, typed_value_name(btf, var->name_off), &g);
		if (r)
			return r;
	}
	return 0;
}

static int globals_walk(struct bpf_object *obj, global_fn fn, void *cookie)
{
	const struct btf *btf = bpf_object__btf(obj);
	uint32_t n = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		int r;

		if (!btf_is_datasec(t) ||
		    strncmp(typed_value_name(btf, t->name_off), ".rodata", 7) != 0)
			continue;
		r = walk_section(obj, btf, t, fn, cookie);
		if (r)
			return r;
	}
	return 0;
}

struct wanted {
	const char *name;
	struct typed_value found;
};

static int take_if_wanted(void *cookie, const char *name, const struct typed_value *g)
{
	struct wanted *w = cookie;

	if (strcmp(name, w->name) != 0)
		return 0;
	w->found = *g;
	return 1;
}

bool globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size)
{
	struct wanted w = { .name = name };

	if (!globals_walk(obj, take_if_wanted, &w) || w.found.size != size)
		return false;
	memcpy(w.found.bytes, bytes, size);
	return true;
}

bool globals_place(struct bpf_object *obj, const char *name, size_t size, struct bpf_map **map,
		   size_t *at)
{
	struct wanted w = { .name = name };
	size_t length = 0;

	if (!globals_walk(obj, take_if_wanted, &w) || w.found.size != size)
		return false;
	bpf_object__for_each_map (*map, obj) {
		const unsigned char *bytes = bpf_map__initial_value(*map, &length);

		if (bytes && w.found.bytes >= bytes && w.found.bytes < bytes + length) {
			*at = (size_t)(w.found.bytes - bytes);
			return true;
		}
	}
	return false;
}

struct nth {
	size_t i;
	const char *name;
};

static int take_nth(void *cookie, const char *name, const struct typed_value *g)
{
	struct nth *n = cookie;

	(void)g;
	n->name = name;
	return n->i-- == 0;
}

static const char *nth_name(void *obj, size_t i)
{
	struct nth n = { .i = i };

	return globals_walk(obj, take_nth, &n) ? n.name : NULL;
}

static int unknown_global(struct bpf_object *obj, const char *name, struct error *e)
{
	char *FREE_AUTO offer = NULL;

	if (!nth_name(obj, 0))
		return error_input(
			e, "the object has no read-only globals (const volatile, with BTF)");
	offer = text_offer(name, nth_name, obj);
	return error_input(e, "the object has no read-only global \"%s\"%s", name, offer);
}

int globals_set(struct bpf_object *obj, const char *name, const char *value, struct error *e)
{
	struct wanted w = { .name = name };

	if (!globals_walk(obj, take_if_wanted, &w))
		return unknown_global(obj, name, e);
	return typed_value_set(&w.found, value, e);
}
