// SPDX-License-Identifier: GPL-2.0-or-later
/* Each step once without any chain: a lab that carries nothing proves nothing. */
#include "orchestrator/scenario/control.h"

#include <string.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/progress.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/run.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/step_exec.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/step_serve.h"

/* They send the same to the same, and must do the same without chains. */
static bool same_control(const struct step *a, const struct step *b)
{
	return a->kind == b->kind && a->src == b->src && a->port == b->port &&
	       address_equal(&a->address, &b->address) && a->owner == b->owner &&
	       a->zone == b->zone && a->count == b->count && a->size == b->size &&
	       a->from == b->from && a->packet == b->packet &&
	       (a->kind != STEP_FRAME || a->at == b->at) && a->control == b->control &&
	       a->warm == b->warm && a->n_receivers == b->n_receivers &&
	       (!a->n_receivers ||
		!memcmp(a->receivers, b->receivers, a->n_receivers * sizeof(*a->receivers))) &&
	       !strcmp(a->text ? a->text : "", b->text ? b->text : "");
}

static bool tried_before(const struct scenario *scenario, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_control(&scenario->steps[i], &scenario->steps[n]))
			return true;
	return false;
}

/* A step that failed as it was to (else no other follows), at its deadline: its neighbour need not
 * be awaited by others that are to fail.
 */
static void note_vain(struct run *r, const struct evidence *ev)
{
	if (!ev->neighbour_asked || ev->neighbour != NEIGHBOUR_UNRESOLVED ||
	    run_ms_since(ev->since_ns) < r->probe.timeout_ms)
		return;
	text_add(&r->vain, "\n", "%s", ev->neighbour_text);
}

static int control_step(struct run *r, size_t i, bool *fine)
{
	const struct step *step = &r->scenario->steps[i];
	struct step_result *result = &r->results[i];
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo };
	uint64_t start = netlink_clock_ns();
	struct step_result seen = { 0 };
	int err;

	r->probe.vain = step->control == CONTROL_FAIL ? r->vain : NULL;
	err = run_traffic(r, step, &ev);
	r->probe.vain = NULL;
	if (err)
		return err;
	judge_control(&r->lab->labfile, step, &ev, &seen);
	*fine = seen.outcome == OUTCOME_OK;
	if (!*fine && ev.arrived < ev.wanted && (step->kind == STEP_UDP || step->kind == STEP_TCP))
		err = probe_check_nc(&r->probe, r->e);
	if (step->control == CONTROL_FAIL)
		note_vain(r, &ev);
	if (*fine || err) {
		step_result_clear(&seen);
		return err;
	}
	seen.ms = run_ms_since(start);
	*result = seen;
	return 0;
}

/* A program of the user's, or a server that later steps need. */
static int control_program(struct run *r, size_t i, bool *fine)
{
	const struct step *step = &r->scenario->steps[i];
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo };
	struct step_result result = { 0 };
	uint64_t start = netlink_clock_ns();
	int err = step->kind == STEP_SERVE ? step_serve(&r->probe, step, &result, r->e)
					   : run_forget_neighbours(r, step);

	if (!err && step->kind == STEP_EXEC)
		err = step_exec(&r->probe, step, true, &ev, &result, r->e);
	*fine = result.outcome == OUTCOME_OK;
	result.ms = run_ms_since(start);
	if (*fine)
		step_result_clear(&result);
	else
		r->results[i] = result;
	return err;
}

static bool has_control(const struct step *step)
{
	return (step_is_traffic(step) || step->kind == STEP_EXEC) && step->control != CONTROL_NONE;
}

static bool takes_part(const struct scenario *scenario, size_t i)
{
	const struct step *step = &scenario->steps[i];

	if (step->kind != STEP_SERVE)
		return has_control(step) && (step->kind == STEP_EXEC || !tried_before(scenario, i));
	/* A server, where somebody after it may need it. */
	while (++i < scenario->n_steps)
		if (has_control(&scenario->steps[i]))
			return true;
	return false;
}

size_t control_steps(const struct scenario *scenario)
{
	size_t n = 0;

	for (size_t i = 0; i < scenario->n_steps; i++)
		n += takes_part(scenario, i);
	return n;
}

bool control_may_be_early(const struct scenario *scenario)
{
	bool may = true;

	for (size_t i = 0; i < scenario->n_steps; i++) {
		const struct step *step = &scenario->steps[i];

		may &= step->kind != STEP_EXEC && step->kind != STEP_SERVE && !step->warm;
	}
	return may;
}

int control(struct run *r, bool *fine)
{
	bool stripped = false;
	int err = run_begin_serves(r);

	for (size_t i = 0; i < r->scenario->n_steps && !err && *fine; i++) {
		if (!takes_part(r->scenario, i))
			continue;
		if (!stripped)
			err = scenario_chains_strip(r->chains, r->scenario, r->e);
		stripped = true;
		if (err)
			break;
		r->at = i;
		err = step_is_traffic(&r->scenario->steps[i]) ? control_step(r, i, fine)
							      : control_program(r, i, fine);
		err = run_notice_death(r, i, err, fine);
		progress_step(r->progress);
		if (!err)
			r->at = NONE;
	}
	return err;
}
