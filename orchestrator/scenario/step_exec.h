/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_EXEC_H
#define XLAB_STEP_EXEC_H

/* exec: a program of the user's in a node, from its start to its end. What that proves is
 * judge_exec.c's.
 */

#include <stdbool.h>

struct error;
struct evidence;
struct probe;
struct step;
struct step_result;

/* @control: the control run, without chains. @ev: what chains say meanwhile goes there. */
int step_exec(const struct probe *probe, const struct step *step, bool control, struct evidence *ev,
	      struct step_result *result, struct error *e);

#endif
