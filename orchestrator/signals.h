/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SIGNALS_H
#define XLAB_SIGNALS_H

/*
 * Ctrl-C and kill wait while a lab is changed, which takes milliseconds, or while
 * a scenario runs, so that what was begun is ended or undone. They take effect
 * when the hold leaves its scope; one that came meanwhile when main() has told what it led to.
 */

#include <signal.h>
#include <stdbool.h>

struct signals_hold {
	sigset_t before;
};
#define SIGNALS_HOLD __attribute__((cleanup(signals_release))) struct signals_hold

void signals_hold(struct signals_hold *hold);
bool signals_pending(void);
void signals_release(struct signals_hold *hold);

/* The signals that are meant (lab/interrupt.h). */
void signals_set(sigset_t *set);

#endif
