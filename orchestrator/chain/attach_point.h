/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ATTACH_POINT_H
#define XLAB_ATTACH_POINT_H

/*
 * An end of a veth pair where an XDP program of ours may stand: an interface
 * of the lab, or the port by which one is plugged into its bridge.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/chain_record.h"

struct attach_point_id {
	size_t iface; /* or NONE: a bridge's port */
	const char *netns, *name;
};

struct attach_point_id attach_point_id_of(const struct labfile *labfile, size_t iface);
struct attach_point_id attach_point_id_other(const struct labfile *labfile, size_t iface);
bool attach_point_id_same(const struct attach_point_id *a, const struct attach_point_id *b);
/* "NETNS:NAME" -> the end; false if the lab has none of that name. */
bool attach_point_id_find(const struct labfile *labfile, const char *point,
			  struct attach_point_id *id);

/* An end being looked at or worked on, over a socket in its namespace. */
struct attach_point {
	struct attach_point_id id;
	char *name;		     /* "host:veth0" */
	struct netlink *rt, *own_rt; /* @own_rt: NULL if it is the build's */
	unsigned int ifindex;
	struct attached attached;
	struct chain_file file;
	const struct chain_record *current;  /* of @file: what of ours is attached; NULL: nothing */
	const struct chain_record *for_good; /* what comes back after a scenario; NULL: as before */
};

#define ATTACH_POINT_INIT \
	{                 \
		0         \
	}
#define ATTACH_POINT __attribute__((cleanup(attach_point_close))) struct attach_point

/* -EBUSY: another tool's program is there; -ENODEV: the interface is gone; -ESTALE: the interface
 * of that name is not the lab's.
 */
int attach_point_open(struct attach_point *s, const struct lab *lab,
		      const struct attach_point_id *id, struct error *e);
void attach_point_close(struct attach_point *s);

/*
 * Put program @fd there atomically, in place of what of ours is there, @next
 * being its record; with @fd -1 take it off, @next saying what no longer stands there.
 * The record is on disk first. The attach point's current then is the new one. When that fails,
 * what stood there stands, and the record says so. Where the kernel demands it, the programs of the
 * lab's VLANs over the interface are off meanwhile.
 */
int attach_point_swap(struct attach_point *s, struct lab *lab, const struct chain_record *next,
		      int fd, struct error *e);

/* The record of interface @point, without a look at what stands there; an empty one if the lab has
 * no such interface (a bridge's port has no chain). Free it with chain_file_clear().
 */
int attach_point_recall(const struct lab *lab, const char *point, size_t *iface,
			struct chain_file *file, struct error *e);

/* What is to stand there for good: what `xlab chain` put there last, else the lab file's chain. Its
 * names are those of the file or of the attach point.
 */
int chain_wanted(const struct lab *lab, const struct attach_point *s, struct chain_config *chain,
		 struct error *e);
bool chain_stands(const struct attach_point *s, const struct chain_config *chain);

#endif
