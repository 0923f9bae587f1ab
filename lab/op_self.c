// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lies in the namespace that xlab was started in lives on when the lab is gone, so it is
 * deleted, link by link, and all that carries the lab's mark, and only that.
 */
#include "lab/op_self.h"

#include <errno.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netns.h"
#include "lab/ops.h"

int goes_with_its_namespace(struct build *b, const struct op *op, struct error *e)
{
	if (!plan_is_self(b->plan, op->node) || op->iface != NONE || op->kind == OP_NETNS ||
	    op->kind == OP_ROUTE)
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
	if (!err && cookie != state_journal(b->st)->self_cookie)
		err = error_state(e, -ESTALE,
				  "%s is not the namespace that the lab was started in: left alone",
				  node);
	return err;
}

/* One look finds them all, of whichever operation they are. */
static int delete_ends(struct build *b, size_t node, struct error *e)
{
	const char *name = b->plan->topo->nodes[node].name;
	int err;

	if (b->self_swept)
		return 0;
	err = enter_self(b, name, e);
	if (!err)
		err = lab_links_delete(b->st, e);
	b->self_swept = !err;
	err = return_to_start_netns(b, err, e);
	if (err == -ENOENT)
		return 0;
	return err ? error_wrap(e, "cannot delete the lab's links of %s", name) : 0;
}

int op_veth_undo(struct build *b, const struct op *op, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	const struct iface *f = &topo->ifaces[op->iface];

	if (plan_is_self(b->plan, f->node))
		return delete_ends(b, f->node, e);
	if (f->peer != NONE && plan_is_self(b->plan, topo->ifaces[f->peer].node))
		return delete_ends(b, topo->ifaces[f->peer].node, e);
	return goes_with_its_namespace(b, op, e);
}
