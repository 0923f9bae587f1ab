// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A scenario from its first step to its last: chains on and off, steps run, results gathered. How
 * traffic is made is the probes', what it proves judge.c's.
 */
#include "orchestrator/scenario/scenario.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/netlink.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/arrivals.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/neighbours.h"
#include "orchestrator/scenario/probe.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_do.h"
#include "orchestrator/scenario/step_exec.h"
#include "orchestrator/scenario/step_map.h"
#include "orchestrator/scenario/step_serve.h"

#define SHOWN_MAX 4096 /* lines kept of what hello and headers show during one step */

struct shown {
	size_t iface;
	char *text;
};

/*
 * One scenario under way:
 *
 *   prepare  load the scenario's chains, hold those that stand
 *   control  each step once, with no chain anywhere: the lab itself carries it
 *   attach   the lab's own chains again, and the scenario's in place of some of them
 *   steps    in the file's order, with a listener on every chain
 *   restore  in any case
 */
struct run {
	struct lab *lab;
	const struct scenario *scenario;
	struct scenario_result *result;
	struct scenario_chains *chains;
	size_t at;		   /* the step that is run, or tried; NONE: between them */
	struct listener *listener; /* NULL: no chain is attached */
	struct drop_trace *drops;  /* NULL: this kernel does not tell */
	struct neighbours *neighbours;
	struct probe probe;
	char *vain; /* of the probe */
	struct shown *shown;
	size_t n_shown;
	size_t showing; /* interface whose lines are being printed */
	struct error *e;
};

static double ms_since(uint64_t start_ns)
{
	return (double)(netlink_clock_ns() - start_ns) / 1e6;
}

static bool is_traffic(const struct step *step)
{
	return step->kind == STEP_PING || step->kind == STEP_UDP || step->kind == STEP_TCP;
}

static void forget_shown(struct run *r)
{
	for (size_t i = 0; i < r->n_shown; i++)
		free(r->shown[i].text);
	free(r->shown);
	r->shown = NULL;
	r->n_shown = 0;
}

static void show(void *cookie, const char *text)
{
	struct run *r = cookie;
	struct shown *shown;

	if (r->n_shown == SHOWN_MAX)
		return;
	shown = array_add(&r->shown, &r->n_shown, sizeof(*shown));
	*shown = (struct shown){ r->showing, xstrdup(text) };
}

struct consuming {
	struct run *run;
	struct evidence *ev;
};

static int take_event(void *cookie, const struct xlab_event *event)
{
	const struct consuming *consuming = cookie;
	size_t size = event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;
	struct packet p;

	consuming->run->showing = event->iface;
	if (event->kind == XLAB_HELLO) {
		show(consuming->run, "received a packet");
	} else if (event->kind == XLAB_HEADERS) {
		packet_print(event->snap, size, show, consuming->run);
	} else {
		packet_read(event->snap, size, &p);
		evidence_add(consuming->ev, event, &p);
	}
	return 0;
}

/* What its XDP could not do; that a filter aborted, the chain says itself. */
static void take_failure(const struct consuming *c, const struct drop_trace_event *event)
{
	int err = event->code < 0 ? -event->code : event->code;

	if (event->kind == DROP_TRACE_XDP_EXCEPTION) {
		if (event->code != XDP_TX && event->code != XDP_REDIRECT)
			return;
		err = EOVERFLOW; /* no room before the packet for what a frame has there */
	}
	evidence_add_xdp_failure(c->ev, event->time_ns, drop_trace_iface(c->run->drops, event),
				 drop_trace_tracepoint(event), err);
}

static void take_drop(void *cookie, const struct drop_trace_event *event)
{
	const struct consuming *c = cookie;
	struct packet p, inner;

	if (event->kind != DROP_TRACE_KFREE_SKB) {
		take_failure(c, event);
		return;
	}
	packet_read_network(event->snap, event->snapped, event->protocol, &p);
	evidence_add_kernel_drop(c->ev, event->time_ns, drop_trace_netns(c->run->drops, event),
				 drop_trace_reason(c->run->drops, event), &p,
				 packet_read_inner(event->snap, event->snapped, &p, &inner) ? &inner
											    : NULL);
}

static int consume(void *cookie, struct evidence *ev, struct error *e)
{
	struct run *r = cookie;
	struct consuming consuming = { r, ev };
	int err;

	if (r->drops)
		drop_trace_consume(r->drops, take_drop, &consuming);
	if (!r->listener)
		return 0;
	err = listener_consume(r->listener, take_event, &consuming);

	ev->lost = listener_lost(r->listener);
	return err ? error_sys(e, err, "cannot read what the chains say") : 0;
}

static int forget_neighbours(struct run *r, const struct step *step)
{
	return step->warm ? 0 : neighbours_forget(r->neighbours, step, r->e);
}

