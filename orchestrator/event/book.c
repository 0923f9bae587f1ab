// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/event/book.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/lab.h"

int book_cpus(struct error *e)
{
	int n = libbpf_num_possible_cpus();

	return n > 0 ? 0 : error_sys(e, n, "asking how many CPUs there can be");
}

/* Of the map's one value. */
static size_t value_bytes(void)
{
	return (size_t)libbpf_num_possible_cpus() * sizeof(struct xlab_book);
}

static size_t mapped_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (value_bytes() + page - 1) & ~(page - 1);
}

int book_map(struct book *book, int book_fd, struct error *e)
{
	void *at;

	book->n = (size_t)libbpf_num_possible_cpus();
	at = mmap(NULL, mapped_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, book_fd, 0);
	if (at == MAP_FAILED)
		return error_sys(e, -errno, "mapping an interface's book");
	book->slots = at;
	return 0;
}

void book_unmap(struct book *book)
{
	if (book->slots)
		(void)munmap(book->slots, mapped_bytes());
	book->slots = NULL;
}

uint32_t book_half(uint32_t gen)
{
	return (gen & 1) * (uint32_t)sizeof(((struct xlab_book *)NULL)->count[0]);
}

void book_begin(struct book *book, uint32_t gen)
{
	for (size_t i = 0; i < book->n; i++)
		memset(book->slots[i].count[gen & 1], 0, sizeof(book->slots[i].count[0]));
}

struct xlab_count book_count(const struct book *book, uint32_t gen, size_t position, size_t action)
{
	struct xlab_count sum = { 0 };

	for (size_t i = 0; i < book->n; i++) {
		const struct xlab_count *c = &book->slots[i].count[gen & 1][position][action];

		sum.packets += __atomic_load_n(&c->packets, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
	}
	return sum;
}

uint64_t book_lost(const struct book *book, size_t listener)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < book->n; i++)
		sum += __atomic_load_n(&book->slots[i].lost[listener], __ATOMIC_RELAXED);
	return sum;
}

/* Several listeners may change the same word; a chain only reads it. */
void book_listen(struct book *book, size_t listener)
{
	for (size_t i = 0; i < book->n; i++)
		(void)__atomic_fetch_or(&book->slots[i].listening, UINT64_C(1) << listener,
					__ATOMIC_RELEASE);
}

void book_ignore(struct book *book, size_t listener)
{
	for (size_t i = 0; i < book->n; i++)
		(void)__atomic_fetch_and(&book->slots[i].listening, ~(UINT64_C(1) << listener),
					 __ATOMIC_RELEASE);
}

static int create_book(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "book", sizeof(__u32), (__u32)value_bytes(), 1,
			      &opts);
}

/* Any ring fits one that is asked for by its type, so the pattern is the smallest. */
static int create_ears(void)
{
	FD_AUTO int pattern = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ear", 0, 0,
					     (__u32)sysconf(_SC_PAGESIZE), NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)pattern);

	if (pattern < 0)
		return pattern;
	return bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "ears", sizeof(__u32), sizeof(__u32),
			      XLAB_LISTENERS, &opts);
}

int book_create(int *book_fd, int *ears_fd, struct error *e)
{
	FD_AUTO int book = book_cpus(e) ? -1 : create_book();
	FD_AUTO int ears = book < 0 ? -1 : create_ears();

	if (e->err)
		return e->err;
	if (book < 0 || ears < 0)
		return error_sys(e, -errno, "making a book");
	*book_fd = steal_fd(&book);
	*ears_fd = steal_fd(&ears);
	return 0;
}

/* As bpf/book.h calls them. */
static const char *const map_names[] = { "book", "ears" };

int book_give(struct bpf_object *obj, int book_fd, int ears_fd)
{
	const int fds[] = { book_fd, ears_fd };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(map_names) && !err; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, map_names[i]);

		err = map ? bpf_map__reuse_fd(map, fds[i]) : 0;
	}
	return err;
}

int book_open(const void *bytes, size_t size, int book_fd, int ears_fd, struct bpf_object **obj)
{
	FREE_AUTO void *copy = malloc(size);
	int err;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	err = object_lengthen(copy, value_bytes());
	*obj = err ? NULL : bpf_object__open_mem(copy, size, NULL);
	if (!*obj)
		return err ? err : -errno;
	err = bpf_map__reuse_fd(bpf_object__find_map_by_name(*obj, ".bss"), book_fd);
	return err ? err : book_give(*obj, book_fd, ears_fd);
}

void book_withhold(struct bpf_object *obj)
{
	for (size_t i = 0; i < ARRAY_SIZE(map_names); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, map_names[i]);

		if (map)
			(void)bpf_map__set_autocreate(map, false);
	}
}

/* The map pinned at @path, made and pinned if it is not there. Another command may be quicker. */
static int pinned_map(const char *path, int (*create)(void))
{
	FD_AUTO int made = -1;
	int fd = bpf_obj_get(path);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	made = create();
	if (made < 0)
		return made;
	if (!bpf_obj_pin(made, path))
		return steal_fd(&made);
	return errno == EEXIST ? bpf_obj_get(path) : -1;
}

static int open_map(const char *folder, const char *name, int (*create)(void), int *fd,
		    struct error *e)
{
	FREE_AUTO char *path = text_format("%s/%s", folder, name);

	if (!path)
		return error_sys(e, -ENOMEM, "opening map %s", name);
	*fd = pinned_map(path, create);
	return *fd < 0 ? error_sys(e, -errno, "making map %s", path) : 0;
}

/* One map for the lab: the kernel waits for a grace period whenever a listener enters. */
int book_ears_open(const struct lab *lab, int *ears_fd, struct error *e)
{
	FREE_AUTO char *folder = bpffs_folder(lab, e, "iface");

	return folder ? open_map(folder, "ears", create_ears, ears_fd, e) : e->err;
}

int chain_book_open(const struct lab *lab, size_t iface, int *book_fd, int *ears_fd,
		    struct error *e)
{
	FREE_AUTO char *name = suite_iface_name(&lab->suite, iface);
	FREE_AUTO char *folder = NULL;
	FD_AUTO int book = -1;
	int err;

	if (!name)
		return error_sys(e, -ENOMEM, "opening a book");
	folder = bpffs_folder(lab, e, "iface/%s", name);
	if (!folder || book_cpus(e))
		return e->err;
	err = open_map(folder, "book", create_book, &book, e);
	if (!err)
		err = book_ears_open(lab, ears_fd, e);
	if (!err)
		*book_fd = steal_fd(&book);
	return err;
}

int object_lengthen(void *bytes, size_t size)
{
	char *start = bytes;
	const Elf64_Ehdr *elf = bytes;
	Elf64_Shdr *sections = (void *)(start + elf->e_shoff);
	const char *names = start + sections[elf->e_shstrndx].sh_offset;

	for (size_t i = 0; i < elf->e_shnum; i++) {
		if (strcmp(names + sections[i].sh_name, ".bss") != 0)
			continue;
		sections[i].sh_size = size;
		return 0;
	}
	return -ENOENT;
}
