// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading goes in three rounds, so that sections may stand in any order: first the
 * headings (all names are known then), then the keys, interfaces before
 * nodes (a route is checked against addresses), then what concerns several sections.
 * Each goes past what it refuses, so that all errors are told at once.
 */
#include "lab/topology_read.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_check.h"
#include "lab/topology_keys.h"
#include "lab/topology_node.h"
#include "lab/topology_uplinks.h"

const struct ini_section_spec topology_lab_table = {
	.kind = "lab",
	.help = "the lab itself",
	.keys = topology_lab_keys,
};
const struct ini_section_spec topology_node_table = {
	.kind = "node",
	.argument = "NODE",
	.help = "a machine: a network namespace of that name",
	.keys = topology_node_keys,
};
const struct ini_section_spec topology_bridge_table = {
	.kind = "bridge",
	.argument = "BRIDGE",
	.help = "a switch, in a network namespace of its own, named after it",
	.keys = topology_bridge_keys,
};
const struct ini_section_spec topology_iface_table = {
	.kind = "iface",
	.argument = "NODE:NAME",
	.help = "a node's interface: one end of a veth pair; NODE:lo takes addresses alone",
	.keys = topology_iface_keys,
};

static int check_name(const struct ini_where *at, const char *what, const char *name, size_t max,
		      struct error *e)
{
	const char *why;

	if (!text_name(name, max, &why))
		return 0;
	return ini_complain(at, e, "\"%.*s\" is no name for %s: %s", 2 * NAME_MAX_LEN, name, what,
			    why);
}

static int limit(const struct ini_where *at, size_t n, size_t max, const char *what,
		 struct error *e)
{
	if (n < max)
		return 0;
	(void)ini_complain(at, e, "a lab has at most %zu %s; what follows was not read", max, what);
	return 1;
}

static int add_node(struct topology_reading *r, const struct ini_where *at, struct error *e)
{
	struct topology *topo = r->topo;
	const struct ini_section *s = at->section;
	struct node *node;
	int err = limit(at, topo->n_nodes, TOPOLOGY_NODES_MAX, "nodes", e), flaw;

	if (err)
		return err;
	flaw = check_name(at, "a node", s->name, NAME_MAX_LEN, e);
	if (topology_bridge(topo, s->name) != NONE)
		flaw = ini_complain(at, e, "a bridge has this name; both would be namespaces");
	(void)names_add(&topo->node_names, s->name, topo->n_nodes, NULL);
	node = array_add(&topo->nodes, &topo->n_nodes, sizeof(*node));
	*node = (struct node){ .name = xstrdup(s->name), .doubtful = s->broken, .line = s->line };
	return flaw;
}

static int add_bridge(struct topology_reading *r, const struct ini_where *at, struct error *e)
{
	struct topology *topo = r->topo;
	const struct ini_section *s = at->section;
	struct bridge *bridge;
	int err = limit(at, topo->n_bridges, TOPOLOGY_NODES_MAX, "bridges", e), flaw;

	if (err)
		return err;
	flaw = check_name(at, "a bridge", s->name, NAME_IFACE_MAX, e);
	if (topology_node(topo, s->name) != NONE)
		flaw = ini_complain(at, e, "a node has this name; both would be namespaces");
	(void)names_add(&topo->bridge_names, s->name, topo->n_bridges, NULL);
	bridge = array_add(&topo->bridges, &topo->n_bridges, sizeof(*bridge));
	*bridge = (struct bridge){ .name = xstrdup(s->name), .line = s->line };
	return flaw;
}

/* "NODE:NAME"; the node itself is looked up when all of them are known. */
static int add_iface(struct topology_reading *r, const struct ini_where *at, struct error *e)
{
	struct topology *topo = r->topo;
	const struct ini_section *s = at->section;
	const char *colon = strchr(s->name, ':');
	size_t n_sections = topo->n_ifaces, *section;
	struct iface *f;
	int err = limit(at, topo->n_ifaces, TOPOLOGY_IFACES_MAX, "interfaces", e), flaw;

	if (err)
		return err;
	if (!colon)
		return ini_complain(at, e, "the node is missing: write [iface NODE:%s]", s->name);
	flaw = strcmp(colon + 1, "lo") == 0
		       ? 0
		       : check_name(at, "an interface", colon + 1, NAME_IFACE_MAX, e);
	(void)names_add(&topo->iface_names, s->name, topo->n_ifaces, NULL);
	section = array_add(&r->sections, &n_sections, sizeof(*section));
	*section = (size_t)(s - r->ini->sections);
	f = array_add(&topo->ifaces, &topo->n_ifaces, sizeof(*f));
	*f = (struct iface){ .node = NONE,
			     .bridge = NONE,
			     .peer = NONE,
			     .link = NONE,
			     .first = topo->n_ifaces - 1,
			     .line = s->line };
	(void)snprintf(f->name, sizeof(f->name), "%s", colon + 1);
	f->lo = strcmp(f->name, "lo") == 0;
	f->id = xstrdup(s->name);
	return flaw;
}

