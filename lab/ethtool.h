/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ETHTOOL_H
#define XLAB_ETHTOOL_H

/* What xlab asks of ethtool netlink. */

#include <stdint.h>

struct error;
struct netlink;

/* The id by which generic netlink knows ethtool; the same in all namespaces. */
int ethtool_family(struct netlink *genl, uint16_t *family, struct error *e);

/* Checksums computed before XDP sees a packet, VLAN tags left in its bytes. */
int ethtool_offloads_off(struct netlink *genl, uint16_t family, unsigned int ifindex,
			 struct error *e);

#endif
