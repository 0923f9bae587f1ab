// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a step goes: a node, or an address that one has, several have, all of a segment have, or
 * nobody. Whether the network can carry it there is asked of the topology.
 */
#include "orchestrator/model/step_dst.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"

/* "HOST:PORT" or "[fd00::1]:PORT": cut in place at the port. */
static int cut_port(const struct ini_where *at, char **host, uint16_t *port, struct error *e)
{
	char *colon = strrchr(*host, ':');
	uint32_t value;

	if (**host == '[') {
		char *close = strchr(*host, ']');

		if (!close || close[1] != ':')
			return ini_refuse(at, e, "\"%s\" is not [ADDRESS]:PORT", *host);
		*close = '\0';
		colon = close + 1;
		++*host;
	} else if (!colon) {
		return ini_refuse(at, e, "the port is missing: write %s:PORT", *host);
	} else if (strchr(*host, ':') != colon) {
		return ini_refuse(at, e, "write an IPv6 address and its port as [ADDRESS]:PORT");
	}
	*colon = '\0';
	if (text_u32(colon + 1, 1, UINT16_MAX, &value))
		return ini_refuse(at, e, "\"%s\" is not a port of 1-65535", colon + 1);
	*port = (uint16_t)value;
	return 0;
}

/* @src's own interface on the segment of the step's owner. */
static size_t common_iface(const struct topology *topo, const struct step *step)
{
	return topology_iface_on(topo, step->src, owner_segment(topo, &topo->owners[step->owner]));
}

/* The node's address by which SRC reaches it, of a family that SRC has. */
static int resolve_node(const struct ini_where *at, const struct topology *topo, struct step *step,
			struct error *e)
{
	const struct prefix *p = topology_reach(topo, step->src, step->dst, AF_UNSPEC), *other;
	const struct owner *owner = NULL;

	if (!p && topology_doubts(topo, step->dst))
		return -EINVAL;
	if (!p)
		return ini_complain(at, e, "node %s has no address", topo->nodes[step->dst].name);
	if (!topology_node_has_family(topo, step->src, p->address.family)) {
		other = topology_reach(topo, step->src, step->dst,
				       p->address.family == AF_INET ? AF_INET6 : AF_INET);
		p = other ? other : p;
	}
	step->address = p->address;
	do
		owner = topology_owner(topo, &p->address, owner);
	while (owner_node(topo, owner) != step->dst);
	step->owner = (size_t)(owner - topo->owners);
	if (!address_is_link_local(&step->address))
		return 0;
	step->zone = common_iface(topo, step);
	if (step->zone != NONE)
		return 0;
	return ini_complain(at, e, "%s has link-local addresses only, and shares no link with %s",
			    topo->nodes[step->dst].name, topo->nodes[step->src].name);
}

/* An address that nobody has may be meant all the same: of a step that names who receives it, that
 * must not arrive, or that a filter is to answer.
 */
static int check_nobody(const struct ini_where *at, const char *host, struct step *step,
			bool says_control, struct error *e)
{
	if (step->n_receivers)
		return 0;
	if (step->expect == EXPECT_PASS) {
		if (step->kind == STEP_PING && step->control != CONTROL_PASS)
			return 0;
		return ini_complain(at, e, "nobody in this lab has the address %s: %s", host,
				    step->kind == STEP_PING
					    ? "at NODE names who has it all the same, control=fail "
					      "says that a filter answers"
					    : "at NODE names who listens there all the same");
	}
	if (step->control == CONTROL_PASS && says_control)
		return ini_complain(at, e,
				    "nobody in this lab has the address %s, so it cannot arrive "
				    "without chains either",
				    host);
	if (step->control == CONTROL_PASS)
		step->control = CONTROL_NONE;
	return 0;
}

