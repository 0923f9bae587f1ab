/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATE_LIST_H
#define XLAB_STATE_LIST_H

/* Which labs are there, for state.c; its own users have state_list() in state.h. */

struct error;

/* The one lab that is there, malloc'ed; else an error that says which there are. */
int state_only(char **name, struct error *e);

/* -ENOENT, and which labs there are. */
int state_no_such(const char *name, struct error *e);

#endif
