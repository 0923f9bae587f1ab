// SPDX-License-Identifier: GPL-2.0-or-later
/* What concerns several sections: both ends of a pair, the ports of a bridge. What one key says by
 * itself was checked when it was read.
 */
#include "lab/topology_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_keys.h"
#include "lab/topology_ports.h"

/* A complaint about interface @i belongs to its key @name, if it has it. */
static struct ini_where where(const struct topology_reading *r, size_t i, const char *name)
{
	const struct ini_section *section = &r->ini->sections[r->sections[i]];

	return (struct ini_where){
		.ini = r->ini,
		.section = section,
		.key = ini_find_key(section, name),
	};
}

static bool has(const struct topology_reading *r, size_t i, const char *name)
{
	return where(r, i, name).key != NULL;
}

/* Nothing of a node's lo is the lab's but more addresses. */
static int check_lo(struct topology_reading *r, size_t i, struct error *e)
{
	struct ini_where at = where(r, i, "");
	int err = 0;

	for (size_t k = 0; k < at.section->n_keys; k++) {
		at.key = &at.section->keys[k];
		if (strcmp(at.key->name, "address") == 0)
			continue;
		at.section->keys[k].used = true;
		err = ini_complain(&at, e, "a node's lo takes addresses and nothing else");
	}
	return err;
}

/* What a VLAN interface is over has the other end. */
static int check_vlan(struct topology_reading *r, size_t i, struct error *e)
{
	static const char *const others[] = { "bridge", "peer", "port" };
	const struct iface *f = &r->topo->ifaces[i];
	struct ini_where at = where(r, i, "link");
	char *FREE_AUTO title = text_format("%zu %u", f->link, f->vlan);
	size_t old;

	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		if (!has(r, i, others[k]))
			continue;
		at = where(r, i, others[k]);
		return ini_complain(&at, e,
				    "a VLAN interface is over another one: give link and "
				    "vlan, or bridge or peer");
	}
	if (!has(r, i, "link")) {
		at = where(r, i, "vlan");
		return ini_complain(&at, e,
				    "a VLAN is over another interface of its node, which is "
				    "missing: link = NAME");
	}
	if (!has(r, i, "vlan"))
		return ini_complain(&at, e, "the VLAN's id is missing: vlan = 1-4094");
	if (f->link == NONE || !f->vlan) /* which was told */
		return -EINVAL;
	if (f->link == i)
		return ini_complain(&at, e, "an interface cannot be over itself");
	if (has(r, f->link, "vlan") || has(r, f->link, "link"))
		return ini_complain(&at, e,
				    "%s is a VLAN interface itself: name one that has a bridge or "
				    "a peer",
				    r->topo->ifaces[f->link].id);
	at = where(r, i, "vlan");
	if (names_add(&r->vlans, title, i, &old))
		return ini_complain(&at, e, "%s is VLAN %u over %s already",
				    r->topo->ifaces[old].id, f->vlan, r->topo->ifaces[f->link].id);
	return 0;
}

static int check_impairment(const struct topology_reading *r, size_t i, struct error *e)
{
	const struct impairment *imp = &r->topo->ifaces[i].impairment;
	const struct ini_where at = where(r, i, "jitter");
	const struct ini_key *delay = where(r, i, "delay").key;
	uint64_t ns;

	if (at.key && !delay)
		return ini_complain(&at, e, "jitter is of a delay, which is missing: delay = TIME");
	if (imp->jitter_ns <= imp->delay_ns || impairment_read_time(delay->value, &ns))
		return 0;
	return ini_complain(&at, e, "it is more than the delay itself");
}

static int check_plug(struct topology_reading *r, size_t i, struct error *e)
{
	struct ini_where at = where(r, i, "peer");

	if (r->topo->ifaces[i].lo)
		return check_lo(r, i, e);
	if (has(r, i, "vlan") || has(r, i, "link"))
		return check_vlan(r, i, e);
	if (has(r, i, "bridge") && has(r, i, "peer"))
		return ini_complain(&at, e, "it is on a bridge already: give bridge or peer");
	if (!has(r, i, "bridge") && !has(r, i, "peer") && at.section->broken)
		return -EINVAL;
	if (!has(r, i, "bridge") && !has(r, i, "peer"))
		return ini_complain(
			&at, e, "its other end is missing: give bridge or peer, or link and vlan");
	if (!has(r, i, "bridge") && has(r, i, "port")) {
		at = where(r, i, "port");
		return ini_complain(&at, e, "port names the end at a bridge, and there is none");
	}
	return 0;
}

static int check_peer(struct topology_reading *r, size_t i, struct error *e)
{
	const struct iface *ifaces = r->topo->ifaces;
	const struct ini_where at = where(r, i, "peer");
	size_t peer = ifaces[i].peer;

	if (peer == NONE || has(r, i, "bridge") || has(r, i, "vlan") || has(r, i, "link"))
		return 0;
	if (peer == i)
		return ini_complain(&at, e, "an interface cannot be its own peer");
	if (ifaces[peer].peer == i)
		return 0;
	if (ifaces[peer].peer == NONE &&
	    (has(r, peer, "peer") || r->ini->sections[r->sections[peer]].broken))
		return -EINVAL;
	return ini_complain(&at, e, "the peer does not name it back: write peer = %s in [iface %s]",
			    ifaces[i].id, ifaces[peer].id);
}

static int too_many_ports(const struct ini_where *at, const struct bridge *bridge, struct error *e)
{
	return ini_complain(at, e, "bridge %s has more than %d ports, the kernel's limit",
			    bridge->name, BRIDGE_PORTS_MAX);
}

