// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the kernel about neighbours and links, in the nodes' own namespaces. What follows from the
 * answers is judge.c's.
 */
#include "orchestrator/scenario/diagnosis.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

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

struct hop {
	struct address address;
	bool on_link; /* not this very host */
};

static int read_route(const struct nlmsghdr *message, void *cookie)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct hop *hop = cookie;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return MNL_CB_ERROR;
	hop->on_link = route->rtm_type == RTN_UNICAST;
	mnl_attr_for_each (attr, message, sizeof(*route))
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			read_address(attr, route->rtm_family, &hop->address);
	return MNL_CB_OK;
}

/* By which neighbour @to is reached. */
static int find_hop(struct netlink *rt, const struct address *to, struct hop *hop)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

	route->rtm_family = (unsigned char)to->family;
	route->rtm_dst_len = (unsigned char)(address_size(to) * 8);
	mnl_attr_put(message, RTA_DST, address_size(to), &to->v6);
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
	if (a.family && address_equal(&a, &entry->address))
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
	struct error ERROR_AUTO e = ERROR_INIT;
	struct entry entry = { 0 };
	char buf[ADDRESS_TEXT];
	struct hop hop;

	if (netns_visit(&visit, lab->state, node, &e) || netlink_open(NETLINK_ROUTE, &rt, &e) ||
	    find_hop(rt, to, &hop) || !hop.on_link)
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
	struct error ERROR_AUTO e = ERROR_INIT;
	struct entry entry = { .address = *hop };

	return !netns_visit(&visit, lab->state, node, &e) &&
	       !netlink_open(NETLINK_ROUTE, &rt, &e) && find_entry(rt, &entry) && is_asked(&entry);
}

/* Which router waits for an answer to a question that a filter dropped? */
static void look_at_routers(const struct lab *lab, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;

	ev->router = NULL;
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		for (size_t j = 0; s->relation == RELATION_ROUTER && sighting_is_drop(s) &&
				   j < topo->n_nodes && !ev->router;
		     j++)
			if (topo->nodes[j].forward &&
			    waits_for(lab, topo->nodes[j].name, &s->asked)) {
				ev->router = topo->nodes[j].name;
				ev->router_question = i;
			}
	}
}

void diagnosis_neighbour(const struct lab *lab, struct evidence *ev)
{
	ev->neighbour = NEIGHBOUR_UNKNOWN;
	look_at_ends(lab, ev);
	look_at_routers(lab, ev);
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
		if (i == ev->mark.src_node || i == ev->mark.dst_node || topo->nodes[i].forward)
			list_netns(lab, &ev->links_down, topo->nodes[i].name, i, NONE);
	for (size_t i = 0; i < topo->n_bridges; i++)
		list_netns(lab, &ev->links_down, topo->bridges[i].name, NONE, i);
}
