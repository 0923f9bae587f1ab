// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/sysctl.h"

/* While a plan is made. */
struct draft {
	struct plan *plan;
	const struct topology *topo;
	bool *ipv6;    /* by node: it has an IPv6 address */
	size_t *first; /* by node: its first iface, or NONE */
	size_t *next;  /* by iface: its node's next one, or NONE */
	size_t room;   /* of plan->ops */
	struct error *e;
	int err; /* the first error; what follows does nothing */
};

bool plan_is_self(const struct plan *plan, size_t node)
{
	return node != NONE && *plan->self && strcmp(plan->topo->nodes[node].name, plan->self) == 0;
}

char *plan_netns_name(const struct plan *plan, const char *name)
{
	return *plan->as ? text_format("%s-%s", plan->as, name) : strdup(name);
}

static void out_of_memory(struct draft *d)
{
	d->err = error_sys(d->e, -ENOMEM, "plan the lab");
}

static bool make_room(struct draft *d)
{
	size_t room = d->room ? 2 * d->room : 64;
	struct op *grown;

	if (d->plan->n_ops < d->room)
		return true;
	grown = realloc(d->plan->ops, room * sizeof(*grown));
	if (!grown) {
		out_of_memory(d);
		return false;
	}
	d->plan->ops = grown;
	d->room = room;
	return true;
}

static void add(struct draft *d, struct op op)
{
	if (!d->err && make_room(d))
		d->plan->ops[d->plan->n_ops++] = op;
}

static struct op node_op(const struct draft *d, enum op_kind kind, size_t node)
{
	return (struct op){ .kind = kind,
			    .netns = d->topo->nodes[node].name,
			    .node = node,
			    .bridge = NONE,
			    .iface = NONE };
}

static struct op bridge_op(const struct draft *d, enum op_kind kind, size_t bridge)
{
	return (struct op){ .kind = kind,
			    .netns = d->topo->bridges[bridge].name,
			    .node = NONE,
			    .bridge = bridge,
			    .iface = NONE };
}

static unsigned int node_traits(const struct draft *d, size_t node)
{
	bool forward = d->topo->nodes[node].forward;
	unsigned int traits = TRAIT_ANY | (forward ? TRAIT_FORWARDS : TRAIT_STAYS);

	if (!d->ipv6[node])
		return traits | TRAIT_NO_IPV6;
	return traits | TRAIT_IPV6 | (forward ? TRAIT_FORWARDS6 : TRAIT_STAYS6);
}

static unsigned int bridge_traits(const struct bridge *bridge)
{
	size_t i;

	for (i = 0; i < bridge->n_addresses; i++)
		if (bridge->addresses[i].address.family == AF_INET6)
			return TRAIT_ANY | TRAIT_STAYS | TRAIT_IPV6 | TRAIT_STAYS6 | TRAIT_PORTS;
	return TRAIT_ANY | TRAIT_STAYS | TRAIT_NO_IPV6;
}

static void add_bridge(struct draft *d, size_t bridge)
{
	const struct bridge *b = &d->topo->bridges[bridge];
	struct op op = bridge_op(d, OP_NETNS, bridge);
	size_t i;

	op.traits = bridge_traits(b);
	add(d, op);
	if (!d->plan->nameless)
		add(d, bridge_op(d, OP_NAME, bridge));
	op.kind = OP_BRIDGE;
	add(d, op);
	for (i = 0; i < b->n_addresses; i++) {
		op = bridge_op(d, OP_ADDRESS, bridge);
		op.address = &b->addresses[i];
		add(d, op);
	}
}

/* The iface of @node that a setting like net.ipv4.conf.IFACE.rp_filter is about, or NONE. */
static size_t sysctl_iface(const struct draft *d, size_t node, const char *name)
{
	const char *at;
	size_t i, len;

	for (i = d->first[node]; i != NONE; i = d->next[i]) {
		len = strlen(d->topo->ifaces[i].name);
		for (at = strchr(name, '.'); at; at = strchr(at + 1, '.'))
			if (strncmp(at + 1, d->topo->ifaces[i].name, len) == 0 &&
			    at[1 + len] == '.')
				return i;
	}
	return NONE;
}

/* Those of an interface have to wait for it; those for new ones must not. */
static void add_sysctls(struct draft *d, size_t node, bool of_ifaces)
{
	const struct node *n = &d->topo->nodes[node];
	struct op op = node_op(d, OP_SYSCTL, node);
	size_t i;

	for (i = 0; i < n->n_sysctls; i++) {
		op.iface = sysctl_iface(d, node, n->sysctls[i].name);
		op.sysctl = &n->sysctls[i];
		if ((op.iface != NONE) == of_ifaces)
			add(d, op);
	}
}

static void add_node(struct draft *d, size_t node)
{
	struct op op = node_op(d, OP_NETNS, node);

	op.traits = node_traits(d, node);
	add(d, op);
	if (!d->plan->nameless && !plan_is_self(d->plan, node))
		add(d, node_op(d, OP_NAME, node));
	add_sysctls(d, node, false);
}

static void add_end(struct draft *d, size_t iface, bool port)
{
	const struct iface *f = &d->topo->ifaces[iface];
	struct op op = port ? bridge_op(d, OP_LINK, f->bridge) : node_op(d, OP_LINK, f->node);

	op.iface = iface;
	op.port = port;
	op.traits = port ? 0 : node_traits(d, f->node);
	add(d, op);
}

