// SPDX-License-Identifier: GPL-2.0-or-later
/* Starts a server and waits until the kernel lists its port. That it lives on is serves.c's. */
#include "orchestrator/scenario/step_serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/step_run.h"

static const char *port_text(const struct step *step, char text[static 16])
{
	(void)snprintf(text, 16, "%s:%u", step->proto == IPPROTO_TCP ? "tcp" : "udp", step->port);
	return text;
}

static int ready_or_dead(struct step_run *c)
{
	int err;

	if (serves_died(c->probe->serves))
		return 1;
	err = sockdiag_ask(c->receivers->diag, &c->receivers->question, c->e);
	return err ? err : c->receivers->question.bound;
}

static int await(struct step_run *c, struct step_result *result)
{
	struct serves *serves = c->probe->serves;
	unsigned int ms = c->probe->timeout_ms * NODE_PROGRAM_PATIENCE;
	char port[16];
	int err;

	step_run_allow(c, netlink_clock_ns(), ms);
	err = step_run_wait(c, ready_or_dead, SOCKDIAG_ASK_NS);
	if (serves_died(serves)) {
		error_clear(c->e);
		serves_judge(serves, result);
		return 0;
	}
	if (err == -ETIMEDOUT) {
		step_result_set(result, OUTCOME_LAB,
				text_format("error of the lab: it had not bound %s after %u ms",
					    port_text(c->step, port), ms));
		result->details = serves_said(serves);
		return 0;
	}
	if (err)
		return err;
	serves_ready(serves);
	step_result_set(result, OUTCOME_OK, text_format("listens on %s", port_text(c->step, port)));
	return 0;
}

static int run(struct step_run *c, struct step_result *result)
{
	const char *node = c->probe->lab->labfile.topo.nodes[c->step->src].name;
	char port[16];
	int err = sockdiag_open(c->probe->lab->state, node, &c->receivers->diag, c->e);

	if (!err)
		err = sockdiag_ask(c->receivers->diag, &c->receivers->question, c->e);
	if (err)
		return err;
	if (c->receivers->question.bound) {
		step_result_set(result, OUTCOME_LAB,
				text_format("error of the lab: somebody else has bound %s in %s",
					    port_text(c->step, port), node));
		return 0;
	}
	err = serves_start(c->probe->serves, c->step, c->e);
	return err ? err : await(c, result);
}

int step_serve(const struct probe *probe, const struct step *step, struct step_result *result,
	       struct error *e)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &probe->lab->labfile.topo };
	struct receiver port = { .question = { .proto = step->proto, .port = step->port } };
	struct step_run c = {
		.probe = probe,
		.step = step,
		.ev = &ev,
		.receivers = &port,
		.n_receivers = 1,
		.e = e,
	};
	int err = run(&c, result);

	netlink_close(port.diag);
	return err ? error_wrap(e, "%s", step->argv[0]) : 0;
}
