/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_PARTS_H
#define XLAB_CHAIN_PARTS_H

/*
 * What chains are put together from, loaded: a built-in filter's code, or that of the counters.
 * Where it stands in a chain is told when it is linked, so one that a chain had is as good for the
 * next, as long as the command runs.
 */

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/filter/filter_object.h"
#include "orchestrator/linker/prog_capture.h"

/* The programs of bpf/counters.bpf.c; a filter has one. */
enum chain_code { CODE_STOP, CODE_NOTE, CODE_CAME, CHAIN_CODES, CODE_FILTER = 0 };

struct chain_parts;

struct chain_part {
	size_t iface;		     /* whose counters it has */
	size_t filter;		     /* NONE: the counters themselves, ... */
	unsigned int wanted;	     /* ... and a bit for each of their codes that was loaded */
	struct chain_parts *kept_by; /* where it goes when it is given back; or NULL */
	bool loaded;		     /* from a former chain */
	bool gpl;		     /* its program may call what only the GPL's may */
	struct filter_object object;
	struct captured_prog codes[CHAIN_CODES];
};

#define CHAIN_PART_FILES 8 /* that one holds open, at most */

/* For @most of them; whichever was not needed for longest makes room. */
struct chain_parts *chain_parts_new(size_t most);
void chain_parts_free(struct chain_parts *parts);

/* One that was given back, or a new one with no object. @parts: NULL if none are kept. The
 * caller's until chain_part_give().
 */
struct chain_part *chain_parts_take(struct chain_parts *parts, size_t iface, size_t filter,
				    unsigned int wanted);

/* Back to where it was taken from, if it is loaded; else free it. NULL is fine. */
void chain_part_give(struct chain_part *part);

#endif
