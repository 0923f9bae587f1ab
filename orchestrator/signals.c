// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "lab/interrupt.h"
#include "orchestrator/signals.h"

void signals_set(sigset_t *set)
{
	interrupt_signals(set);
}

void signals_hold(struct signals_hold *hold)
{
	sigset_t set;

	signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, &hold->before);
}

bool signals_pending(void)
{
	return interrupt_pending();
}

void signals_release(struct signals_hold *hold)
{
	/* The process may end in the next call: what was printed is printed. */
	(void)fflush(stdout);
	if (!signals_pending())
		sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
