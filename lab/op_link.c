// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: bridges, veth pairs, and what makes an end of one ready for XDP. */
#include <stdio.h>
#include <string.h>

#include "lab/build_netns.h"
#include "lab/error.h"
#include "lab/ethtool.h"
#include "lab/netns.h"
#include "lab/ops.h"
#include "lab/rtnl.h"

/* New interfaces of a bridge's namespace have no IPv6, for its ports need none; it does. */
static int allow_ipv6(const struct build *b, const struct op *op, struct error *e)
{
	char name[64];
	int err = netns_enter(build_netns_of(b, op)->fd, e);

	(void)snprintf(name, sizeof(name), "net.ipv6.conf.%s.disable_ipv6", op->netns);
	return err ? err : return_to_start_netns(b, sysctl_write(name, "0", e), e);
}

int op_bridge_apply(struct build *b, const struct op *op, struct error *e)
{
	struct rt_bridge bridge = {
		.name = op->netns,
		.ifindex = BRIDGE_INDEX,
		/* Locally administered, and kept whatever is plugged in. */
		.mac = { 0x02, 0x78, 0x6c, 0x62, (uint8_t)(op->bridge >> 8), (uint8_t)op->bridge },
		.stp = b->plan->topo->bridges[op->bridge].stp,
		.group = state_journal(b->st)->group,
	};
	int err = rt_bridge_add(build_netns_of(b, op)->rt, &bridge, e);

	if (!err && (op->traits & TRAIT_IPV6))
		err = allow_ipv6(b, op, e);
	return err ? error_wrap(e, "cannot make the bridge %s", op->netns) : 0;
}

static struct rt_end node_end(const struct build *b, size_t iface)
{
	const struct iface *f = &b->plan->topo->ifaces[iface];

	return (struct rt_end){ f->name, f->has_mac ? f->mac : NULL, b->end_index[iface], f->mtu };
}

/* The end that is made in op's namespace is the bridge's, or that of the first of two nodes. */
static void describe_pair(const struct build *b, const struct op *op, struct rt_veth *veth)
{
	const struct topology *topo = b->plan->topo;
	const struct iface *f = &topo->ifaces[op->iface];
	size_t peer = f->peer == NONE ? op->iface : f->peer;

	*veth = (struct rt_veth){
		.main = node_end(b, op->iface),
		.peer = node_end(b, peer),
		.peer_netns = build_netns_of_node(b, topo->ifaces[peer].node)->fd,
		.group = state_journal(b->st)->group,
	};
	if (f->peer == NONE) {
		veth->main = (struct rt_end){ f->port, NULL, b->port_index[op->iface], f->mtu };
		veth->master = BRIDGE_INDEX;
	}
}

/* Where an end is in xlab's own namespace the kernel chose the indices; the end that was made knows
 * where the other is. Otherwise they are known, and asking would cost as much as making them.
 */
static int find_ends(const struct build *b, const struct op *op, const struct rt_veth *veth,
		     struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[op->iface];
	struct rt_link_state state;
	int err;

	if (veth->main.ifindex && veth->peer.ifindex)
		return 0;
	err = rt_link_get(build_netns_of(b, op)->rt, veth->main.name, 0, &state, e);
	if (err)
		return err;
	if (f->peer == NONE) {
		b->end_index[op->iface] = state.other;
	} else {
		b->end_index[op->iface] = state.ifindex;
		b->end_index[f->peer] = state.other;
	}
	return 0;
}

int op_veth_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	const struct iface *f = &topo->ifaces[op->iface];
	const struct iface *peer = f->peer == NONE ? NULL : &topo->ifaces[f->peer];
	struct rt_veth veth;
	int err;

	describe_pair(b, op, &veth);
	err = rt_veth_add(build_netns_of(b, op)->rt, &veth, e);
	if (!err)
		err = find_ends(b, op, &veth, e);
	if (!err)
		return 0;
	return error_wrap(e, "cannot make the veth pair of %s:%s and %s:%s",
			  topo->nodes[f->node].name, f->name,
			  peer ? topo->nodes[peer->node].name : topo->bridges[f->bridge].name,
			  peer ? peer->name : f->port);
}

/* No end is a node's, so none has offloads switched off: XDP sees nothing here. */
int op_uplink_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct uplink *u = &b->plan->topo->uplinks[op->uplink];
	const struct build_netns *other = build_netns_of_bridge(b, u->bridges[1]);
	unsigned int index = b->uplink_index + (unsigned int)op->uplink * 2;
	struct rt_veth veth = {
		.main = { u->ports[0], NULL, index, u->mtu },
		.peer = { u->ports[1], NULL, index + 1, u->mtu },
		.peer_netns = other->fd,
		.master = BRIDGE_INDEX,
		.group = state_journal(b->st)->group,
	};
	int err = rt_veth_add(build_netns_of(b, op)->rt, &veth, e);

	if (!err)
		err = rt_link_join(other->rt, veth.peer.ifindex, BRIDGE_INDEX, e);
	return err ? error_wrap(e, "cannot join the bridges %s and %s", op->netns,
				b->plan->topo->bridges[u->bridges[1]].name)
		   : 0;
}

int op_link_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[op->iface];
	unsigned int ifindex = op->port ? b->port_index[op->iface] : b->end_index[op->iface];
	struct netlink *rt = build_netns_of(b, op)->rt;
	const char *name = op->port ? f->port : f->name;
	int err = 0;

	if (plan_is_self(b->plan, op->node)) /* whose own settings are left alone */
		err = sysctl_apply_link(f->name, op->traits, e);
	/* Its bytes on the wire are what XDP sees, before anything is sent. */
	if (!err && ethtool_offloads_off(rt, name, &b->offloads, e))
		err = error_wrap(e, "cannot switch its offloads off");
	if (!err && !op->port && iface_has_link_local(f))
		err = rt_link_no_link_local(rt, ifindex, e);
	if (!err && !op->port && rt_link_raise(rt, ifindex, b->alias, e))
		err = error_wrap(e, "cannot raise it");
	return err ? error_wrap(e, "interface %s:%s", op->netns, name) : 0;
}
