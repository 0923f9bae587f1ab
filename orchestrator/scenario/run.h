/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RUN_H
#define XLAB_RUN_H

/* A scenario under way, and what its control run and its steps have in common. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/scenario/step_run.h"
#include "orchestrator/scenario/witness.h"

struct error;
struct evidence;
struct lab;
struct neighbours;
struct progress;
struct scenario;
struct scenario_chains;
struct scenario_result;
struct step;
struct step_result;

/*
 * One scenario under way:
 *
 *   prepare  load the scenario's chains, hold those that stand
 *   control  each step once, with no chain in its way: the lab itself carries it. Of several
 *            scenarios it comes first, before all of this
 *   attach   the lab's own chains again, and the scenario's in place of some of them
 *   steps    in the file's order, with a listener on every chain
 *   restore  in any case, but where another scenario follows, whose chains come in their place
 */
struct run {
	struct lab *lab;
	const struct scenario *scenario;
	struct scenario_result *result;
	struct step_result *results; /* of it, one a step */
	struct scenario_chains *chains;
	bool controlled; /* its control run came first */
	size_t at;	 /* the step that is run, or tried; NONE: between them */
	struct witness witness;
	struct neighbours *neighbours;
	struct probe probe;
	struct progress *progress;
	char *vain; /* neighbours that a control run asked for in vain, a line each; NULL */
	struct error *e;
};

double run_ms_since(uint64_t start_ns);

int run_forget_neighbours(struct run *r, const struct step *step);

/* Traffic, and what the kernel knows of it if it did not arrive. */
int run_traffic(struct run *r, const struct step *step, struct evidence *ev);

/* Servers are of one run, the control run or the real one: those of the one before are stopped. */
int run_begin_serves(struct run *r);

/* A server that died is what is wrong with step @i, whatever else (@err) is. */
int run_notice_death(struct run *r, size_t i, int err, bool *fine);

#endif
