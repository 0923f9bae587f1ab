// SPDX-License-Identifier: GPL-2.0-or-later
/* The model itself: asking it and freeing it. topology_read.c fills it. */
#include "lab/topology.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/inikeys.h"

static void node_clear(struct node *node)
{
	for (size_t i = 0; i < node->n_sysctls; i++) {
		free(node->sysctls[i].name);
		free(node->sysctls[i].value);
	}
	free(node->sysctls);
	free(node->routes);
	free(node->name);
}

void topology_clear(struct topology *topo)
{
	for (size_t i = 0; i < topo->n_nodes; i++)
		node_clear(&topo->nodes[i]);
	for (size_t i = 0; i < topo->n_bridges; i++) {
		free(topo->bridges[i].name);
		free(topo->bridges[i].addresses);
	}
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		free(topo->ifaces[i].id);
		free(topo->ifaces[i].addresses);
	}
	free(topo->nodes);
	free(topo->bridges);
	free(topo->uplinks);
	free(topo->ifaces);
	free(topo->file);
	free(topo->name);
	free(topo->about);
	names_clear(&topo->node_names);
	names_clear(&topo->bridge_names);
	names_clear(&topo->iface_names);
	names_clear(&topo->addresses);
	free(topo->owners);
	*topo = (struct topology){ 0 };
}

size_t topology_node(const struct topology *topo, const char *name)
{
	return names_find(&topo->node_names, name);
}

size_t topology_bridge(const struct topology *topo, const char *name)
{
	return names_find(&topo->bridge_names, name);
}

size_t topology_iface(const struct topology *topo, const char *name)
{
	size_t iface = names_find(&topo->iface_names, name);

	return iface != NONE && topo->ifaces[iface].lo ? NONE : iface;
}

unsigned int iface_mtu(const struct iface *iface)
{
	return iface->mtu ? iface->mtu : MTU_DEFAULT;
}

const struct iface *topology_carrier(const struct topology *topo, const struct iface *f)
{
	return f->vlan && f->link != NONE ? &topo->ifaces[f->link] : f;
}

size_t topology_segment(const struct topology *topo, size_t iface)
{
	const struct iface *f = &topo->ifaces[iface];

	if (f->vlan)
		return topo->n_bridges + f->first;
	if (f->bridge != NONE)
		return topo->bridges[f->bridge].segment;
	return topo->n_bridges + (f->peer < iface ? f->peer : iface);
}

size_t topology_iface_on(const struct topology *topo, size_t node, size_t segment)
{
	size_t i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE)
		if (!topo->ifaces[i].lo && topology_segment(topo, i) == segment)
			return i;
	return NONE;
}

bool topology_doubts(const struct topology *topo, size_t node)
{
	if (topo->doubtful || node != NONE)
		return topo->doubtful || topo->nodes[node].doubtful;
	for (size_t i = 0; i < topo->n_nodes; i++)
		if (topo->nodes[i].doubtful)
			return true;
	return false;
}

const char *topology_name_node(void *topo, size_t i)
{
	const struct topology *t = topo;

	return i < t->n_nodes ? t->nodes[i].name : NULL;
}

const char *topology_name_bridge(void *topo, size_t i)
{
	const struct topology *t = topo;

	return i < t->n_bridges ? t->bridges[i].name : NULL;
}

const char *topology_name_iface(void *topo, size_t i)
{
	const struct topology *t = topo;

	return i < t->n_ifaces ? t->ifaces[i].id : NULL;
}

size_t topology_namespaces(const struct topology *topo)
{
	return topo->n_nodes + topo->n_bridges;
}

const char *topology_namespace(const struct topology *topo, size_t i)
{
	return i < topo->n_nodes ? topo->nodes[i].name : topo->bridges[i - topo->n_nodes].name;
}

bool iface_has_family(const struct iface *f, int family)
{
	for (size_t i = 0; i < f->n_addresses; i++)
		if (f->addresses[i].address.family == family)
			return true;
	return false;
}

bool iface_has_link_local(const struct iface *f)
{
	for (size_t i = 0; i < f->n_addresses; i++)
		if (address_is_link_local(&f->addresses[i].address))
			return true;
	return false;
}

size_t topology_next_iface(const struct topology *topo, size_t node, size_t after)
{
	for (size_t i = after == NONE ? 0 : after + 1; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].node == node)
			return i;
	return NONE;
}

size_t topology_only_iface(const struct topology *topo, size_t node, bool *several)
{
	size_t found = NONE, i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE) {
		*several |= !topo->ifaces[i].lo && found != NONE;
		found = topo->ifaces[i].lo ? found : i;
	}
	return *several ? NONE : found;
}

bool topology_node_has_family(const struct topology *topo, size_t node, int family)
{
	size_t i = NONE;

	while ((i = topology_next_iface(topo, node, i)) != NONE)
		if (iface_has_family(&topo->ifaces[i], family))
			return true;
	return false;
}

