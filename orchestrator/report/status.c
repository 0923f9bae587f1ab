// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lab's status: its model held against what the kernel has. It is read, nothing is mended;
 * status_text.c and status_json.c show it.
 */
#include "orchestrator/report/status.h"

#include <linux/if_bridge.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "orchestrator/chain/chain_probe.h"
#include "orchestrator/chain/chain_read.h"

const char *standing_name(enum standing s)
{
	static const char *const names[] = {
		[STANDING_MISSING] = "missing",
		[STANDING_DOWN] = "down",
		[STANDING_NO_CARRIER] = "no carrier",
		[STANDING_BLOCKING] = "blocking",
		[STANDING_UP] = "up",
	};

	return names[s];
}

static void __attribute__((format(printf, 2, 3))) differ(struct status *s, const char *fmt, ...)
{
	char **text = array_add(&s->differences, &s->n_differences, sizeof(*text));
	va_list args;

	va_start(args, fmt);
	*text = text_vformat(fmt, args);
	va_end(args);
}

/* The lab's link of that name and kind; where somebody else's has the name, @full is told so. */
static const struct link *find_link(struct status *s, const struct links *links, const char *name,
				    const char *kind, const char *full)
{
	uint32_t group = state_journal(s->lab.state)->group;

	for (size_t i = 0; i < links->n; i++) {
		const struct link *link = &links->links[i];

		if (strcmp(link->name, name) != 0)
			continue;
		if ((link->group == group || !*kind) && strcmp(link->kind, kind) == 0)
			return link;
		differ(s, "%s is not the lab's link: another one has taken its name", full);
	}
	return NULL;
}

static enum standing link_standing(const struct link *link)
{
	if (!link)
		return STANDING_MISSING;
	if (!link->raised)
		return STANDING_DOWN;
	return !*link->kind || strcmp(link->state, "up") == 0 ? STANDING_UP : STANDING_NO_CARRIER;
}

static void compare_addresses(struct status *s, const char *name, const struct link *link,
			      const struct prefix *wanted, size_t n)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++) {
		size_t j;

		for (j = 0; j < link->n_addresses; j++)
			if (address_equal(&wanted[i].address, &link->addresses[j].address) &&
			    wanted[i].len == link->addresses[j].len)
				break;
		if (j == link->n_addresses)
			differ(s, "%s has no address %s", name, prefix_text(&wanted[i], text));
	}
}

static const char *kind_of(const struct iface *iface)
{
	if (iface->lo)
		return "";
	return iface->vlan ? "vlan" : "veth";
}

static void compare_queue(struct status *s, const struct iface *iface, const struct link *link)
{
	char *FREE_AUTO lost = impairment_text(&iface->impairment, " ", ", ");

	if (*lost && strcmp(link->queue, "netem") != 0)
		differ(s, "%s has lost its %s: its queue is %s, not netem", iface->id, lost,
		       link->queue);
}

static void read_iface(struct status *s, size_t i, const struct links *links)
{
	const struct iface *iface = &s->lab.labfile.topo.ifaces[i];
	struct iface_status *seen = &s->ifaces[i];
	const struct link *link = find_link(s, links, iface->name, kind_of(iface), iface->id);
	struct error ERROR_AUTO e = ERROR_INIT;

	seen->node_end = link_standing(link);
	if (seen->node_end != STANDING_UP)
		differ(s, "%s is %s", iface->id,
		       seen->node_end == STANDING_NO_CARRIER ? "without carrier"
							     : standing_name(seen->node_end));
	if (!link)
		return;
	seen->has_mac = link->has_mac && !iface->lo;
	memcpy(seen->mac, link->mac, sizeof(seen->mac));
	if (iface->has_mac && memcmp(iface->mac, link->mac, sizeof(link->mac)) != 0)
		differ(s, "%s has another MAC address", iface->id);
	if (link->vlan != iface->vlan)
		differ(s, "%s is VLAN %u", iface->id, link->vlan);
	compare_queue(s, iface, link);
	compare_addresses(s, iface->id, link, iface->addresses, iface->n_addresses);
	if (iface->lo)
		return;
	if (chain_read(&s->lab, i, &seen->chain, &e))
		differ(s, "%s", e.text);
	else if (seen->chain.drift && s->still)
		differ(s, "%s", seen->chain.drift);
}

/* The links of a node's or bridge's namespace; none if it is gone. */
static void read_netns(struct status *s, const char *name, struct links *links)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	NETNS_VISIT visit = NETNS_VISIT_NONE;

	if (netns_visit(&visit, s->lab.state, name, &e) || links_read(links, &e))
		differ(s, "%s cannot be looked at: %s", name, e.text);
}