/* Of several that have the address the one that is a neighbour of SRC, if that is one alone. */
static size_t find_owner(const struct topology *topo, const struct step *step)
{
	const struct owner *owner = topology_owner(topo, &step->address, NULL);
	size_t found = NONE, iface;

	if (owner->next == NONE)
		return (size_t)(owner - topo->owners);
	for (; owner; owner = topology_owner(topo, &step->address, owner)) {
		iface = topology_iface_on(topo, step->src, owner_segment(topo, owner));
		if (iface == NONE || !topology_on_subnet(topo, iface, &step->address))
			continue;
		if (found != NONE)
			return NONE;
		found = (size_t)(owner - topo->owners);
	}
	return found;
}

#define NAMES_TOLD 3 /* of those that have an address */

/* Several have it, and the way does not tell who is meant: those that listen must be named. */
static int check_several(const struct ini_where *at, const char *host, const struct topology *topo,
			 const struct step *step, struct error *e)
{
	char *FREE_AUTO names = NULL, *FREE_AUTO choice = NULL;
	size_t n = 0;

	if (step->n_receivers)
		return 0;
	for (const struct owner *o = topology_owner(topo, &step->address, NULL); o;
	     o = topology_owner(topo, &step->address, o)) {
		if (n++ >= NAMES_TOLD)
			continue;
		text_list_add(&names, "%s", owner_netns(topo, o));
		if (owner_node(topo, o) != NONE)
			text_add(&choice, "|", "%s", owner_netns(topo, o));
	}
	if (n > NAMES_TOLD)
		text_add(&names, "", " and %zu more", n - NAMES_TOLD);
	return ini_complain(at, e,
			    "several have the address %s: %s; name those that are meant, as in at "
			    "%s",
			    host, names, choice ? choice : "NODE|NODE");
}

static int resolve_owner(const struct ini_where *at, const char *host, const struct topology *topo,
			 struct step *step, bool says_control, struct error *e)
{
	bool somebody = topology_owner(topo, &step->address, NULL);

	if (!somebody && topology_doubts(topo, NONE))
		return -EINVAL;
	if (!somebody)
		return check_nobody(at, host, step, says_control, e);
	step->owner = find_owner(topo, step);
	if (step->owner == NONE)
		return check_several(at, host, topo, step, e);
	if (step->kind != STEP_PING && owner_node(topo, &topo->owners[step->owner]) == NONE)
		return ini_complain(at, e, "%s is a bridge's address; only ping can go there",
				    host);
	return 0;
}

/* The only interface of SRC at which somebody has that address; more than one, or none: NONE. */
static size_t find_zone(const struct topology *topo, const struct step *step, bool *several)
{
	const struct owner *owner = NULL;
	size_t found = NONE, iface;

	while ((owner = topology_owner(topo, &step->address, owner)) != NULL) {
		iface = topology_iface_on(topo, step->src, owner_segment(topo, owner));
		*several |= found != NONE && iface != NONE && iface != found;
		found = iface == NONE ? found : iface;
	}
	if (found == NONE)
		found = topology_only_iface(topo, step->src, several);
	return *several ? NONE : found;
}

/* A link-local address means something on one link only. */
static int resolve_link_local(const struct ini_where *at, const char *host,
			      const struct topology *topo, struct step *step, bool says_control,
			      struct error *e)
{
	const struct owner *owner = NULL;
	bool several = false;

	if (step->zone == NONE)
		step->zone = find_zone(topo, step, &several);
	if (step->zone == NONE && topology_doubts(topo, step->src))
		return -EINVAL;
	if (step->zone == NONE)
		return ini_complain(at, e,
				    "%s is link-local: name the interface of %s by which it goes "
				    "out: %s%%IFACE",
				    host, topo->nodes[step->src].name, host);
	while ((owner = topology_owner(topo, &step->address, owner)) != NULL)
		if (owner_segment(topo, owner) == topology_segment(topo, step->zone))
			step->owner = (size_t)(owner - topo->owners);
	if (step->owner == NONE && topology_doubts(topo, NONE))
		return -EINVAL;
	if (step->owner == NONE)
		return check_nobody(at, host, step, says_control, e);
	return 0;
}

