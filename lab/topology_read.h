/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TOPOLOGY_READ_H
#define XLAB_TOPOLOGY_READ_H

/* From a lab file to its topology. */

#include "lab/inikeys.h"

struct error;
struct inifile;
struct topology;

/* The sections that topology_read() reads, for help and for ini_report_unknown(). */
extern const struct ini_section_spec topology_lab_table, topology_node_table, topology_bridge_table,
	topology_iface_table;

/*
 * Read [lab], [node], [bridge] and [iface] from @ini. On errors all of them
 * are in @e, a line each, and *@topo holds what could be read, so that the
 * caller can go on and report the errors of other sections too.
 * The caller frees *@topo with topology_clear() in either case.
 */
int topology_read(struct topology *topo, const struct inifile *ini, struct error *e);

#endif
