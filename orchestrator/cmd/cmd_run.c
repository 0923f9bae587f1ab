// SPDX-License-Identifier: GPL-2.0-or-later
/* Up, scenarios, down: each as the command of that name does it, in namespaces without names. */
#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/cmd/scenario_batch.h"
#include "orchestrator/lab.h"
#include "orchestrator/lab_up.h"

struct run_options {
	struct lab_options lab;
	struct scenario_batch_options batch;
};

static int run_built(const struct scenario_batch *s, const struct run_options *options,
		     struct lab *lab, int *status, struct error *e)
{
	struct error ERROR_AUTO down = ERROR_INIT;
	int err = lab_up_build(lab, &options->lab, e);

	if (err)
		return err;
	err = scenario_batch_run(s, &options->batch, lab, status, e);
	if (lab_down(lab, false, &down) && !err) {
		err = down.err;
		error_move(e, &down);
	}
	return err;
}

static int run_command(const struct invocation *in, int *status, struct error *e)
{
	struct run_options *options = in->options;
	struct scenario_batch s = { 0 };
	INTERRUPT_HOLD hold;
	struct lab LAB_AUTO lab = { 0 };
	int err;

	options->lab.nameless = true;
	options->lab.command = "run";
	interrupt_hold(&hold);
	err = lab_up_read(&lab, in->argv[0], &options->lab, e);
	if (!err)
		err = scenario_batch_pick(&s, &lab.labfile, in->argv + 1, e);
	if (!err)
		err = run_built(&s, options, &lab, status, e);
	scenario_batch_clear(&s);
	return err;
}

const struct command cmd_run = {
	.name = "run",
	.arguments = "FILE [NAME...]",
	.summary = "Up, scenarios, down in one go, in namespaces without names",
	.details = "All scenarios of the file, or those named. Nothing of it is seen by others,\n"
		   "and nothing is left even if it is killed.",
	.options = {
		{ "--engine", "instead of the lab file's",
		  OPTION_INTO(struct run_options, lab.engine), .words = engine_names },
		SCENARIO_BATCH_OPTIONS(struct run_options),
	},
	.min_args = 1,
	.max_args = -1,
	.wants = { "the lab file" },
	.completes = { "FILE" },
	.needs_root = true,
	.run = run_command,
};
