/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PLAN_H
#define XLAB_PLAN_H

/*
 * What `up` does, as an ordered list of operations: pure, printable, and the
 * same list that is applied and undone. plan.c decides; build.c carries out; plan_text.c prints.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lab/topology.h"

struct error;

/*
 * The kinds of operations: each has op_NAME_apply() in an op_*.c, and names its undo. build.c makes
 * its table from this list, so that one that lacks either does not build.
 */
#define OP_LIST(X)                                                                                 \
	X(STATE, state, op_state_undo)		     /* the lab's tmpfs */                         \
	X(NETNS, netns, goes_with_its_namespace)     /* a namespace, xlab's settings, its lo up */ \
	X(NAME, name, op_name_undo)		     /* its name in /run/netns */                  \
	X(BRIDGE, bridge, goes_with_its_namespace)   /* a bridge, in its own namespace */          \
	X(UPLINK, uplink, goes_with_its_namespace)   /* a pair between two bridges, up */          \
	X(SYSCTL, sysctl, goes_with_its_namespace)   /* a setting that the lab file asks for */    \
	X(VETH, veth, op_veth_undo)		     /* a pair, both ends in their namespaces */   \
	X(VLAN, vlan, goes_with_its_namespace)	     /* an interface over an end that is up */     \
	X(LINK, link, goes_with_its_namespace)	     /* an end: offloads, alias, up */             \
	X(NETEM, netem, goes_with_its_namespace)     /* delay, loss, rate of what leaves an end */ \
	X(ADDRESS, address, goes_with_its_namespace) /* of a node's interface, or a bridge */      \
	X(ROUTE, route, goes_with_its_namespace)     /* a node's */                                \
	X(READY, ready, goes_with_its_namespace)     /* links carry, ports forward, IPv6 answers */

enum op_kind {
#define X(kind, name, undo) OP_##kind,
	OP_LIST(X)
#undef X
		OP_KINDS,
};

struct op {
	enum op_kind kind;
	const char *netns;	    /* node or bridge whose namespace it is in */
	size_t node, bridge, iface; /* NONE where not meant */
	size_t uplink;		    /* UPLINK */
	bool port;		    /* LINK: the bridge's side of the iface's pair */
	unsigned int traits;	    /* NETNS, LINK: of enum sysctl_trait */
	const struct prefix *address;
	const struct route *route;
	const struct sysctl *sysctl;
};

struct plan {
	const struct topology *topo; /* borrowed */
	char *as;		     /* "" or prefix of namespace names */
	char *self;		     /* "" or a node */
	bool nameless;
	struct op *ops;
	size_t n_ops;
};

struct plan_options {
	const char *as;	  /* NULL: none */
	const char *self; /* NULL: none */
	bool nameless;
};

int plan_make(struct plan *plan, const struct topology *topo, const struct plan_options *options,
	      struct error *e);
void plan_clear(struct plan *plan);

/* True if @node is the namespace that xlab was started in (--self). */
bool plan_is_self(const struct plan *plan, size_t node);

/* The name in /run/netns of a node's or bridge's namespace (malloc'ed). */
char *plan_netns_name(const struct plan *plan, const char *name);

#endif
