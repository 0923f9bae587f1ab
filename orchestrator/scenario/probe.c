// SPDX-License-Identifier: GPL-2.0-or-later
/* What ping and nc steps have in common: the tools, the step's marks, and who has its address. */
#include "orchestrator/scenario/probe.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/echoes.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/probe_frame.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/probe_ping.h"

#define ID_FIRST 32768 /* of pings; ports, should the kernel name none */
#define IDS	 28000

static const char *const ping_paths[] = { "/usr/bin/ping", "/bin/ping", NULL };
static const char *const nc_paths[] = { "/usr/bin/nc.openbsd", "/bin/nc.openbsd", "/usr/bin/nc",
					"/bin/nc", NULL };

int probe_tools(struct probe *probe, const struct scenario *scenario, struct error *e)
{
	bool ping = false, nc = false;

	for (size_t i = 0; i < scenario->n_steps; i++) {
		ping |= scenario->steps[i].kind == STEP_PING;
		nc |= scenario->steps[i].kind == STEP_UDP || scenario->steps[i].kind == STEP_TCP;
	}
	probe->ping = spawn_find(ping_paths);
	probe->nc = spawn_find(nc_paths);
	if (ping && !probe->ping)
		return error_state(e, -ENOENT,
				   "ping is missing (no %s): apt-get install iputils-ping",
				   ping_paths[0]);
	if (nc && !probe->nc)
		return error_state(e, -ENOENT,
				   "nc is missing (no %s): apt-get install netcat-openbsd",
				   nc_paths[2]);
	return 0;
}

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Of the interface by which a link-local address is meant, at @src; or "". */
static const char *zone_name(const struct step_run *c)
{
	const struct topology *topo = &c->probe->lab->labfile.topo;

	return c->step->zone == NONE ? "" : topo->ifaces[c->step->zone].name;
}

/* Of IPv4 the source's address tells the kernel by which interface a group is meant. */
static const struct address *group_source(const struct step_run *c)
{
	const struct iface *zone = &c->probe->lab->labfile.topo.ifaces[c->step->zone];
	size_t i = 0;

	while (zone->addresses[i].address.family != AF_INET)
		i++;
	return &zone->addresses[i].address;
}

/* The address from which the step's packets come. Where the kernel finds no route the tool says so.
 */
