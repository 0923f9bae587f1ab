/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_END_H
#define XLAB_CHAIN_END_H

/*
 * An end of a veth pair where an XDP program of ours may stand: an interface
 * of the lab, or the port by which one is plugged into its bridge.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/netns.h"
#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/chain_record.h"

struct chain_end {
	size_t iface; /* or NONE: a bridge's port */
	const char *netns, *name;
};

struct chain_end chain_end_of(const struct suite *suite, size_t iface);
struct chain_end chain_end_other(const struct suite *suite, size_t iface);
bool chain_end_same(const struct chain_end *a, const struct chain_end *b);
/* "NETNS:NAME" -> the end; false if the lab has none of that name. */
bool chain_end_find(const struct suite *suite, const char *place, struct chain_end *end);

/* An end being looked at or worked on, from within its namespace. */
struct spot {
	struct chain_end end;
	char *place; /* "host:veth0" */
	struct netns_visit visit;
	int ifindex;
	struct attached attached;
	struct chain_file file;
	const struct chain_record *current; /* of @file: what of ours is attached; NULL: nothing */
};

#define SPOT_INIT                         \
	{                                 \
		.visit = NETNS_VISIT_NONE \
	}
#define SPOT __attribute__((cleanup(spot_close))) struct spot

/* -EBUSY: another tool's program is there; -ENODEV: the interface is gone; -ESTALE: the interface
 * of that name is not the lab's.
 */
int spot_open(struct spot *s, const struct lab *lab, const struct chain_end *end, struct error *e);
void spot_close(struct spot *s);

/*
 * Put program @fd there atomically, in place of what of ours is there, @next
 * being its record; with @fd -1 take it off, @next saying what no longer stands there.
 * The record is on disk first. The spot's current then is the new one.
 */
int spot_swap(struct spot *s, struct lab *lab, const struct chain_record *next, int fd,
	      struct error *e);

/* What is to stand there for good: what `xlab chain` put there last, else the lab file's chain. Its
 * names are @filters (malloc'ed in either case).
 */
int chain_wanted(const struct lab *lab, const struct spot *s, struct chain_config *chain,
		 size_t **filters, struct error *e);
bool chain_stands(const struct lab *lab, const struct spot *s, const struct chain_config *chain);

#endif
