// SPDX-License-Identifier: GPL-2.0-or-later
/* Which signals end a command, and holding them back. What is ended then is for the callers. */
#include "lab/interrupt.h"

#include <stddef.h>
#include <stdio.h>

#include "lab/cleanup.h"

static const int interrupts[] = { SIGINT, SIGTERM, SIGHUP };

static bool is_ignored(int signal_number)
{
	struct sigaction action;

	return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void interrupt_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		if (!is_ignored(interrupts[i]))
			(void)sigaddset(set, interrupts[i]);
}

bool interrupt_pending(void)
{
	sigset_t pending, wanted;

	if (sigpending(&pending))
		return false;
	interrupt_signals(&wanted);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		if (sigismember(&pending, interrupts[i]) == 1 &&
		    sigismember(&wanted, interrupts[i]) == 1)
			return true;
	return false;
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
