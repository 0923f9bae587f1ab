// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/cmd/scenario_batch.h"
#include "orchestrator/lab.h"
#include "orchestrator/report/report.h"
#include "orchestrator/util/table.h"

#define TIMEOUT_DEFAULT_MS 1000
#define TIMEOUT_MAX_MS	   (10 * 60 * 1000)

int scenario_batch_options(struct scenario_batch *s, const struct invocation *in, struct error *e)
{
	const char *format = invocation_option(in, "--format");
	const char *timeout = invocation_option(in, "--timeout");

	s->format = REPORT_TEXT;
	s->options.timeout_ms = TIMEOUT_DEFAULT_MS;
	if (format && report_format_read(format, &s->format))
		return error_input(e, "--format %s: it is text, tap, junit or json", format);
	if (timeout && text_u32(timeout, 1, TIMEOUT_MAX_MS, &s->options.timeout_ms))
		return error_input(e, "--timeout %s: it is milliseconds, 1 to %d", timeout,
				   TIMEOUT_MAX_MS);
	return 0;
}

int scenario_batch_pick(struct scenario_batch *s, const struct labfile *labfile, char *const *names,
			struct error *e)
{
	size_t i, n = 0;
	int err;

	while (names[n])
		n++;
	s->n_scenarios = n ? n : labfile->n_scenarios;
	s->scenarios = calloc(s->n_scenarios + 1, sizeof(*s->scenarios));
	if (!s->scenarios)
		return error_sys(e, -ENOMEM, "scenarios");
	for (i = 0; i < s->n_scenarios; i++) {
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

/* What kept a scenario from running stands in the report, and decides the exit status. */
static void run_one(const struct scenario_batch *s, struct lab *lab, size_t i,
		    struct report *report, int *status)
{
	const struct scenario *scenario = &lab->labfile.scenarios[s->scenarios[i]];
	struct scenario_result result;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (scenario_run(lab, scenario, &s->options, &result, &e))
		*status = e.kind ? (int)e.kind : ERROR_STATE;
	report_scenario(report, &result);
	scenario_result_clear(&result);
}

int scenario_batch_run(const struct scenario_batch *s, struct lab *lab, int *status,
		       struct error *e)
{
	struct report *report;
	bool stopped = false;
	size_t i;

	report = report_begin(s->format, state_journal(lab->state)->lab, s->n_scenarios, stdout,
			      colour_wanted(stdout));
	if (!report)
		return error_sys(e, -ENOMEM, "report");
	for (i = 0; i < s->n_scenarios && !stopped; i++) {
		run_one(s, lab, i, report, status);
		stopped = interrupt_pending();
	}
	if (!report_end(report) && !*status)
		*status = ERROR_EXPECTATION;
	if (stopped)
		return error_state(e, -EINTR, "stopped by a signal after %zu of %zu scenarios", i,
				   s->n_scenarios);
	return 0;
}
