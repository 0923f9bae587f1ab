/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OBJECT_BYTES_H
#define XLAB_OBJECT_BYTES_H

/* Objects of ours, which are trusted, changed before libbpf opens them. */

#include <stddef.h>

/*
 * Make section ".bss" @size bytes long, and so the map that libbpf makes of it: libbpf itself can
 * do that only from 1.3 on. -ENOENT: it has none.
 */
int object_lengthen(void *bytes, size_t size);

/* Let a variable be @by bytes further on in its section. -ENOENT: there is none. */
int object_move_symbol(void *bytes, const char *name, size_t by);

/*
 * Put @code in the place of a function, which must be the last one of its section and name nothing
 * that is relocated: its lines and its type stay. *@bytes, malloc'ed, grow. -ENOENT: there is no
 * such function; -EINVAL: another one follows it.
 */
int object_graft(void **bytes, size_t *size, const char *function, const void *code,
		 size_t code_size);

#endif
