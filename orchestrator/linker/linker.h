/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINKER_H
#define XLAB_LINKER_H

/*
 * Many XDP programs as one: their instructions one after the other behind a
 * dispatcher, their BTF merged.
 *
 *   [dispatcher with the filters][xlab_stop, jumped into if its stack allows][its subprograms]
 *   [xlab_note][…][filter 0's subprograms][filter 1's] … [the stand-in for what is never called]
 *
 * A filter's main function is inlined into the dispatcher; one that does not fit there is
 * called, and then stands whole before its subprograms. The dispatcher uses no stack of its own, so
 * that a filter has all that the kernel gives.
 */

#include "orchestrator/linker/link.h"

struct error;

/*
 * Load it: *fd is the program's, to be closed by the caller. -EACCES, -EINVAL, -E2BIG, …: the
 * verifier refuses it; @e names the filter and its line, and has the end of the log, and *@log
 * (if not NULL) the whole of it, malloc'ed.
 */
int linker_load(struct linker *c, int *fd, char **log, struct error *e);

#endif
