// SPDX-License-Identifier: GPL-2.0-or-later
/* Which scenarios, and one after the other into a report. How one is run is scenario/'s. */
#include "orchestrator/cmd/scenario_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/progress.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/lab.h"
#include "orchestrator/report/report.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/util/table.h"

#define TIMEOUT_DEFAULT_MS 1000

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

/* From the @from-th on, up to one of which it may not come first, or that cannot be run: that tries
 * once more, and tells why, in its turn.
 */
static void control_some(const struct scenario_batch *s, size_t from,
			 const struct scenario_options *run, struct lab *lab,
			 struct scenario_chains *chains, struct scenario_result *results)
{
	bool controlled = true;

	for (size_t i = from; i < s->n_scenarios && controlled && !interrupt_pending(); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		(void)scenario_control(lab, &lab->labfile.scenarios[s->scenarios[i]], run, chains,
				       &results[i], &e);
		controlled = scenario_is_controlled(&results[i]);
	}
}

int scenario_batch_run(const struct scenario_batch *s, const struct scenario_batch_options *options,
		       struct lab *lab, int *status, struct error *e)
{
	const struct scenario_options run = {
		.timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_DEFAULT_MS,
		.drops = drop_trace_open(lab),
	};
	struct report *report = report_begin(options->format ? options->format->value : REPORT_TEXT,
					     state_journal(lab->state)->lab, s->n_scenarios, stdout,
					     colour_wanted(stdout));
	struct scenario_result *FREE_AUTO results = xcalloc(s->n_scenarios, sizeof(*results));
	struct scenario_chains *chains = scenario_chains_new(lab);
	struct progress progress;
	bool stopped = false;
	size_t i;

	progress_begin(&progress, "scenario", s->n_scenarios);
	for (i = 0; i < s->n_scenarios && !stopped; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (s->n_scenarios > 1 && !scenario_is_controlled(&results[i]))
			control_some(s, i, &run, lab, chains, results);
		/* What kept it from running stands in the report, and decides the exit status. */
		if (scenario_run(lab, &lab->labfile.scenarios[s->scenarios[i]], &run, chains,
				 i + 1 == s->n_scenarios, &results[i], &one))
			*status = one.kind ? (int)one.kind : ERROR_STATE;
		progress_clear(&progress);
		report_scenario(report, &results[i]);
		progress_step(&progress);
		stopped = interrupt_pending();
	}
	progress_clear(&progress);
	for (size_t k = 0; k < s->n_scenarios; k++)
		scenario_result_clear(&results[k]);
	/* A signal that came when one was over finds its chains. */
	if (scenario_chains_restore(chains, e))
		(void)error_wrap(e, "cannot put back the chains from before");
	scenario_chains_free(chains);
	drop_trace_close(run.drops);
	if (!report_end(report) && !*status)
		*status = ERROR_EXPECTATION;
	if (e->err)
		return e->err;
	if (stopped)
		return error_state(e, -EINTR, "stopped by a signal after %zu of %zu scenarios", i,
				   s->n_scenarios);
	return 0;
}
