// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A scenario from its first step to its last: chains on and off, steps run, results gathered. The
 * control run is control.c's, steps are steps.c's; how traffic is made is the probes', what it
 * proves judge.c's.
 */
#include "orchestrator/scenario/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/netlink.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/packet_config.h"
#include "orchestrator/scenario/control.h"
#include "orchestrator/scenario/probe.h"
#include "orchestrator/scenario/run.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/steps.h"
#include "orchestrator/scenario/witness.h"

static int hear(void *cookie, struct evidence *ev, struct error *e)
{
	struct run *r = cookie;

	return witness_consume(&r->witness, ev, e);
}

static int attach(struct run *r)
{
	const struct chain_record *chains = scenario_chains_records(r->chains);
	int err = listener_open(r->lab, &r->witness.listener, r->e);

	if (!err)
		err = scenario_chains_set(r->chains, r->e);
	if (err)
		return err;
	r->probe.listener_fd = listener_fd(r->witness.listener);
	for (size_t i = 0; i < r->lab->labfile.topo.n_ifaces && !err; i++)
		if (chains[i].n_filters)
			err = listener_subscribe(r->witness.listener, i, r->e);
	return err;
}

static int run_all(struct run *r)
{
	bool fine = r->result->outcome == OUTCOME_OK; /* of a control run that came first */
	int err = fine ? scenario_chains_prepare(r->chains, r->scenario, r->e) : 0;

	if (!err && !r->controlled)
		err = control(r, &fine);
	if (err || !fine)
		return err;
	err = run_begin_serves(r);
	if (!err)
		err = attach(r);
	for (size_t i = 0; i < r->scenario->n_steps && !err && fine; i++)
		err = steps_run(r, i, &fine);
	return err;
}

static int load_packet(struct run *r, size_t packet)
{
	struct packet_config *p = packet == NONE ? NULL : &r->lab->labfile.packets[packet];

	if (!p || !packet_config_load(p, r->e))
		return 0;
	return error_wrap(r->e, "packet %s", p->name);
}

/* Those of captures, which the steps need. */
static int load_packets(struct run *r)
{
	int err = 0;

	for (size_t i = 0; i < r->scenario->n_steps && !err; i++) {
		err = load_packet(r, r->scenario->steps[i].packet);
		err = err ? err : load_packet(r, r->scenario->steps[i].as);
	}
	return err;
}

static int prepare(struct run *r, const struct scenario_options *options)
{
	sigset_t signals;
	int err;

	if (!r->controlled) {
		r->result->steps = xcalloc(r->scenario->n_steps, sizeof(*r->result->steps));
		for (size_t i = 0; i < r->scenario->n_steps; i++)
			r->result->steps[i].outcome = OUTCOME_SKIPPED;
	}
	r->results = r->result->steps;
	err = load_packets(r);
	if (err)
		return err;
	r->neighbours = options->neighbours;
	r->witness.drops = options->drops;
	r->probe.drops_fd = r->witness.drops ? drop_trace_fd(r->witness.drops) : -1;
	r->probe.lab = r->lab;
	r->probe.timeout_ms = options->timeout_ms;
	r->progress = options->progress;
	r->probe.consume = hear;
	r->probe.cookie = r;
	interrupt_signals(&signals);
	r->probe.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (r->probe.signal_fd < 0)
		return error_sys(r->e, -errno, "cannot wait for signals");
	return probe_tools(&r->probe, r->scenario, r->e);
}

/* An error in a step is that step's result: its first line, and what follows. */
static void blame_step(struct step_result *step, enum outcome outcome, const char *text)
{
	size_t first = strcspn(text, "\n");

	step->outcome = outcome;
	free(step->why);
	step->why = xstrndup(text, first);
	if (text[first] && !step->details)
		step->details = xstrdup(text + first + 1);
}

static void conclude(struct run *r, int err)
{
	enum outcome outcome = err == -EINTR ? OUTCOME_STOPPED : OUTCOME_LAB;
	struct scenario_result *result = r->result;

	if (r->at != NONE) /* only an error ends one half-way */
		blame_step(&r->results[r->at], outcome, r->e->text);
	else if (err)
		result->error = xstrdup(r->e->text);
	result->outcome = err ? outcome : OUTCOME_OK;
	for (size_t i = 0; i < r->scenario->n_steps; i++) {
		struct step_result *step = &result->steps[i];

		if (step->outcome == OUTCOME_SKIPPED)
			step->why = xstrdup(err == -EINTR ? "not run, after a signal"
							  : "not run, after an error of the lab");
		result->outcome = outcome_worse(result->outcome, step->outcome);
	}
}

