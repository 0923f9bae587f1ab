// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The maps of the one program: constants of all filters in one map, and the kernel's limit on how
 * many maps there may be.
 */
#include "orchestrator/linker/link_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/util/map_fd.h"

/* A map of constants and where its bytes lie in the merged one. */
struct constant {
	int fd;
	size_t at;
};

struct constants {
	struct constant *maps;
	size_t n;
	unsigned char *bytes;
	size_t size;
};

static int add_map(struct constants *k, const struct bpf_map *map)
{
	struct constant *c = array_add(&k->maps, &k->n, sizeof(*c));
	size_t at = k->size, size = (bpf_map__value_size(map) + 7U) & ~(size_t)7;
	const __u32 zero = 0;

	*c = (struct constant){ map_fd(map), at };
	k->bytes = xreallocarray(k->bytes, 1, at + size);
	memset(k->bytes + at, 0, size);
	if (bpf_map_lookup_elem(map_fd(map), &zero, k->bytes + at))
		return -errno;
	k->size = at + size;
	return 0;
}

static const struct constant *find(const struct constants *k, int fd)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->maps[i].fd == fd)
			return &k->maps[i];
	return NULL;
}

/* What is loaded for several chains has its place in each from here. */
static void set_config(struct constants *k, const struct link_input *p)
{
	const struct constant *of = p->config ? find(k, map_fd(p->config_map)) : NULL;

	if (of && k->bytes)
		memcpy(k->bytes + of->at + p->config_at, p->config, sizeof(*p->config));
}

static int add_object(struct constants *k, const struct link_input *p)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map (map, p->obj)
		if (!err && bpf_map__is_internal(map) && map_fd(map) >= 0 &&
		    bpf_map__map_flags(map) & BPF_F_RDONLY_PROG)
			err = add_map(k, map);
	if (!err)
		set_config(k, p);
	return err;
}

static int freeze(struct link_output *out, const struct constants *k)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
	const __u32 zero = 0;

	out->rodata_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xlab.rodata", sizeof(zero),
					(__u32)k->size, 1, &opts);
	if (out->rodata_fd < 0 || bpf_map_update_elem(out->rodata_fd, &zero, k->bytes, BPF_ANY) ||
	    bpf_map_freeze(out->rodata_fd))
		return -errno;
	return 0;
}

static void redirect_loads(struct link_output *out, const struct constants *k)
{
	for (size_t i = 0; i < out->n_insns; i++) {
		struct bpf_insn *insn = &out->insns[i];
		bool names = insn->code == LINK_WIDE_LOAD && insn->src_reg == BPF_PSEUDO_MAP_VALUE;
		const struct constant *map = names ? find(k, insn->imm) : NULL;

		if (map) {
			insn[0].imm = out->rodata_fd;
			insn[1].imm += (int32_t)map->at;
		}
	}
}

int link_maps_merge_constants(struct link_output *out, const struct linker *c, struct error *e)
{
	struct constants k = { 0 };
	int err = add_object(&k, &c->stop);

	for (size_t i = 0; i < c->n_filters && !err; i++)
		err = add_object(&k, &c->filters[i]);
	if (!err && k.size)
		err = freeze(out, &k);
	if (!err)
		redirect_loads(out, &k);
	free(k.maps);
	free(k.bytes);
	return err ? error_sys(e, err, "cannot merge the constants of the chain's filters") : 0;
}

struct map_ids {
	__u32 ids[LINK_MAPS_MAX];
	size_t n;
};

/* Each filter has fds of its own for the maps that it shares: only ids tell. */
static int add_id(struct map_ids *seen, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	for (size_t i = 0; i < seen->n; i++)
		if (seen->ids[i] == info.id)
			return 0;
	if (seen->n == LINK_MAPS_MAX)
		return -E2BIG;
	seen->ids[seen->n++] = info.id;
	return 0;
}

static bool names_map(const struct bpf_insn *insn)
{
	return insn->code == LINK_WIDE_LOAD &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/* The maps of the filters, or those of the chain itself. @at: the instruction that names one too
 * many.
 */
static int add_ids(struct map_ids *seen, const struct link_output *out, const struct linker *c,
		   bool filters, size_t *at)
{
	for (size_t i = 0; i < out->n_insns; i++) {
		const struct bpf_insn *insn = &out->insns[i];

		if (!names_map(insn) || (linker_filter_at(c, i) < c->n_filters) != filters)
			continue;
		*at = i;
		if (add_id(seen, insn->imm))
			return -E2BIG;
	}
	return 0;
}

/* The chain's own come first, wherever they stand: so a filter is the one too many. */
int link_maps_check(const struct link_output *out, const struct linker *c, struct error *e)
{
	struct map_ids seen = { .n = 0 };
	size_t at = 0;

	if (!add_ids(&seen, out, c, false, &at) && !add_ids(&seen, out, c, true, &at))
		return 0;
	return error_state(e, -E2BIG,
			   "the chain uses over %d maps, which is the kernel's limit for one "
			   "program: with filter %s it is passed; take a filter out",
			   LINK_MAPS_MAX, c->filters[linker_filter_at(c, at)].name);
}
