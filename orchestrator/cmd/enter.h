/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ENTER_H
#define XLAB_ENTER_H

/* Becoming a command in a node: what `exec` and `shell` share. */

#include "orchestrator/lab.h"

struct error;

/* Become the node's (node.h) that @word names. @lab is the node's then, and *@name points to its
 * name in @word.
 */
int enter_node(struct lab *lab, const char *word, const char *command, const char **name,
	       struct error *e);

/* Become that user, without any capability and with none to be had; HOME and the like follow. */
int enter_user(const char *name, struct error *e);

/* execvp() with no fds but 0-2. Returns only in failure, with the shell's
 * status for it in *status: 127 no such command, 126 it cannot be run.
 */
int enter_exec(char *const *argv, int *status, struct error *e);

#endif
