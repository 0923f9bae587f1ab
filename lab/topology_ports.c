// SPDX-License-Identifier: GPL-2.0-or-later
/* Names for the ports of bridges. A lab file need not give any, so that the natural lab, of nodes
 * that all have an eth0, says no more than it means.
 */
#include "lab/topology_ports.h"

#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_keys.h"

#define PORT_SIZE (NAME_IFACE_MAX + 1)

static char *title_of(size_t bridge, const char *port)
{
	return text_format("%zu %s", bridge, port);
}

size_t topology_port_owner(const struct topology_reading *r, size_t bridge, const char *port)
{
	char *FREE_AUTO title = title_of(bridge, port);

	return names_find(&r->ports, title);
}

/* False: it is taken, by the bridge itself or by another port. */
static bool claim(struct topology_reading *r, size_t bridge, const char *port, size_t owner)
{
	char *FREE_AUTO title = title_of(bridge, port);

	return strcmp(port, r->topo->bridges[bridge].name) != 0 &&
	       !names_add(&r->ports, title, owner, NULL);
}

/* A name that an interface's port may have; "" if it does not fit. */
typedef void port_name_fn(const struct iface *f, char port[static PORT_SIZE]);

/* NAME-p */
static void short_name(const struct iface *f, char port[static PORT_SIZE])
{
	*port = '\0';
	if (strlen(f->name) + strlen("-p") <= NAME_IFACE_MAX)
		(void)snprintf(port, PORT_SIZE, "%.13s-p", f->name);
}

/* NODE-NAME. Of a node's name that is too long the middle is left out: its end is where node1 and
 * node2 differ.
 */
static void long_name(const struct iface *f, char port[static PORT_SIZE])
{
	size_t name = strlen(f->name), len = strcspn(f->id, ":"), shown, tail;
	char *to = port;

	*port = '\0';
	if (name + strlen("-") >= NAME_IFACE_MAX)
		return;
	shown = MIN(len, NAME_IFACE_MAX - strlen("-") - name);
	tail = shown / 2;
	to = mempcpy(mempcpy(to, f->id, shown - tail), f->id + len - tail, tail);
	*to++ = '-';
	memcpy(to, f->name, name + 1);
}

/* Those that are still @open get such a name, unless several would have it or it is taken. */
static void try_names(struct topology_reading *r, bool *open, port_name_fn *name)
{
	bool *FREE_AUTO shared = xcalloc(r->topo->n_ifaces, sizeof(*shared));
	struct names NAMES_AUTO wanted = { 0 };

	for (size_t i = 0; i < r->topo->n_ifaces; i++) {
		struct iface *f = &r->topo->ifaces[i];
		char *FREE_AUTO title = NULL;
		size_t old;

		if (!open[i])
			continue;
		name(f, f->port);
		title = title_of(f->bridge, f->port);
		if (*f->port && names_add(&wanted, title, i, &old))
			shared[i] = shared[old] = true;
	}
	for (size_t i = 0; i < r->topo->n_ifaces; i++) {
		const struct iface *f = &r->topo->ifaces[i];

		if (open[i] && *f->port && !shared[i])
			open[i] = !claim(r, f->bridge, f->port, i);
	}
}

/* FNV-1a */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261U;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619U;
	return h;
}

#define HASH_DIGITS 6

/* The first letters of @id, up to its colon, and a number that is made of all of it. */
static void numbered_name(struct topology_reading *r, size_t bridge, const char *id, size_t owner,
			  char port[static PORT_SIZE])
{
	int room = NAME_IFACE_MAX - (int)strlen("-") - HASH_DIGITS, len = (int)strcspn(id, ":");
	uint32_t number = hash(id);

	do {
		(void)snprintf(port, PORT_SIZE, "%.*s-%0*x", len < room ? len : room, id,
			       HASH_DIGITS, number++ & 0xffffffU);
	} while (!claim(r, bridge, port, owner));
}

/* The other bridge's name, for no two uplinks of a bridge lead to the same one. */
static void name_uplink(struct topology_reading *r, size_t uplink, size_t side)
{
	struct uplink *u = &r->topo->uplinks[uplink];
	const char *own = r->topo->bridges[u->bridges[side]].name;
	const char *other = r->topo->bridges[u->bridges[!side]].name;
	size_t owner = r->topo->n_ifaces + uplink * 2 + side;
	char *FREE_AUTO id = text_format("%s:%s", other, own);

	(void)snprintf(u->ports[side], PORT_SIZE, "%.*s", NAME_IFACE_MAX, other);
	if (!claim(r, u->bridges[side], u->ports[side], owner))
		numbered_name(r, u->bridges[side], id, owner, u->ports[side]);
}

void topology_name_ports(struct topology_reading *r)
{
	struct topology *topo = r->topo;
	bool *FREE_AUTO open = xcalloc(topo->n_ifaces, sizeof(*open));

	for (size_t i = 0; i < topo->n_ifaces; i++) {
		const struct iface *f = &topo->ifaces[i];

		open[i] = f->bridge != NONE && !*f->port;
		if (f->bridge != NONE) /* "", where it is open, is no port's */
			(void)claim(r, f->bridge, f->port, i);
	}
	for (size_t i = 0; i < topo->n_uplinks * 2; i++)
		name_uplink(r, i / 2, i % 2);
	try_names(r, open, short_name);
	try_names(r, open, long_name);
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		struct iface *f = &topo->ifaces[i];

		if (open[i])
			numbered_name(r, f->bridge, f->id, i, f->port);
	}
}