bool topology_on_subnet(const struct topology *topo, size_t iface, const struct address *a)
{
	const struct iface *f = &topo->ifaces[iface];

	for (size_t i = 0; i < f->n_addresses && !f->lo; i++)
		if (prefix_covers(&f->addresses[i], a))
			return true;
	return false;
}

/* @from has an interface on @iface's segment, and each sees the other on a subnet of its own. */
static bool are_neighbours(const struct topology *topo, size_t from, size_t iface,
			   const struct prefix *p)
{
	size_t i = NONE;

	while ((i = topology_next_iface(topo, from, i)) != NONE) {
		const struct iface *f = &topo->ifaces[i];

		if (topology_segment(topo, i) != topology_segment(topo, iface))
			continue;
		for (size_t j = 0; j < f->n_addresses; j++)
			if (prefix_covers(&f->addresses[j], &p->address) &&
			    prefix_covers(p, &f->addresses[j].address))
				return true;
	}
	return false;
}

/* How well an address serves who sends; each better than those before it. */
enum service { SERVES_NOT, LINK_LOCAL_AFAR, LINK_LOCAL_NEAR, OF_LO, OF_LINK_AFAR, OF_LINK_NEAR };

/* The address @p of @iface, who sends from @from. */
static enum service serves(const struct topology *topo, size_t from, size_t iface,
			   const struct prefix *p)
{
	bool link_local = address_is_link_local(&p->address);
	bool near = !topo->ifaces[iface].lo && are_neighbours(topo, from, iface, p);

	if (link_local)
		return near ? LINK_LOCAL_NEAR : LINK_LOCAL_AFAR;
	if (topo->ifaces[iface].lo)
		return OF_LO;
	return near ? OF_LINK_NEAR : OF_LINK_AFAR;
}

const struct prefix *topology_reach(const struct topology *topo, size_t from, size_t to, int family)
{
	const struct prefix *best = NULL;
	enum service most = SERVES_NOT;
	size_t i = NONE;

	while ((i = topology_next_iface(topo, to, i)) != NONE) {
		const struct iface *f = &topo->ifaces[i];

		for (size_t j = 0; j < f->n_addresses; j++) {
			const struct prefix *a = &f->addresses[j];
			enum service well = serves(topo, from, i, a);

			if ((family != AF_UNSPEC && a->address.family != family) || well <= most)
				continue;
			most = well;
			best = a;
		}
	}
	return best;
}

const struct owner *topology_owner(const struct topology *topo, const struct address *a,
				   const struct owner *after)
{
	char text[ADDRESS_TEXT];
	size_t at = after ? after->next : names_find(&topo->addresses, address_text(a, text));

	return at == NONE ? NULL : &topo->owners[at];
}

size_t owner_node(const struct topology *topo, const struct owner *owner)
{
	return owner->iface == NONE ? NONE : topo->ifaces[owner->iface].node;
}

const char *owner_netns(const struct topology *topo, const struct owner *owner)
{
	return owner->iface == NONE ? topo->bridges[owner->bridge].name
				    : topo->nodes[owner_node(topo, owner)].name;
}

size_t owner_segment(const struct topology *topo, const struct owner *owner)
{
	return owner->iface == NONE ? topo->bridges[owner->bridge].segment
				    : topology_segment(topo, owner->iface);
}

bool topology_has_way(const struct topology *topo, size_t node, const struct address *a)
{
	const struct node *n = &topo->nodes[node];
	size_t iface = NONE;

	for (size_t i = 0; i < n->n_routes; i++)
		if (prefix_covers(&n->routes[i].to, a))
			return true;
	while ((iface = topology_next_iface(topo, node, iface)) != NONE)
		if (topology_on_subnet(topo, iface, a))
			return true;
	return false;
}

char *topology_why_not(const struct topology *topo, const char *name)
{
	size_t len = strcspn(name, ":");
	char *FREE_AUTO host = xstrndup(name, len);
	size_t bridge = topology_bridge(topo, host);

	if (strcmp(name + len, ":lo") == 0)
		return text_format("%s is a node's lo, which has no other end and no chain: name "
				   "another interface",
				   name);
	if (bridge == NONE)
		return NULL;
	for (size_t i = 0; name[len] && i < topo->n_ifaces; i++)
		if (topo->ifaces[i].bridge == bridge &&
		    !strcmp(topo->ifaces[i].port, name + len + 1))
			return text_format("%s is a port of a bridge, and XDP stands at the other "
					   "end: %s",
					   name, topo->ifaces[i].id);
	return text_format("%s is a bridge, which takes no native XDP: name a node, or a node's "
			   "interface",
			   host);
}

int topology_complain(const struct ini_where *at, struct error *e, const char *what,
		      const char *name, const struct topology *topo)
{
	char *FREE_AUTO why = topology_why_not(topo, name);

	if (why)
		return ini_complain(at, e, "%s", why);
	return ini_unknown(at, e, what, name,
			   strcmp(what, "node") ? topology_name_iface : topology_name_node,
			   (void *)topo);
}
