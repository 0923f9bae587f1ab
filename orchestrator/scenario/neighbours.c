// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forgets what was learnt by ARP and neighbour discovery. The sockets stay open from step to step:
 * entering a namespace costs more than all that is asked in it.
 */
#include "orchestrator/scenario/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"

#define PASSES 4 /* who still knows an address may be asking for it while others forget */

/* A namespace of the lab. */
struct place {
	struct netlink *rt; /* NULL: not needed so far */
	bool shared;	    /* it has links of others as well; the lab's are: */
	unsigned int *links;
	size_t n_links;
};

struct neighbours {
	const struct lab *lab;
	struct place *places; /* of nodes, then of bridges */
	size_t n_open, kept;  /* of their sockets; how many at most from step to step */
};

/* An entry of the kernel's tables. */
struct entry {
	struct ndmsg head;
	uint8_t address[sizeof(struct in6_addr)];
	uint16_t size;
};

struct entries {
	struct entry *list;
	size_t n;
};

struct neighbours *neighbours_new(const struct lab *lab)
{
	struct neighbours *n = xcalloc(1, sizeof(*n));

	n->lab = lab;
	n->kept =
		(size_t)(sysconf(_SC_OPEN_MAX) / 256) * 64; /* where files are few each is wanted */
	n->places = xcalloc(topology_namespaces(&lab->labfile.topo), sizeof(*n->places));
	return n;
}

void neighbours_free(struct neighbours *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < topology_namespaces(&n->lab->labfile.topo); i++) {
		netlink_close(n->places[i].rt);
		free(n->places[i].links);
	}
	free(n->places);
	free(n);
}

static int open_place(struct neighbours *n, size_t at, struct error *e)
{
	const struct topology *topo = &n->lab->labfile.topo;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct place *place = &n->places[at];
	unsigned int *link;
	size_t iface = NONE;
	int err;

	if (place->rt)
		return 0;
	err = netns_visit(&visit, n->lab->state, topology_namespace(topo, at), e);
	if (!err)
		err = netlink_open(NETLINK_ROUTE, &place->rt, e);
	if (err)
		return err;
	n->n_open++;
	if (place->links)
		return 0;
	place->shared = at < topo->n_nodes && plan_is_self(&n->lab->plan, at);
	while (place->shared && (iface = topology_next_iface(topo, at, iface)) != NONE) {
		link = array_add(&place->links, &place->n_links, sizeof(*link));
		*link = if_nametoindex(topo->ifaces[iface].name);
	}
	return 0;
}

/* The first ones stay open. */
static void leave_place(struct neighbours *n, struct place *place)
{
	if (n->n_open <= n->kept)
		return;
	netlink_close(place->rt);
	place->rt = NULL;
	n->n_open--;
}

/* What nobody has set for good. */
static int take_entry(const struct nlmsghdr *message, void *cookie)
{
	const struct ndmsg *head = mnl_nlmsg_get_payload(message);
	struct entries *entries = cookie;
	const struct nlattr *attr;
	struct entry *entry;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*head))
		return MNL_CB_ERROR;
	if (head->ndm_state & (NUD_PERMANENT | NUD_NOARP) ||
	    (head->ndm_family != AF_INET && head->ndm_family != AF_INET6))
		return MNL_CB_OK;
	mnl_attr_for_each (attr, message, sizeof(*head)) {
		if (mnl_attr_get_type(attr) != NDA_DST ||
		    mnl_attr_get_payload_len(attr) > sizeof(entry->address))
			continue;
		entry = array_add(&entries->list, &entries->n, sizeof(*entry));
		entry->head = *head;
		entry->size = mnl_attr_get_payload_len(attr);
		memcpy(entry->address, mnl_attr_get_payload(attr), entry->size);
	}
	return MNL_CB_OK;
}

static bool is_ours(const struct place *place, const struct entry *entry)
{
	for (size_t i = 0; i < place->n_links; i++)
		if ((int)place->links[i] == entry->head.ndm_ifindex)
			return true;
	return !place->shared;
}

static int forget_entry(const struct place *place, const struct entry *entry, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_DELNEIGH, 0);
	struct ndmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	int err;

	head->ndm_family = entry->head.ndm_family;
	head->ndm_ifindex = entry->head.ndm_ifindex;
	mnl_attr_put(message, NDA_DST, entry->size, entry->address);
	err = netlink_talk(place->rt, message, NULL, NULL, e);
	if (err != -ENOENT)
		return err;
	error_clear(e); /* it went by itself */
	return 0;
}

/* *@known: some had an address, or were asking for one. */
static int forget_at(struct place *place, bool *known, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETNEIGH, NLM_F_DUMP);
	struct entries entries = { 0 };
	int err;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ndmsg)); /* of any family */
	err = netlink_talk(place->rt, message, take_entry, &entries, e);
	for (size_t i = 0; i < entries.n && !err; i++) {
		if (!is_ours(place, &entries.list[i]))
			continue;
		*known |= (entries.list[i].head.ndm_state & ~NUD_FAILED) != 0;
		err = forget_entry(place, &entries.list[i], e);
	}
	free(entries.list);
	return err;
}

/* Where a packet of the step begins, ends, or is sent on: of a program's anywhere. */
static bool concerns(const struct topology *topo, const struct step *step, size_t place)
{
	const struct bridge *bridge;
	size_t i = NONE;

	if (step->kind == STEP_EXEC)
		return true;
	if (place >= topo->n_nodes) {
		bridge = &topo->bridges[place - topo->n_nodes];
		return prefixes_hold(bridge->addresses, bridge->n_addresses, &step->address);
	}
	if (place == step->src || topo->nodes[place].forward || step_names_receiver(step, place))
		return true;
	while ((i = topology_next_iface(topo, place, i)) != NONE)
		if (prefixes_hold(topo->ifaces[i].addresses, topo->ifaces[i].n_addresses,
				  &step->address))
			return true;
	return false;
}

static int forget_everywhere(struct neighbours *n, const struct step *step, bool *known,
			     struct error *e)
{
	const struct topology *topo = &n->lab->labfile.topo;
	int err = 0;

	for (size_t i = 0; i < topology_namespaces(topo) && !err; i++) {
		if (!concerns(topo, step, i))
			continue;
		err = open_place(n, i, e);
		if (!err)
			err = forget_at(&n->places[i], known, e);
		if (err)
			return error_wrap(e, "cannot make %s forget its neighbours",
					  topology_namespace(topo, i));
		leave_place(n, &n->places[i]);
	}
	return err;
}

int neighbours_forget(struct neighbours *n, const struct step *step, struct error *e)
{
	bool known = true;
	int err = 0;

	for (int pass = 0; pass < PASSES && known && !err; pass++) {
		known = false;
		err = forget_everywhere(n, step, &known, e);
	}
	return err;
}
