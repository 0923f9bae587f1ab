/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RUN_IN_CHILD_H
#define XLAB_RUN_IN_CHILD_H

/*
 * Run @fn in a child process, which ends when @fn returns, when this process
 * ends, or after @ms. What it returned, the fd it opened and its error come back.
 * It shares nothing else.
 */

struct error;

int run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms, int *fd,
		 struct error *e);

#endif
