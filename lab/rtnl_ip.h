/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RTNL_IP_H
#define XLAB_RTNL_IP_H

/* Addresses and routes over rtnetlink, one request each, as rtnl.h has links. */

#include "lab/netlink.h"
#include "lab/text.h"

struct error;

/* IPv6 addresses are usable at once (no duplicate address detection). */
int rt_address_add(struct netlink *rt, unsigned int ifindex, const struct prefix *address,
		   struct error *e);

/* Hand over each IPv6 address that the namespace answers to, which is later than it is listed. */
typedef void (*rt_own6)(void *cookie, unsigned int ifindex, const struct in6_addr *address);
int rt_own6_each(struct netlink *rt, rt_own6 each, void *cookie, struct error *e);

/* @via NULL: on the link; @ifindex 0: whichever link reaches @via. */
int rt_route_add(struct netlink *rt, const struct prefix *to, const struct address *via,
		 unsigned int ifindex, struct error *e);

#endif
