/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ETHTOOL_H
#define XLAB_ETHTOOL_H

/* What xlab asks of a network device beside netlink. */

#include <stdint.h>

struct error;
struct netlink;

/* Which bits of a device's features are meant: the same for all on this kernel. Begin with zeros.
 */
struct ethtool_bits {
	uint32_t words; /* 0: not yet asked for */
	uint32_t bits[8];
};

/* Checksums computed before XDP sees a packet, VLAN tags left in its bytes. The interface is one of
 * the namespace in which @nl was opened.
 */
int ethtool_offloads_off(struct netlink *nl, const char *iface, struct ethtool_bits *bits,
			 struct error *e);

#endif
