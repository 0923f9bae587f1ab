/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RTNL_NETEM_H
#define XLAB_RTNL_NETEM_H

/* What tc does: netem as the root queue of a link. And what modules the kernel has. */

#include <stdbool.h>

struct error;
struct impairment;
struct netlink;

/* For all that the stack sends there. What XDP sends (tx, redirect) passes it by. */
int rt_netem_add(struct netlink *rt, unsigned int ifindex, const struct impairment *imp,
		 struct error *e);

/*
 * Whether the kernel has VLAN interfaces, and netem; where they are modules it loads them, as it
 * would for who uses them. Asked by requests that lack what they would need, so that nothing is
 * made: the words for a kind that is not known come before those for what is missing.
 */
bool rt_has_vlan(struct netlink *rt);
bool rt_has_netem(struct netlink *rt);

#endif
