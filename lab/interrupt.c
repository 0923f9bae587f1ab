// SPDX-License-Identifier: GPL-2.0-or-later
/* Which signals end a command, and holding them back. What is ended then is for the callers. */
#include "lab/interrupt.h"

#include <stddef.h>
#include <stdio.h>

#include "lab/cleanup.h"

static const int interrupts[] = { SIGINT, SIGTERM, SIGHUP };

/* But not those that are ignored. */
void interrupt_signals(sigset_t *set)
{
	struct sigaction action;

	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		if (sigaction(interrupts[i], NULL, &action) || action.sa_handler != SIG_IGN)
			(void)sigaddset(set, interrupts[i]);
}

bool interrupt_pending(void)
{
	sigset_t pending, wanted, both;

	/* Asked before each operation: mostly there is none at all. */
	if (sigpending(&pending) || sigisemptyset(&pending))
		return false;
	interrupt_signals(&wanted);
	(void)sigandset(&both, &pending, &wanted);
	return !sigisemptyset(&both);
}

void interrupt_hold(struct interrupt_hold *hold)
{
	sigset_t set;

	interrupt_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &hold->before);
}

void interrupt_release(struct interrupt_hold *hold)
{
	/* The process may end in the next call: what was printed is printed. */
	(void)fflush(stdout);
	if (!interrupt_pending())
		sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
