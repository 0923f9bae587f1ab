/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_GIVE_H
#define XLAB_STEP_GIVE_H

struct error;
struct evidence;
struct lab;
struct scenario_chains;
struct step;
struct step_result;
struct witness;

/* give: the packet through the very program that stands at the interface, without a wire
 * (BPF_PROG_TEST_RUN). The chain counts it, and tells of it, as of any other.
 */
int step_give(const struct lab *lab, const struct scenario_chains *chains, struct witness *witness,
	      const struct step *step, struct evidence *ev, struct step_result *result,
	      struct error *e);

#endif