static void add_pair(struct draft *d, size_t iface)
{
	const struct iface *f = &d->topo->ifaces[iface];
	struct op op =
		f->bridge != NONE ? bridge_op(d, OP_VETH, f->bridge) : node_op(d, OP_VETH, f->node);

	op.iface = iface;
	add(d, op);
	if (f->bridge != NONE)
		add_end(d, iface, true);
	add_end(d, iface, false);
	if (f->peer != NONE)
		add_end(d, f->peer, false);
}

static void add_addresses(struct draft *d, size_t iface)
{
	const struct iface *f = &d->topo->ifaces[iface];
	struct op op = node_op(d, OP_ADDRESS, f->node);
	size_t i;

	op.iface = iface;
	for (i = 0; i < f->n_addresses; i++) {
		op.address = &f->addresses[i];
		add(d, op);
	}
}

/* A gateway must be reachable when it is named, so routes on a link come before those via one. */
static void add_routes(struct draft *d, size_t node)
{
	const struct node *n = &d->topo->nodes[node];
	struct op op = node_op(d, OP_ROUTE, node);
	size_t i, via;

	for (via = 0; via < 2; via++) {
		for (i = 0; i < n->n_routes; i++) {
			op.route = &n->routes[i];
			op.iface = n->routes[i].dev;
			if (n->routes[i].has_via == (via == 1))
				add(d, op);
		}
	}
}

static void add_everything(struct draft *d)
{
	const struct topology *topo = d->topo;
	struct op op = { .node = NONE, .bridge = NONE, .iface = NONE };
	size_t i;

	op.kind = OP_STATE;
	add(d, op);
	for (i = 0; i < topo->n_bridges; i++)
		add_bridge(d, i);
	for (i = 0; i < topo->n_nodes; i++)
		add_node(d, i);
	for (i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].peer == NONE || i < topo->ifaces[i].peer)
			add_pair(d, i);
	for (i = 0; i < topo->n_ifaces; i++)
		add_addresses(d, i);
	for (i = 0; i < topo->n_nodes; i++) {
		add_sysctls(d, i, true);
		add_routes(d, i);
	}
	op.kind = OP_READY;
	add(d, op);
}

/* One pass over the interfaces, so that no node has to look through all of them. */
static void index_ifaces(struct draft *d)
{
	const struct topology *topo = d->topo;
	size_t i, k;

	for (i = 0; i < topo->n_nodes; i++)
		d->first[i] = NONE;
	for (i = topo->n_ifaces; i-- > 0;) {
		const struct iface *f = &topo->ifaces[i];

		d->next[i] = d->first[f->node];
		d->first[f->node] = i;
		for (k = 0; k < f->n_addresses; k++)
			if (f->addresses[k].address.family == AF_INET6)
				d->ipv6[f->node] = true;
	}
}

/* In xlab's own namespace nothing is added but the node's interfaces. */
static int check_self(const struct draft *d, size_t self)
{
	const struct node *n = &d->topo->nodes[self];
	const char *file = d->topo->file ? d->topo->file : d->topo->name;
	size_t i;

	if (n->forward)
		return error_at(d->e, file, n->line,
				"node %s forwards, which is a setting of the whole namespace: "
				"--self %s leaves those alone; take another node",
				n->name, n->name);
	for (i = 0; i < n->n_sysctls; i++)
		if (sysctl_iface(d, self, n->sysctls[i].name) == NONE)
			return error_at(d->e, file, n->sysctls[i].line,
					"node %s sets %s, and --self %s leaves the namespace's "
					"settings alone; take another node",
					n->name, n->sysctls[i].name, n->name);
	for (i = 0; i < n->n_routes; i++)
		if (n->routes[i].to.len == 0)
			return error_at(d->e, file, n->routes[i].line,
					"node %s has a default route, and --self %s leaves the "
					"namespace's own alone; take another node",
					n->name, n->name);
	return 0;
}

static int unknown_self(const struct draft *d, const char *name)
{
	const char *nearest = text_nearest(name, topology_name_node, (void *)d->topo);

	return error_input(d->e, "--self %s: the lab %s has no node of that name%s%s%s", name,
			   d->topo->name, nearest ? "; did you mean " : "", nearest ? nearest : "",
			   nearest ? "?" : "");
}

static int check_options(const struct draft *d, const struct plan_options *options)
{
	const char *why;
	size_t self;

	if (options->as && text_name(options->as, NAME_MAX_LEN, &why))
		return error_input(d->e, "--as %s: %s", options->as, why);
	if (!options->self)
		return 0;
	self = topology_node(d->topo, options->self);
	if (self == NONE)
		return unknown_self(d, options->self);
	return check_self(d, self);
}

int plan_make(struct plan *plan, const struct topology *topo, const struct plan_options *options,
	      struct error *e)
{
	bool *FREE_AUTO ipv6 = calloc(topo->n_nodes + 1, sizeof(*ipv6));
	size_t *FREE_AUTO first = calloc(topo->n_nodes + 1, sizeof(*first));
	size_t *FREE_AUTO next = calloc(topo->n_ifaces + 1, sizeof(*next));
	struct draft d = { plan, topo, ipv6, first, next, 0, e, 0 };

	*plan = (struct plan){ .topo = topo, .nameless = options->nameless };
	plan->as = strdup(options->as ? options->as : "");
	plan->self = strdup(options->self ? options->self : "");
	if (!plan->as || !plan->self || !ipv6 || !first || !next) {
		out_of_memory(&d);
	} else {
		index_ifaces(&d);
		d.err = check_options(&d, options);
		add_everything(&d);
	}
	if (d.err)
		plan_clear(plan);
	return d.err;
}

void plan_clear(struct plan *plan)
{
	free(plan->ops);
	free(plan->as);
	free(plan->self);
	*plan = (struct plan){ 0 };
}
