/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ALLOC_H
#define XLAB_ALLOC_H

/*
 * Memory, or the end of the process with "xlab: out of memory" and exit status 3. That is safe
 * at any instant: what is half done stands in the journal, and the next command takes it back.
 * So no caller looks for NULL. What is returned belongs to the caller, who frees it with free().
 *
 * Sizes that a file or a packet names are bounded before.
 */

#include <stddef.h>
#include <stdio.h>

void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
void *xmemdup(const void *bytes, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* A text being written: *@text is malloc'ed, and whole when it is closed. */
FILE *xopen_memstream(char **text, size_t *size);
void xclose_memstream(FILE *out);

/* What they all do when there is none. */
_Noreturn void out_of_memory(void);

#endif
