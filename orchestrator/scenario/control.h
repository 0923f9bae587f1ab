/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CONTROL_H
#define XLAB_CONTROL_H

/* The control run: each step once without the scenario's chains. */

#include <stdbool.h>
#include <stddef.h>

struct run;
struct scenario;

/* How many of its steps have a control run. */
size_t control_steps(const struct scenario *scenario);

/* Nothing that other scenarios do before it makes a difference to it, nor it to them. */
bool control_may_be_early(const struct scenario *scenario);

/* Takes every chain off that has a say if there is a step to be run. @fine: each did what it has to
 * without them; else the result of the one that did not says so.
 */
int control(struct run *r, bool *fine);

#endif
