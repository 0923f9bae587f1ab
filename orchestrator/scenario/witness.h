/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_WITNESS_H
#define XLAB_WITNESS_H

/*
 * Who says what became of packets: the chains, by their events, and the kernel, by what it drops.
 * What they say becomes evidence; what hello and headers show is kept line by line.
 */

#include <stddef.h>

struct drop_trace;
struct error;
struct evidence;
struct listener;
struct shown;

/* A zeroed one knows nothing, and shows nothing. */
struct witness {
	struct listener *listener; /* NULL: no chain is attached */
	struct drop_trace *drops;  /* NULL: this kernel does not tell */
	struct shown *shown;
	size_t n_shown;
	size_t showing; /* interface whose lines are being printed */
};

/* Take all that was said since, into @ev. */
int witness_consume(struct witness *w, struct evidence *ev, struct error *e);

/* The lines shown at @iface since the last witness_forget(): an array to be freed, its lines not.
 */
const char **witness_shown(const struct witness *w, size_t iface, size_t *n);
void witness_forget(struct witness *w);

#endif
