// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/ops.h"
#include "lab/rtnl.h"

/* The kernel's STP needs two forward delays of two seconds. */
#define PORT_DEADLINE_NS 10000000000ULL

int op_address_apply(struct build *b, const struct op *op, struct error *e)
{
	unsigned int ifindex = op->iface == NONE ? BRIDGE_INDEX : b->end_index[op->iface];
	char text[PREFIX_TEXT];

	if (rt_address_add(op_place(b, op)->rt, ifindex, op->address, e))
		return error_wrap(
			e, "add address %s to %s:%s", prefix_text(op->address, text), op->netns,
			op->iface == NONE ? op->netns : b->plan->topo->ifaces[op->iface].name);
	return 0;
}

int op_address_undo(struct build *b, const struct op *op, struct error *e)
{
	return goes_with_its_namespace(b, op, e);
}

int op_route_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct route *route = op->route;
	const struct topology *topo = b->plan->topo;
	unsigned int ifindex = route->dev == NONE ? 0 : b->end_index[route->dev];
	char text[PREFIX_TEXT];

	if (rt_route_add(op_place(b, op)->rt, &route->to, route->has_via ? &route->via : NULL,
			 ifindex, e))
		return error_wrap(e, "%s:%d: node %s: add the route to %s",
				  topo->file ? topo->file : topo->name, route->line, op->netns,
				  prefix_text(&route->to, text));
	return 0;
}

/* With its link, in xlab's own namespace too. */
int op_route_undo(struct build *b, const struct op *op, struct error *e)
{
	(void)b;
	(void)op;
	(void)e;
	return 0;
}

/* Asking at a bridge's port serves both ends of its pair. */
static int await_end(const struct build *b, size_t iface, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[iface];
	struct rt_link_state state;

	return rt_link_get(node_place(b, f->node)->rt, NULL, b->end_index[iface], &state, e);
}

static int await_port(const struct build *b, size_t iface, struct error *e)
{
	const struct place *place = bridge_place(b, b->plan->topo->ifaces[iface].bridge);
	struct rt_link_state state;

	if (place->ears)
		return rt_port_await(place->rt, place->ears, b->port_index[iface],
				     netlink_clock_ns() + PORT_DEADLINE_NS, e);
	return rt_link_get(place->rt, NULL, b->port_index[iface], &state, e);
}

/* Asking for a link runs what link-watch has pending for it. Without that the first packet is
 * lost in one lab of eight, and an ARP request is repeated after a second.
 */
int op_ready_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	size_t i;
	int err = 0;

	(void)op;
	for (i = 0; i < topo->n_ifaces && !err; i++) {
		err = topo->ifaces[i].bridge == NONE ? await_end(b, i, e) : await_port(b, i, e);
		if (err)
			error_wrap(e, "interface %s:%s is not ready",
				   topo->nodes[topo->ifaces[i].node].name, topo->ifaces[i].name);
	}
	return err;
}

/* It made nothing. */
int op_ready_undo(struct build *b, const struct op *op, struct error *e)
{
	(void)b;
	(void)op;
	(void)e;
	return 0;
}
