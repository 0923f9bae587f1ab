// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: VLAN interfaces, and what impairs a link. Not every kernel has these: kernel_has.c.
 */
#include "lab/build_netns.h"
#include "lab/error.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/rtnl_netem.h"

int op_vlan_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[op->iface];
	struct netlink *rt = build_netns_of(b, op)->rt;
	struct rt_link_state made;
	const struct rt_vlan vlan = {
		.end = { f->name, f->has_mac ? f->mac : NULL, b->end_index[op->iface], f->mtu },
		.link = b->end_index[f->link],
		.id = f->vlan,
		.group = state_journal(b->st)->group,
	};
	int err = rt_vlan_add(rt, &vlan, e);

	if (!err && !vlan.end.ifindex) { /* in xlab's own namespace the kernel chose it */
		err = rt_link_get(rt, f->name, 0, &made, e);
		b->end_index[op->iface] = made.ifindex;
	}
	return err ? error_wrap(e, "cannot make %s, VLAN %u over %s", f->id, f->vlan,
				b->plan->topo->ifaces[f->link].id)
		   : 0;
}

int op_netem_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[op->iface];

	if (rt_netem_add(build_netns_of(b, op)->rt, b->end_index[op->iface], &f->impairment, e))
		return error_wrap(e, "cannot impair what leaves %s", f->id);
	return 0;
}
