/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OBJECT_FILE_H
#define XLAB_OBJECT_FILE_H

/* Somebody's BPF object file: read, and told from what is none. */

#include <stddef.h>

struct bpf_map;
struct bpf_object;
struct bpf_program;
struct error;

/* The file's bytes (malloc'ed) if it is a little-endian 64-bit ELF file for BPF. */
int object_file_read(const char *path, void **bytes, size_t *size, struct error *e);

/*
 * Make section ".bss" of an object of ours @size bytes long, and so the map that libbpf makes of
 * it: libbpf itself can do that only from 1.3 on. -ENOENT: it has none.
 */
int object_lengthen(void *bytes, size_t size);

/*
 * The XDP program @function of @obj, NULL: its only one. The error lists the
 * functions there are, or says which section makes it no XDP program.
 */
int object_file_main(struct bpf_object *obj, const char *function, struct bpf_program **main,
		     struct error *e);

/*
 * The fd of a map that has been made or was handed in, else -1. It stays libbpf's. bpf_map__fd()
 * does not tell: from libbpf 1.4 on a map that shall not be made has a placeholder's fd.
 */
int object_map_fd(const struct bpf_map *map);

#endif