/* Multicast, or the broadcast address of a network of SRC, whose interface is the zone then. */
static bool is_group(const struct topology *topo, struct step *step)
{
	size_t i = NONE;

	step->group = address_is_group(&step->address);
	while (!step->group && (i = topology_next_iface(topo, step->src, i)) != NONE) {
		const struct iface *f = &topo->ifaces[i];

		if (f->lo || (step->zone != NONE && step->zone != i))
			continue;
		for (size_t j = 0; j < f->n_addresses && !step->group; j++)
			step->group = prefix_is_broadcast(&f->addresses[j], &step->address);
		if (step->group)
			step->zone = i;
	}
	return step->group;
}

/* The kernel gives each link of a node that has IPv6 an address. */
static bool can_send(const struct topology *topo, size_t iface, int family)
{
	const struct iface *f = &topo->ifaces[iface];

	return family == AF_INET ? iface_has_family(f, family)
				 : topology_node_has_family(topo, f->node, family);
}

static bool all_are_there(const struct topology *topo, const struct step *step, size_t iface)
{
	size_t segment = topology_segment(topo, iface);

	for (size_t i = 0; i < step->n_receivers; i++)
		if (topology_iface_on(topo, step->receivers[i], segment) == NONE)
			return false;
	return true;
}

/* The only interface of SRC that can send there, and on whose segment all are that the step names;
 * else its only one; or NONE.
 */
static size_t find_group_zone(const struct topology *topo, const struct step *step)
{
	size_t found = NONE, i = NONE;
	bool several = false;

	while ((i = topology_next_iface(topo, step->src, i)) != NONE) {
		if (topo->ifaces[i].lo || !can_send(topo, i, step->address.family) ||
		    !all_are_there(topo, step, i))
			continue;
		if (found != NONE)
			return NONE;
		found = i;
	}
	return found == NONE ? topology_only_iface(topo, step->src, &several) : found;
}

/* What goes to all of a segment arrives there and nowhere else. */
static int check_group(const struct ini_where *at, const char *host, const struct topology *topo,
		       struct step *step, bool says_control, struct error *e)
{
	const struct iface *zone = &topo->ifaces[step->zone];
	size_t segment = topology_segment(topo, step->zone);

	for (size_t i = 0; i < step->n_receivers; i++) {
		if (step->receivers[i] == step->src)
			return ini_complain(at, e,
					    "%s sends it, and is not among those that receive it",
					    topo->nodes[step->src].name);
		if (topology_iface_on(topo, step->receivers[i], segment) == NONE)
			return ini_complain(at, e,
					    "%s goes to the segment of %s, and %s is not there",
					    host, zone->id, topo->nodes[step->receivers[i]].name);
		if (step->address.family == AF_INET6 &&
		    !topology_node_has_family(topo, step->receivers[i], AF_INET6))
			return ini_complain(at, e, "%s has no IPv6 address, and so no IPv6",
					    topo->nodes[step->receivers[i]].name);
	}
	if (step->n_receivers)
		return 0;
	if (step->expect == EXPECT_PASS)
		return ini_complain(at, e,
				    "%s goes to all of a segment: at NODE|NODE names those that "
				    "are to receive it",
				    host);
	if (step->control == CONTROL_PASS && says_control)
		return ini_complain(at, e,
				    "nobody is named who receives it, so it cannot arrive without "
				    "chains either: at NODE|NODE");
	if (step->control == CONTROL_PASS)
		step->control = CONTROL_NONE;
	return 0;
}

static int resolve_group(const struct ini_where *at, const char *host, const struct topology *topo,
			 struct step *step, bool says_control, struct error *e)
{
	if (step->kind == STEP_TCP)
		return ini_complain(at, e, "%s goes to several, and tcp to one", host);
	if (step->flows || step->arrive_max)
		return ini_complain(at, e, "%s goes to several: each of them gets all", host);
	if (step->zone == NONE)
		step->zone = find_group_zone(topo, step);
	if (step->zone == NONE && topology_doubts(topo, step->src))
		return -EINVAL;
	if (step->zone == NONE)
		return ini_complain(at, e,
				    "name the interface of %s by which it goes out: %s%%IFACE",
				    topo->nodes[step->src].name, host);
	if (!can_send(topo, step->zone, step->address.family))
		return ini_complain(at, e, "%s has no %s address to send it from",
				    topo->ifaces[step->zone].id,
				    step->address.family == AF_INET ? "IPv4" : "IPv6");
	return check_group(at, host, topo, step, says_control, e);
}

