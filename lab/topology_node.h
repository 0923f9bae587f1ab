/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_NODE_H
#define XLAB_TOPOLOGY_NODE_H

/* The keys of [node], for topology_read.c. */

#include "lab/inikeys.h"

extern const struct ini_key_spec topology_node_keys[];

#endif
