// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks the kernel's BTF once. What the types are asked for is others'. */
#include "orchestrator/util/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/statefile.h"

#define SIZE_MAX_BTF (256 << 20)
#define DEPTH	     8 /* of unnamed structs in each other */

struct kernel_btf {
	char *bytes;
	size_t size;
	bool mapped;
	const char *types, *types_end;
	const char *names;
	size_t names_size;
	uint32_t *at; /* by id, from 1: where its type begins behind @types */
	uint32_t n;
};

static const struct btf_type *type_at(const struct kernel_btf *btf, uint32_t id)
{
	return id && id <= btf->n ? (const struct btf_type *)(btf->types + btf->at[id - 1]) : NULL;
}

static const char *name_at(const struct kernel_btf *btf, uint32_t offset)
{
	return offset < btf->names_size ? btf->names + offset : "";
}

/* What follows a type's head. */
static size_t tail_size(const struct btf_type *type)
{
	size_t n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

static void find(const struct kernel_btf *btf, const struct btf_type *type,
		 struct kernel_type *types, size_t n)
{
	const char *name = name_at(btf, type->name_off);

	for (size_t i = 0; i < n; i++)
		if (!types[i].id && types[i].kind == BTF_INFO_KIND(type->info) &&
		    strcmp(types[i].name, name) == 0)
			types[i].id = btf->n;
}

static int walk(struct kernel_btf *btf, struct kernel_type *types, size_t n)
{
	size_t left = (size_t)(btf->types_end - btf->types), size;

	/* As many as there were if nothing followed any of them: pages that are not used are none.
	 */
	btf->at = xreallocarray(NULL, left / sizeof(struct btf_type), sizeof(*btf->at));
	for (const char *at = btf->types; left; at += size, left -= size) {
		const struct btf_type *type = (const struct btf_type *)at;

		if (left < sizeof(*type))
			return -EBADMSG;
		size = sizeof(*type) + tail_size(type);
		if (left < size)
			return -EBADMSG;
		btf->at[btf->n++] = (uint32_t)(at - btf->types);
		find(btf, type, types, n);
	}
	return 0;
}

/* The names end with a NUL, so that each does. */
static int read_head(struct kernel_btf *btf)
{
	const struct btf_header *head = (const struct btf_header *)btf->bytes;
	size_t left;

	if (btf->size < sizeof(*head) || head->magic != BTF_MAGIC || head->hdr_len > btf->size)
		return -EBADMSG;
	left = btf->size - head->hdr_len;
	if (head->type_off % 4 || head->type_off > left || head->type_len > left - head->type_off ||
	    head->str_off > left || !head->str_len || head->str_len > left - head->str_off)
		return -EBADMSG;
	btf->types = btf->bytes + head->hdr_len + head->type_off;
	btf->types_end = btf->types + head->type_len;
	btf->names = btf->bytes + head->hdr_len + head->str_off;
	btf->names_size = head->str_len;
	return btf->names[btf->names_size - 1] ? -EBADMSG : 0;
}

/* Linux 6.16 and later have it mapped; of others it is read. */
static int load(struct kernel_btf *btf, const char *path)
{
	int FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t got;
	int err;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (st.st_size <= 0 || st.st_size > SIZE_MAX_BTF)
		return -EBADMSG;
	btf->size = (size_t)st.st_size;
	btf->bytes = mmap(NULL, btf->size, PROT_READ, MAP_PRIVATE, fd, 0);
	btf->mapped = btf->bytes != MAP_FAILED;
	if (btf->mapped)
		return 0;
	btf->bytes = xreallocarray(NULL, btf->size, 1);
	err = read_all(fd, btf->bytes, btf->size, &got);
	return err || got == btf->size ? err : -EBADMSG;
}

struct kernel_btf *kernel_btf_open(const char *path, struct kernel_type *types, size_t n)
{
	struct kernel_btf *btf = xcalloc(1, sizeof(*btf));
	int err = load(btf, path);

	if (!err)
		err = read_head(btf);
	if (!err)
		err = walk(btf, types, n);
	if (!err)
		return btf;
	kernel_btf_close(btf);
	errno = -err;
	return NULL;
}

void kernel_btf_close(struct kernel_btf *btf)
{
	if (!btf)
		return;
	if (btf->mapped)
		(void)munmap(btf->bytes, btf->size);
	else
		free(btf->bytes);
	free(btf->at);
	free(btf);
}

static const struct btf_member *members(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static long offset_in(const struct kernel_btf *btf, const struct btf_type *type, const char *field,
		      int depth)
{
	uint32_t kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) || !depth)
		return -1;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const struct btf_member *m = &members(type)[i];
		uint32_t bits =
			BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		const char *name = name_at(btf, m->name_off);
		long inner;

		if (strcmp(name, field) == 0)
			return (long)bits / 8;
		if (*name)
			continue;
		inner = offset_in(btf, type_at(btf, m->type), field, depth - 1);
		if (inner >= 0)
			return (long)bits / 8 + inner;
	}
	return -1;
}

long kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
		       const char *field)
{
	return offset_in(btf, type_at(btf, type->id), field, DEPTH);
}

void kernel_btf_enum(const struct kernel_btf *btf, const struct kernel_type *type,
		     void (*each)(void *cookie, uint32_t value, const char *name), void *cookie)
{
	const struct btf_type *t = type_at(btf, type->id);
	const struct btf_enum *values = (const struct btf_enum *)(t + 1);

	for (uint32_t i = 0; t && i < BTF_INFO_VLEN(t->info); i++)
		each(cookie, (uint32_t)values[i].val, name_at(btf, values[i].name_off));
}
