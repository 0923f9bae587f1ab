// SPDX-License-Identifier: GPL-2.0-or-later
/* A udp or tcp step: OpenBSD netcat at both ends. What became of the text is not judged here. */
#include "orchestrator/scenario/probe_nc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/capability.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_run.h"

#define PRIVILEGED_PORT 1024

static int servers_settled(struct step_run *c)
{
	bool all = true;

	for (size_t i = 0; i < c->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];
		int err = 0;

		if (r->server.ended)
			return 1;
		if (!r->question.bound)
			err = sockdiag_ask(r->diag, &r->question, c->e);
		if (err)
			return err;
		all &= r->question.bound;
	}
	return all;
}

/* How often the whole text came, if nothing else did. */
static unsigned int copies_of(const struct step_run *c, const struct stream *out)
{
	size_t size = c->ev->bytes_wanted;

	for (size_t at = 0; at < out->size; at += size)
		if (out->size - at < size || memcmp(out->text + at, c->wanted, size) != 0)
			return 0;
	return (unsigned int)(out->size / size);
}

static int transfer_settled(struct step_run *c)
{
	size_t arrived = 0;

	/* A datagram's client ends only when an ICMP error comes back. */
	if (c->client.ended && (c->client.status != 0 || c->step->kind == STEP_UDP))
		return 1;
	for (size_t i = 0; i < c->n_receivers; i++) {
		if (c->receivers[i].server.ended)
			return 1;
		arrived += copies_of(c, &c->receivers[i].server.out) > 0;
	}
	if (arrived && (!c->step->group || arrived == c->n_receivers))
		return 1;
	return step_run_settled(c);
}

/* The servers of datagrams have read and handed on all that has come. (TCP's copies do not come
 * as far as to a server.)
 */
static int drained(struct step_run *c)
{
	for (size_t i = 0; i < c->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];
		int err;

		if (c->step->kind != STEP_UDP || r->server.ended)
			continue;
		err = sockdiag_ask(r->diag, &r->question, c->e);
		if (err)
			return err;
		if (r->question.queued || !child_sleeps(&r->server.child))
			return 0;
	}
	step_run_poll(c);
	return 1;
}

static int start_server(struct step_run *c, struct receiver *r)
{
	uint64_t keep = c->step->port < PRIVILEGED_PORT ? 1ULL << CAP_NET_BIND_SERVICE : 0;
	char port[8], address[ADDRESS_TEXT + 1 + NAME_IFACE_MAX];
	/* -k: datagrams are taken from wherever they come, so a second one is seen, too. */
	const char *const udp[] = {
		c->probe->nc, "-n", "-d", "-u", "-k", "-l", address, port, NULL
	};
	const char *const tcp[] = { c->probe->nc, "-n", "-d", "-l", address, port, NULL };

	address_text(&r->question.address, address);
	if (r->zone)
		(void)snprintf(address + strlen(address), NAME_IFACE_MAX + 2, "%%%s", r->zone);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	return subprocess_start(&r->server, c->probe->lab->state, r->netns,
				c->step->kind == STEP_UDP ? udp : tcp, -1, keep, c->e);
}

static int start_client(struct step_run *c, int in)
{
	char port[8], source[8], address[ADDRESS_TEXT] = "";
	const char *const udp[] = { c->probe->nc, "-n", "-u", "-p", source, c->dst, port, NULL };
	const char *const tcp[] = { c->probe->nc, "-n", "-N", "-p", source, c->dst, port, NULL };
	const char *const group[] = { c->probe->nc, "-n",   "-u",   "-b", "-s", address,
				      "-p",	    source, c->dst, port, NULL };
	bool is_group = c->step->group && c->step->address.family == AF_INET;
	const char *const *argv = c->step->kind == STEP_UDP ? udp : tcp;

	if (is_group)
		address_text(&c->ev->mark.src, address);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	(void)snprintf(source, sizeof(source), "%u", c->ev->mark.src_port);
	return subprocess_start(&c->client, c->probe->lab->state, c->src_name,
				is_group ? group : argv, in, 0, c->e);
}

/* All are bound, or it is noted who is not. */
static void note_bound(struct step_run *c)
{
	c->ev->server_bound = true;
	for (size_t i = 0; i < c->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];

		if ((r->question.bound && !r->server.ended) || !c->ev->server_bound)
			continue;
		c->ev->server_bound = false;
		if (r->server.ended)
			step_run_note_trouble(c, &r->server, "nc");
		else
			c->ev->trouble = text_format("nc in %s did not bind port %u in %u ms",
						     r->netns, c->step->port, c->probe->timeout_ms);
	}
}

/* 1: bound; 0: one will not be, and the trouble is noted. */
static int await_servers(struct step_run *c)
{
	int err;

	step_run_allow(c, netlink_clock_ns(), c->probe->timeout_ms);
	err = step_run_wait(c, servers_settled, SOCKDIAG_ASK_NS);
	if (err && err != -ETIMEDOUT)
		return err;
	note_bound(c);
	return c->ev->server_bound;
}

