/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_DO_H
#define XLAB_STEP_DO_H

/* do: a rule or a chain changed in the middle of a scenario. What undoes it is the scenario's end:
 * rules_restore_all(), scenario_chains_restore().
 */

struct lab;
struct scenario_chains;
struct step;
struct step_result;

/* Sets outcome and why: ok, or an error of the lab, and then nothing is changed. */
void step_do(struct lab *lab, struct scenario_chains *chains, const struct step *step,
	     struct step_result *result);

#endif
