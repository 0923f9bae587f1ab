// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs a step's program in its node and waits for its end. How it is kept together is
 * node_program.c's, what its end proves judge_exec.c's.
 */
#include "orchestrator/scenario/step_exec.h"

#include <errno.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge_exec.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/step_run.h"

static int wait_for_end(struct step_run *c, struct node_program *p, struct exec_seen *seen)
{
	unsigned int ms = c->probe->timeout_ms * NODE_PROGRAM_PATIENCE;
	int err;

	step_run_allow(c, netlink_clock_ns(), ms);
	err = step_run_wait(c, step_run_client_ended, 0);
	if (err && err != -ETIMEDOUT)
		return err;
	seen->out = p->first->out.text;
	seen->err = p->first->err.text;
	if (err) {
		seen->waited_ms = ms;
		return 0;
	}
	err = node_program_ended(p, c->e);
	if (err)
		return err;
	seen->exec_errno = p->end->exec_errno;
	seen->status = p->end->status;
	return 0;
}

int step_exec(const struct probe *probe, const struct step *step, bool control, struct evidence *ev,
	      struct step_result *result, struct error *e)
{
	const struct labfile *labfile = &probe->lab->labfile;
	struct step_run c = { .probe = probe, .step = step, .ev = ev, .e = e };
	struct node_program p = { .first = &c.client };
	struct exec_seen seen = { 0 };
	int err;

	ev->mark = (struct mark){ .kind = STEP_EXEC, .src_node = step->src, .dst_node = NONE };
	ev->since_ns = netlink_clock_ns();
	err = node_program_start(&p, probe->lab, labfile->topo.nodes[step->src].name, step->argv,
				 false, e);
	if (!err)
		err = wait_for_end(&c, &p, &seen);
	if (!err)
		err = step_run_consume(&c);
	if (!err && control)
		judge_exec_control(step, &seen, result);
	else if (!err)
		judge_exec(labfile, step, &seen, ev, result);
	node_program_end(&p);
	return err ? error_wrap(e, "%s", step->argv[0]) : 0;
}
