/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_ENGINE_H
#define XLAB_CHAIN_ENGINE_H

/*
 * What carries chains. An engine builds one program out of many; putting it on
 * the interface, atomically, is chain.c's, and so is the record of it.
 */

#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "orchestrator/chain.h"

struct chain_job {
	const struct lab *lab;
	size_t iface;
	const size_t *filters;
	size_t n_filters;
	uint32_t gen;
	int ifindex;
	int book_fd, ears_fd;
	const char *node; /* whose namespace it is in */
	bool asked;	  /* for this engine, by its name: the other one is an advice then */
};

struct chain_engine {
	enum engine_choice choice;
	/* Load all of it, attach nothing: *@fd is the program to attach. On a refusal by the
	 * verifier *@log, if not NULL, gets its whole log (malloc'ed).
	 */
	int (*build)(const struct chain_job *job, int *fd, char **log, struct error *e);
};

extern const struct chain_engine chain_engine_inline, chain_engine_libxdp;

/* Drop what earlier dispatchers left for this interface, all but program @keep's (0: all). A
 * composed program leaves nothing: the kernel drops it with its last user.
 */
void chain_libxdp_tidy(const struct chain_job *job, uint32_t keep);

/* In a dispatcher of libxdp's only a built-in counts, each for itself: the first of these that does
 * not, or NULL.
 */
const struct filter *chain_guest(const struct suite *suite, const size_t *filters, size_t n);

/* Where filter @i of the job stands. */
struct xlab_place chain_job_place(const struct chain_job *job, size_t i);

#endif
