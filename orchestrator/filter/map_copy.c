// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps copied element by element, maps in maps with what they hold. */
#include "orchestrator/filter/map_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"

enum map_copying map_copying_of(unsigned int type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return MAP_COPIED;
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
		return MAP_SHARED;
	default:
		return MAP_EMPTY;
	}
}

static bool is_per_cpu(unsigned int type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(unsigned int type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool holds_maps(unsigned int type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Bytes of an element as user space sees it. */
static size_t value_bytes(const struct bpf_map_info *info)
{
	if (!is_per_cpu(info->type))
		return info->value_size;
	return ((info->value_size + 7U) & ~(size_t)7) * (size_t)libbpf_num_possible_cpus();
}

static int info_of(int fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	*info = (struct bpf_map_info){ 0 };
	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

/* An array's elements stay where they are, to be written over; of maps it may have none there. */
static void empty(int fd, const struct bpf_map_info *info)
{
	void *FREE_AUTO key = xcalloc(1, info->key_size);

	if (info->type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		for (__u32 i = 0; i < info->max_entries; i++)
			(void)bpf_map_delete_elem(fd, &i);
	else if (!is_array(info->type))
		while (!bpf_map_get_next_key(fd, NULL, key) && !bpf_map_delete_elem(fd, key))
			;
}

static int put_inner(int to, const void *key, int fd, struct error *e)
{
	if (bpf_map_update_elem(to, key, &fd, BPF_ANY))
		return error_sys(e, -errno, "cannot put a map into a map");
	return 0;
}

static int make_inner(int to, const void *key, int from, const struct bpf_map_info *info,
		      struct error *e)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = info->map_flags);
	int FD_AUTO copy = bpf_map_create((enum bpf_map_type)info->type, info->name, info->key_size,
					  info->value_size, info->max_entries, &opts);
	int err;

	if (copy < 0)
		return error_sys(e, -errno, "cannot copy a map in a map");
	err = map_copying_of(info->type) == MAP_COPIED ? map_copy(copy, from, e) : 0;
	return err ? err : put_inner(to, key, copy, e);
}

/* The map in a map is the program's to write to, as well. */
static int copy_inner(int to, const void *key, __u32 id, struct error *e)
{
	int FD_AUTO from = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info;
	int err;

	if (from < 0)
		return errno == ENOENT ? 0 : error_sys(e, -errno, "cannot open a map in a map");
	err = info_of(from, &info);
	if (err)
		return error_sys(e, err, "cannot ask for a map in a map");
	if (map_copying_of(info.type) == MAP_SHARED)
		return put_inner(to, key, from, e);
	return make_inner(to, key, from, &info, e);
}

static int copy_one(int to, int from, const struct bpf_map_info *info, const void *key, void *value,
		    struct error *e)
{
	/* Deleted since, or a place of an array of maps that is empty. */
	if (bpf_map_lookup_elem(from, key, value))
		return errno == ENOENT ? 0 : error_sys(e, -errno, "cannot read map %s", info->name);
	if (holds_maps(info->type))
		return copy_inner(to, key, *(__u32 *)value, e);
	if (bpf_map_update_elem(to, key, value, BPF_ANY))
		return error_sys(e, -errno, "cannot write a copy of map %s", info->name);
	return 0;
}

static int copy_each(int to, int from, const struct bpf_map_info *info, struct error *e)
{
	void *FREE_AUTO key = xcalloc(2, info->key_size);
	void *FREE_AUTO value = xcalloc(1, value_bytes(info));
	char *next = (char *)key + info->key_size;
	int err = 0, found = bpf_map_get_next_key(from, NULL, next);

	while (!err && !found) {
		err = copy_one(to, from, info, next, value, e);
		memcpy(key, next, info->key_size);
		found = bpf_map_get_next_key(from, key, next);
	}
	return err || found == -ENOENT ? err : error_sys(e, found, "cannot read a map's keys");
}

#define BATCH 4096

/* Large maps at a system call a few thousand elements. 1: this kernel has none for such maps. */
static int copy_batches(int to, int from, const struct bpf_map_info *info, struct error *e)
{
	size_t room = info->key_size < sizeof(__u64) ? sizeof(__u64) : info->key_size;
	void *FREE_AUTO at = xcalloc(2, room);
	void *FREE_AUTO keys = xcalloc(BATCH, info->key_size);
	void *FREE_AUTO values = xcalloc(BATCH, value_bytes(info));
	char *next = (char *)at + room;
	bool first = true, last = false;

	while (!last) {
		__u32 n = BATCH;
		int err =
			bpf_map_lookup_batch(from, first ? NULL : at, next, keys, values, &n, NULL);

		last = err == -ENOENT;
		if (err && !last)
			return first ? 1 : error_sys(e, err, "cannot read map %s", info->name);
		if (n && bpf_map_update_batch(to, keys, values, &n, NULL))
			return first ? 1
				     : error_sys(e, -errno, "cannot write a copy of map %s",
						 info->name);
		memcpy(at, next, room);
		first = false;
	}
	return 0;
}

int map_copy(int to, int from, struct error *e)
{
	struct bpf_map_info info;
	int err = info_of(from, &info);

	if (err)
		return error_sys(e, err, "cannot ask for a map");
	empty(to, &info);
	err = info.max_entries >= BATCH && !holds_maps(info.type) ? copy_batches(to, from, &info, e)
								  : 1;
	return err == 1 ? copy_each(to, from, &info, e) : err;
}
