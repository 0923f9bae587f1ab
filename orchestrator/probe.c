/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/evidence.h"
#include "orchestrator/facts.h"
#include "orchestrator/lab.h"
#include "orchestrator/party.h"
#include "orchestrator/sockdiag.h"
#include "orchestrator/spawn.h"

#define MS_NS		1000000ULL
#define BOUND_ASK_NS	100000ULL /* between two questions to sock_diag, which tells nobody */
#define SUMMARY_MS	250	  /* for ping to write its summary when told to end */
#define PING_BURST	10	  /* echoes sent at once; the rest 10 ms apart */
#define PORT_FIRST	32768	  /* source ports: the kernel's own range for clients */
#define PORTS		28000
#define CAP_BIT(cap)	(1ULL << (cap))
#define PRIVILEGED_PORT 1024

enum { CLIENT, SERVER, PARTIES };

struct course { /* of one step */
	const struct probe *probe;
	const struct step *step;
	struct evidence *ev;
	struct party parties[PARTIES];
	const char *src_name, *dst_name; /* of their namespaces */
	struct sockdiag question;
	struct netlink *diag; /* in the server's namespace */
	char *wanted;	      /* the text with its newline */
	struct error *e;
};

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

/* The poll set of one turn: whoever may have news. */
struct watch {
	struct pollfd fds[2 + PARTIES * 3];
	nfds_t n;
};

static void watch_add(struct watch *w, int fd)
{
	if (fd >= 0)
		w->fds[w->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void hear_chains(const struct course *c)
{
	if (c->probe->ear_fd >= 0)
		c->probe->hear(c->probe->cookie, c->ev);
}

/* Wait until somebody has news, at most @wait_ns; then take all there are. */
static int turn(struct course *c, uint64_t wait_ns)
{
	struct timespec wait = { (time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000) };
	struct watch w = { .n = 0 };

	watch_add(&w, c->probe->signal_fd);
	watch_add(&w, c->probe->ear_fd);
	for (int i = 0; i < PARTIES; i++) {
		if (!c->parties[i].started)
			continue;
		watch_add(&w, c->parties[i].child.pidfd);
		watch_add(&w, c->parties[i].out.fd);
		watch_add(&w, c->parties[i].err.fd);
	}
	if (ppoll(w.fds, w.n, &wait, NULL) < 0 && errno != EINTR)
		return error_sys(c->e, -errno, "cannot wait for the step's children");
	if (c->probe->signal_fd >= 0 && w.fds[0].revents)
		return error_state(c->e, -EINTR, "stopped by a signal");
	for (int i = 0; i < PARTIES; i++)
		party_listen(&c->parties[i]);
	hear_chains(c);
	return 0;
}

/*
 * Until @done says so (1; 0: not yet; or an error). 0, or -ETIMEDOUT (no error set) after @wait_ms.
 * @ask_ns: ask @done so often even without news; 0: no need.
 */
static int wait_for(struct course *c, int (*done)(struct course *c), uint64_t ask_ns,
		    unsigned int wait_ms)
{
	uint64_t deadline = netlink_clock_ns() + wait_ms * MS_NS;

	for (;;) {
		uint64_t now;
		int err = done(c);

		if (err)
			return err < 0 ? err : 0;
		now = netlink_clock_ns();
		if (now >= deadline)
			return -ETIMEDOUT;
		err = turn(c, ask_ns && ask_ns < deadline - now ? ask_ns : deadline - now);
		if (err)
			return err;
	}
}

static void note_trouble(struct course *c, const struct party *p, const char *program)
{
	free(c->ev->trouble);
	c->ev->trouble = party_trouble(p, program);
}

/* What the chains have said settles the step, whatever the children are still waiting for. */
static bool chains_settled(struct course *c)
{
	struct evidence *ev = c->ev;

	if (c->step->expect == EXPECT_DROP && evidence_all_dropped(ev))
		return true;
	if (c->step->expect == EXPECT_PASS && ev->drops)
		return true;
	if (!evidence_drop(ev, RELATION_NEIGHBOUR) || evidence_seen(ev))
		return false;
	/* A question may have been dropped while an older answer is known: then the packet
	 * itself is on its way.
	 */
	facts_neighbour(c->probe->lab, ev);
	return ev->neighbour == NEIGHBOUR_UNRESOLVED;
}

/* The addresses that make a step's packets known. */
static int source_address(struct course *c)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	const struct address *dst = &c->step->address;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = { 0 };
	socklen_t size = dst->family == AF_INET ? sizeof(to.v4) : sizeof(to.v6);
	int FD_AUTO fd = -1;
	int err = netns_visit(&visit, c->probe->lab->state, c->src_name, c->e);

	if (err)
		return err;
	to.any.sa_family = (sa_family_t)dst->family;
	to.v4.sin_port = htons(c->step->port ? c->step->port : 9);
	if (dst->family == AF_INET)
		to.v4.sin_addr = dst->v4;
	else
		to.v6.sin6_addr = dst->v6;
	/* Sends nothing: the kernel only chooses. Where it finds no route the tool says so. */
	fd = socket(dst->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &to.any, size) < 0 || getsockname(fd, &to.any, &size) < 0)
		return 0;
	c->ev->mark.src.family = dst->family;
	if (dst->family == AF_INET)
		c->ev->mark.src.v4 = to.v4.sin_addr;
	else
		c->ev->mark.src.v6 = to.v6.sin6_addr;
	return 0;
}