static void read_node(struct status *s, size_t node)
{
	const struct topology *topo = &s->lab.labfile.topo;
	struct links links = { 0 };

	read_netns(s, topo->nodes[node].name, &links);
	for (size_t i = topology_next_iface(topo, node, NONE); i != NONE;
	     i = topology_next_iface(topo, node, i))
		read_iface(s, i, &links);
	links_clear(&links);
}

/* The bridge's port @name; @link is the bridge itself, if it is there. */
static enum standing read_port(struct status *s, const struct links *links, const struct link *link,
			       const struct bridge *b, const char *name)
{
	const struct link *port = find_link(s, links, name, "veth", name);
	enum standing standing = link_standing(port);

	if (standing == STANDING_DOWN || !port)
		differ(s, "port %s of %s is %s", name, b->name, standing_name(standing));
	else if (link && port->master != link->ifindex)
		differ(s, "port %s is not in %s", name, b->name);
	return standing;
}

static bool is_blocking(const struct status *s, const struct bridge *b, const char *port)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct rt_link_state state;

	return !netns_visit(&visit, s->lab.state, b->name, &e) &&
	       !netlink_open(NETLINK_ROUTE, &rt, &e) && !rt_link_get(rt, port, 0, &state, &e) &&
	       state.port_state == BR_STATE_BLOCKING;
}

static void read_bridge(struct status *s, size_t bridge)
{
	const struct topology *topo = &s->lab.labfile.topo;
	const struct bridge *b = &topo->bridges[bridge];
	struct links links = { 0 };
	const struct link *link;

	read_netns(s, b->name, &links);
	link = find_link(s, &links, b->name, "bridge", b->name);
	s->bridges[bridge] = link_standing(link);
	if (!link)
		differ(s, "bridge %s is missing", b->name);
	else
		compare_addresses(s, b->name, link, b->addresses, b->n_addresses);
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		const struct iface *iface = &topo->ifaces[i];

		if (iface->bridge != bridge)
			continue;
		s->ifaces[i].port_end = read_port(s, &links, link, b, iface->port);
	}
	for (size_t i = 0; i < topo->n_uplinks * 2; i++) {
		const struct uplink *u = &topo->uplinks[i / 2];

		if (u->bridges[i % 2] != bridge)
			continue;
		s->uplinks[i] = read_port(s, &links, link, b, u->ports[i % 2]);
		if (b->stp && s->uplinks[i] == STANDING_UP && is_blocking(s, b, u->ports[i % 2]))
			s->uplinks[i] = STANDING_BLOCKING;
	}
	links_clear(&links);
}

/* What a new chain gets; each that stands has its own, and why. */
static void read_engine(struct status *s)
{
	enum engine_choice asked = s->lab.labfile.engine;
	const char *kernel;
	enum engine_choice works = chain_engine_auto(&kernel);

	s->engine = asked == ENGINE_AUTO ? works : asked;
	if (asked == ENGINE_AUTO)
		s->why = xstrdup(kernel);
	else if (asked == ENGINE_LIBXDP && works != ENGINE_LIBXDP)
		s->why = text_format("asked for, but it cannot carry a chain here: %s", kernel);
	else
		s->why = xstrdup("asked for");
}

int status_read(struct status *s, const char *lab, struct error *e)
{
	const struct topology *topo = &s->lab.labfile.topo;
	int FD_AUTO still = -1;
	int err = lab_open_left_over(&s->lab, lab, STATE_READ, "status", e);

	if (err)
		return err;
	if (state_journal(s->lab.state)->phase != STATE_UP)
		return 0;
	s->ifaces = xcalloc(topo->n_ifaces, sizeof(*s->ifaces));
	s->bridges = xcalloc(topo->n_bridges, sizeof(*s->bridges));
	s->uplinks = xcalloc(topo->n_uplinks * 2, sizeof(*s->uplinks));
	still = state_still(s->lab.state);
	s->still = still >= 0;
	for (size_t i = 0; i < topo->n_nodes; i++)
		read_node(s, i);
	for (size_t i = 0; i < topo->n_bridges; i++)
		read_bridge(s, i);
	read_engine(s);
	s->stale = lab_stale(&s->lab.labfile);
	return 0;
}

void status_clear(struct status *s)
{
	for (size_t i = 0; s->ifaces && i < s->lab.labfile.topo.n_ifaces; i++)
		chain_view_clear(&s->ifaces[i].chain);
	for (size_t i = 0; i < s->n_differences; i++)
		free(s->differences[i]);
	free(s->differences);
	free(s->why);
	free(s->stale);
	free(s->ifaces);
	free(s->bridges);
	free(s->uplinks);
	lab_close(&s->lab);
	*s = (struct status){ 0 };
}
