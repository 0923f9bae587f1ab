// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last operation: wait until what was asked for is so. The kernel answers before it has
 * finished, and the first packet of a hurried lab then waits a second for its repeated question:
 *
 *   a link       carries nothing until link-watch, a worker, has seen its carrier; asking for the
 *                link runs that at once since Linux 6.8
 *   a port       forwards only after that
 *   an address   of IPv6 is joined to its neighbours' questions, and reached by a route of its own,
 *                by another worker, whether it waits for duplicates or not
 *   a router     can ask for a neighbour only once it has a link-local address to ask from
 *
 * Each takes microseconds, or on a machine that has much to do many milliseconds.
 */
#include <errno.h>
#include <time.h>

#include "lab/alloc.h"
#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/rtnl_ip.h"

/* The kernel's STP needs two forward delays of two seconds. */
#define LINK_DEADLINE_NS 10000000000ULL

/* Settings of the lab file can leave an interface without IPv6, or without a link-local address. */
#define OWN6_DEADLINE_NS 2000000000ULL

#define ASK_NS 100000L /* between two questions */

static void pause_before_asking(void)
{
	const struct timespec wait = { 0, ASK_NS };

	(void)nanosleep(&wait, NULL);
}

static int await_link(struct netlink *rt, unsigned int ifindex, struct error *e)
{
	uint64_t deadline = netlink_clock_ns() + LINK_DEADLINE_NS;
	struct rt_link_state state;
	int err;

	for (;;) {
		err = rt_link_get(rt, NULL, ifindex, &state, e);
		if (err || rt_link_carries(&state))
			return err;
		if (netlink_clock_ns() > deadline)
			return error_state(e, -ETIMEDOUT, "the kernel does not bring it up");
		pause_before_asking();
	}
}

static int await_ends(const struct build *b, size_t iface, struct error *e)
{
	const struct iface *f = &b->plan->topo->ifaces[iface];
	int err = 0;

	if (f->lo)
		return 0;
	if (f->bridge != NONE) {
		const struct build_netns *ns = build_netns_of_bridge(b, f->bridge);

		err = ns->link_events
			      ? rt_port_await(ns->rt, ns->link_events, b->port_index[iface], false,
					      netlink_clock_ns() + LINK_DEADLINE_NS, e)
			      : await_link(ns->rt, b->port_index[iface], e);
	}
	return err < 0 ? err
		       : await_link(build_netns_of_node(b, f->node)->rt, b->end_index[iface], e);
}

/* Both ends of an uplink. 1: what STP makes of it was settled already. */
static int await_uplink(const struct build *b, size_t uplink, struct error *e)
{
	const struct uplink *u = &b->plan->topo->uplinks[uplink];
	unsigned int index = b->uplink_index + (unsigned int)uplink * 2;
	int settled = 1;

	for (unsigned int i = 0; i < 2 && settled >= 0; i++) {
		const struct build_netns *ns = build_netns_of_bridge(b, u->bridges[i]);
		int one = 1;

		if (ns->link_events)
			one = rt_port_await(ns->rt, ns->link_events, index + i, true,
					    netlink_clock_ns() + LINK_DEADLINE_NS, e);
		else if (await_link(ns->rt, index + i, e))
			one = e->err;
		settled = one > 0 ? settled : one;
	}
	return settled < 0 ? error_wrap(e, "the uplink of %s and %s is not ready",
					b->plan->topo->bridges[u->bridges[0]].name,
					b->plan->topo->bridges[u->bridges[1]].name)
			   : settled;
}

/* A port that blocks may still be given another part while others are waited for. */
static int await_uplinks(const struct build *b, struct error *e)
{
	bool settled = false;

	while (!settled) {
		settled = true;
		for (size_t i = 0; i < b->plan->topo->n_uplinks; i++) {
			int one = await_uplink(b, i, e);

			if (one < 0)
				return one;
			settled &= one > 0;
		}
	}
	return 0;
}

/* What IPv6 shall have in one namespace, and has. */
struct own6 {
	const struct build *b;
	size_t node; /* or NONE: a bridge's namespace */
	size_t addresses, link_locals;
	size_t wanted, wanted_link_locals;
};