static bool has_address(const struct prefix *addresses, size_t n, const struct address *a)
{
	for (size_t i = 0; i < n; i++)
		if (address_equal(&addresses[i].address, a))
			return true;
	return false;
}

/* Who has the step's address: a node, or a bridge. */
static void find_destination(struct course *c)
{
	const struct topology *topo = &c->probe->lab->suite.topo;
	const struct address *dst = &c->step->address;

	c->ev->mark.dst_node = NONE;
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		if (has_address(topo->ifaces[i].addresses, topo->ifaces[i].n_addresses, dst)) {
			c->ev->mark.dst_node = topo->ifaces[i].node;
			c->dst_name = topo->nodes[topo->ifaces[i].node].name;
			return;
		}
	}
	for (size_t i = 0; i < topo->n_bridges; i++)
		if (has_address(topo->bridges[i].addresses, topo->bridges[i].n_addresses, dst))
			c->dst_name = topo->bridges[i].name;
}

static int begin(struct course *c)
{
	struct mark *m = &c->ev->mark;
	uint16_t random = 0;

	(void)getrandom(&random, sizeof(random), 0);
	*m = (struct mark){
		.kind = c->step->kind,
		.src_node = c->step->src,
		.dst = c->step->address,
		.dst_port = c->step->port,
		.src_port = (uint16_t)(PORT_FIRST + random % PORTS), /* also a good ICMP id */
	};
	c->src_name = c->probe->lab->suite.topo.nodes[c->step->src].name;
	find_destination(c);
	c->ev->wanted = c->step->kind == STEP_PING ? c->step->count : 1;
	c->ev->server_bound = c->step->kind == STEP_PING;
	c->ev->since_ns = netlink_clock_ns();
	return source_address(c);
}

/* "3 packets transmitted, 2 received, 33% packet loss": the 2, strictly. */
static bool read_summary(const char *text, uint32_t *received)
{
	static const char before[] = " packets transmitted, ";
	const char *at = text ? strstr(text, before) : NULL;
	char number[16];
	size_t digits;

	if (!at)
		return false;
	at += strlen(before);
	digits = strspn(at, "0123456789");
	if (!digits || digits >= sizeof(number) || strncmp(at + digits, " received,", 10) != 0)
		return false;
	memcpy(number, at, digits);
	number[digits] = '\0';
	return text_u32(number, 0, UINT32_MAX, received) == 0;
}

static int client_ended(struct course *c)
{
	return c->parties[CLIENT].ended;
}

static int ping_settled(struct course *c)
{
	return client_ended(c) || chains_settled(c);
}

static void read_ping(struct course *c)
{
	struct party *ping = &c->parties[CLIENT];
	uint32_t received;

	if (read_summary(ping->out.text, &received))
		c->ev->arrived = received < c->ev->wanted ? received : c->ev->wanted;
	else if (WIFSIGNALED(ping->status) && WTERMSIG(ping->status) == SIGINT)
		c->ev->trouble = text_format("ping in %s had not begun after %u ms", ping->netns,
					     c->probe->timeout_ms);
	else
		note_trouble(c, ping, "ping");
}

