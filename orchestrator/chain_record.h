/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_RECORD_H
#define XLAB_CHAIN_RECORD_H

/*
 * The file chains/NETNS:IFACE: which of xlab's programs may stand on an
 * interface. It is written before the kernel is asked for a change and names
 * what stands there before and after it, so it is right at every instant: the id
 * of what is attached tells which of the two it is.
 *
 *   now inline 5 native 1234 scenario      engine, generation, mode, program id
 *   filters headers udp-8888               none: a pass program for the other end's sake
 *   before inline 4 native 1200 own
 *   filters
 *   pending                                the kernel may not have been asked yet
 *   rest headers                           what the scenario's chain stands in for;
 *                                          not there: the lab file's chain
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/chain.h"

struct chain_file {
	struct chain_record now, before;
	bool pending;
	bool has_rest;
	char **rest;
	size_t n_rest;
};

void chain_file_clear(struct chain_file *file);

/* @place is "NETNS:IFACE". No file: an empty one. */
int chain_file_read(const struct lab *lab, const char *place, struct chain_file *file,
		    struct error *e);
int chain_file_write(struct lab *lab, const char *place, const struct chain_file *file,
		     struct error *e);

/* Which of the two @prog_id is, or NULL: neither, it is another tool's. 0: nothing is attached. */
const struct chain_record *chain_file_match(const struct chain_file *file, uint32_t prog_id);

/* Places that have a file: malloc'ed names, NULL at the end; freed by chain_places_free(). */
int chain_places(const struct lab *lab, char ***places, struct error *e);
void chain_places_free(char **places);

int chain_record_copy(struct chain_record *to, const struct chain_record *from);
int chain_names_copy(char ***to, size_t *n_to, char *const *from, size_t n);

#endif
