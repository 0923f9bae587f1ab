/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATE_LIST_H
#define XLAB_STATE_LIST_H

/* Which labs are there. */

struct error;

/* Names of all labs: malloc'ed, NULL at its end. */
int state_list(char ***names, struct error *e);
void state_list_free(char **names);

/* The one lab that is there, malloc'ed; else an error that says which there are. */
int state_only(char **name, struct error *e);

/* -ENOENT, and which labs there are. */
int state_no_such(const char *name, struct error *e);

#endif
