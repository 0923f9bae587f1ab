/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_KEYS_H
#define XLAB_TOPOLOGY_KEYS_H

/* The keys of [lab], [bridge] and [iface], for topology_read.c. */

#include "lab/array.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "lab/topology.h"

struct error;

/* The object that the key tables' readers get. */
struct topology_reading {
	const struct inifile *ini;
	struct topology *topo;
	size_t *sections;	      /* by iface: index of its section in @ini */
	size_t *node_addresses;	      /* by node: how many */
	size_t current;		      /* the node, bridge or iface being read */
	struct names macs;	      /* -> iface */
	struct names once;	      /* "node what": routes and sysctls -> line */
	struct names ports;	      /* "bridge port" -> iface, or an end of an uplink */
	struct names vlans;	      /* "iface id" -> the VLAN's iface */
	struct names joined;	      /* "bridge bridge" -> uplink */
	struct ini_where *uplinks_at; /* by uplink */
	struct ini_where *claims;     /* by owner of an address: where it says so */
};

extern const struct ini_key_spec topology_lab_keys[], topology_bridge_keys[], topology_iface_keys[];

int topology_read_yes_no(const struct ini_where *at, const char *value, bool *out, struct error *e);

#endif
