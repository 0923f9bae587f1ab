/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_UPLINKS_H
#define XLAB_TOPOLOGY_UPLINKS_H

struct error;
struct topology_reading;

/* After all keys: what can be said of uplinks only when all are known, and what follows for them.
 */
int topology_check_uplinks(struct topology_reading *r, struct error *e);

#endif
