// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/links.h"
#include "lab/netns.h"
#include "lab/ops.h"
#include "lab/rtnl.h"

/*
 * What lies in the namespace that xlab was started in lives on when the lab is gone, so it is
 * deleted, link by link, and only what carries the lab's mark.
 */

int goes_with_its_namespace(struct build *b, const struct op *op, struct error *e)
{
	if (!plan_is_self(b->plan, op->node) || op->iface != NONE || op->kind == OP_NETNS)
		return 0;
	return error_state(e, -ENOTSUP,
			   "something of node %s would be left: it is on no link of "
			   "the lab",
			   op->netns);
}

/* Into the lab's own bind of that namespace; -ENOENT, without words, if it has none: then the
 * command that built it was killed before it could put anything there.
 */
static int enter_self(const struct build *b, const char *node, struct error *e)
{
	struct error ERROR_AUTO none = ERROR_INIT;
	int FD_AUTO fd = netns_open(b->st, node, &none);
	uint64_t cookie;
	int err;

	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0) {
		error_move(e, &none);
		return e->err;
	}
	err = netns_enter(fd, e);
	if (!err)
		err = netns_cookie(&cookie, e);
	if (!err && cookie != state_intent(b->st)->self_cookie)
		err = error_state(e, -ESTALE,
				  "%s is not the namespace that the lab was started in: left alone",
				  node);
	return err;
}

/* In that namespace. */
static int delete_marked(const struct build *b, const char *name, struct error *e)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	struct link link;
	int err = links_find(name, &link, e);
	bool ours =
		!err && link.group == state_intent(b->st)->group && strcmp(link.kind, "veth") == 0;

	if (ours)
		err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (ours && !err)
		err = rt_link_del(rt, link.ifindex, e);
	link_clear(&link);
	if (err != -ENODEV)
		return err;
	error_clear(e);
	return 0;
}

static int delete_end(struct build *b, size_t iface, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[iface];
	const char *node = b->plan->topo->nodes[f->node].name;
	int err = enter_self(b, node, e);

	if (!err)
		err = delete_marked(b, f->name, e);
	err = go_home(b, err, e);
	if (err == -ENOENT)
		return 0;
	return err ? error_wrap(e, "delete %s:%s", node, f->name) : 0;
}

int op_veth_undo(struct build *b, const struct op *op, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[op->iface];

	if (plan_is_self(b->plan, f->node))
		return delete_end(b, op->iface, e);
	if (f->peer != NONE && plan_is_self(b->plan, b->plan->topo->ifaces[f->peer].node))
		return delete_end(b, f->peer, e);
	return goes_with_its_namespace(b, op, e);
}
