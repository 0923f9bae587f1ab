// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/place.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"

struct place *node_place(const struct build *b, size_t node)
{
	return &b->places[node];
}

struct place *bridge_place(const struct build *b, size_t bridge)
{
	return &b->places[b->plan->topo->n_nodes + bridge];
}

struct place *op_place(const struct build *b, const struct op *op)
{
	return op->node != NONE ? node_place(b, op->node) : bridge_place(b, op->bridge);
}

int place_open(struct place *place, bool ears, struct error *e)
{
	int err = 0;

	place->fd = netns_current(e);
	if (place->fd < 0)
		return place->fd;
	err = netlink_open(NETLINK_ROUTE, &place->rt, e);
	if (!err)
		err = netlink_open(NETLINK_GENERIC, &place->genl, e);
	if (!err && ears)
		err = netlink_open(NETLINK_ROUTE, &place->ears, e);
	if (!err && ears)
		err = netlink_join(place->ears, RTNLGRP_LINK, e);
	return err;
}

void place_close(struct place *place)
{
	cleanup_fd(&place->fd);
	netlink_close(place->rt);
	netlink_close(place->genl);
	netlink_close(place->ears);
	*place = (struct place){ .fd = -1 };
}

int go_home(const struct build *b, int err, struct error *e)
{
	struct error ERROR_AUTO lost = ERROR_INIT;

	if (netns_enter(b->home, &lost) == 0 || err)
		return err;
	error_move(e, &lost);
	return e->err;
}