/* Link-local ones, or all others. */
static size_t count6(const struct prefix *addresses, size_t n, bool link_local)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += addresses[i].address.family == AF_INET6 &&
			 address_is_link_local(&addresses[i].address) == link_local;
	return count;
}

/* Where there is any, but no link-local one, the kernel makes that. */
static void want6(struct own6 *own, const struct iface *f)
{
	size_t others = count6(f->addresses, f->n_addresses, false);
	size_t link_locals = count6(f->addresses, f->n_addresses, true);

	if (f->lo || !(others + link_locals))
		return;
	own->wanted += others;
	own->wanted_link_locals += link_locals ? link_locals : 1;
}

static bool has6(const struct iface *f)
{
	return count6(f->addresses, f->n_addresses, true) ||
	       count6(f->addresses, f->n_addresses, false);
}

/* Whether the interface is one that was asked about; in a namespace that xlab did not make
 * there may be others.
 */
static bool asked_about(const struct own6 *own, unsigned int ifindex)
{
	const struct topology *topo = own->b->plan->topo;
	size_t i;

	if (own->node == NONE)
		return ifindex == BRIDGE_INDEX;
	if (!plan_is_self(own->b->plan, own->node)) {
		i = (size_t)ifindex - END_INDEX;
		return i < topo->n_ifaces && has6(&topo->ifaces[i]);
	}
	for (i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].node == own->node && own->b->end_index[i] == ifindex &&
		    has6(&topo->ifaces[i]))
			return true;
	return false;
}

static void count_own6(void *cookie, unsigned int ifindex, const struct in6_addr *address)
{
	struct own6 *own = cookie;

	if (!asked_about(own, ifindex))
		return;
	if (IN6_IS_ADDR_LINKLOCAL(address))
		own->link_locals++;
	else
		own->addresses++;
}

static int await_own6(struct own6 *own, struct netlink *rt, struct error *e)
{
	uint64_t deadline = netlink_clock_ns() + OWN6_DEADLINE_NS;
	int err;

	while (own->wanted || own->wanted_link_locals) {
		own->addresses = own->link_locals = 0;
		err = rt_own6_each(rt, count_own6, own, e);
		if (err)
			return error_wrap(e, "cannot ask for them");
		if (netlink_clock_ns() > deadline ||
		    (own->addresses >= own->wanted && own->link_locals >= own->wanted_link_locals))
			return 0;
		pause_before_asking();
	}
	return 0;
}

static int await_nodes6(struct build *b, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	struct own6 *FREE_AUTO nodes = xcalloc(topo->n_nodes, sizeof(*nodes));
	int err = 0;

	for (size_t i = 0; i < topo->n_ifaces; i++)
		want6(&nodes[topo->ifaces[i].node], &topo->ifaces[i]);
	for (size_t i = 0; i < topo->n_nodes && !err; i++) {
		nodes[i].b = b;
		nodes[i].node = i;
		err = await_own6(&nodes[i], build_netns_of_node(b, i)->rt, e);
		if (err)
			error_wrap(e, "the IPv6 addresses of node %s", topo->nodes[i].name);
	}
	return err;
}

static int await_bridges6(const struct build *b, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	int err = 0;

	for (size_t i = 0; i < topo->n_bridges && !err; i++) {
		struct own6 own = { .b = b, .node = NONE };

		own.wanted =
			count6(topo->bridges[i].addresses, topo->bridges[i].n_addresses, false);
		own.wanted_link_locals =
			count6(topo->bridges[i].addresses, topo->bridges[i].n_addresses, true);
		err = await_own6(&own, build_netns_of_bridge(b, i)->rt, e);
		if (err)
			error_wrap(e, "the IPv6 addresses of bridge %s", topo->bridges[i].name);
	}
	return err;
}

int op_ready_apply(struct build *b, const struct op *op, struct error *e)
{
	const struct topology *topo = b->plan->topo;
	int err = 0;

	(void)op;
	for (size_t i = 0; i < topo->n_ifaces && !err; i++) {
		err = await_ends(b, i, e);
		if (err)
			error_wrap(e, "interface %s:%s is not ready",
				   topo->nodes[topo->ifaces[i].node].name, topo->ifaces[i].name);
	}
	if (!err)
		err = await_uplinks(b, e);
	if (!err)
		err = await_nodes6(b, e);
	return err ? err : await_bridges6(b, e);
}
