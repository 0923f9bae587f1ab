// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters and event rings: their maps, made, pinned, given to objects, and read. What their
 * slots mean is in bpf/xlab.h; whose verdicts they add up to is chain_read.c's.
 */
#include "orchestrator/event/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"
#include "orchestrator/util/object_bytes.h"

int counters_cpus(struct error *e)
{
	BPFLOG log = BPFLOG_INIT;
	int n;

	bpflog_begin(&log); /* it is told once */
	n = libbpf_num_possible_cpus();
	return n > 0 ? 0 : error_sys(e, n, "cannot ask how many CPUs there can be");
}

static size_t row_bytes(void)
{
	return (size_t)libbpf_num_possible_cpus() * sizeof(struct xlab_counters);
}

int counters_map(struct counters *counters, int counters_fd, size_t row, struct error *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), from, first, bytes;
	int err = counters_cpus(e);
	void *at;

	if (err)
		return err;
	from = row * row_bytes();
	first = from & ~(page - 1);
	bytes = from + row_bytes() - first;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, counters_fd, (off_t)first);
	if (at == MAP_FAILED)
		return error_sys(e, -errno, "cannot map an interface's counters");
	*counters = (struct counters){
		.slots = (void *)((char *)at + (from - first)),
		.n = (size_t)libbpf_num_possible_cpus(),
		.pages = at,
		.bytes = bytes,
	};
	return 0;
}

void counters_unmap(struct counters *counters)
{
	if (counters->pages)
		(void)munmap(counters->pages, counters->bytes);
	*counters = (struct counters){ 0 };
}

uint32_t counters_bank(uint32_t gen)
{
	return (gen & 1) * (uint32_t)sizeof(((struct xlab_counters *)NULL)->count[0]);
}

int counters_wipe(int counters_fd, size_t row, uint32_t gen, struct error *e)
{
	struct counters counters = { 0 };
	int err = counters_map(&counters, counters_fd, row, e);

	for (size_t i = 0; i < counters.n; i++)
		memset(counters.slots[i].count[gen & 1], 0, sizeof(counters.slots[i].count[0]));
	counters_unmap(&counters);
	return err;
}

struct xlab_count counters_get(const struct counters *counters, uint32_t gen, size_t position,
			       size_t action)
{
	struct xlab_count sum = { 0 };

	for (size_t i = 0; i < counters->n; i++) {
		const struct xlab_count *c = &counters->slots[i].count[gen & 1][position][action];

		sum.packets += __atomic_load_n(&c->packets, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
	}
	return sum;
}

uint64_t counters_lost(const struct counters *counters, size_t listener)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < counters->n; i++)
		sum += __atomic_load_n(&counters->slots[i].lost[listener], __ATOMIC_RELAXED);
	return sum;
}

/* Several listeners may change the same word; a chain only reads it. */
void counters_subscribe(struct counters *counters, size_t listener)
{
	for (size_t i = 0; i < counters->n; i++)
		(void)__atomic_fetch_or(&counters->slots[i].listening, UINT64_C(1) << listener,
					__ATOMIC_RELEASE);
}

void counters_unsubscribe(struct counters *counters, size_t listener)
{
	for (size_t i = 0; i < counters->n; i++)
		(void)__atomic_fetch_and(&counters->slots[i].listening, ~(UINT64_C(1) << listener),
					 __ATOMIC_RELEASE);
}

static int create_counters(size_t rows)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "counters", sizeof(__u32),
			      (__u32)(rows * row_bytes()), 1, &opts);
}

/* Any ring fits one that is asked for by its type, so the pattern is the smallest. */
static int create_rings(void)
{
	int FD_AUTO pattern_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "event_ring", 0, 0,
						(__u32)sysconf(_SC_PAGESIZE), NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)pattern_fd);

	if (pattern_fd < 0)
		return pattern_fd;
	return bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "event_rings", sizeof(__u32),
			      sizeof(__u32), XLAB_LISTENERS, &opts);
}

int counters_create(int *counters_fd, int *rings_fd, struct error *e)
{
	int FD_AUTO map_fd = counters_cpus(e) ? -1 : create_counters(1);
	int FD_AUTO array_fd = map_fd < 0 ? -1 : create_rings();

	if (e->err)
		return e->err;
	if (array_fd < 0)
		return error_sys(e, -errno, "cannot make counters");
	*counters_fd = steal_fd(&map_fd);
	*rings_fd = steal_fd(&array_fd);
	return 0;
}

/* As bpf/counters.h calls them. */
static const char *const map_names[] = { "counters", "event_rings" };

