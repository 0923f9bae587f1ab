// SPDX-License-Identifier: GPL-2.0-or-later
/* From a topology to the operations that build it, in their order. Nothing is done here. */
#include "lab/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
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
};

bool plan_is_self(const struct plan *plan, size_t node)
{
	return node != NONE && *plan->self && strcmp(plan->topo->nodes[node].name, plan->self) == 0;
}

char *plan_netns_name(const struct plan *plan, const char *name)
{
	return *plan->as ? text_format("%s-%s", plan->as, name) : xstrdup(name);
}

static void add(struct draft *d, struct op op)
{
	struct op *added = array_add(&d->plan->ops, &d->plan->n_ops, sizeof(*added));

	*added = op;
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
	for (size_t i = 0; i < bridge->n_addresses; i++)
		if (bridge->addresses[i].address.family == AF_INET6)
			return TRAIT_ANY | TRAIT_STAYS | TRAIT_IPV6 | TRAIT_STAYS6 | TRAIT_PORTS;
	return TRAIT_ANY | TRAIT_STAYS | TRAIT_NO_IPV6;
}

static void add_bridge(struct draft *d, size_t bridge)
{
	const struct bridge *b = &d->topo->bridges[bridge];
	struct op op = bridge_op(d, OP_NETNS, bridge);

	op.traits = bridge_traits(b);
	add(d, op);
	if (!d->plan->nameless)
		add(d, bridge_op(d, OP_NAME, bridge));
	op.kind = OP_BRIDGE;
	add(d, op);
	for (size_t i = 0; i < b->n_addresses; i++) {
		op = bridge_op(d, OP_ADDRESS, bridge);
		op.address = &b->addresses[i];
		add(d, op);
	}
}

/* The iface of @node that a setting like net.ipv4.conf.IFACE.rp_filter is about, or NONE. */
static size_t sysctl_iface(const struct draft *d, size_t node, const char *name)
{
	for (size_t i = d->first[node]; i != NONE; i = d->next[i]) {
		const char *iface = d->topo->ifaces[i].name;
		size_t len = strlen(iface);

		for (const char *at = strchr(name, '.'); at; at = strchr(at + 1, '.'))
			if (strncmp(at + 1, iface, len) == 0 && at[1 + len] == '.')
				return i;
	}
	return NONE;
}

