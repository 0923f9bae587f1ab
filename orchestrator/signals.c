// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "orchestrator/signals.h"

void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void signals_hold(struct signals_hold *hold)
{
	sigset_t set;

	signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, &hold->before);
}

bool signals_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
		sigismember(&pending, SIGHUP) == 1);
}

void signals_release(struct signals_hold *hold)
{
	/* The process may end in the next call: what was printed is printed. */
	(void)fflush(stdout);
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