static int add_section(struct topology_reading *r, const struct ini_section *s, struct error *e)
{
	const struct ini_where at = { .ini = r->ini, .section = s };

	if (!strcmp(s->kind, "node"))
		return add_node(r, &at, e);
	if (!strcmp(s->kind, "bridge"))
		return add_bridge(r, &at, e);
	if (!strcmp(s->kind, "iface"))
		return add_iface(r, &at, e);
	if (!strcmp(s->kind, "lab") && *s->name)
		return ini_complain(&at, e, "[lab] has no name of its own; write name = %s below",
				    s->name);
	return 0;
}

static int find_nodes(struct topology_reading *r, struct error *e)
{
	int err = 0;

	for (size_t i = 0; r->sections && i < r->topo->n_ifaces; i++) {
		struct iface *f = &r->topo->ifaces[i];
		const struct ini_where at = { .ini = r->ini,
					      .section = &r->ini->sections[r->sections[i]] };
		char *FREE_AUTO name = xstrndup(f->id, strcspn(f->id, ":"));

		f->node = topology_node(r->topo, name);
		if (f->node != NONE)
			r->topo->nodes[f->node].doubtful |= at.section->broken;
		else
			err = topology_complain(&at, e, "node", name, r->topo);
	}
	return err;
}

static int read_headings(struct topology_reading *r, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < r->ini->n_sections; i++) {
		int one = add_section(r, &r->ini->sections[i], e);

		if (one > 0)
			return one;
		if (one)
			err = -EINVAL;
	}
	if (!r->topo->n_nodes && !r->ini->uncounted)
		return error_add(e, "%s: there is no [node NAME] in it: a lab has at least one",
				 r->ini->path);
	return err;
}

/* Hand each section of @kind to @keys; the n-th of them is number n of its array. */
static int read_keys(struct topology_reading *r, const struct ini_section_spec *spec,
		     struct error *e)
{
	int err = 0;

	r->current = 0;
	for (size_t i = 0; i < r->ini->n_sections && !ini_gave_up(e); i++) {
		const struct ini_section *s = &r->ini->sections[i];

		if (strcmp(s->kind, spec->kind) != 0)
			continue;
		/* A heading that was refused has no place in the array; no more is said of it. */
		if (spec == &topology_iface_table && !strchr(s->name, ':')) {
			for (size_t k = 0; k < s->n_keys; k++)
				s->keys[k].used = true;
			continue;
		}
		if (ini_section_read(r->ini, s, spec->keys, r, e))
			err = -EINVAL;
		r->current++;
	}
	return err;
}

static int default_lab_name(struct topology_reading *r, struct error *e)
{
	struct topology *topo = r->topo;
	char *FREE_AUTO copy = xstrdup(r->ini->path), *dot;
	const char *stem, *why;

	if (topo->name)
		return 0;
	stem = basename(copy);
	dot = strrchr(stem, '.');
	if (dot)
		*dot = '\0';
	topo->name = xstrdup(stem);
	if (text_name(stem, NAME_MAX_LEN, &why))
		return error_add(e,
				 "%s: the file's stem \"%s\" is no name for the lab: %s; give it "
				 "one: [lab] name = NAME",
				 r->ini->path, stem, why);
	return 0;
}

static int read_all(struct topology_reading *r, struct error *e)
{
	static const struct ini_section_spec *const order[] = {
		&topology_lab_table,
		&topology_iface_table,
		&topology_bridge_table,
		&topology_node_table,
	};
	int err = read_headings(r, e);

	if (err > 0)
		return -EINVAL;
	r->node_addresses = xcalloc(r->topo->n_nodes, sizeof(*r->node_addresses));
	if (find_nodes(r, e))
		err = -EINVAL;
	r->topo->doubtful = r->ini->broken || err;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (read_keys(r, order[i], e))
			err = -EINVAL;
	if (topology_check_uplinks(r, e)) /* these tell what a segment is */
		err = -EINVAL;
	if (topology_check_routes(r, e))
		err = -EINVAL;
	if (topology_check_ifaces(r, e))
		err = -EINVAL;
	if (topology_check_addresses(r, e))
		err = -EINVAL;
	if (!r->topo->about)
		r->topo->about = xstrdup("");
	return default_lab_name(r, e) ? -EINVAL : err;
}

int topology_read(struct topology *topo, const struct inifile *ini, struct error *e)
{
	struct topology_reading r = { .ini = ini, .topo = topo };
	int err;

	*topo = (struct topology){ .file = xstrdup(ini->path) };
	err = read_all(&r, e);
	free(r.sections);
	free(r.node_addresses);
	free(r.claims);
	names_clear(&r.macs);
	names_clear(&r.once);
	names_clear(&r.ports);
	names_clear(&r.vlans);
	names_clear(&r.joined);
	free(r.uplinks_at);
	return err;
}
