/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_VISIT_H
#define XLAB_TESTS_VISIT_H

/* In the place of netns_visit(), for tests to which rules.mk links it as that; and labs that are no
 * more than their text.
 */

struct labfile;

struct visit {
	const char *at;	  /* the last namespace that was entered */
	const char *gone; /* that cannot be, "NAME is gone"; or NULL */
};

extern struct visit visit;

/* A group's set-up, of a lab file that has no fault, and its teardown. */
int parse_text(void **state, struct labfile *labfile, const char *text);
int clear_text(void **state);

#endif
