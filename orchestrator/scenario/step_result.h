/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_RESULT_H
#define XLAB_STEP_RESULT_H

/* How a step came out, and why. Whoever runs or judges one sets it. */

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

/* @why: malloc'ed, the result's from now on. */
void step_result_set(struct step_result *result, enum outcome outcome, char *why);
void step_result_clear(struct step_result *result);

enum outcome outcome_worse(enum outcome a, enum outcome b);

#endif
