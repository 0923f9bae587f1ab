// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the kernel about neighbours and links, in the nodes' own namespaces. What follows from the
 * answers is judge.c's.
 */
#include "orchestrator/scenario/diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"

static void read_address(const struct nlattr *attr, int family, struct address *out)
{
	struct address a = { .family = family };

	if (mnl_attr_get_payload_len(attr) != address_size(&a))
		return;
	memcpy(&a.v6, mnl_attr_get_payload(attr), address_size(&a));
	*out = a;
}

/* Enter @netns, to ask its kernel by *@rt; false: that cannot be. */
static bool enter(const struct lab *lab, const char *netns, struct netns_visit *visit,
		  struct netlink **rt)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	return !netns_visit(visit, lab->state, netns, &e) && !netlink_open(NETLINK_ROUTE, rt, &e);
}

struct hop {
	struct address address;
	bool on_link; /* not this very host */
	bool local;   /* which this is */
};

static int read_route(const struct nlmsghdr *message, void *cookie)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct hop *hop = cookie;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return MNL_CB_ERROR;
	hop->on_link = route->rtm_type == RTN_UNICAST;
	hop->local = route->rtm_type == RTN_LOCAL;
	mnl_attr_for_each (attr, message, sizeof(*route))
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			read_address(attr, route->rtm_family, &hop->address);
	return MNL_CB_OK;
}

/* By which neighbour @to is reached; of a link-local one, at the link @zone. */
static int find_hop(struct netlink *rt, const struct address *to, const char *zone, struct hop *hop)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

	route->rtm_family = (unsigned char)to->family;
	route->rtm_dst_len = (unsigned char)(address_size(to) * 8);
	mnl_attr_put(message, RTA_DST, address_size(to), &to->v6);
	if (zone)
		mnl_attr_put_u32(message, RTA_OIF, if_nametoindex(zone));
	*hop = (struct hop){ .address = *to };
	return netlink_talk(rt, message, read_route, hop, &e);
}

struct entry {
	struct address address;
	uint16_t state; /* NUD_…; 0: there is none */
};

static int read_neighbour(const struct nlmsghdr *message, void *cookie)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct entry *entry = cookie;
	struct address a = { 0 };

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*neighbour))
		return MNL_CB_ERROR;
	mnl_attr_for_each (attr, message, sizeof(*neighbour))
		if (mnl_attr_get_type(attr) == NDA_DST)
			read_address(attr, neighbour->ndm_family, &a);
	if (address_equal(&a, &entry->address))
		entry->state = neighbour->ndm_state;
	return MNL_CB_OK;
}

/* Of that neighbour, in the namespace of @rt; false: that cannot be learnt. */
static bool find_entry(struct netlink *rt, struct entry *entry)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(message, sizeof(*neighbour));

	neighbour->ndm_family = (unsigned char)entry->address.family;
	return !netlink_talk(rt, message, read_neighbour, entry, &e);
}

/* It was asked for, and no answer is there. */
static bool is_asked(const struct entry *entry)
{
	return entry->state & (NUD_INCOMPLETE | NUD_FAILED);
}

/* The neighbour by which @node reaches @to. No entry at all counts as unresolved where the node
 * had to ask for one (@asked).
 */
static enum neighbour_state look(const struct lab *lab, struct evidence *ev, const char *node,
				 const struct address *to, bool asked, char **text)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct entry entry = { 0 };
	char buf[ADDRESS_TEXT];
	struct hop hop;

	if (!enter(lab, node, &visit, &rt) || find_hop(rt, to, NULL, &hop) || !hop.on_link)
		return NEIGHBOUR_UNKNOWN;
	entry.address = hop.address;
	if (!find_entry(rt, &entry))
		return NEIGHBOUR_UNKNOWN;
	free(*text);
	*text = text_format("%s at %s", address_text(&hop.address, buf), node);
	ev->neighbour_asked = is_asked(&entry);
	return is_asked(&entry) || (asked && !entry.state) ? NEIGHBOUR_UNRESOLVED
							   : NEIGHBOUR_RESOLVED;
}

static void look_at_ends(const struct lab *lab, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct mark *m = &ev->mark;
	char *FREE_AUTO other = NULL;

	if (!m->src.family)
		return;
	ev->neighbour =
		look(lab, ev, topo->nodes[m->src_node].name, &m->dst, true, &ev->neighbour_text);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED || m->dst_node == NONE)
		return;
	if (look(lab, ev, topo->nodes[m->dst_node].name, &m->src, false, &other) !=
	    NEIGHBOUR_UNRESOLVED)
		return;
	ev->neighbour = NEIGHBOUR_UNRESOLVED;
	free(ev->neighbour_text);
	ev->neighbour_text = steal_pointer(&other);
}

