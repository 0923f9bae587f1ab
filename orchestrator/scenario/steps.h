/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEPS_H
#define XLAB_STEPS_H

/* The steps of a scenario, with its chains on. */

#include <stdbool.h>
#include <stddef.h>

struct run;

/* Run step @i into its result. @fine becomes false where the lab is at fault: nothing comes after
 * it. */
int steps_run(struct run *r, size_t i, bool *fine);

#endif
