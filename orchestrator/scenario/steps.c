// SPDX-License-Identifier: GPL-2.0-or-later
/* One step after the other: which kind it is, and whose work it therefore is. */
#include "orchestrator/scenario/steps.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/progress.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/judge_text.h"
#include "orchestrator/scenario/run.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/step_do.h"
#include "orchestrator/scenario/step_exec.h"
#include "orchestrator/scenario/step_give.h"
#include "orchestrator/scenario/step_map.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/step_serve.h"

/* One of a step's flows, from @port on; which port it is stands there afterwards. */
static int step_flow(struct run *r, const struct step *step, uint16_t *port, unsigned int *flows,
		     struct step_result *result)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo,
					     .chains = scenario_chains_records(r->chains),
					     .mark = { .src_port = *port } };
	int err = run_traffic(r, step, &ev);

	if (err)
		return err;
	*port = ev.mark.src_port;
	judge_traffic(&r->lab->labfile, step, &ev, result);
	for (size_t i = 0; i < ev.n_arrivals; i++)
		flows[i] += ev.arrivals[i].copies;
	return 0;
}

/* All flows, until one fails. Their ports follow one another: no two are the same, nor all even. */
static int step_flows(struct run *r, const struct step *step, struct step_result *result)
{
	unsigned int *FREE_AUTO flows = xcalloc(step->n_receivers, sizeof(*flows));
	uint16_t port = 0;
	int err = 0;

	for (unsigned int n = 1; n <= step->flows; n++) {
		step_result_clear(result);
		err = step_flow(r, step, &port, flows, result);
		if (err)
			return err;
		if (result->outcome != OUTCOME_OK) {
			judge_flow(step, n, result);
			return 0;
		}
		port++; /* behind the last one the kernel names one, for 0 */
	}
	judge_shares(&r->lab->labfile, step, flows, result);
	return 0;
}

/* ping, udp, tcp, exec */
static int step_traffic(struct run *r, const struct step *step, struct step_result *result)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo,
					     .chains = scenario_chains_records(r->chains) };
	int err = witness_consume(&r->witness, &ev,
				  r->e); /* what came since the step before is not this one's */

	witness_forget(&r->witness);
	if (!err && step->kind == STEP_EXEC) {
		err = run_forget_neighbours(r, step);
		return err ? err : step_exec(&r->probe, step, false, &ev, result, r->e);
	}
	if (!err && step->flows)
		return step_flows(r, step, result);
	if (!err)
		err = run_traffic(r, step, &ev);
	if (!err)
		judge_traffic(&r->lab->labfile, step, &ev, result);
	return err;
}

static int step_packet(struct run *r, const struct step *step, struct step_result *result)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo,
					     .chains = scenario_chains_records(r->chains) };
	int err = witness_consume(&r->witness, &ev, r->e); /* as above */

	witness_forget(&r->witness);
	return err ? err : step_give(r->lab, r->chains, &r->witness, step, &ev, result, r->e);
}

static void step_see(struct run *r, const struct step *step, struct step_result *result)
{
	size_t n;
	const char **FREE_AUTO lines = witness_shown(&r->witness, step->at, &n);

	judge_see(&r->lab->labfile, step, lines, n, result);
}

static int step_reject(struct run *r, const struct step *step, struct step_result *result)
{
	char *FREE_AUTO log = NULL;
	int err = chain_try_load(r->lab, step->by, &log, r->e);

	if (err && err != -EACCES)
		return err;
	error_clear(r->e);
	judge_reject(&r->lab->labfile, step, err ? (log ? log : "") : NULL, result);
	return 0;
}

static int step_change(struct run *r, const struct step *step, struct step_result *result)
{
	const struct chain_config *chain = &step->change.chain;

	step_do(r->lab, r->chains, step, result);
	if (result->outcome != OUTCOME_OK || step->change.kind != CHANGE_CHAIN || !chain->n_filters)
		return 0;
	return listener_subscribe(r->witness.listener, chain->iface, r->e);
}

int steps_run(struct run *r, size_t i, bool *fine)
{
	const struct step *step = &r->scenario->steps[i];
	struct step_result *result = &r->results[i];
	uint64_t start = netlink_clock_ns();
	int err = 0;

	r->at = i;
	if (step->kind == STEP_SEE)
		step_see(r, step, result);
	else if (step->kind == STEP_REJECT)
		err = step_reject(r, step, result);
	else if (step->kind == STEP_SERVE)
		err = step_serve(&r->probe, step, result, r->e);
	else if (step->kind == STEP_DO)
		err = step_change(r, step, result);
	else if (step->kind == STEP_GIVE)
		err = step_packet(r, step, result);
	else if (step_is_traffic(step) || step->kind == STEP_EXEC)
		err = step_traffic(r, step, result);
	else
		err = step_map(r->lab, step, result, r->e);
	err = run_notice_death(r, i, err, fine);
	*fine = *fine && result->outcome != OUTCOME_LAB;
	result->ms = run_ms_since(start);
	progress_step(r->progress);
	if (!err)
		r->at = NONE;
	return err;
}