static bool waits_for(const struct lab *lab, const char *node, const struct address *hop)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct entry entry = { .address = *hop };

	return enter(lab, node, &visit, &rt) && find_entry(rt, &entry) && is_asked(&entry);
}

/* The router that waits for that neighbour's answer; or NULL. */
static const char *waiting_router(const struct lab *lab, const struct address *hop)
{
	const struct topology *topo = &lab->labfile.topo;

	for (size_t i = 0; i < topo->n_nodes; i++)
		if (topo->nodes[i].forward && waits_for(lab, topo->nodes[i].name, hop))
			return topo->nodes[i].name;
	return NULL;
}

/* Does one wait for an answer to a question that a filter dropped? */
static void look_at_routers(const struct lab *lab, struct evidence *ev)
{
	ev->router = NULL;
	for (size_t i = 0; i < ev->n_seen && !ev->router; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->relation != RELATION_ROUTER || !sighting_is_drop(s))
			continue;
		ev->router = waiting_router(lab, &s->asked);
		ev->router_question = i;
	}
}

void diagnosis_neighbour(const struct lab *lab, struct evidence *ev)
{
	ev->neighbour = NEIGHBOUR_UNKNOWN;
	look_at_ends(lab, ev);
	look_at_routers(lab, ev);
}

enum way { WAY_UNKNOWN, WAY_NONE, WAY_THERE, WAY_OWN };

/* Whether @netns knows a way to @to, or is there itself. */
static enum way ask_way(const struct lab *lab, const char *netns, const struct address *to,
			const char *zone)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct hop hop;
	int err;

	if (!to->family || !enter(lab, netns, &visit, &rt))
		return WAY_UNKNOWN;
	err = find_hop(rt, to, zone, &hop);
	if (err) /* of a route that says so: EINVAL is a black hole's */
		return err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EINVAL ||
				       err == -EACCES
			       ? WAY_NONE
			       : WAY_UNKNOWN;
	if (hop.local)
		return WAY_OWN;
	return hop.on_link ? WAY_THERE : WAY_NONE;
}

/* *@to becomes the neighbour by which @netns reaches it. */
static bool first_hop(const struct lab *lab, const char *netns, struct address *to)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct hop hop;

	if (!enter(lab, netns, &visit, &rt) || find_hop(rt, to, NULL, &hop) || !hop.on_link)
		return false;
	*to = hop.address;
	return true;
}

static void add_no_route(struct evidence *ev, const char *node, const char *back,
			 const struct address *to)
{
	char buf[ADDRESS_TEXT];

	text_list_add(&ev->no_route, "%s has no route %sto %s", node, back, address_text(to, buf));
}

/* A router that knows one end and not the other is likely to be on the way. */
static void look_for_routes(const struct lab *lab, const char *node, struct evidence *ev)
{
	const struct mark *m = &ev->mark;
	enum way there = ask_way(lab, node, &m->dst, NULL);
	enum way back = ask_way(lab, node, &m->src, NULL);

	if (there == WAY_NONE && (back == WAY_THERE || back == WAY_OWN))
		add_no_route(ev, node, "", &m->dst);
	if (back == WAY_NONE && (there == WAY_THERE || there == WAY_OWN))
		add_no_route(ev, node, "back ", &m->src);
}

/* The one that has the step's address by the lab file has it no more. */
static void look_for_address(const struct lab *lab, const struct step *step, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct owner *owner = step->owner == NONE ? NULL : &topo->owners[step->owner];
	const char *zone = owner && owner->iface != NONE ? topo->ifaces[owner->iface].name : NULL;
	const char *netns = owner ? owner_netns(topo, owner) : NULL;
	char buf[ADDRESS_TEXT];
	enum way way;

	if (!owner)
		return;
	way = ask_way(lab, netns, &step->address, step->zone == NONE ? NULL : zone);
	if (way == WAY_NONE || way == WAY_THERE)
		ev->absent = text_format("%s lost its address %s", netns,
					 address_text(&step->address, buf));
}

/* Of the namespace that this process is in: of the interface, or of all. */
static bool has_rp_filter(const char *iface)
{
	const char *const of[] = { iface, "all" };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		char *FREE_AUTO path = text_format("/proc/sys/net/ipv4/conf/%s/rp_filter", of[i]);
		int FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC);
		char value = '0';

		if (fd >= 0 && read(fd, &value, 1) == 1 && value != '0')
			return true;
	}
	return false;
}

