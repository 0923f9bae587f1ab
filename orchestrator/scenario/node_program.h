/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NODE_PROGRAM_H
#define XLAB_NODE_PROGRAM_H

/*
 * A program of the user's in a node, as `xlab exec` runs one: as root, with the caller's
 * environment and folder, and nothing on its stdin. It and all that it starts are in a PID
 * namespace of their own, whose first process is a copy of xlab:
 *
 *     xlab ── first process ── the program ── whatever it starts, daemons too
 *
 * The kernel ends the first process with xlab, and everything else with the first process. So none
 * of it outlives xlab, whatever that dies of.
 */

#include <stdbool.h>

#include "orchestrator/scenario/spawn.h"

struct error;
struct lab;

/* How long anybody's program may take: so many times a step's deadline. */
#define NODE_PROGRAM_PATIENCE 10

/* How the program ended, as its first process tells it. */
struct node_end {
	bool ended;
	int status;	/* of waitpid(2) */
	int exec_errno; /* why it could not be run, or 0 */
	char trouble[256];
};

struct node_program {
	struct subprocess *first; /* the caller's */
	struct node_end *end;	  /* in memory that the first process shares */
};

/*
 * Start it, @p->first being set. @stays: a server that goes on when the program has ended well and
 * left daemons behind; without it the program's end is the end of all.
 */
int node_program_start(struct node_program *p, const struct lab *lab, const char *node,
		       char *const *argv, bool stays, struct error *e);

/* Once p->first->ended: 0, and p->end tells the rest; or the error that kept it from being started.
 */
int node_program_ended(const struct node_program *p, struct error *e);

/* Ask it to end (SIGTERM), without waiting. */
void node_program_ask(const struct node_program *p);

/* Kill what is left of it. One with no more than @first has not been started. */
void node_program_end(struct node_program *p);

#endif
