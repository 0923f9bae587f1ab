// SPDX-License-Identifier: GPL-2.0-or-later
/* Up, scenarios, down: each as the command of that name does it, in namespaces without names. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/text.h"
#include "orchestrator/cmd/scenario_batch.h"
#include "orchestrator/lab.h"
#include "orchestrator/lab_up.h"
#include "orchestrator/linker/coverage.h"

struct run_options {
	struct lab_options lab;
	struct scenario_batch_options batch;
	const char *coverage;
};

/* Of what the lab's objects have run, written whole or not at all. */
static int write_coverage(const struct lab *lab, const char *path, struct error *e)
{
	char *FREE_AUTO growing = text_format("%s~", path);
	FILE *out = fopen(growing, "we");
	bool failed;

	if (!out)
		return error_sys(e, -errno, "cannot write %s", growing);
	coverage_write(lab->coverage, lab->labfile.topo.name, out);
	failed = ferror(out);
	failed |= fclose(out) != 0;
	if (failed || rename(growing, path)) {
		int err = error_sys(e, -errno, "cannot write %s", path);

		(void)unlink(growing);
		return err;
	}
	for (size_t i = 0; coverage_lacking(lab->coverage, i); i++)
		(void)fprintf(stderr, "xlab: %s: %s\n", path, coverage_lacking(lab->coverage, i));
	return 0;
}

/* Which lines run is counted by what is linked. */
static int begin_coverage(struct lab *lab, const struct run_options *options, struct error *e)
{
	if (!options->coverage)
		return 0;
	if (options->lab.engine && options->lab.engine->value == ENGINE_LIBXDP)
		return error_input(e, "run: --coverage is of chains of the inline engine: leave "
				      "--engine libxdp out");
	lab->labfile.engine = ENGINE_INLINE;
	lab->coverage = coverage_new();
	return 0;
}

static int run_built(const struct scenario_batch *s, const struct run_options *options,
		     struct lab *lab, int *status, struct error *e)
{
	struct error ERROR_AUTO down = ERROR_INIT;
	int err = lab_up_build(lab, &options->lab, e);

	if (err)
		return err;
	err = scenario_batch_run(s, &options->batch, lab, status, e);
	if (!err && options->coverage)
		err = write_coverage(lab, options->coverage, e);
	return lab_down(lab, false, &down) ? error_join(e, &down) : err;
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
		err = begin_coverage(&lab, options, e);
	if (!err)
		err = run_built(&s, options, &lab, status, e);
	scenario_batch_clear(&s);
	coverage_free(lab.coverage);
	lab.coverage = NULL;
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
		{ "--coverage", "write which lines and branches of objects ran, for genhtml",
		  OPTION_INTO(struct run_options, coverage), .argument = "FILE" },
	},
	.min_args = 1,
	.max_args = -1,
	.wants = { "the lab file" },
	.completes = { "FILE" },
	.needs_root = true,
	.run = run_command,
};
