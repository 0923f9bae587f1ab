/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_READY_H
#define XLAB_CHAIN_READY_H

/*
 * A chain that needs nothing more than to be put on its interface: newly loaded, or
 * one that stood there and is held by its program. A chain can so come off and
 * back although what it was made of is not there any more, or does not load.
 */

#include <stddef.h>

#include "orchestrator/chain.h"

struct chain_ready {
	size_t iface;
	struct chain_record record; /* n_filters 0: there is none */
	int fd;			    /* of its program */
};

#define CHAIN_READY_NONE \
	{                \
		.fd = -1 \
	}

/* Load a chain for the time of a scenario, to stand in place of what stands there now. */
int chain_load(struct lab *lab, const struct chain_config *chain, struct chain_ready *ready,
	       struct error *e);

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