/* Traffic, and what the kernel knows of it if it did not arrive. */
static int run_traffic(struct run *r, const struct step *step, struct evidence *ev)
{
	int err = forget_neighbours(r, step);

	if (!err)
		err = probe_run(&r->probe, step, ev, r->e);
	if (err || arrivals_enough(step, ev) || ev->drops)
		return err;
	diagnosis_neighbour(r->lab, ev);
	diagnosis_links(r->lab, ev);
	return 0;
}

/* They send the same to the same, and must do the same without chains. */
static bool same_control(const struct step *a, const struct step *b)
{
	return a->kind == b->kind && a->src == b->src && a->port == b->port &&
	       address_equal(&a->address, &b->address) && a->count == b->count &&
	       a->size == b->size && a->control == b->control && a->warm == b->warm &&
	       a->n_receivers == b->n_receivers &&
	       (!a->n_receivers ||
		!memcmp(a->receivers, b->receivers, a->n_receivers * sizeof(*a->receivers))) &&
	       !strcmp(a->text ? a->text : "", b->text ? b->text : "");
}

static bool tried_before(const struct run *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_control(&r->scenario->steps[i], &r->scenario->steps[n]))
			return true;
	return false;
}

/* A step that failed as it was to, at its deadline: its neighbour need not be awaited by others
 * that are to fail.
 */
static void note_vain(struct run *r, const struct evidence *ev)
{
	if (!ev->neighbour_asked || ev->neighbour != NEIGHBOUR_UNRESOLVED ||
	    ms_since(ev->since_ns) < r->probe.timeout_ms)
		return;
	text_add(&r->vain, "\n", "%s", ev->neighbour_text);
}

static int control_step(struct run *r, size_t i, bool *fine)
{
	const struct step *step = &r->scenario->steps[i];
	struct step_result *result = &r->result->steps[i];
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
	if (!*fine && ev.arrived < ev.wanted && step->kind != STEP_PING)
		err = probe_check_nc(&r->probe, r->e);
	if (*fine && step->control == CONTROL_FAIL)
		note_vain(r, &ev);
	if (*fine || err) {
		step_result_clear(&seen);
		return err;
	}
	seen.ms = ms_since(start);
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
					   : forget_neighbours(r, step);

	if (!err && step->kind == STEP_EXEC)
		err = step_exec(&r->probe, step, true, &ev, &result, r->e);
	*fine = result.outcome == OUTCOME_OK;
	result.ms = ms_since(start);
	if (*fine)
		step_result_clear(&result);
	else
		r->result->steps[i] = result;
	return err;
}

static bool has_control(const struct step *step)
{
	return (is_traffic(step) || step->kind == STEP_EXEC) && step->control != CONTROL_NONE;
}

static bool takes_part(const struct run *r, size_t i)
{
	const struct step *step = &r->scenario->steps[i];
	bool serve = step->kind == STEP_SERVE;

	while (serve && i < r->scenario->n_steps && !has_control(&r->scenario->steps[i]))
		i++;
	if (serve)
		return i < r->scenario->n_steps;
	return has_control(step) && (step->kind == STEP_EXEC || !tried_before(r, i));
}

/* A server that died is what is wrong with the step, whatever else is. */
static int notice_death(struct run *r, size_t i, int err, bool *fine)
{
	serves_poll(r->probe.serves);
	if (err == -EINTR || !serves_died(r->probe.serves))
		return err;
	error_clear(r->e);
	serves_judge(r->probe.serves, &r->result->steps[i]);
	*fine = false;
	return 0;
}

/* Servers are of one run: those of the one before are stopped. */
static int begin_serves(struct run *r)
{
	bool any = false;

	serves_stop(r->probe.serves);
	r->probe.serves = NULL;
	for (size_t i = 0; i < r->scenario->n_steps; i++)
		any |= r->scenario->steps[i].kind == STEP_SERVE;
	return any ? serves_new(r->lab, &r->probe.serves, r->e) : 0;
}

/* Each step once without any chain: a lab that carries nothing proves nothing. */
static int control(struct run *r, bool *fine)
{
	bool stripped = false;
	int err = begin_serves(r);

	for (size_t i = 0; i < r->scenario->n_steps && !err && *fine; i++) {
		if (!takes_part(r, i))
			continue;
		if (!stripped)
			err = scenario_chains_strip(r->chains, r->e);
		stripped = true;
		if (err)
			break;
		r->at = i;
		err = is_traffic(&r->scenario->steps[i]) ? control_step(r, i, fine)
							 : control_program(r, i, fine);
		err = notice_death(r, i, err, fine);
		if (!err)
			r->at = NONE;
	}
	return err;
}

static int attach(struct run *r)
{
	const struct chain_record *chains = scenario_chains_records(r->chains);
	int err = listener_open(r->lab, &r->listener, r->e);

	if (!err)
		err = scenario_chains_set(r->chains, r->e);
	if (err)
		return err;
	r->probe.listener_fd = listener_fd(r->listener);
	for (size_t i = 0; i < r->lab->labfile.topo.n_ifaces && !err; i++)
		if (chains[i].n_filters)
			err = listener_subscribe(r->listener, i, r->e);
	return err;
}

