/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_H
#define XLAB_CHAIN_H

/*
 * Chains of XDP programs on interfaces, whichever engine carries them.
 * chain.c keeps the records, prepares maps and chooses the engine;
 * chain_libxdp.c and chain_inline.c are the engines (struct chain_engine, chain_job.h).
 *
 * A chain's maps, all pinned in the lab's bpffs:
 *   bpf/iface/NODE:IFACE/counters     where the chains of an interface count; made on first
 *                                     use, there as long as the lab
 *   bpf/iface/counters                the same for all those whose chains are equal to others':
 *                                     a row each. Equal chains of the inline engine are one
 *                                     program there, which finds the row by the interface that a
 *                                     packet came in by: one verification, and one of the
 *                                     kernel's grace periods, however many they are
 *   bpf/iface/event_rings             the listeners' rings, for all interfaces of the lab
 *   bpf/filter/FILTER/MAP             every other map of a filter but .rodata; shared by
 *                                     all chains where the filter stands. FILTER is
 *                                     a [filter] section; sections that name different
 *                                     functions of one object share one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/chain/chain_record.h"

struct error;
struct lab;
struct trace;

/*
 * Put a chain on an interface in place of what xlab has there, atomically;
 * no filters: take it off. Chains that can send a packet back or elsewhere also get a
 * pass program on the interface's other end, where native mode needs it.
 * On any error the interface is as it was. -EBUSY: another tool's program is there (left
 * untouched); the verifier's refusal has the last lines of its log in @e.
 */
int chain_set(struct lab *lab, const struct chain_config *chain, bool for_scenario,
	      struct error *e);

/* What the lab file or `xlab chain` last put there (not a scenario): for restoring. */
int chain_restore(struct lab *lab, size_t iface, struct error *e);

/* Restore every interface on which a killed scenario left its chain. */
int chain_restore_all(struct lab *lab, struct error *e);

/* Load filter @f alone, attach nothing: 0 it loads; -EACCES the verifier refuses it, its log in
 * *@log (malloc'ed); other errors in @e.
 */
int chain_try_load(const struct lab *lab, size_t filter, char **log, struct error *e);

/* Load a chain that is instrumented (trace.h) and is never attached: *@fd is its program. */
int chain_load_traced(struct lab *lab, const struct chain_config *chain, struct trace *trace,
		      int *fd, struct error *e);

/*
 * A chain that needs nothing more than to be put on its interface: newly loaded, or
 * one that stood there and is held by its program. A chain can so come off and
 * back although what it was made of is not there any more, or does not load.
 */

struct chain_ready {
	size_t iface;
	struct chain_record record; /* n_filters 0: there is none */
	int fd;			    /* of its program */
};

#define CHAIN_READY_NONE \
	{                \
		.fd = -1 \
	}

/* Load a chain for the time of a scenario, to stand in place of what stands there now. What @kept
 * has counted, which is to come back, stays.
 */
int chain_load(struct lab *lab, const struct chain_config *chain, const struct chain_record *kept,
	       struct chain_ready *ready, struct error *e);

/* What stands there now, if anything does. */
int chain_hold(struct lab *lab, size_t iface, struct chain_ready *ready, struct error *e);

/* Put it there atomically, in place of what of ours is there. Where it stands already it stays. */
int chain_put(struct lab *lab, const struct chain_ready *ready, struct error *e);

void chain_ready_clear(struct chain_ready *ready);

/*
 * libxdp's dispatcher is an empty shell without the pins of its filters, so what a scenario
 * takes off keeps them, and so does what was loaded for it: drop them but those of what stands
 * there.
 */
void chain_tidy(struct lab *lab, size_t iface);

#endif
