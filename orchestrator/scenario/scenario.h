/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_H
#define XLAB_SCENARIO_H

/* Running scenarios: steps with real ping and nc, and what was seen of them. */

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/step_result.h"

struct drop_trace;
struct error;
struct lab;
struct neighbours;
struct progress;
struct scenario_chains;

struct scenario_result {
	const struct scenario *scenario;
	enum outcome outcome;	   /* the worst of its steps */
	char *error;		   /* an error that kept it from running, or NULL */
	struct step_result *steps; /* one a step */
	double ms;
};

struct scenario_options {
	unsigned int timeout_ms;       /* deadline of a step, the last resort; default 1000 */
	struct drop_trace *drops;      /* what the kernel says while scenarios run; NULL: nothing */
	struct neighbours *neighbours; /* where each step makes them be forgotten */
	struct progress *progress; /* a step of it each, of the control run and of the real one */
};

/*
 * Run one scenario on a lab that is up and locked, whose @chains it changes: @last says to put
 * them back after it, which is done in any case when something went wrong. @result is all zeros, or
 * scenario_control()'s. 0 if it could be run, whatever its outcome: that is in @result.
 */
int scenario_run(struct lab *lab, const struct scenario *scenario,
		 const struct scenario_options *options, struct scenario_chains *chains, bool last,
		 struct scenario_result *result, struct error *e);

/*
 * Its control run alone, which of several scenarios come first: from the chains of one to those of
 * the next is one swap then. Not of one where what is between the two might matter: a program of
 * the user's, or what is known of neighbours. It leaves chains off. @result stays all zeros if
 * there was none, or on an error.
 */
int scenario_control(struct lab *lab, const struct scenario *scenario,
		     const struct scenario_options *options, struct scenario_chains *chains,
		     struct scenario_result *result, struct error *e);

/* That was done, whatever its outcome. */
bool scenario_is_controlled(const struct scenario_result *result);

/* What a killed scenario left, put back: chains and rules. */
int scenario_repair(struct lab *lab, struct error *e);

void scenario_result_clear(struct scenario_result *result);

#endif
