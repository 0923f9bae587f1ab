/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ARRIVALS_H
#define XLAB_ARRIVALS_H

/* What arrived of a step, and at whom: whether that is enough, and in words. Pure. */

#include <stdbool.h>

struct evidence;
struct labfile;
struct step;

/* All that was sent; of what goes to several, at each of them. */
bool arrivals_complete(const struct step *step, const struct evidence *ev);

/* As much as the step asks for, and no more; without arrive=, all of it. */
bool arrivals_enough(const struct step *step, const struct evidence *ev);

/* Any of it. */
bool arrivals_any(const struct evidence *ev);

/* More than the step allows: a text twice, or at two nodes; more replies than arrive= says. */
bool arrivals_too_many(const struct step *step, const struct evidence *ev);

/* "replied", "arrived whole at h2", "3 of 7 bytes arrived"; malloc'ed */
char *arrivals_text(const struct labfile *labfile, const struct step *step,
		    const struct evidence *ev);

/* The same; where that is not enough, and more than all or nothing was asked for, with that behind
 * it: ", where 4..6 were expected". malloc'ed
 */
char *arrivals_short_text(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev);

/* "h2 47, h3 53": of the step's flows, by its receivers; malloc'ed */
char *arrivals_shares_text(const struct labfile *labfile, const struct step *step,
			   const unsigned int *flows);

#endif
