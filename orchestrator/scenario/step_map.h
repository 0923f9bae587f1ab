/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_MAP_RUN_H
#define XLAB_STEP_MAP_RUN_H

/* map: what a filter's map must hold, looked up. */

struct error;
struct lab;
struct step;
struct step_result;

/* Sets outcome and why: ok, or not ok. */
int step_map(const struct lab *lab, const struct step *step, struct step_result *result,
	     struct error *e);

#endif
