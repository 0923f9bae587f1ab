// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenarios of a lab that is up. How they run in a row is scenario_batch.c's. */
#include <stdio.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/cmd/scenario_batch.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

/* What runs is the lab as it is up, whatever its file says by now. */
static void warn_stale(const struct labfile *labfile)
{
	char *FREE_AUTO stale = lab_stale(labfile);

	if (stale)
		sanitize_print(stderr, "xlab: %s\n", stale);
}

static int list(const char *lab_name, bool hint, struct error *e)
{
	struct table rows = { .n_columns = 2 };
	struct lab LAB_AUTO lab = { 0 };
	int err = lab_open(&lab, lab_name, STATE_READ, "scenario", e);

	if (err)
		return err;
	for (size_t i = 0; i < lab.labfile.n_scenarios; i++) {
		const struct scenario *s = &lab.labfile.scenarios[i];

		table_add(&rows, NULL, "%s", s->name);
		table_add(&rows, NULL, "%s", s->about ? s->about : "");
	}
	table_print(&rows, 0, stdout);
	warn_stale(&lab.labfile);
	if (hint)
		(void)fputs("xlab: `xlab scenario NAME...` runs some, `xlab scenario --all` all\n",
			    stderr);
	return 0;
}

struct scenario_command_options {
	bool all, list;
	const char *lab;
	struct scenario_batch_options batch;
};

static int run_some(const struct invocation *in, int *status, struct error *e)
{
	const struct scenario_command_options *options = in->options;
	struct scenario_batch s = { 0 };
	INTERRUPT_HOLD hold;
	struct lab LAB_AUTO lab = { 0 };
	int err;

	interrupt_hold(&hold);
	err = resolve_lab(&lab, options->lab, STATE_LOCKED, "scenario", e);
	if (!err)
		err = scenario_batch_pick(&s, &lab.labfile, in->argv, e);
	if (!err)
		warn_stale(&lab.labfile);
	if (!err)
		err = scenario_repair(&lab, e);
	if (!err)
		err = scenario_batch_run(&s, &options->batch, &lab, status, e);
	scenario_batch_clear(&s);
	return err;
}

static int scenario_command(const struct invocation *in, int *status, struct error *e)
{
	const struct scenario_command_options *options = in->options;

	if ((in->argc > 0) + options->all + options->list > 1)
		return error_input(e, "scenario: names, --all or --list: one of the three");
	if (options->list && (options->batch.format || options->batch.timeout_ms))
		return error_input(
			e, "scenario: --format and --timeout are of runs; --list runs none");
	if (options->list || (!options->all && !in->argc))
		return list(options->lab, !options->list, e);
	return run_some(in, status, e);
}

const struct command cmd_scenario = {
	.name = "scenario",
	.arguments = "[NAME...]",
	.summary = "Run scenarios of the lab that is up, and prove their verdicts",
	.details = "Without a name and without --all it lists them. A drop is ok only when a\n"
		   "filter says that it dropped this very packet.",
	.options = {
		{ "--all", "all of the lab file, in its order",
		  OPTION_INTO(struct scenario_command_options, all) },
		{ "--list", "list them",
		  OPTION_INTO(struct scenario_command_options, list) },
		{ "--lab", "of this lab, where several are up",
		  OPTION_INTO(struct scenario_command_options, lab), .argument = "LAB" },
		SCENARIO_BATCH_OPTIONS(struct scenario_command_options),
	},
	.max_args = -1,
	.completes = { "SCENARIO" },
	.needs_root = true,
	.run = scenario_command,
};
