/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_H
#define XLAB_TOPOLOGY_H

/*
 * What a lab is: nodes, bridges, interfaces. A pure model, read from a lab
 * file and checked; nothing here touches the kernel or knows of XDP.
 * Indices refer to the arrays of the same struct topology; NONE is "no such".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/array.h"
#include "lab/impairment.h"
#include "lab/text.h"

struct error;
struct ini_where;

#define NONE ((size_t)-1)

/* Limits, checked before anything is built. */
#define TOPOLOGY_NODES_MAX  10000
#define BRIDGE_PORTS_MAX    1023 /* BR_MAX_PORTS of the kernel's bridge */
#define NODE_ADDRESSES_MAX  256	 /* of all its interfaces; of a bridge, too */
#define NODE_ROUTES_MAX	    4096
#define TOPOLOGY_IFACES_MAX 40000

#define MTU_DEFAULT 1500 /* of a veth */
#define MTU_MIN	    68	 /* of IPv4 */

struct sysctl {
	char *name; /* as written: net.ipv4.… */
	char *value;
	int line;
};

struct route {
	struct prefix to; /* 0.0.0.0/0 or ::/0 for `default` */
	bool has_via;
	struct address via; /* with has_via */
	size_t dev;	    /* an iface of the same node; with via it may be NONE */
	int line;
};

struct node {
	char *name;
	bool forward;
	struct route *routes;
	size_t n_routes;
	struct sysctl *sysctls;
	size_t n_sysctls;
	bool doubtful; /* see topology_doubts() */
	int line;
};

struct bridge {
	char *name; /* of the bridge and of its namespace */
	bool stp;
	size_t segment;		  /* its first bridge: those that uplinks join are one */
	struct prefix *addresses; /* address and length, as CIDR */
	size_t n_addresses;
	int line;
};

/* A veth pair between two bridges. */
struct uplink {
	size_t bridges[2]; /* the first has the key */
	char ports[2][16]; /* the names of the ends there */
	unsigned int mtu;  /* of both; 0: the kernel's default */
	int line;
};

struct iface {
	size_t node;
	char *id; /* "host:veth0" */
	char name[16];
	bool lo;	   /* the node's own lo, which has no other end and no chain */
	size_t bridge;	   /* NONE when it has a peer or a link */
	char port[16];	   /* the bridge-side end's name */
	size_t peer;	   /* the other end's iface, NONE when on a bridge */
	unsigned int vlan; /* its id; 0: it is no VLAN interface */
	size_t link;	   /* the iface of the same node that the VLAN is over, or NONE */
	size_t first;	   /* of the same VLAN on the same segment */
	struct impairment impairment; /* of what leaves here */
	struct prefix *addresses;
	size_t n_addresses;
	bool has_mac;
	uint8_t mac[6];
	unsigned int mtu; /* of this end, and of its port; 0: the kernel's default */
	int line;
};

/* One of those that have an address. */
struct owner {
	size_t iface, bridge; /* one of them is NONE */
	size_t next;	      /* owner of the same address, in the file's order; NONE: no more */
	size_t last;	      /* of the first one's: the last of them */
};

struct topology {
	char *file; /* as given by the user, for messages */
	char *name;
	char *about; /* "" if none */
	struct node *nodes;
	size_t n_nodes;
	struct bridge *bridges;
	size_t n_bridges;
	struct uplink *uplinks;
	size_t n_uplinks;
	struct iface *ifaces;
	size_t n_ifaces;
	struct names node_names, bridge_names, iface_names; /* -> indices */
	struct names addresses;				    /* as text -> the first of its owners */
	struct owner *owners;
	size_t n_owners;
	bool doubtful; /* all of it; see topology_doubts() */
};

void topology_clear(struct topology *topo);

size_t topology_node(const struct topology *topo, const char *name);   /* or NONE */
size_t topology_bridge(const struct topology *topo, const char *name); /* or NONE */

/* True if something of @node's (NONE: of anybody's) was refused, an interface, an address, a route:
 * whoever finds such a thing missing there need not say so, for it was told.
 */
bool topology_doubts(const struct topology *topo, size_t node);

/* Each node and each bridge has a namespace: those of the nodes, then those of the bridges. */
size_t topology_namespaces(const struct topology *topo);
const char *topology_namespace(const struct topology *topo, size_t i); /* its name */

/* "NODE:IFACE" -> index or NONE. A node's lo, on which no chain can stand, is none. */
size_t topology_iface(const struct topology *topo, const char *name);

/* The file gives it a link-local address, so the kernel makes none. */
bool iface_has_link_local(const struct iface *f);
bool iface_has_family(const struct iface *f, int family); /* an address of it */

/* The node's interfaces, in file order: first with @after = NONE. */
size_t topology_next_iface(const struct topology *topo, size_t node, size_t after);

unsigned int iface_mtu(const struct iface *iface); /* as the lab file has it, or the kernel */

/* The only interface of @node besides lo; NONE: it has none, or *@several. */
size_t topology_only_iface(const struct topology *topo, size_t node, bool *several);

/* True if @node has an address of that family (AF_INET, AF_INET6). */
bool topology_node_has_family(const struct topology *topo, size_t node, int family);

/* What one link joins, a number each: a VLAN, bridges that are joined, a pair of interfaces, a lo
 * by itself. */
size_t topology_segment(const struct topology *topo, size_t iface);

/* What carries the interface's packets: it, or of a VLAN's the one that it is over. */
const struct iface *topology_carrier(const struct topology *topo, const struct iface *f);

/* The interface of @node on that segment, or NONE. */
size_t topology_iface_on(const struct topology *topo, size_t node, size_t segment);

/*
 * The address by which @from reaches @to: the first of @to's addresses on a subnet that both have
 * on one segment, else @to's first; of link-local ones, and of lo's, only where there is no other.
 * NULL if @to has none. @family AF_UNSPEC: any.
 */
const struct prefix *topology_reach(const struct topology *topo, size_t from, size_t to,
				    int family);

/* Who has this address: the first, or with @after the next one; NULL: nobody else. */
const struct owner *topology_owner(const struct topology *topo, const struct address *a,
				   const struct owner *after);

/* The owner's node, or NONE: a bridge; and the name of its namespace. */
size_t owner_node(const struct topology *topo, const struct owner *owner);
const char *owner_netns(const struct topology *topo, const struct owner *owner);
size_t owner_segment(const struct topology *topo, const struct owner *owner);

/* Candidates for text_nearest(); @topo is a const struct topology *. */
const char *topology_name_node(void *topo, size_t i);
const char *topology_name_bridge(void *topo, size_t i);
const char *topology_name_iface(void *topo, size_t i);

/* Why @name ("br0", "br0:veth1", "host:lo") is not what was looked for though a bridge has it, or
 * it is a lo; malloc'ed; NULL: it is neither.
 */
char *topology_why_not(const struct topology *topo, const char *name);

/* Complain that there is no such "node" or "interface": the nearest, or the bridge of that name. */
int topology_complain(const struct ini_where *at, struct error *e, const char *what,
		      const char *name, const struct topology *topo);

/* True if @node knows a way to @a: a subnet of its own, or a route. Is it on a subnet of @iface? */
bool topology_has_way(const struct topology *topo, size_t node, const struct address *a);
bool topology_on_subnet(const struct topology *topo, size_t iface, const struct address *a);

#endif