/* Those of an interface have to wait for it; those for new ones must not. */
static void add_sysctls(struct draft *d, size_t node, bool of_ifaces)
{
	const struct node *n = &d->topo->nodes[node];
	struct op op = node_op(d, OP_SYSCTL, node);

	for (size_t i = 0; i < n->n_sysctls; i++) {
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
	op.kind = OP_NETEM;
	if (!port && impairment_any(&f->impairment))
		add(d, op);
}

static void add_vlan(struct draft *d, size_t iface)
{
	struct op op = node_op(d, OP_VLAN, d->topo->ifaces[iface].node);

	op.iface = iface;
	add(d, op);
	add_end(d, iface, false);
}

/* It makes a veth pair: of a pair's two the first one does. */
static bool makes_pair(const struct topology *topo, size_t iface)
{
	const struct iface *f = &topo->ifaces[iface];

	return f->bridge != NONE || (f->peer != NONE && iface < f->peer);
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

static void add_uplink(struct draft *d, size_t uplink)
{
	struct op op = bridge_op(d, OP_UPLINK, d->topo->uplinks[uplink].bridges[0]);

	op.uplink = uplink;
	add(d, op);
}

static void add_addresses(struct draft *d, size_t iface)
{
	const struct iface *f = &d->topo->ifaces[iface];
	struct op op = node_op(d, OP_ADDRESS, f->node);

	op.iface = iface;
	for (size_t i = 0; i < f->n_addresses; i++) {
		op.address = &f->addresses[i];
		add(d, op);
	}
}

/* A gateway must be reachable when it is named, so routes on a link come before those via one. */
static void add_routes(struct draft *d, size_t node)
{
	const struct node *n = &d->topo->nodes[node];
	struct op op = node_op(d, OP_ROUTE, node);

	for (int via = 0; via < 2; via++) {
		for (size_t i = 0; i < n->n_routes; i++) {
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
	struct op op = { .kind = OP_STATE, .node = NONE, .bridge = NONE, .iface = NONE };

	add(d, op);
	for (size_t i = 0; i < topo->n_bridges; i++)
		add_bridge(d, i);
	for (size_t i = 0; i < topo->n_uplinks; i++)
		add_uplink(d, i);
	for (size_t i = 0; i < topo->n_nodes; i++)
		add_node(d, i);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (makes_pair(topo, i))
			add_pair(d, i);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].vlan)
			add_vlan(d, i);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		add_addresses(d, i);
	for (size_t i = 0; i < topo->n_nodes; i++) {
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

	for (size_t i = 0; i < topo->n_nodes; i++)
		d->first[i] = NONE;
	for (size_t i = topo->n_ifaces; i-- > 0;) {
		const struct iface *f = &topo->ifaces[i];

		d->next[i] = d->first[f->node];
		d->first[f->node] = i;
		for (size_t k = 0; k < f->n_addresses; k++)
			if (f->addresses[k].address.family == AF_INET6)
				d->ipv6[f->node] = true;
	}
}

/* In xlab's own namespace nothing is added but the node's interfaces. */
static int check_self(const struct draft *d, size_t self, struct error *e)
{
	const struct node *n = &d->topo->nodes[self];
	const char *file = d->topo->file ? d->topo->file : d->topo->name;

	if (n->forward)
		return error_at(e, file, n->line,
				"node %s forwards, which is a setting of the whole namespace: "
				"--self %s leaves those alone; take another node",
				n->name, n->name);
	for (size_t i = 0; i < n->n_sysctls; i++)
		if (sysctl_iface(d, self, n->sysctls[i].name) == NONE)
			return error_at(e, file, n->sysctls[i].line,
					"node %s sets %s, and --self %s leaves the namespace's "
					"settings alone; take another node",
					n->name, n->sysctls[i].name, n->name);
	for (size_t i = d->first[self]; i != NONE; i = d->next[i])
		if (d->topo->ifaces[i].lo)
			return error_at(e, file, d->topo->ifaces[i].line,
					"node %s has addresses on lo, and --self %s leaves the "
					"namespace's own alone; take another node",
					n->name, n->name);
	for (size_t i = 0; i < n->n_routes; i++)
		if (n->routes[i].to.len == 0)
			return error_at(e, file, n->routes[i].line,
					"node %s has a default route, and --self %s leaves the "
					"namespace's own alone; take another node",
					n->name, n->name);
	return 0;
}

static int check_options(const struct draft *d, const struct plan_options *options, struct error *e)
{
	char *FREE_AUTO offer = NULL;
	const char *why;
	size_t self;

	if (options->as && text_name(options->as, NAME_MAX_LEN, &why))
		return error_input(e, "--as %s: %s", options->as, why);
	if (!options->self)
		return 0;
	self = topology_node(d->topo, options->self);
	if (self != NONE)
		return check_self(d, self, e);
	offer = text_offer(options->self, topology_name_node, (void *)d->topo);
	return error_input(e, "--self %s: the lab %s has no node of that name%s", options->self,
			   d->topo->name, offer);
}

int plan_make(struct plan *plan, const struct topology *topo, const struct plan_options *options,
	      struct error *e)
{
	bool *FREE_AUTO ipv6 = xcalloc(topo->n_nodes, sizeof(*ipv6));
	size_t *FREE_AUTO first = xcalloc(topo->n_nodes, sizeof(*first));
	size_t *FREE_AUTO next = xcalloc(topo->n_ifaces, sizeof(*next));
	struct draft d = { plan, topo, ipv6, first, next };
	int err;

	*plan = (struct plan){ 0 };
	index_ifaces(&d);
	err = check_options(&d, options, e);
	if (err)
		return err;
	plan->topo = topo;
	plan->nameless = options->nameless;
	plan->as = xstrdup(options->as ? options->as : "");
	plan->self = xstrdup(options->self ? options->self : "");
	add_everything(&d);
	return 0;
}

void plan_clear(struct plan *plan)
{
	free(plan->ops);
	free(plan->as);
	free(plan->self);
	*plan = (struct plan){ 0 };
}
