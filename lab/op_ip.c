// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: addresses and routes. */
#include "lab/build_netns.h"
#include "lab/error.h"
#include "lab/ops.h"
#include "lab/rtnl_ip.h"

int op_address_apply(struct build *b, const struct op *op, struct error *e)
{
	unsigned int ifindex = op->iface == NONE ? BRIDGE_INDEX : b->end_index[op->iface];
	char text[PREFIX_TEXT];

	if (rt_address_add(build_netns_of(b, op)->rt, ifindex, op->address, e))
		return error_wrap(e, "cannot add address %s to %s:%s",
				  prefix_text(op->address, text), op->netns,
				  op->iface == NONE ? op->netns
						    : b->plan->topo->ifaces[op->iface].name);
	return 0;
}

int op_route_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct route *route = op->route;
	const struct topology *topo = b->plan->topo;
	unsigned int ifindex = route->dev == NONE ? 0 : b->end_index[route->dev];
	char text[PREFIX_TEXT];

	if (rt_route_add(build_netns_of(b, op)->rt, &route->to, route->has_via ? &route->via : NULL,
			 ifindex, e))
		return error_wrap_at(e, topo->file ? topo->file : topo->name, route->line,
				     "node %s: cannot add the route to %s", op->netns,
				     prefix_text(&route->to, text));
	return 0;
}
