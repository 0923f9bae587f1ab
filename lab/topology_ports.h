/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_PORTS_H
#define XLAB_TOPOLOGY_PORTS_H

#include <stddef.h>

struct topology_reading;

/*
 * After all keys: give a name to each end at a bridge that has none of its own, one that no other
 * port there has. A default gives way to a name that the lab file gives, wherever in it that
 * stands.
 */
void topology_name_ports(struct topology_reading *r);

/* Whose port that name is: an iface's; n_ifaces and more: an uplink's; NONE: nobody's. */
size_t topology_port_owner(const struct topology_reading *r, size_t bridge, const char *port);

#endif
