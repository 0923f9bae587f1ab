/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PLACE_H
#define XLAB_PLACE_H

/* The namespaces of a lab that is being built or removed, and the sockets opened in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/plan.h"
#include "lab/state.h"
#include "lab/sysctl.h"

struct error;
struct netlink;

/* A namespace of the lab: its fd, and sockets that were opened in it. */
struct place {
	int fd;		      /* -1: not yet opened */
	struct netlink *rt;   /* rtnetlink */
	struct netlink *genl; /* generic netlink */
	struct netlink *ears; /* hears of links; for a bridge with STP */
};

/* The lab's links have the same ifindexes each time, above those that the kernel gives to the
 * tunnels which some of its modules put into every new namespace.
 */
#define BRIDGE_INDEX 64
#define END_INDEX    100

struct build {
	const struct plan *plan;
	struct state *st;
	int home;		  /* fd of the namespace xlab was started in */
	int names;		  /* fd of /run/netns, -1 until it is needed */
	struct place *places;	  /* nodes, then bridges */
	unsigned int *end_index;  /* by iface: of the node's end */
	unsigned int *port_index; /* by iface: of the bridge's end */
	struct sysctl_fresh fresh;
	uint16_t ethtool; /* family id, 0 until it is needed */
	char *alias;	  /* "xlab LAB" */
	bool self_swept;  /* an undo has deleted what was in xlab's own namespace */
};

struct place *op_place(const struct build *b, const struct op *op);
struct place *node_place(const struct build *b, size_t node);
struct place *bridge_place(const struct build *b, size_t bridge);

/* Open sockets in the namespace that this process is in. */
int place_open(struct place *place, bool ears, struct error *e);
void place_close(struct place *place);

/* Back to the namespace xlab was started in; returns @err, or why there is no way back. */
int go_home(const struct build *b, int err, struct error *e);

#endif