static int run_ping(struct course *c)
{
	unsigned int burst = c->ev->wanted < PING_BURST ? c->ev->wanted : PING_BURST;
	char count[16], id[16], size[16], preload[16], address[ADDRESS_TEXT];
	const char *const argv[] = { c->probe->ping,
				     "-n",
				     "-q",
				     "-i",
				     "0.01",
				     "-c",
				     count,
				     "-l",
				     preload,
				     "-e",
				     id,
				     "-s",
				     size,
				     address_text(&c->step->address, address),
				     NULL };
	struct party *ping = &c->parties[CLIENT];
	int err;

	(void)snprintf(count, sizeof(count), "%u", c->ev->wanted);
	(void)snprintf(preload, sizeof(preload), "%u", burst);
	(void)snprintf(id, sizeof(id), "%u", c->ev->mark.src_port);
	(void)snprintf(size, sizeof(size), "%u", c->step->size);
	err = party_start(ping, c->probe->lab->state, c->src_name, argv, -1, CAP_BIT(CAP_NET_RAW),
			  c->e);
	if (!err)
		err = wait_for(c, ping_settled, 0,
			       c->probe->timeout_ms + (c->ev->wanted - burst) * 10);
	if (err == -ETIMEDOUT) {
		child_signal(&ping->child, SIGINT);
		err = wait_for(c, client_ended, 0, SUMMARY_MS);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	if (!err && ping->ended)
		read_ping(c);
	return err;
}

static int server_settled(struct course *c)
{
	int err;

	if (c->parties[SERVER].ended)
		return 1;
	err = sockdiag_ask(c->diag, &c->question, c->e);
	return err ? err : c->question.bound;
}

static bool arrived_whole(const struct course *c)
{
	const struct stream *out = &c->parties[SERVER].out;

	return out->size == c->ev->bytes_wanted && memcmp(out->text, c->wanted, out->size) == 0;
}

static int transfer_settled(struct course *c)
{
	const struct party *client = &c->parties[CLIENT];

	return arrived_whole(c) || c->parties[SERVER].ended ||
	       (client->ended && client->status != 0) || chains_settled(c);
}

static int open_diag(struct course *c)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err = netns_visit(&visit, c->probe->lab->state, c->dst_name, c->e);

	return err ? err : netlink_open(NETLINK_SOCK_DIAG, &c->diag, c->e);
}

static uint64_t bind_capability(uint16_t port)
{
	return port < PRIVILEGED_PORT ? CAP_BIT(CAP_NET_BIND_SERVICE) : 0;
}

static int start_server(struct course *c)
{
	char port[8], address[ADDRESS_TEXT];
	const char *const udp[] = { c->probe->nc, "-n", "-d", "-u", "-l", address, port, NULL };
	const char *const tcp[] = { c->probe->nc, "-n", "-d", "-l", address, port, NULL };

	address_text(&c->step->address, address);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	return party_start(&c->parties[SERVER], c->probe->lab->state, c->dst_name,
			   c->step->kind == STEP_UDP ? udp : tcp, -1,
			   bind_capability(c->step->port), c->e);
}

static int start_client(struct course *c, int in)
{
	char port[8], source[8], address[ADDRESS_TEXT];
	const char *const udp[] = { c->probe->nc, "-n", "-u", "-p", source, address, port, NULL };
	const char *const tcp[] = { c->probe->nc, "-n", "-N", "-p", source, address, port, NULL };

	address_text(&c->step->address, address);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	(void)snprintf(source, sizeof(source), "%u", c->ev->mark.src_port);
	return party_start(&c->parties[CLIENT], c->probe->lab->state, c->src_name,
			   c->step->kind == STEP_UDP ? udp : tcp, in, 0, c->e);
}

/* 1: bound; 0: it will not be, and the trouble is noted. */
static int await_server(struct course *c)
{
	int err = wait_for(c, server_settled, BOUND_ASK_NS, c->probe->timeout_ms);

	if (err == -ETIMEDOUT)
		c->ev->trouble = text_format("nc in %s did not bind port %u in %u ms", c->dst_name,
					     c->step->port, c->probe->timeout_ms);
	else if (!err && c->parties[SERVER].ended)
		note_trouble(c, &c->parties[SERVER], "nc");
	else if (!err)
		c->ev->server_bound = true;
	return err && err != -ETIMEDOUT ? err : c->ev->server_bound;
}

