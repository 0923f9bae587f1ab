// SPDX-License-Identifier: GPL-2.0-or-later
/* What ping and nc steps have in common: the tools, the step's marks, and who has its address. */
#include "orchestrator/scenario/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
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

/* The address from which the step's packets come. Where the kernel finds no route the tool says so.
 */
static void find_source(struct step_run *c)
{
	const struct address *dst = &c->step->address;
	union endpoint to = { .any.sa_family = (sa_family_t)dst->family };
	socklen_t size = sizeof(to);
	int FD_AUTO fd = -1;

	to.v4.sin_port = htons(c->step->port ? c->step->port : 9);
	if (dst->family == AF_INET)
		to.v4.sin_addr = dst->v4;
	else
		to.v6.sin6_addr = dst->v6;
	/* Sends nothing: the kernel only chooses. */
	fd = socket(dst->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &to.any, size) < 0 || getsockname(fd, &to.any, &size) < 0)
		return;
	c->ev->mark.src.family = dst->family;
	if (dst->family == AF_INET)
		c->ev->mark.src.v4 = to.v4.sin_addr;
	else
		c->ev->mark.src.v6 = to.v6.sin6_addr;
}

/* A port that nc can bind: of an earlier step's connection the kernel keeps it for a minute. */
static void find_port(struct step_run *c)
{
	int family = c->step->address.family;
	int type = c->step->kind == STEP_TCP ? SOCK_STREAM : SOCK_DGRAM;
	union endpoint from = { .any.sa_family = (sa_family_t)family };
	socklen_t size = sizeof(from);
	int FD_AUTO fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, &from.any, size) && !getsockname(fd, &from.any, &size))
		c->ev->mark.src_port = ntohs(from.v4.sin_port);
}

/* Who has the step's address: a node, or a bridge. */
static void find_destination(struct step_run *c)
{
	const struct topology *topo = &c->probe->lab->labfile.topo;
	const struct address *dst = &c->step->address;

	c->ev->mark.dst_node = NONE;
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		if (prefixes_hold(topo->ifaces[i].addresses, topo->ifaces[i].n_addresses, dst)) {
			c->ev->mark.dst_node = topo->ifaces[i].node;
			c->dst_name = topo->nodes[topo->ifaces[i].node].name;
			return;
		}
	}
	for (size_t i = 0; i < topo->n_bridges; i++)
		if (prefixes_hold(topo->bridges[i].addresses, topo->bridges[i].n_addresses, dst))
			c->dst_name = topo->bridges[i].name;
}

/* Marks by which the step's packets are known, and who has its address. */
static int begin(struct step_run *c)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct mark *m = &c->ev->mark;
	uint16_t random = 0;
	int err;

	(void)getrandom(&random, sizeof(random), 0);
	*m = (struct mark){
		.kind = c->step->kind,
		.src_node = c->step->src,
		.dst = c->step->address,
		.dst_port = c->step->port,
		.src_port = (uint16_t)(ID_FIRST + random % IDS),
	};
	c->src_name = c->probe->lab->labfile.topo.nodes[c->step->src].name;
	find_destination(c);
	c->ev->wanted = c->step->kind == STEP_PING ? c->step->count : 1;
	c->ev->server_bound = c->step->kind == STEP_PING;
	c->ev->since_ns = netlink_clock_ns();
	err = netns_visit(&visit, c->probe->lab->state, c->src_name, c->e);
	if (err)
		return err;
	find_source(c);
	if (c->step->kind != STEP_PING)
		find_port(c);
	return 0;
}

int probe_run(const struct probe *probe, const struct step *step, struct evidence *ev,
	      struct error *e)
{
	struct step_run c = { .probe = probe, .step = step, .ev = ev, .e = e };
	int err = begin(&c);

	if (!err && step->kind == STEP_PING)
		err = probe_ping_run(&c);
	else if (!err && c.dst_name)
		err = probe_nc_run(&c);
	else if (!err)
		ev->trouble = text_format("no node has the address: nobody can listen there");
	if (!err)
		err = step_run_consume(&c);
	/* The client first: who closes a TCP connection keeps its port for a minute. */
	subprocess_end(&c.subprocesses[CLIENT]);
	subprocess_end(&c.subprocesses[SERVER]);
	netlink_close(c.diag);
	free(c.wanted);
	return err;
}
