/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_NODE_H
#define XLAB_TOPOLOGY_NODE_H

/* The keys of [node], for topology_read.c. */

#include "lab/inikeys.h"

struct error;
struct topology_reading;

extern const struct ini_key_spec topology_node_keys[];

/* After all keys: each gateway is on a subnet of its node, or reached by another route of it. */
int topology_check_routes(struct topology_reading *r, struct error *e);

#endif
