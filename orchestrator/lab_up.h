/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAB_UP_H
#define XLAB_LAB_UP_H

/* A lab goes up, chains and all, and down again. */

#include <stdbool.h>

struct enum_name;
struct error;
struct lab;

struct lab_options {
	const char *as, *self;		/* NULL: not given */
	const struct enum_name *engine; /* of engine_names; NULL: the lab file's */
	bool nameless;
	const char *command; /* for the lock: "up" */
};

/* Build a lab and attach its chains; the lab is open and locked then. On any
 * error nothing is left. What an earlier killed command left of a lab of this name is undone first.
 */
int lab_up(struct lab *lab, const char *path, const struct lab_options *options, struct error *e);

/* The same in two: read and plan it, which changes nothing, then build it. */
int lab_up_read(struct lab *lab, const char *path, const struct lab_options *options,
		struct error *e);
int lab_up_build(struct lab *lab, const struct lab_options *options, struct error *e);

/* Open one, or what is left of it, with as much of its model as lab_down() will need; @name NULL
 * means the one that is up. Close with lab_close() in either case.
 */
int lab_down_open(struct lab *lab, const char *name, bool wait, struct error *e);

/* Take it down, past every error. */
int lab_down(struct lab *lab, bool wait, struct error *e);

#endif
