// SPDX-License-Identifier: GPL-2.0-or-later
/* What the control run and the steps have in common. */
#include "orchestrator/scenario/run.h"

#include <errno.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/arrivals.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/neighbours.h"
#include "orchestrator/scenario/probe.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_result.h"

double run_ms_since(uint64_t start_ns)
{
	return (double)(netlink_clock_ns() - start_ns) / 1e6;
}

int run_forget_neighbours(struct run *r, const struct step *step)
{
	return step->warm ? 0 : neighbours_forget(r->neighbours, step, r->e);
}

int run_traffic(struct run *r, const struct step *step, struct evidence *ev)
{
	int err = run_forget_neighbours(r, step);

	if (!err)
		err = probe_run(&r->probe, step, ev, r->e);
	if (err || arrivals_enough(step, ev) || ev->drops)
		return err;
	diagnosis_links(r->lab, ev);
	if (step->kind == STEP_FRAME)
		return 0;
	diagnosis_neighbour(r->lab, ev);
	diagnosis_ways(r->lab, step, ev);
	return 0;
}

int run_notice_death(struct run *r, size_t i, int err, bool *fine)
{
	serves_poll(r->probe.serves);
	if (err == -EINTR || !serves_died(r->probe.serves))
		return err;
	error_clear(r->e);
	serves_judge(r->probe.serves, &r->results[i]);
	*fine = false;
	return 0;
}

int run_begin_serves(struct run *r)
{
	bool any = false;

	serves_stop(r->probe.serves);
	r->probe.serves = NULL;
	for (size_t i = 0; i < r->scenario->n_steps; i++)
		any |= r->scenario->steps[i].kind == STEP_SERVE;
	return any ? serves_new(r->lab, &r->probe.serves, r->e) : 0;
}
