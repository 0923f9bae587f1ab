/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CONTROL_H
#define XLAB_CONTROL_H

/* The control run: each step once without the scenario's chains. */

#include <stdbool.h>

struct run;

/* Takes every chain off if there is a step to be run. @fine: each did what it has to without them;
 * else the result of the one that did not says so.
 */
int control(struct run *r, bool *fine);

#endif
