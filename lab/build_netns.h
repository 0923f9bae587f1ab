/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BUILD_NETNS_H
#define XLAB_BUILD_NETNS_H

/* The namespaces of a lab that is being built or removed, and the sockets opened in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "lab/ethtool.h"
#include "lab/plan.h"
#include "lab/state.h"
#include "lab/sysctl.h"

struct error;
struct netlink;

/* A namespace of the lab: its fd, and sockets that were opened in it. As few as can be: a lab may
 * have ten thousand, and this process fewer files.
 */
struct build_netns {
	int fd;			     /* -1: not yet opened */
	struct netlink *rt;	     /* rtnetlink */
	struct netlink *link_events; /* tells of links; for a bridge with STP */
};

/* The lab's links have the same ifindexes each time, above those that the kernel gives to the
 * tunnels which some of its modules put into every new namespace.
 */
#define LOOPBACK_INDEX 1 /* of the kernel */
#define BRIDGE_INDEX   64
#define END_INDEX      100

struct build {
	const struct plan *plan;
	struct state *st;
	int start_netns;	   /* fd of the namespace xlab was started in */
	int names;		   /* fd of /run/netns, -1 until it is needed */
	struct build_netns *netns; /* nodes, then bridges */
	unsigned int *end_index;   /* by iface: of the node's end */
	unsigned int *port_index;  /* by iface: of the bridge's end */
	unsigned int uplink_index; /* of the first end of the first uplink; the others follow */
	struct sysctl_fresh fresh;
	struct ethtool_bits offloads;
	char *alias;	     /* "xlab LAB" */
	bool self_swept;     /* an undo has deleted what was in xlab's own namespace */
	struct rlimit files; /* as many as xlab was started with; @raised: not so now */
	bool raised;
};

struct build_netns *build_netns_of(const struct build *b, const struct op *op);
struct build_netns *build_netns_of_node(const struct build *b, size_t node);
struct build_netns *build_netns_of_bridge(const struct build *b, size_t bridge);

/* Open sockets in the namespace that this process is in. */
int build_netns_open(struct build_netns *ns, bool link_events, struct error *e);
void build_netns_close(struct build_netns *ns);

/* Back to the namespace xlab was started in; returns @err, or why there is no way back. */
int return_to_start_netns(const struct build *b, int err, struct error *e);

#endif
