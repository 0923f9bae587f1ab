/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINKS_H
#define XLAB_LINKS_H

/* What stands in the namespace this process is in, read back. */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"

struct error;

struct link {
	unsigned int ifindex;
	char name[IFNAMSIZ];
	char kind[IFNAMSIZ];  /* "veth", "bridge"; "" for lo */
	char state[IFNAMSIZ]; /* operational: "up", "down", "lowerlayerdown", … */
	bool raised;	      /* IFF_UP */
	bool has_mac;
	uint8_t mac[6];
	unsigned int mtu;
	uint32_t group;
	char queue[IFNAMSIZ]; /* its root queueing discipline: "noqueue", "netem", … */
	unsigned int vlan;    /* of kind vlan: its id */
	unsigned int master;  /* ifindex of its bridge, 0: none */
	char *alias;	      /* "" if none */
	struct prefix *addresses;
	size_t n_addresses;
};

struct links {
	struct link *links; /* by ifindex */
	size_t n;
};

/* All links with their addresses. Free with links_clear() in either case. */
int links_read(struct links *links, struct error *e);
void links_clear(struct links *links);

/* One by its name, without addresses; -ENODEV, without words, if there is none. Free with
 * link_clear().
 */
int links_find(const char *name, struct link *link, struct error *e);
void link_clear(struct link *link);

#endif
