/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PRUNE_H
#define XLAB_PRUNE_H

/*
 * What constants decide is taken out of a captured program: branches that always go one way, what
 * then is never run, and constants that nobody reads any more. The kernel would do the first two by
 * itself, but moves all of a program's rest for each instruction, and keeps the last.
 */

struct captured_prog;

void captured_prog_prune(struct captured_prog *p);

#endif
