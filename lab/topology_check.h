/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_CHECK_H
#define XLAB_TOPOLOGY_CHECK_H

struct error;
struct topology_reading;

/* After all keys: what can be said of an interface only when all are known. */
int topology_check_ifaces(struct topology_reading *r, struct error *e);

/* Who has an address that somebody else has, too. */
int topology_check_addresses(struct topology_reading *r, struct error *e);

#endif
