/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATE_LIST_H
#define XLAB_STATE_LIST_H

/* Which labs are there. */

struct error;

/* Names of all labs, for STRINGS_AUTO. */
int state_list(char ***names, struct error *e);

/* The one lab that is there, malloc'ed; else an error that says which there are. */
int state_only(char **name, struct error *e);

/* -ENOENT, and which labs there are. */
int state_no_such(const char *name, struct error *e);

#endif
