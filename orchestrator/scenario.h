/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_H
#define XLAB_SCENARIO_H

/* Running scenarios: steps with real ping and nc, and what was seen of them. */

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/suite.h"

struct error;
struct lab;

enum outcome {
	OUTCOME_OK,
	OUTCOME_NOT_OK,	      /* the opposite was seen */
	OUTCOME_INCONCLUSIVE, /* nothing arrived, and no filter says that it dropped it */
	OUTCOME_LAB,	      /* the control run failed: an error of the lab */
	OUTCOME_STOPPED,      /* by a signal in the middle */
	OUTCOME_SKIPPED,      /* not run, after one of those two */
	OUTCOMES,
};

struct step_result {
	enum outcome outcome;
	char *why;     /* one sentence: what was seen; proof of a drop names filter and interface */
	char *details; /* lines for a failing step: what each filter on the way saw; "" if none */
	double ms;
};

struct scenario_result {
	const struct scenario *scenario;
	enum outcome outcome;	   /* the worst of its steps */
	char *error;		   /* an error that kept it from running, or NULL */
	struct step_result *steps; /* one a step */
	double ms;
};

struct scenario_options {
	unsigned int timeout_ms; /* deadline of a step, the last resort; default 1000 */
};

/*
 * Run one scenario on a lab that is up and locked; the chains it puts on are
 * taken back in any case. 0 if it could be run, whatever its outcome: that is in @result.
 */
int scenario_run(struct lab *lab, const struct scenario *scenario,
		 const struct scenario_options *options, struct scenario_result *result,
		 struct error *e);
void scenario_result_clear(struct scenario_result *result);

#endif