static void find_source(struct step_run *c)
{
	const struct address *dst = &c->step->address;
	union endpoint to = { .any.sa_family = (sa_family_t)dst->family };
	socklen_t size = sizeof(to);
	int FD_AUTO fd = -1;

	if (c->step->group && dst->family == AF_INET) {
		c->ev->mark.src = *group_source(c);
		return;
	}
	to.v4.sin_port = htons(c->step->port ? c->step->port : 9);
	if (dst->family == AF_INET)
		to.v4.sin_addr = dst->v4;
	else
		to.v6.sin6_addr = dst->v6;
	if (c->step->zone != NONE)
		to.v6.sin6_scope_id = if_nametoindex(zone_name(c));
	/* Sends nothing: the kernel only chooses. */
	fd = socket(dst->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (connect(fd, &to.any, size) < 0 || getsockname(fd, &to.any, &size) < 0)
		return;
	c->ev->mark.src.family = dst->family;
	if (dst->family == AF_INET)
		c->ev->mark.src.v4 = to.v4.sin_addr;
	else
		c->ev->mark.src.v6 = to.v6.sin6_addr;
}

/* Bind @port, or one that the kernel names, and let go of it: the port, or 0. */
static uint16_t try_port(const struct step *step, uint16_t port)
{
	int family = step->address.family;
	int type = step->kind == STEP_TCP ? SOCK_STREAM : SOCK_DGRAM;
	union endpoint from = { .v4 = { .sin_family = (sa_family_t)family,
					.sin_port = htons(port) } };
	socklen_t size = sizeof(from);
	int FD_AUTO fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (bind(fd, &from.any, size) || getsockname(fd, &from.any, &size))
		return 0;
	return ntohs(from.v4.sin_port);
}

/* A port that nc can bind, @port or the next: of an earlier step's connection the kernel keeps it
 * for a minute. 0: one that the kernel names.
 */
static void find_port(struct step_run *c, uint16_t port)
{
	uint16_t found = try_port(c->step, port);

	for (int i = 0; port && !found && i < IDS; i++) {
		port = port == UINT16_MAX ? ID_FIRST : port + 1;
		found = try_port(c->step, port);
	}
	if (found)
		c->ev->mark.src_port = found;
}

/* "fe80::b%eth0"; of IPv4 the kernel knows no zones. */
static void write_dst(struct step_run *c)
{
	address_text(&c->step->address, c->dst);
	if (c->step->zone != NONE && c->step->address.family == AF_INET6)
		(void)snprintf(c->dst + strlen(c->dst), NAME_IFACE_MAX + 2, "%%%s", zone_name(c));
}

static void add_receiver(struct step_run *c, size_t node, const char *netns)
{
	struct arrival *arrival = array_add(&c->ev->arrivals, &c->ev->n_arrivals, sizeof(*arrival));
	struct receiver *receiver = array_add(&c->receivers, &c->n_receivers, sizeof(*receiver));

	arrival->node = node;
	receiver->netns = netns;
	receiver->member_fd = receiver->echoes_fd = -1;
}

/* Who is to receive it: whom the step names, else who has its address, a node or a bridge. */
static void find_receivers(struct step_run *c)
{
	const struct topology *topo = &c->probe->lab->labfile.topo;
	const struct owner *owner = c->step->owner == NONE ? NULL : &topo->owners[c->step->owner];

	c->ev->mark.dst_node = owner ? owner_node(topo, owner) : NONE;
	for (size_t i = 0; i < c->step->n_receivers; i++)
		add_receiver(c, c->step->receivers[i], topo->nodes[c->step->receivers[i]].name);
	if (c->step->n_receivers || !owner)
		return;
	add_receiver(c, owner_node(topo, owner), owner_netns(topo, owner));
	if (c->step->zone != NONE)
		c->receivers[0].zone = owner->iface == NONE ? c->receivers[0].netns
							    : topo->ifaces[owner->iface].name;
}

/* Whoever is to receive what goes to a group is in it, as long as the step lasts. */
static int join(struct step_run *c, struct receiver *r, size_t iface)
{
	const struct address *group = &c->step->address;
	unsigned int index = if_nametoindex(c->probe->lab->labfile.topo.ifaces[iface].name);
	struct ip_mreqn v4 = { .imr_multiaddr = group->v4, .imr_ifindex = (int)index };
	struct ipv6_mreq v6 = { .ipv6mr_multiaddr = group->v6, .ipv6mr_interface = index };
	bool is_v4 = group->family == AF_INET;
	int err;

	r->member_fd = socket(group->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = r->member_fd < 0 ? -1
	      : is_v4 ? setsockopt(r->member_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4))
		      : setsockopt(r->member_fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof(v6));
	return err ? error_sys(c->e, -errno, "%s cannot join the group %s", r->netns, c->dst) : 0;
}

/* What is needed of receivers beside a server. */
static int prepare_receiver(struct step_run *c, size_t i)
{
	const struct topology *topo = &c->probe->lab->labfile.topo;
	const struct address *dst = &c->step->address;
	struct receiver *r = &c->receivers[i];
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err = netns_visit(&visit, c->probe->lab->state, r->netns, c->e);

	if (!err && c->step->group &&
	    (dst->family == AF_INET6 || IN_MULTICAST(ntohl(dst->v4.s_addr))))
		err = join(c, r,
			   topology_iface_on(topo, c->step->receivers[i],
					     topology_segment(topo, c->step->zone)));
	if (err || c->step->kind != STEP_PING)
		return err;
	r->echoes_fd = echoes_open(dst->family, c->e);
	return r->echoes_fd < 0 ? r->echoes_fd : echoes_answered(r->echoes_fd, &r->answered, c->e);
}

/* Only of those that the step names. */
static int prepare_receivers(struct step_run *c)
{
	int err = 0;

	for (size_t i = 0; i < c->step->n_receivers && !err; i++)
		if (c->step->group || c->step->kind == STEP_PING)
			err = prepare_receiver(c, i);
	return err;
}

/* Somebody else who has the address listens at its port, and may take what others are to have. */
static int find_takers(struct step_run *c)
{
	const struct topology *topo = &c->probe->lab->labfile.topo;
	const struct owner *owner = NULL;
	int err = 0;

	while (c->step->n_receivers && !err &&
	       (owner = topology_owner(topo, &c->step->address, owner)) != NULL) {
		size_t node = owner_node(topo, owner);
		bool bound = false;

		if (node == NONE || evidence_arrival(c->ev, node))
			continue;
		err = probe_nc_bound(c, topo->nodes[node].name, &bound);
		if (bound)
			text_list_add(&c->ev->takers, "%s", topo->nodes[node].name);
	}
	return err;
}

/* Marks by which the step's packets are known, and who has its address. */
static int begin(struct step_run *c)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct mark *m = &c->ev->mark;
	uint16_t random = 0, port = m->src_port;
	int err;

	(void)getrandom(&random, sizeof(random), 0);
	*m = (struct mark){
		.kind = c->step->kind,
		.src_node = c->step->src,
		.dst = c->step->address,
		.dst_port = c->step->port,
		.group = c->step->group,
		.src_port = (uint16_t)(ID_FIRST + random % IDS),
	};
	c->src_name = c->probe->lab->labfile.topo.nodes[c->step->src].name;
	write_dst(c);
	find_receivers(c);
	c->ev->wanted = c->step->kind == STEP_PING ? c->step->count : 1;
	c->ev->server_bound = c->step->kind == STEP_PING || !c->n_receivers;
	c->ev->since_ns = netlink_clock_ns();
	err = prepare_receivers(c);
	err = err ? err : netns_visit(&visit, c->probe->lab->state, c->src_name, c->e);
	if (err)
		return err;
	find_source(c);
	if (c->step->kind != STEP_PING)
		find_port(c, port);
	return 0;
}

static int run_nc(struct step_run *c)
{
	int err = find_takers(c);

	return err ? err : probe_nc_run(c);
}

static int run_tool(struct step_run *c)
{
	int err = begin(c);

	if (err)
		return err;
	if (c->step->kind == STEP_PING)
		return probe_ping_run(c);
	if (c->n_receivers || (c->step->expect != EXPECT_PASS && c->ev->chains))
		return run_nc(c);
	c->ev->trouble = text_format("no node has the address: nobody can listen there");
	return 0;
}

int probe_run(const struct probe *probe, const struct step *step, struct evidence *ev,
	      struct error *e)
{
	struct step_run c = { .probe = probe, .step = step, .ev = ev, .e = e };
	int err = step->kind == STEP_FRAME ? probe_frame_run(&c) : run_tool(&c);

	if (!err)
		err = step_run_consume(&c);
	step_run_end(&c);
	return err;
}