/* A change that failed says what became of those before it. */
static void tell_undone(const struct run *r)
{
	const char *before = NULL;

	for (size_t i = 0; r->result->steps && i < r->scenario->n_steps; i++) {
		struct step_result *result = &r->results[i];

		if (r->scenario->steps[i].kind != STEP_DO)
			continue;
		if (result->outcome == OUTCOME_OK)
			before = "; ";
		else if (result->outcome == OUTCOME_LAB && before)
			text_add(&result->why, before, "what was done before is undone");
	}
}

/* What could not be put back is an error beside whatever else went wrong. */
static int restore(struct run *r, bool chains_too)
{
	struct error ERROR_AUTO e = ERROR_INIT, ERROR_AUTO chains = ERROR_INIT;
	bool changed = false;

	for (size_t i = 0; i < r->scenario->n_steps; i++)
		changed |= r->scenario->steps[i].kind == STEP_DO;
	if (changed)
		(void)rules_restore_all(r->lab, &e);
	if (chains_too && scenario_chains_restore(r->chains, &chains)) {
		(void)error_wrap(&chains, "cannot put back the chains from before");
		(void)error_join(&e, &chains);
	}
	if (!e.err) {
		tell_undone(r);
		return 0;
	}
	free(r->result->error);
	r->result->error = xstrdup(e.text);
	r->result->outcome = OUTCOME_LAB;
	return error_join(r->e, &e);
}

static int run_open(struct run *r, const struct scenario_options *options)
{
	r->at = NONE;
	r->controlled = scenario_is_controlled(r->result);
	r->result->scenario = r->scenario;
	r->probe.listener_fd = r->probe.drops_fd = r->probe.signal_fd = -1;
	return prepare(r, options);
}

static void run_close(struct run *r, uint64_t start)
{
	listener_close(r->witness.listener);
	free(r->vain);
	witness_forget(&r->witness);
	cleanup_fd(&r->probe.signal_fd);
	r->result->ms += run_ms_since(start);
}

int scenario_run(struct lab *lab, const struct scenario *scenario,
		 const struct scenario_options *options, struct scenario_chains *chains, bool last,
		 struct scenario_result *result, struct error *e)
{
	struct run r = {
		.lab = lab, .scenario = scenario, .result = result, .chains = chains, .e = e
	};
	uint64_t start = netlink_clock_ns();
	INTERRUPT_HOLD hold;
	int err;

	interrupt_hold(&hold);
	err = run_open(&r, options);
	if (!err)
		err = run_all(&r);
	conclude(&r, err);
	serves_stop(r.probe.serves);
	err = restore(&r, last || err || interrupt_pending()) ? e->err : err;
	run_close(&r, start);
	return err;
}

int scenario_control(struct lab *lab, const struct scenario *scenario,
		     const struct scenario_options *options, struct scenario_chains *chains,
		     struct scenario_result *result, struct error *e)
{
	struct run r = {
		.lab = lab, .scenario = scenario, .result = result, .chains = chains, .e = e
	};
	uint64_t start = netlink_clock_ns();
	bool fine = true;
	INTERRUPT_HOLD hold;
	int err;

	if (!control_may_be_early(scenario))
		return 0;
	interrupt_hold(&hold);
	err = run_open(&r, options);
	if (!err)
		err = control(&r, &fine);
	result->outcome = fine ? OUTCOME_OK : OUTCOME_LAB;
	run_close(&r, start);
	if (err)
		scenario_result_clear(result);
	return err;
}

bool scenario_is_controlled(const struct scenario_result *result)
{
	return result->steps;
}

int scenario_repair(struct lab *lab, struct error *e)
{
	int err = chain_restore_all(lab, e);

	return err ? err : rules_restore_all(lab, e);
}

void scenario_result_clear(struct scenario_result *result)
{
	for (size_t i = 0; result->steps && i < result->scenario->n_steps; i++)
		step_result_clear(&result->steps[i]);
	free(result->steps);
	free(result->error);
	*result = (struct scenario_result){ 0 };
}
