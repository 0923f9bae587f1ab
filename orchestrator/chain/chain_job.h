/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_JOB_H
#define XLAB_CHAIN_JOB_H

/*
 * A chain to be built, and what builds it. An engine makes one program out of many; putting it on
 * the interface, atomically, is chain.c's, and so is the record of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "orchestrator/model/labfile.h"

struct chain_parts;
struct error;
struct filter_object;
struct lab;
struct trace;

struct chain_job {
	const struct lab *lab;
	struct chain_parts *parts; /* what is loaded comes from there and stays there; or NULL */
	size_t iface;
	const size_t *filters;
	size_t n_filters;
	uint32_t gen;
	int ifindex;
	unsigned int mtu, other_mtu; /* of the link as it is, at both ends; 0: not known */
	int counters_fd, rings_fd;
	size_t row, rows; /* of the counters */
	bool many;	  /* the program is for other interfaces, too: it finds rows by ifindex */
	const char *node; /* whose namespace it is in */
	bool asked;	  /* for this engine, by its name: the other one is an advice then */
	struct trace *trace; /* inline: instrument it (trace.h); or NULL */
};

struct chain_engine {
	enum engine_choice choice;
	/* Load all of it, attach nothing: *@fd is the program to attach. On a refusal by the
	 * verifier *@log, if not NULL, gets its whole log (malloc'ed).
	 */
	int (*build)(const struct chain_job *job, int *fd, char **log, struct error *e);
};

/* In a dispatcher of libxdp's only a built-in counts, each for itself: the first of these that does
 * not, or NULL.
 */
const struct filter *chain_user_object(const struct labfile *labfile, const size_t *filters,
				       size_t n);

/* Some filter of these may change packets: what somebody's object does is not known. */
bool chain_may_change(const struct labfile *labfile, const size_t *filters, size_t n);

/* Make the maps of all its filters. They need a capture of their own, and a process that stays:
 * before the engine begins.
 */
int chain_job_make_maps(const struct chain_job *job, struct error *e);

/* Where filter @i of the job stands. */
struct xlab_config chain_job_config(const struct chain_job *job, size_t i);

/*
 * Packets in fragments, which jumbo frames need in native mode. One filter that does not take
 * them makes a chain that does not. Where a chain does, a sender's segments come unsplit, 64 kB at
 * a time; so it does only where the MTU of one of the link's ends asks for it (the kernel's own
 * rule looks at the other end's) or somebody's object was written for it.
 *
 * Shall the chain take fragments? -ERANGE, -EINVAL: filters differ where they must not; @e names
 * them. @objects: one a filter of the job.
 */
int frags_agree(const struct chain_job *job, const struct filter_object *const *objects,
		bool *frags, struct error *e);

#endif