static int check_port(struct topology_reading *r, size_t i, size_t *n_ports, struct error *e)
{
	const struct iface *f = &r->topo->ifaces[i];
	const struct bridge *bridge = &r->topo->bridges[f->bridge];
	const struct ini_where at = where(r, i, has(r, i, "port") ? "port" : "bridge");
	size_t owner = topology_port_owner(r, f->bridge, f->port);

	if (!strcmp(f->port, bridge->name))
		return ini_complain(&at, e,
				    "the port would be named %s as its bridge; "
				    "give it a name of its own: port = NAME",
				    f->port);
	if (owner != i)
		return ini_complain(&at, e,
				    "a port named %s is in bridge %s already, of %s; give it a "
				    "name of its own: port = NAME",
				    f->port, bridge->name, r->topo->ifaces[owner].id);
	if (n_ports[f->bridge]++ == BRIDGE_PORTS_MAX)
		return too_many_ports(&at, bridge, e);
	return 0;
}

/* The kernel takes IPv6 off a link of less (RFC 8200, section 5). */
#define MTU_MIN_IPV6 1280

static int check_mtu(struct topology_reading *r, size_t i, struct error *e)
{
	const struct iface *f = &r->topo->ifaces[i], *link = topology_carrier(r->topo, f);
	unsigned int most = iface_mtu(link), mtu = f->mtu ? f->mtu : link->mtu;
	const struct ini_where at = where(r, i, "mtu");

	if (f->vlan && mtu > most)
		return ini_complain(&at, e, "it is at most that of %s, which is %u", link->id,
				    most);
	for (size_t j = 0; mtu && mtu < MTU_MIN_IPV6 && j < f->n_addresses; j++)
		if (f->addresses[j].address.family == AF_INET6)
			return ini_complain(&at, e, "with an IPv6 address it is at least %d",
					    MTU_MIN_IPV6);
	return 0;
}

/* Those of uplinks; check_port() counts the others. */
static int count_uplinks(const struct topology_reading *r, size_t *n_ports, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < r->topo->n_uplinks * 2; i++) {
		size_t bridge = r->topo->uplinks[i / 2].bridges[i % 2];

		if (n_ports[bridge]++ == BRIDGE_PORTS_MAX)
			err = too_many_ports(&r->uplinks_at[i / 2], &r->topo->bridges[bridge], e);
	}
	return err;
}

/* Interfaces with one id over what is on one segment are on one of their own. */
static void find_vlans(struct topology *topo)
{
	struct names NAMES_AUTO firsts = { 0 };

	for (size_t i = 0; i < topo->n_ifaces; i++) {
		struct iface *f = &topo->ifaces[i];
		char *FREE_AUTO title = NULL;

		if (!f->vlan || f->link == NONE)
			continue;
		title = text_format("%zu %u", topology_segment(topo, f->link), f->vlan);
		(void)names_add(&firsts, title, i, &f->first);
	}
}

int topology_check_ifaces(struct topology_reading *r, struct error *e)
{
	size_t *FREE_AUTO n_ports = xcalloc(r->topo->n_bridges, sizeof(*n_ports));
	int err = count_uplinks(r, n_ports, e);

	topology_name_ports(r);
	for (size_t i = 0; i < r->topo->n_ifaces && !ini_gave_up(e); i++) {
		if (check_plug(r, i, e))
			err = -EINVAL;
		if (check_peer(r, i, e))
			err = -EINVAL;
		if (check_mtu(r, i, e))
			err = -EINVAL;
		if (check_impairment(r, i, e))
			err = -EINVAL;
		if (r->topo->ifaces[i].bridge != NONE && check_port(r, i, n_ports, e))
			err = -EINVAL;
	}
	find_vlans(r->topo);
	return err;
}

/* Who has the address on that segment already? @segments: "address segment" -> owner. */
static bool claim(struct names *segments, const struct topology *topo, size_t first, size_t i,
		  size_t *old)
{
	char *FREE_AUTO title =
		text_format("%zu %zu", first, owner_segment(topo, &topo->owners[i]));

	return names_add(segments, title, i, old) != 0;
}

static int complain_taken(struct topology_reading *r, size_t i, const struct owner *old,
			  struct error *e)
{
	struct topology *topo = r->topo;
	size_t node = owner_node(topo, &topo->owners[i]);
	char address[ADDRESS_TEXT];
	struct prefix p;

	if (node == NONE)
		topo->doubtful = true;
	else
		topo->nodes[node].doubtful = true;
	(void)text_cidr(r->claims[i].key->value, &p);
	address_text(&p.address, address);
	if (old->iface == NONE)
		return ini_complain(&r->claims[i], e,
				    "bridge %s has the address %s already, on the same segment",
				    topo->bridges[old->bridge].name, address);
	return ini_complain(&r->claims[i], e, "%s has the address %s already, on the same segment",
			    topo->ifaces[old->iface].id, address);
}

/* Nodes may have one address where they are on segments of their own, or have it on lo. */
int topology_check_addresses(struct topology_reading *r, struct error *e)
{
	const struct topology *topo = r->topo;
	struct names NAMES_AUTO segments = { 0 };
	size_t old;
	int err = 0;

	for (size_t first = 0; first < topo->n_owners && !ini_gave_up(e); first++) {
		if (topo->owners[first].last == first)
			continue;
		for (size_t i = first; i != NONE; i = topo->owners[i].next)
			if (claim(&segments, topo, first, i, &old))
				err = complain_taken(r, i, &topo->owners[old], e);
	}
	return err;
}