static int await_transfer(struct course *c)
{
	int err = wait_for(c, transfer_settled, 0, c->probe->timeout_ms);

	if (err && err != -ETIMEDOUT)
		return err;
	c->ev->arrived = arrived_whole(c);
	c->ev->bytes = c->parties[SERVER].out.size;
	if (!c->ev->arrived && c->parties[CLIENT].ended && c->parties[CLIENT].status != 0)
		note_trouble(c, &c->parties[CLIENT], "nc");
	return 0;
}

/* @out: our end of the client's stdin. Its other end is open here too, so that writing to a
 * client that is gone is no signal; the text is smaller than a pipe.
 */
static int give_text(struct course *c, int *out)
{
	ssize_t n = write(*out, c->wanted, c->ev->bytes_wanted);

	if (n != (ssize_t)c->ev->bytes_wanted)
		return error_sys(c->e, n < 0 ? -errno : -EIO, "cannot give nc its text");
	(void)close(steal_fd(out));
	return 0;
}

static int transfer(struct course *c, int in, int *out)
{
	bool udp = c->step->kind == STEP_UDP;
	int err = start_server(c);

	if (!err && udp)
		err = start_client(c, in);
	if (err)
		return err;
	err = await_server(c);
	if (err <= 0)
		return err;
	c->ev->since_ns = netlink_clock_ns();
	err = udp ? 0 : start_client(c, in);
	if (!err)
		err = give_text(c, out);
	return err ? err : await_transfer(c);
}

static int run_netcat(struct course *c)
{
	int FD_AUTO in = -1;
	int FD_AUTO out = -1;
	int fds[2], err;

	c->wanted = text_format("%s\n", c->step->text ? c->step->text : "");
	if (!c->wanted)
		return error_sys(c->e, -ENOMEM, "the text");
	c->ev->bytes_wanted = strlen(c->wanted);
	c->question = (struct sockdiag){
		.proto = c->step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		.address = c->step->address,
		.port = c->step->port,
	};
	err = open_diag(c);
	if (!err)
		err = sockdiag_ask(c->diag, &c->question, c->e);
	if (err)
		return err;
	if (c->question.bound) {
		c->ev->trouble = text_format("somebody else has bound port %u in %s", c->step->port,
					     c->dst_name);
		return 0;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(c->e, -errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	return transfer(c, in, &out);
}

int probe_run(const struct probe *probe, const struct step *step, struct evidence *ev,
	      struct error *e)
{
	struct course c = { .probe = probe, .step = step, .ev = ev, .e = e };
	int err = begin(&c);

	if (!err && step->kind == STEP_PING)
		err = run_ping(&c);
	else if (!err && c.dst_name)
		err = run_netcat(&c);
	else if (!err)
		ev->trouble = text_format("no node has the address: nobody can listen there");
	hear_chains(&c);
	/* The client first: who closes a TCP connection keeps its port for a minute. */
	party_end(&c.parties[CLIENT]);
	party_end(&c.parties[SERVER]);
	netlink_close(c.diag);
	free(c.wanted);
	return err;
}

int probe_check_nc(const struct probe *probe, struct error *e)
{
	struct evidence ev = { 0 };
	struct course c = { .probe = probe, .ev = &ev, .e = e };
	const char *const argv[] = { probe->nc, "-h", NULL };
	struct party *nc = &c.parties[CLIENT];
	int err;

	err = party_start(nc, probe->lab->state, probe->lab->suite.topo.nodes[0].name, argv, -1, 0,
			  e);
	if (!err)
		err = wait_for(&c, client_ended, 0, probe->timeout_ms);
	if (!err && !(nc->err.text && strstr(nc->err.text, "OpenBSD netcat")))
		err = error_state(e, -ENOPKG,
				  "%s is not OpenBSD's netcat: apt-get install netcat-openbsd",
				  probe->nc);
	party_end(nc);
	return err == -ETIMEDOUT ? 0 : err;
}