/* Would @f's node take what comes from @from to @to there? The kernel says no by EXDEV, since 6.13
 * by EINVAL as to much else.
 */
static bool is_filtered(const struct lab *lab, const struct iface *f, const struct address *from,
			const struct address *to)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	int err;

	if (!enter(lab, lab->labfile.topo.nodes[f->node].name, &visit, &rt))
		return false;
	route->rtm_family = AF_INET;
	route->rtm_dst_len = route->rtm_src_len = 32;
	mnl_attr_put(message, RTA_DST, sizeof(to->v4), &to->v4);
	mnl_attr_put(message, RTA_SRC, sizeof(from->v4), &from->v4);
	mnl_attr_put_u32(message, RTA_IIF, if_nametoindex(f->name));
	err = netlink_talk(rt, message, NULL, NULL, &e);
	return (err == -EXDEV || err == -EINVAL) && has_rp_filter(f->name);
}

/* The neighbour by which @node reaches @to does not even answer who it is where its rp_filter takes
 * nothing from @from.
 */
static void look_for_filter(const struct lab *lab, size_t node, const struct address *from,
			    const struct address *to, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct owner *owner = NULL;
	char buf[ADDRESS_TEXT];
	struct address hop = *to;

	if (from->family != AF_INET || !first_hop(lab, topo->nodes[node].name, &hop))
		return;
	while (!ev->filtered && (owner = topology_owner(topo, &hop, owner)) != NULL) {
		const struct iface *f = owner->iface == NONE ? NULL : &topo->ifaces[owner->iface];

		if (f && topology_iface_on(topo, node, owner_segment(topo, owner)) != NONE &&
		    is_filtered(lab, f, from, &hop))
			ev->filtered = text_format("rp_filter of %s takes nothing from %s there",
						   f->id, address_text(from, buf));
	}
}

void diagnosis_ways(const struct lab *lab, const struct step *step, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;
	const char *src = topo->nodes[step->src].name;

	look_for_address(lab, step, ev);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED)
		look_for_filter(lab, step->src, &ev->mark.src, &step->address, ev);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED && ev->mark.dst_node != NONE)
		look_for_filter(lab, ev->mark.dst_node, &step->address, &ev->mark.src, ev);
	if (step->zone != NONE) /* it does not leave its link */
		return;
	if (ask_way(lab, src, &step->address, NULL) == WAY_NONE)
		add_no_route(ev, src, "", &step->address);
	for (size_t i = 0; i < topo->n_nodes; i++)
		if (i != step->src && (topo->nodes[i].forward || evidence_arrival(ev, i)))
			look_for_routes(lab, topo->nodes[i].name, ev);
}

/* By their names: a namespace can be the machine's own (--self), with links that are not ours. */
static void list_if_down(char **down, const char *netns, const char *name)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct link link = { 0 };

	if (links_find(name, &link, &e) || !link.raised)
		text_list_add(down, "%s:%s", netns, name);
	link_clear(&link);
}

/* The links of a node or bridge, the other one being NONE. */
static void list_netns(const struct lab *lab, char **down, const char *name, size_t node,
		       size_t bridge)
{
	const struct topology *topo = &lab->labfile.topo;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (netns_visit(&visit, lab->state, name, &e))
		return;
	if (bridge != NONE)
		list_if_down(down, name, name);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].node == node)
			list_if_down(down, name, topo->ifaces[i].name);
		else if (bridge != NONE && topo->ifaces[i].bridge == bridge)
			list_if_down(down, name, topo->ifaces[i].port);
	for (size_t i = 0; bridge != NONE && i < topo->n_uplinks * 2; i++)
		if (topo->uplinks[i / 2].bridges[i % 2] == bridge)
			list_if_down(down, name, topo->uplinks[i / 2].ports[i % 2]);
}

void diagnosis_links(const struct lab *lab, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;

	for (size_t i = 0; i < topo->n_nodes; i++)
		if (i == ev->mark.src_node || i == ev->mark.dst_node || topo->nodes[i].forward ||
		    evidence_arrival(ev, i))
			list_netns(lab, &ev->links_down, topo->nodes[i].name, i, NONE);
	for (size_t i = 0; i < topo->n_bridges; i++)
		list_netns(lab, &ev->links_down, topo->bridges[i].name, NONE, i);
}
