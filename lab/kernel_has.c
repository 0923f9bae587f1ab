// SPDX-License-Identifier: GPL-2.0-or-later
/* What not every kernel has is asked for before anything is built. */
#include "lab/kernel_has.h"

#include <errno.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/rtnl_netem.h"
#include "lab/topology.h"

static int lacks(const struct topology *topo, const struct iface *f, const char *what,
		 struct error *e)
{
	(void)error_state(e, -EOPNOTSUPP, "%s; nothing was built", what);
	return error_wrap_at(e, topo->file ? topo->file : topo->name, f->line, "[iface %s]", f->id);
}

int kernel_has_what_it_takes(const struct topology *topo, struct error *e)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	const struct iface *vlan = NULL, *impaired = NULL;
	int err;

	for (size_t i = topo->n_ifaces; i-- > 0;) {
		vlan = topo->ifaces[i].vlan ? &topo->ifaces[i] : vlan;
		impaired =
			impairment_any(&topo->ifaces[i].impairment) ? &topo->ifaces[i] : impaired;
	}
	if (!vlan && !impaired)
		return 0;
	err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (err)
		return err;
	if (vlan && !rt_has_vlan(rt))
		return lacks(
			topo, vlan,
			"this kernel has no VLAN interfaces, and no module 8021q can be loaded", e);
	if (impaired && !rt_has_netem(rt))
		return lacks(topo, impaired,
			     "this kernel has no netem for delay, jitter, loss and rate, and no "
			     "module sch_netem can be loaded",
			     e);
	return 0;
}
