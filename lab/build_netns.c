// SPDX-License-Identifier: GPL-2.0-or-later
/* A namespace while it is built: its sockets, opened once. op_netns.c makes it. */
#include "lab/build_netns.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"

struct build_netns *build_netns_of_node(const struct build *b, size_t node)
{
	return &b->netns[node];
}

struct build_netns *build_netns_of_bridge(const struct build *b, size_t bridge)
{
	return &b->netns[b->plan->topo->n_nodes + bridge];
}

struct build_netns *build_netns_of(const struct build *b, const struct op *op)
{
	return op->node != NONE ? build_netns_of_node(b, op->node)
				: build_netns_of_bridge(b, op->bridge);
}

int build_netns_open(struct build_netns *ns, bool link_events, struct error *e)
{
	int err = 0;

	ns->fd = netns_current(e);
	if (ns->fd < 0)
		return ns->fd;
	err = netlink_open(NETLINK_ROUTE, &ns->rt, e);
	if (!err && link_events)
		err = netlink_open(NETLINK_ROUTE, &ns->link_events, e);
	if (!err && link_events)
		err = netlink_join(ns->link_events, RTNLGRP_LINK, e);
	return err;
}

void build_netns_close(struct build_netns *ns)
{
	cleanup_fd(&ns->fd);
	netlink_close(ns->rt);
	netlink_close(ns->link_events);
	*ns = (struct build_netns){ .fd = -1 };
}

int return_to_start_netns(const struct build *b, int err, struct error *e)
{
	struct error ERROR_AUTO lost = ERROR_INIT;

	if (netns_enter(b->start_netns, &lost) == 0 || err)
		return err;
	error_move(e, &lost);
	return e->err;
}
