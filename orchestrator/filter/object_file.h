/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OBJECT_FILE_H
#define XLAB_OBJECT_FILE_H

/* Somebody's BPF object file: read, and told from what is none. */

#include <stddef.h>

struct bpf_object;
struct bpf_program;
struct error;

/* The file's bytes (malloc'ed) if it is a little-endian 64-bit ELF file for BPF. */
int object_file_read(const char *path, void **bytes, size_t *size, struct error *e);

/*
 * The program @function of @obj, if its section names no type but XDP; NULL: its only one that
 * says XDP, or that says nothing if none does. The error lists the functions there are, or says
 * which section makes it no XDP program.
 */
int object_file_main(struct bpf_object *obj, const char *function, struct bpf_program **main,
		     struct error *e);

#endif
