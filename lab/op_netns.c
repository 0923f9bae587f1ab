// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: a namespace with xlab's settings, and the settings that the lab file asks for. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/ops.h"
#include "lab/rtnl.h"

/* lo is the first link of every namespace. */
#define LO_INDEX 1

/* Bind the namespace this process is in to ns/NAME. */
static int bind_namespace(const struct build *b, const char *name, struct error *e)
{
	char *FREE_AUTO path = state_path(b->st, "ns/%s", name);
	int FD_AUTO file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (file < 0)
		return error_sys(e, -errno, "cannot make %s", path);
	if (mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL))
		return error_sys(e, -errno, "cannot keep the namespace at %s", path);
	return 0;
}

/* In the new namespace. */
static int furnish(struct build *b, const struct op *op, struct error *e)
{
	bool stp = op->bridge != NONE && b->plan->topo->bridges[op->bridge].stp;
	struct build_netns *ns = build_netns_of(b, op);
	int err = bind_namespace(b, op->netns, e);

	if (!err)
		err = build_netns_open(ns, stp, e);
	if (!err)
		err = sysctl_apply(&b->fresh, op->traits, e);
	if (!err && rt_link_raise(ns->rt, LO_INDEX, NULL, e))
		err = error_wrap(e, "cannot raise lo");
	return err;
}

/* From the start namespace each time, for net.core.devconf_inherit_init_net can make a namespace's
 * settings those of the one it is made from.
 */
int op_netns_apply(struct build *b, const struct op *op, struct error *e)
{
	int err;

	if (plan_is_self(b->plan, op->node)) {
		err = bind_namespace(b, op->netns, e);
		if (!err)
			err = build_netns_open(build_netns_of(b, op), false, e);
	} else if (unshare(CLONE_NEWNET)) {
		err = error_sys(e, -errno, "cannot make a network namespace");
	} else {
		err = return_to_start_netns(b, furnish(b, op, e), e);
	}
	return err ? error_wrap(e, "namespace of %s", op->netns) : 0;
}

int op_sysctl_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	int err = netns_enter(build_netns_of(b, op)->fd, e);

	if (!err)
		err = return_to_start_netns(b, sysctl_write(op->sysctl->name, op->sysctl->value, e),
					    e);
	if (!err)
		return 0;
	return error_wrap_at(e, topo->file ? topo->file : topo->name, op->sysctl->line, "node %s",
			     op->netns);
}