/* ADDRESS%IFACE: cut in place. */
static int cut_zone(const struct ini_where *at, char *host, const struct topology *topo,
		    struct step *step, struct error *e)
{
	char *FREE_AUTO id = NULL;
	char *zone = strchr(host, '%');

	if (!zone)
		return 0;
	*zone++ = '\0';
	id = text_format("%s:%s", topo->nodes[step->src].name, zone);
	step->zone = topology_iface(topo, id);
	return step->zone == NONE ? topology_complain(at, e, "interface", id, topo) : 0;
}

static int resolve_address(const struct ini_where *at, char *host, const struct topology *topo,
			   struct step *step, bool says_control, struct error *e)
{
	int err = cut_zone(at, host, topo, step, e);

	if (err)
		return err;
	if (text_address(host, &step->address))
		return ini_refuse(at, e, "\"%s\" is not an address", host);
	if (address_is_link_local(&step->address))
		return resolve_link_local(at, host, topo, step, says_control, e);
	if (is_group(topo, step))
		return resolve_group(at, host, topo, step, says_control, e);
	if (step->zone != NONE)
		return ini_complain(at, e, "%s means the same on every link: write it without %%%s",
				    host, topo->ifaces[step->zone].name);
	return resolve_owner(at, host, topo, step, says_control, e);
}

/* SRC itself has the address; a link-local one on the link that is meant. */
static bool is_own(const struct topology *topo, const struct step *step)
{
	const struct owner *owner = NULL;

	while ((owner = topology_owner(topo, &step->address, owner)) != NULL)
		if (owner_node(topo, owner) == step->src &&
		    (step->zone == NONE || owner->iface == step->zone))
			return true;
	return false;
}

/* What can be known beforehand of whether the packet can go there at all. */
static int check_way(const struct ini_where *at, const struct topology *topo,
		     const struct step *step, struct error *e)
{
	const char *src = topo->nodes[step->src].name;
	bool v4 = step->address.family == AF_INET;
	char buf[ADDRESS_TEXT];

	if (is_own(topo, step))
		return ini_complain(at, e, "it goes from %s to itself, over lo, where no chain is",
				    src);
	if (topology_doubts(topo, step->src))
		return 0;
	if (!topology_node_has_family(topo, step->src, step->address.family))
		return ini_complain(at, e, "%s has no %s address to send to %s from", src,
				    v4 ? "IPv4" : "IPv6", address_text(&step->address, buf));
	if (step->zone == NONE && !topology_has_way(topo, step->src, &step->address))
		return ini_complain(at, e, "%s has no way to %s: no subnet and no route", src,
				    address_text(&step->address, buf));
	return 0;
}

/* "[fd00::1]", where no port follows: cut in place. */
static int cut_brackets(const struct ini_where *at, char **host, struct error *e)
{
	size_t len = strlen(*host);

	if (**host != '[')
		return 0;
	if ((*host)[len - 1] != ']')
		return ini_refuse(at, e, "\"%s\" is not [ADDRESS]", *host);
	(*host)[len - 1] = '\0';
	++*host;
	return 0;
}

int step_read_dst(const struct ini_where *at, const char *word, const struct topology *topo,
		  struct step *step, bool says_control, struct error *e)
{
	char *FREE_AUTO copy = xstrdup(word);
	char *host = copy;
	int err = step->kind == STEP_PING ? cut_brackets(at, &host, e)
					  : cut_port(at, &host, &step->port, e);

	if (err)
		return err;
	if (strpbrk(host, ".:") || *copy == '[') {
		err = resolve_address(at, host, topo, step, says_control, e);
	} else {
		step->dst = topology_node(topo, host);
		err = step->dst == NONE ? topology_complain(at, e, "node", host, topo)
					: resolve_node(at, topo, step, e);
	}
	return err ? err : check_way(at, topo, step, e);
}
