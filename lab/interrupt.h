/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INTERRUPT_H
#define XLAB_INTERRUPT_H

/* Signals by which a person or the system ends a command: SIGINT, SIGTERM, SIGHUP. */

#include <signal.h>
#include <stdbool.h>

/* Those that mean anything: whoever started us with one of them ignored wants it to be. */
void interrupt_signals(sigset_t *set);

/* Has one come that is held back? */
bool interrupt_pending(void);

/*
 * Ctrl-C and kill wait while a lab is changed, which takes milliseconds, or while
 * a scenario runs, so that what was begun is ended or undone. They take effect
 * when the hold leaves its scope; one that came meanwhile when main() has told what it led to.
 */
struct interrupt_hold {
	sigset_t before;
};
#define INTERRUPT_HOLD __attribute__((cleanup(interrupt_release))) struct interrupt_hold

void interrupt_hold(struct interrupt_hold *hold);
void interrupt_release(struct interrupt_hold *hold);

#endif
