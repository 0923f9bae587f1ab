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

/* A route netlink socket of that node's or bridge's namespace. */
static int open_in(const struct lab *lab, const char *name, struct netlink **out)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	int err = netns_visit(&visit, lab->state, name, &e);

	return err ? err : netlink_open(NETLINK_ROUTE, out, &e);
}

static size_t address_size(const struct address *a)
{
	return a->family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

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

static int find_entry(struct netlink *rt, struct entry *entry)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(message, sizeof(*neighbour));

	neighbour->ndm_family = (unsigned char)entry->address.family;
	return netlink_talk(rt, message, read_neighbour, entry, &e);
}

/* The neighbour by which @node reaches @to. No entry at all counts as unresolved where the node
 * had to ask for one (@asked).
 */
static enum neighbour_state look(const struct lab *lab, const char *node, const struct address *to,
				 bool asked, char **text)
{
	struct entry entry = { 0 };
	char buf[ADDRESS_TEXT];
	struct netlink *NETLINK_AUTO rt = NULL;
	struct hop hop;

	if (open_in(lab, node, &rt) || find_hop(rt, to, &hop) || !hop.on_link)
		return NEIGHBOUR_UNKNOWN;
	entry.address = hop.address;
	if (find_entry(rt, &entry))
		return NEIGHBOUR_UNKNOWN;
	free(*text);
	*text = text_format("%s at %s", address_text(&hop.address, buf), node);
	if (entry.state & (NUD_INCOMPLETE | NUD_FAILED) || (asked && !entry.state))
		return NEIGHBOUR_UNRESOLVED;
	return NEIGHBOUR_RESOLVED;
}

void diagnosis_neighbour(const struct lab *lab, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct mark *m = &ev->mark;
	char *FREE_AUTO other = NULL;

	ev->neighbour = NEIGHBOUR_UNKNOWN;
	if (!m->src.family)
		return;
	ev->neighbour =
		look(lab, topo->nodes[m->src_node].name, &m->dst, true, &ev->neighbour_text);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED || m->dst_node == NONE)
		return;
	if (look(lab, topo->nodes[m->dst_node].name, &m->src, false, &other) !=
	    NEIGHBOUR_UNRESOLVED)
		return;
	ev->neighbour = NEIGHBOUR_UNRESOLVED;
	free(ev->neighbour_text);
	ev->neighbour_text = steal_pointer(&other);
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

static void list_node(const struct lab *lab, char **down, size_t node)
{
	const struct topology *topo = &lab->labfile.topo;
	const char *name = topo->nodes[node].name;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (netns_visit(&visit, lab->state, name, &e))
		return;
	for (size_t i = topology_next_iface(topo, node, NONE); i != NONE;
	     i = topology_next_iface(topo, node, i))
		list_if_down(down, name, topo->ifaces[i].name);
}

static void list_bridge(const struct lab *lab, char **down, size_t bridge)
{
	const struct topology *topo = &lab->labfile.topo;
	const char *name = topo->bridges[bridge].name;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (netns_visit(&visit, lab->state, name, &e))
		return;
	list_if_down(down, name, name);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].bridge == bridge)
			list_if_down(down, name, topo->ifaces[i].port);
}

void diagnosis_links(const struct lab *lab, struct evidence *ev)
{
	const struct topology *topo = &lab->labfile.topo;

	for (size_t i = 0; i < topo->n_nodes; i++)
		if (i == ev->mark.src_node || i == ev->mark.dst_node || topo->nodes[i].forward)
			list_node(lab, &ev->links_down, i);
	for (size_t i = 0; i < topo->n_bridges; i++)
		list_bridge(lab, &ev->links_down, i);
}