int counters_give(struct bpf_object *obj, int counters_fd, int rings_fd)
{
	const int fds[] = { counters_fd, rings_fd };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(map_names) && !err; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, map_names[i]);

		err = map ? bpf_map__reuse_fd(map, fds[i]) : 0;
	}
	return err;
}

int counters_open_object(const void *bytes, size_t size, int counters_fd, size_t row, size_t rows,
			 int rings_fd, struct bpf_object **obj)
{
	void *FREE_AUTO copy = xmemdup(bytes, size);
	int err = object_lengthen(copy, rows * row_bytes());

	if (!err)
		err = object_move_symbol(copy, map_names[0], row * row_bytes());

	*obj = err ? NULL : bpf_object__open_mem(copy, size, NULL);
	if (!*obj)
		return err ? err : -errno;
	err = bpf_map__reuse_fd(bpf_object__find_map_by_name(*obj, ".bss"), counters_fd);
	return err ? err : counters_give(*obj, counters_fd, rings_fd);
}

void counters_withhold(struct bpf_object *obj)
{
	for (size_t i = 0; i < ARRAY_SIZE(map_names); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, map_names[i]);

		if (map)
			(void)bpf_map__set_autocreate(map, false);
	}
}

/* The map pinned at @path, made and pinned if it is not there: of so many rows of counters, or of
 * rings, which have none. Another command may be quicker.
 */
static int pinned_map(const char *path, size_t rows)
{
	int FD_AUTO made_fd = -1;
	int fd = bpf_obj_get(path);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	made_fd = rows ? create_counters(rows) : create_rings();
	if (made_fd < 0)
		return made_fd;
	if (!bpf_obj_pin(made_fd, path))
		return steal_fd(&made_fd);
	return errno == EEXIST ? bpf_obj_get(path) : -1;
}

static int open_map(const char *path, size_t rows, int *fd, struct error *e)
{
	*fd = pinned_map(path, rows);
	return *fd < 0 ? error_sys(e, -errno, "cannot make map %s", path) : 0;
}

/* One map for the lab: the kernel waits for a grace period whenever a listener enters. */
int event_rings_open(const struct lab *lab, int *rings_fd, struct error *e)
{
	char *FREE_AUTO dir = bpffs_dir(lab, e, "iface");
	char *FREE_AUTO path = dir ? text_format("%s/event_rings", dir) : NULL;

	return path ? open_map(path, 0, rings_fd, e) : e->err;
}

/*
 * How many rows the map has that interfaces with common chains share; 0: there is none. The
 * verifier takes no address further on than that, and memory is not to be spent on interfaces in
 * between which have no such chain.
 */
#define SHARED_BYTES_MAX (1U << 29) /* BPF_MAX_VAR_OFF of the kernel */
#define SHARED_SPARSE	 4

static size_t shared_rows(const struct lab *lab)
{
	const struct common_ifaces *common = &lab->labfile.common;

	return common->span <= common->n * SHARED_SPARSE &&
			       common->span * row_bytes() < SHARED_BYTES_MAX
		       ? common->span
		       : 0;
}

static bool is_shared(const struct lab *lab, size_t iface)
{
	const struct common_ifaces *common = &lab->labfile.common;

	return iface >= common->first && iface - common->first < shared_rows(lab);
}

size_t counters_row(const struct lab *lab, size_t iface)
{
	return is_shared(lab, iface) ? iface - lab->labfile.common.first : 0;
}

size_t counters_rows(const struct lab *lab, size_t iface)
{
	return is_shared(lab, iface) ? shared_rows(lab) : 1;
}

char *counters_path(const struct lab *lab, size_t iface)
{
	return is_shared(lab, iface) ? state_path(lab->state, "bpf/iface/counters")
				     : state_path(lab->state, "bpf/iface/%s/counters",
						  lab->labfile.topo.ifaces[iface].id);
}

int counters_open(const struct lab *lab, size_t iface, int *counters_fd, int *rings_fd,
		  struct error *e)
{
	int FD_AUTO counters = -1;
	char *FREE_AUTO dir = NULL, *FREE_AUTO path = NULL;
	size_t rows;
	int err = counters_cpus(e);

	if (err)
		return err;
	rows = counters_rows(lab, iface);
	dir = rows > 1 ? bpffs_dir(lab, e, "iface")
		       : bpffs_dir(lab, e, "iface/%s", lab->labfile.topo.ifaces[iface].id);
	if (!dir)
		return e->err;
	path = counters_path(lab, iface);
	err = open_map(path, rows, &counters, e);
	if (!err)
		err = event_rings_open(lab, rings_fd, e);
	if (!err)
		*counters_fd = steal_fd(&counters);
	return err;
}
