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

#endif
