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
	enum report_format format;
	struct scenario_options options;
};

/* The options that both commands have; their rows in a command's table: */
#define SCENARIO_BATCH_OPTIONS                                                        \
	{ "--format", "text|tap|junit|json", "the report's form; default text" },     \
	{                                                                             \
		"--timeout", "MS", "a step's deadline, the last resort; default 1000" \
	}

/* Read --format and --timeout, before anything is built. */
int scenario_batch_options(struct scenario_batch *s, const struct invocation *in, struct error *e);

/* @names ends in NULL; none: all of the lab file. -EINVAL: no such scenario. */
int scenario_batch_pick(struct scenario_batch *s, const struct labfile *labfile, char *const *names,
			struct error *e);
void scenario_batch_clear(struct scenario_batch *s);

/* Run them; *status is 1 when one was not ok. Stops between two when a signal came. */
int scenario_batch_run(const struct scenario_batch *s, struct lab *lab, int *status,
		       struct error *e);

#endif
