// SPDX-License-Identifier: GPL-2.0-or-later
/* Which scenarios, and one after the other into a report. How one is run is scenario/'s. */
#include "orchestrator/cmd/scenario_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/progress.h"
#include "orchestrator/chain/chain_parts.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/lab.h"
#include "orchestrator/report/report.h"
#include "orchestrator/scenario/control.h"
#include "orchestrator/scenario/neighbours.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/util/table.h"

#define TIMEOUT_DEFAULT_MS 1000
#define PARTS_MAX	   64
#define FILES_OF_A_RUN	   256 /* more than scenarios have open at once beside parts of chains */

int scenario_batch_pick(struct scenario_batch *s, const struct labfile *labfile, char *const *names,
			struct error *e)
{
	size_t n = 0;
	int err;

	while (names[n])
		n++;
	s->n_scenarios = n ? n : labfile->n_scenarios;
	s->scenarios = xcalloc(s->n_scenarios, sizeof(*s->scenarios));
	for (size_t i = 0; i < s->n_scenarios; i++) {
		s->scenarios[i] = i;
		err = n ? resolve_scenario(labfile, names[i], &s->scenarios[i], e) : 0;
		if (err)
			return err;
	}
	if (!s->n_scenarios)
		return error_input(e, "lab %s has no scenario", labfile->topo.name);
	return 0;
}

void scenario_batch_clear(struct scenario_batch *s)
{
	free(s->scenarios);
	*s = (struct scenario_batch){ 0 };
}

/* Scenarios on their way. */
struct batch_run {
	const struct scenario_batch *batch;
	struct lab *lab;
	struct scenario_options options;
	struct scenario_chains *chains;
	struct scenario_result *results; /* one a scenario of the batch */
	struct report *report;
};

static const struct scenario *scenario_at(const struct batch_run *r, size_t i)
{
	return &r->lab->labfile.scenarios[r->batch->scenarios[i]];
}

/* How many steps are behind when the first @n scenarios have been run: those that could not be,
 * too, and those of control runs that came first.
 */
static size_t steps_behind(const struct batch_run *r, size_t n)
{
	size_t steps = 0;

	for (size_t i = 0; i < r->batch->n_scenarios; i++) {
		if (i < n || scenario_is_controlled(&r->results[i]))
			steps += control_steps(scenario_at(r, i));
		if (i < n)
			steps += scenario_at(r, i)->n_steps;
	}
	return steps;
}

/* From the @from-th on, up to one of which it may not come first, or that cannot be run: that tries
 * once more, and tells why, in its turn.
 */
static void control_some(const struct batch_run *r, size_t from)
{
	bool controlled = true;

	for (size_t i = from; i < r->batch->n_scenarios && controlled && !interrupt_pending();
	     i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		(void)scenario_control(r->lab, scenario_at(r, i), &r->options, r->chains,
				       &r->results[i], &e);
		controlled = scenario_is_controlled(&r->results[i]);
	}
}

/* Each in its turn, up to a signal: -EINTR. */
static int run_each(const struct batch_run *r, int *status, struct error *e)
{
	size_t n = r->batch->n_scenarios;
	struct progress *progress = r->options.progress;
	int err = 0;

	progress_begin(progress, "steps", steps_behind(r, n));
	for (size_t i = 0; i < n && !err; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (n > 1 && !scenario_is_controlled(&r->results[i]))
			control_some(r, i);
		/* What kept it from running stands in the report, and decides the exit status. */
		if (scenario_run(r->lab, scenario_at(r, i), &r->options, r->chains, i + 1 == n,
				 &r->results[i], &one))
			*status = one.kind ? (int)one.kind : ERROR_STATE;
		progress_clear(progress);
		report_scenario(r->report, &r->results[i]);
		if (r->results[i].outcome == OUTCOME_LAB) /* without the rest of its steps */
			progress_set(progress, steps_behind(r, i + 1));
		if (interrupt_pending())
			err = error_state(e, -EINTR,
					  "stopped by a signal after %zu of %zu scenarios", i + 1,
					  n);
	}
	progress_clear(progress);
	return err;
}

/* As many as this process may have files for, with room for all else. */
static size_t parts_at_once(void)
{
	long files = sysconf(_SC_OPEN_MAX);

	long parts = (files - FILES_OF_A_RUN) / 2 / CHAIN_PART_FILES;

	return parts < 0 ? 0 : parts < PARTS_MAX ? (size_t)parts : PARTS_MAX;
}

int scenario_batch_run(const struct scenario_batch *s, const struct scenario_batch_options *options,
		       struct lab *lab, int *status, struct error *e)
{
	struct scenario_result *FREE_AUTO results = xcalloc(s->n_scenarios, sizeof(*results));
	struct error ERROR_AUTO stopped = ERROR_INIT;
	struct progress progress;
	const struct batch_run r = {
		.batch = s,
		.lab = lab,
		.options = { .timeout_ms =
				     options->timeout_ms ? options->timeout_ms : TIMEOUT_DEFAULT_MS,
			     .drops = drop_trace_open(lab),
			     .neighbours = neighbours_new(lab),
			     .progress = &progress },
		.chains = scenario_chains_new(lab),
		.results = results,
		.report = report_begin(options->format ? options->format->value : REPORT_TEXT,
				       state_journal(lab->state)->lab, s->n_scenarios, stdout,
				       colour_wanted(stdout)),
	};

	lab->parts = chain_parts_new(parts_at_once());
	(void)run_each(&r, status, &stopped);
	for (size_t i = 0; i < s->n_scenarios; i++)
		scenario_result_clear(&results[i]);
	/* A signal that came when one was over finds its chains. */
	if (scenario_chains_restore(r.chains, e))
		(void)error_wrap(e, "cannot put back the chains from before");
	scenario_chains_free(r.chains);
	chain_parts_free(steal_pointer(&lab->parts));
	drop_trace_close(r.options.drops);
	neighbours_free(r.options.neighbours);
	if (!report_end(r.report) && !*status)
		*status = ERROR_EXPECTATION;
	return error_join(e, &stopped);
}
