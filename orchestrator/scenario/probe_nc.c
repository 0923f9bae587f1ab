// SPDX-License-Identifier: GPL-2.0-or-later
/* A udp or tcp step: OpenBSD netcat at both ends. What became of the text is not judged here. */
#include "orchestrator/scenario/probe_nc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_run.h"

#define BOUND_ASK_NS	100000ULL /* between two questions to sock_diag, which tells nobody */
#define PRIVILEGED_PORT 1024

static int server_settled(struct step_run *c)
{
	int err;

	if (c->subprocesses[SERVER].ended)
		return 1;
	err = sockdiag_ask(c->diag, &c->question, c->e);
	return err ? err : c->question.bound;
}

static bool arrived_whole(const struct step_run *c)
{
	const struct stream *out = &c->subprocesses[SERVER].out;

	return out->size == c->ev->bytes_wanted && memcmp(out->text, c->wanted, out->size) == 0;
}

static int transfer_settled(struct step_run *c)
{
	const struct subprocess *client = &c->subprocesses[CLIENT];

	return arrived_whole(c) || c->subprocesses[SERVER].ended ||
	       (client->ended && client->status != 0) || step_run_settled(c);
}

static int start_server(struct step_run *c)
{
	uint64_t keep = c->step->port < PRIVILEGED_PORT ? 1ULL << CAP_NET_BIND_SERVICE : 0;
	char port[8], address[ADDRESS_TEXT];
	const char *const udp[] = { c->probe->nc, "-n", "-d", "-u", "-l", address, port, NULL };
	const char *const tcp[] = { c->probe->nc, "-n", "-d", "-l", address, port, NULL };

	address_text(&c->step->address, address);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	return subprocess_start(&c->subprocesses[SERVER], c->probe->lab->state, c->dst_name,
				c->step->kind == STEP_UDP ? udp : tcp, -1, keep, c->e);
}

static int start_client(struct step_run *c, int in)
{
	char port[8], source[8], address[ADDRESS_TEXT];
	const char *const udp[] = { c->probe->nc, "-n", "-u", "-p", source, address, port, NULL };
	const char *const tcp[] = { c->probe->nc, "-n", "-N", "-p", source, address, port, NULL };

	address_text(&c->step->address, address);
	(void)snprintf(port, sizeof(port), "%u", c->step->port);
	(void)snprintf(source, sizeof(source), "%u", c->ev->mark.src_port);
	return subprocess_start(&c->subprocesses[CLIENT], c->probe->lab->state, c->src_name,
				c->step->kind == STEP_UDP ? udp : tcp, in, 0, c->e);
}

/* 1: bound; 0: it will not be, and the trouble is noted. */
static int await_server(struct step_run *c)
{
	int err;

	step_run_allow(c, netlink_clock_ns(), c->probe->timeout_ms);
	err = step_run_wait(c, server_settled, BOUND_ASK_NS);

	if (err == -ETIMEDOUT)
		c->ev->trouble = text_format("nc in %s did not bind port %u in %u ms", c->dst_name,
					     c->step->port, c->probe->timeout_ms);
	else if (!err && c->subprocesses[SERVER].ended)
		step_run_note_trouble(c, &c->subprocesses[SERVER], "nc");
	else if (!err)
		c->ev->server_bound = true;
	return err && err != -ETIMEDOUT ? err : c->ev->server_bound;
}

static int await_transfer(struct step_run *c)
{
	int err;

	/* From before the first packet: what is sent again a second later is behind the default. */
	step_run_allow(c, c->ev->since_ns, c->probe->timeout_ms);
	err = step_run_wait(c, transfer_settled, 0);
	if (err && err != -ETIMEDOUT)
		return err;
	c->ev->arrived = arrived_whole(c);
	c->ev->bytes = c->subprocesses[SERVER].out.size;
	if (!c->ev->arrived && c->subprocesses[CLIENT].ended && c->subprocesses[CLIENT].status != 0)
		step_run_note_trouble(c, &c->subprocesses[CLIENT], "nc");
	return 0;
}

/* @out: our end of the client's stdin. Its other end is open here too, so that writing to a
 * client that is gone is no signal; the text is smaller than a pipe.
 */
static int transfer(struct step_run *c, int in, int *out)
{
	bool udp = c->step->kind == STEP_UDP;
	int err = start_server(c);
	ssize_t n;

	if (!err && udp)
		err = start_client(c, in);
	if (err)
		return err;
	err = await_server(c);
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
	return await_transfer(c);
}

int probe_nc_run(struct step_run *c)
{
	int FD_AUTO in = -1;
	int FD_AUTO out = -1;
	int fds[2], err;

	c->wanted = text_format("%s\n", c->step->text ? c->step->text : "");
	c->ev->bytes_wanted = strlen(c->wanted);
	c->question = (struct sockdiag){
		.proto = c->step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		.address = c->step->address,
		.port = c->step->port,
	};
	err = sockdiag_open(c->probe->lab->state, c->dst_name, &c->diag, c->e);
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

int probe_check_nc(const struct probe *probe, struct error *e)
{
	struct evidence ev = { 0 };
	struct step_run c = { .probe = probe, .ev = &ev, .e = e };
	const char *const argv[] = { probe->nc, "-h", NULL };
	struct subprocess *nc = &c.subprocesses[CLIENT];
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