static void note_arrivals(struct step_run *c)
{
	unsigned int copies = 0;
	bool all = c->n_receivers > 0;

	for (size_t i = 0; i < c->n_receivers; i++) {
		const struct stream *out = &c->receivers[i].server.out;

		c->ev->arrivals[i].bytes = out->size;
		c->ev->arrivals[i].copies = copies_of(c, out);
		c->ev->bytes += out->size;
		copies += c->ev->arrivals[i].copies;
		all &= c->ev->arrivals[i].copies == 1;
	}
	c->ev->arrived = c->step->group ? all : copies == 1 && c->ev->bytes == c->ev->bytes_wanted;
	if (c->ev->arrived || !c->client.ended)
		return;
	if (c->client.status != 0)
		step_run_note_trouble(c, &c->client, "nc");
	else
		c->ev->refused = c->step->kind == STEP_UDP;
}

static int await_transfer(struct step_run *c)
{
	int err;

	/* From before the first packet: what is sent again a second later is behind the default. */
	step_run_allow(c, c->ev->since_ns, c->probe->timeout_ms);
	err = step_run_wait(c, transfer_settled, step_run_ask_ns(c));
	if (err && err != -ETIMEDOUT)
		return err;
	step_run_allow(c, netlink_clock_ns(), c->probe->timeout_ms);
	err = step_run_wait(c, drained, SOCKDIAG_ASK_NS);
	if (err && err != -ETIMEDOUT)
		return err;
	note_arrivals(c);
	return 0;
}

/* A client of UDP sends what it reads at once: what it has not read was not lost. @in: our copy of
 * what it reads.
 */
static void note_unsent(struct step_run *c, int in)
{
	int left = 0;

	if (c->ev->arrived || c->client.ended || ioctl(in, FIONREAD, &left) || !left)
		return;
	free(c->ev->trouble);
	c->ev->trouble = text_format("nc in %s had not read its text after %u ms", c->src_name,
				     c->probe->timeout_ms);
}

/* @out: our end of the client's stdin. Its other end is open here too, so that writing to a
 * client that is gone is no signal; the text is smaller than a pipe.
 */
static int transfer(struct step_run *c, int in, int *out)
{
	bool udp = c->step->kind == STEP_UDP;
	int err = 0;
	ssize_t n;

	for (size_t i = 0; i < c->n_receivers && !err; i++)
		err = start_server(c, &c->receivers[i]);
	if (!err && udp)
		err = start_client(c, in);
	if (err)
		return err;
	err = await_servers(c);
	if (err <= 0)
		return err;
	c->ev->since_ns = netlink_clock_ns();
	err = udp ? 0 : start_client(c, in);
	if (err)
		return err;
	n = write(*out, c->wanted, c->ev->bytes_wanted);
	if (n != (ssize_t)c->ev->bytes_wanted)
		return error_sys(c->e, n < 0 ? -errno : -EIO, "cannot give nc its text");
	(void)close(steal_fd(out));
	err = await_transfer(c);
	if (udp)
		note_unsent(c, in);
	return err;
}

/* Has somebody else the port already? */
static int look_at_port(struct step_run *c, struct receiver *r, bool any)
{
	int err = sockdiag_open(c->probe->lab->state, r->netns, &r->diag, c->e);

	r->question = (struct sockdiag){
		.proto = c->step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		.address = c->step->address,
		.port = c->step->port,
	};
	if (any)
		r->question.address.v6 = in6addr_any;
	return err ? err : sockdiag_ask(r->diag, &r->question, c->e);
}

int probe_nc_bound(struct step_run *c, const char *netns, bool *bound)
{
	struct receiver r = { .netns = netns };
	int err = look_at_port(c, &r, false);

	*bound = !err && r.question.bound;
	netlink_close(r.diag);
	return err;
}

int probe_nc_run(struct step_run *c)
{
	int FD_AUTO in = -1;
	int FD_AUTO out = -1;
	int fds[2], err;

	c->wanted = text_format("%s\n", c->step->text ? c->step->text : "");
	c->ev->bytes_wanted = strlen(c->wanted);
	for (size_t i = 0; i < c->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];

		/* Whoever is named may have another address, into which a filter turns it. */
		err = look_at_port(c, r, c->step->n_receivers > 0);
		if (err)
			return err;
		if (r->question.bound) {
			c->ev->trouble = text_format("somebody else has bound port %u in %s",
						     c->step->port, r->netns);
			return 0;
		}
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(c->e, -errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	return transfer(c, in, &out);
}

int probe_check_nc(const struct probe *probe, struct error *e)
{
	struct evidence EVIDENCE_AUTO ev = { 0 };
	struct step_run c = { .probe = probe, .ev = &ev, .e = e };
	const char *const argv[] = { probe->nc, "-h", NULL };
	struct subprocess *nc = &c.client;
	int err = subprocess_start(nc, probe->lab->state, probe->lab->labfile.topo.nodes[0].name,
				   argv, -1, 0, e);

	step_run_allow(&c, netlink_clock_ns(), probe->timeout_ms);
	if (!err)
		err = step_run_wait(&c, step_run_client_ended, 0);
	if (!err && !(nc->err.text && strstr(nc->err.text, "OpenBSD netcat")))
		err = error_state(e, -ENOPKG,
				  "%s is not OpenBSD's netcat: apt-get install netcat-openbsd",
				  probe->nc);
	subprocess_end(nc);
	return err == -ETIMEDOUT ? 0 : err;
}