/* One of a step's flows, from @port on; which port it is stands there afterwards. */
static int step_flow(struct run *r, const struct step *step, uint16_t *port, unsigned int *flows,
		     struct step_result *result)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo,
					     .chains = scenario_chains_records(r->chains) };
	int err;

	r->probe.from_port = *port;
	err = run_traffic(r, step, &ev);
	r->probe.from_port = 0;
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
		port = port == UINT16_MAX ? 0 : port + 1;
	}
	judge_shares(&r->lab->labfile, step, flows, result);
	return 0;
}

/* ping, udp, tcp, exec */
static int step_traffic(struct run *r, const struct step *step, struct step_result *result)
{
	struct evidence EVIDENCE_AUTO ev = { .topo = &r->lab->labfile.topo,
					     .chains = scenario_chains_records(r->chains) };
	int err = consume(r, &ev, r->e); /* what came since the step before is not this one's */

	forget_shown(r);
	if (!err && step->kind == STEP_EXEC) {
		err = forget_neighbours(r, step);
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

static void step_see(struct run *r, const struct step *step, struct step_result *result)
{
	const char **FREE_AUTO lines = xcalloc(r->n_shown, sizeof(*lines));
	size_t n = 0;

	for (size_t i = 0; i < r->n_shown; i++)
		if (r->shown[i].iface == step->at)
			lines[n++] = r->shown[i].text;
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
	return listener_subscribe(r->listener, chain->iface, r->e);
}

static int run_step(struct run *r, size_t i, bool *fine)
{
	const struct step *step = &r->scenario->steps[i];
	struct step_result *result = &r->result->steps[i];
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
	else if (is_traffic(step) || step->kind == STEP_EXEC)
		err = step_traffic(r, step, result);
	else
		err = step_map(r->lab, step, result, r->e);
	err = notice_death(r, i, err, fine);
	*fine = *fine && result->outcome != OUTCOME_LAB;
	result->ms = ms_since(start);
	if (!err)
		r->at = NONE;
	return err;
}

static int run_all(struct run *r)
{
	bool fine = true;
	int err = scenario_chains_prepare(r->lab, r->scenario, &r->chains, r->e);

	if (!err)
		err = control(r, &fine);
	if (!err && fine)
		err = begin_serves(r);
	if (!err && fine)
		err = attach(r);
	for (size_t i = 0; i < r->scenario->n_steps && !err && fine; i++)
		err = run_step(r, i, &fine);
	return err;
}

static int prepare(struct run *r, const struct scenario_options *options)
{
	sigset_t signals;

	r->result->steps = xcalloc(r->scenario->n_steps, sizeof(*r->result->steps));
	for (size_t i = 0; i < r->scenario->n_steps; i++)
		r->result->steps[i].outcome = OUTCOME_SKIPPED;
	r->neighbours = neighbours_new(r->lab);
	r->drops = options->drops;
	r->probe.drops_fd = r->drops ? drop_trace_fd(r->drops) : -1;
	r->probe.lab = r->lab;
	r->probe.timeout_ms = options->timeout_ms;
	r->probe.consume = consume;
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

	if (err && r->at != NONE)
		blame_step(&result->steps[r->at], outcome, r->e->text);
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
		struct step_result *result = &r->result->steps[i];

		if (r->scenario->steps[i].kind != STEP_DO)
			continue;
		if (result->outcome == OUTCOME_OK)
			before = "; ";
		else if (result->outcome == OUTCOME_LAB && before)
			text_add(&result->why, before, "what was done before is undone");
	}
}

/* What could not be put back is an error beside whatever else went wrong. */
static int restore(struct run *r)
{
	struct error ERROR_AUTO e = ERROR_INIT, ERROR_AUTO chains = ERROR_INIT;
	bool changed = false;

	for (size_t i = 0; i < r->scenario->n_steps; i++)
		changed |= r->scenario->steps[i].kind == STEP_DO;
	if (changed)
		(void)rules_restore_all(r->lab, &e);
	if (scenario_chains_restore(r->chains, &chains)) {
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

int scenario_run(struct lab *lab, const struct scenario *scenario,
		 const struct scenario_options *options, struct scenario_result *result,
		 struct error *e)
{
	struct run r = { .lab = lab, .scenario = scenario, .result = result, .at = NONE, .e = e };
	uint64_t start = netlink_clock_ns();
	INTERRUPT_HOLD hold;
	int err;

	interrupt_hold(&hold);
	*result = (struct scenario_result){ .scenario = scenario };
	r.probe.listener_fd = r.probe.drops_fd = r.probe.signal_fd = -1;
	err = prepare(&r, options);
	if (!err)
		err = run_all(&r);
	conclude(&r, err);
	serves_stop(r.probe.serves);
	err = restore(&r) ? e->err : err;
	listener_close(r.listener);
	neighbours_free(r.neighbours);
	free(r.vain);
	forget_shown(&r);
	cleanup_fd(&r.probe.signal_fd);
	result->ms = ms_since(start);
	return err;
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
