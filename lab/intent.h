/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INTENT_H
#define XLAB_INTENT_H

/*
 * A lab's intent as bytes: a line "xlab intent 1", then for each field
 * "NAME LENGTH:BYTES\n", so that a path or a lab file may hold any byte but NUL.
 */

#include <stddef.h>

#include "lab/state.h"

struct error;

/* malloc'ed text of *@size bytes, NULL without memory. */
char *intent_write(const struct intent *in, size_t *size);

/* Fills *@in, which the caller frees with intent_clear() in either case. */
int intent_read(struct intent *in, const char *text, size_t size, struct error *e);

int intent_copy(struct intent *to, const struct intent *from, struct error *e);

#endif
