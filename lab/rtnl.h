/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RTNL_H
#define XLAB_RTNL_H

/*
 * The links that xlab makes and asks for over rtnetlink, one request each. The namespace is that
 * of the socket. Errors carry the kernel's words; the caller says what it was doing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lab/netlink.h"

struct rt_end { /* of a veth pair, or a VLAN interface */
	const char *name;
	const uint8_t *mac;   /* NULL: the kernel's choice */
	unsigned int ifindex; /* 0: the kernel's choice; of the peer too then */
	unsigned int mtu;     /* 0: the kernel's default */
};

struct rt_veth {
	struct rt_end main, peer;
	int peer_netns;	     /* fd of the namespace the peer is born in */
	unsigned int master; /* bridge of the main end, which is up then; 0: none */
	uint32_t group;	     /* of both ends, from their first instant */
};

int rt_veth_add(struct netlink *rt, const struct rt_veth *veth, struct error *e);

struct rt_vlan {
	struct rt_end end;
	unsigned int link, id; /* the ifindex that it is over, and its tag */
	uint32_t group;
};

int rt_vlan_add(struct netlink *rt, const struct rt_vlan *vlan, struct error *e);

struct rt_bridge {
	const char *name;
	unsigned int ifindex;
	uint8_t mac[6];
	bool stp;
	uint32_t group;
};

int rt_bridge_add(struct netlink *rt, const struct rt_bridge *bridge, struct error *e);

/* The kernel makes no link-local address for it; to be said before it is raised. */
int rt_link_no_link_local(struct netlink *rt, unsigned int ifindex, struct error *e);

/* Raise a link, and set its alias unless it is NULL. */
int rt_link_raise(struct netlink *rt, unsigned int ifindex, const char *alias, struct error *e);

/* Make it a port of a bridge, and raise it. */
int rt_link_join(struct netlink *rt, unsigned int ifindex, unsigned int bridge, struct error *e);

int rt_link_del(struct netlink *rt, unsigned int ifindex, struct error *e);

#define RT_NOT_A_PORT (-1)
struct rt_link_state {
	unsigned int ifindex;
	unsigned int other; /* of a veth: the ifindex of its other end, where that is; of a VLAN: of
			     * its link */
	unsigned int mtu;
	uint8_t mac[6];
	int other_netns;   /* of a veth: an id of the other end's namespace; -1: this one */
	int port_state;	   /* enum br_state of linux/if_bridge.h, or RT_NOT_A_PORT */
	uint8_t operstate; /* IF_OPER_* of linux/if.h */
	uint32_t group;
	uint32_t skb_prog, drv_prog; /* ids of what is attached to it, generic and native */
	bool veth, vlan;
};

/* By name, or by index when @name is NULL. */
int rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		struct rt_link_state *state, struct error *e);

/* Where it is, by rt_link_state's @other and @other_netns. */
int rt_link_get_other(struct netlink *rt, const struct rt_link_state *state,
		      struct rt_link_state *other, struct error *e);

/* All of them. */
typedef void (*rt_link_fn)(void *cookie, const struct rt_link_state *state);
int rt_link_each(struct netlink *rt, rt_link_fn each, void *cookie, struct error *e);

/* Whether packets get through: its carrier has been seen, and as a port it forwards. */
bool rt_link_carries(const struct rt_link_state *state);

/* Until a bridge's port forwards; with @or_blocks, until STP has settled what it does. @link_events
 * has joined RTNLGRP_LINK in the bridge's namespace. Returns 1 if there was nothing to wait for.
 */
int rt_port_await(struct netlink *rt, struct netlink *link_events, unsigned int ifindex,
		  bool or_blocks, uint64_t deadline_ns, struct error *e);

#endif
