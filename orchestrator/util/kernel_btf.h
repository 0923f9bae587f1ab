/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_KERNEL_BTF_H
#define XLAB_KERNEL_BTF_H

/*
 * A few types of the running kernel, from its BTF. libbpf reads all of it, more than 100000 types,
 * into tables of its own, which takes 10 to 20 ms; one walk for some names takes one.
 */

#include <stddef.h>
#include <stdint.h>

struct kernel_btf;

struct kernel_type {
	const char *name;
	uint32_t kind; /* BTF_KIND_STRUCT, BTF_KIND_ENUM */
	uint32_t id;   /* found: the first of that name; 0: there is none */
};

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

/* NULL, with errno: there is none at @path that can be read. */
struct kernel_btf *kernel_btf_open(const char *path, struct kernel_type *types, size_t n);
void kernel_btf_close(struct kernel_btf *btf);

/* Where a field of a struct lies, in bytes, be it in an unnamed struct or union of that; -1: it has
 * none.
 */
long kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
		       const char *field);

/* The names of an enum's values: @each for all of them. */
void kernel_btf_enum(const struct kernel_btf *btf, const struct kernel_type *type,
		     void (*each)(void *cookie, uint32_t value, const char *name), void *cookie);

#endif
