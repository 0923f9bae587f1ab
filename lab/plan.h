/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PLAN_H
#define XLAB_PLAN_H

/*
 * What `up` does, as an ordered list of operations: pure, printable, and the
 * same list that is applied and undone. plan.c decides; build.c carries out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lab/topology.h"

struct error;

/* The table of operations in build.c has an apply and an undo for each. */
enum op_kind {
	OP_STATE,  /* the lab's tmpfs */
	OP_NETNS,  /* a namespace, its sysctls and its lo, up */
	OP_NAME,   /* its name in /run/netns */
	OP_BRIDGE, /* a bridge, in its own namespace */
	OP_VETH,   /* a pair, both ends in their namespaces from the start */
	OP_LINK,   /* an end: alias, offloads, up */
	OP_ADDRESS,
	OP_ROUTE,
	OP_READY, /* link-watch has run, ports forward */
	OP_KINDS,
};

struct op {
	enum op_kind kind;
	/* filled by kind; the owner of this file completes it */
	const char *netns;	    /* node or bridge whose namespace it is in */
	size_t node, bridge, iface; /* NONE where not meant */
	const struct prefix *address;
	const struct route *route;
	char *text; /* the line that `xlab plan` shows */
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
void plan_print(const struct plan *plan, FILE *out);

/* The name in /run/netns of a node's or bridge's namespace (malloc'ed). */
char *plan_netns_name(const struct plan *plan, const char *name);

#endif
