/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROGRESS_H
#define XLAB_PROGRESS_H

/* How far a command is that takes longer than a second, on a terminal: "up: 412 of 3021 [###   ]".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *what; /* the word in front of it */
	size_t done, total;
	uint64_t next_ns; /* not drawn before; 0: never, as nobody watches */
	bool shown;
};

/* Nothing is ever drawn unless standard error is a terminal that can take a line back. */
void progress_begin(struct progress *p, const char *what, size_t total);

/* One more is done; as many are. */
void progress_step(struct progress *p);
void progress_set(struct progress *p, size_t done);

/* Take the line back: before anything else is printed, and at the end. */
void progress_clear(struct progress *p);

#endif
