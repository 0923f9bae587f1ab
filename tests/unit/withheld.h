/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_WITHHELD_H
#define XLAB_TESTS_WITHHELD_H

#include <signal.h>

/* SIGINT is blocked and SIGPIPE ignored, as a child must not find them. *@before is for the next.
 */
static inline void signals_withhold(sigset_t *before)
{
	sigset_t some;

	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &some, before);
	(void)signal(SIGPIPE, SIG_IGN);
}

static inline void signals_give_back(const sigset_t *before)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

#endif
