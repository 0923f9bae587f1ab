/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_BATCH_H
#define XLAB_SCENARIO_BATCH_H

/* Some scenarios of a lab in a row, reported: what `scenario` and `run` share. */

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/cmd/command.h"
#include "orchestrator/report/report.h"
#include "orchestrator/scenario/scenario.h"

struct error;
struct lab;

struct scenario_batch {
	size_t *scenarios; /* indices, in the order in which they run */
	size_t n_scenarios;
};

/* The options that both commands have, as "batch" of their own, and the rows of their tables. */
struct scenario_batch_options {
	const struct enum_name *format;
	uint32_t timeout_ms;
};
#define SCENARIO_BATCH_OPTIONS(type)                                                              \
	{ "--format", "the report's form; default text", OPTION_INTO(type, batch.format),         \
	  .words = report_formats },                                                              \
	{                                                                                         \
		"--timeout", "a step's deadline, the last resort; default 1000",                  \
			OPTION_INTO(type, batch.timeout_ms),                                      \
			.argument = "MS", .min = 1, .max = 10 * 60 * 1000, .unit = "milliseconds" \
	}

/* @names ends in NULL; none: all of the lab file. -EINVAL: no such scenario. */
int scenario_batch_pick(struct scenario_batch *s, const struct labfile *labfile, char *const *names,
			struct error *e);
void scenario_batch_clear(struct scenario_batch *s);

/* Run them; *status is 1 when one was not ok. Stops between two when a signal came. */
int scenario_batch_run(const struct scenario_batch *s, const struct scenario_batch_options *options,
		       struct lab *lab, int *status, struct error *e);

#endif
