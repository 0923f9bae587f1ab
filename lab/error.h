/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ERROR_H
#define XLAB_ERROR_H

/*
 * The error contract, kept everywhere:
 *
 *   - the caller owns the object and hands it down; nobody prints but main;
 *   - the function that fails sets it, each level above may put what it was
 *     doing in front with error_wrap();
 *   - a function that can fail returns 0 or a negative errno, and has set the
 *     error whenever it returns a negative one;
 *   - a text can have many lines (all errors of a lab file, a verifier's log).
 */

#include <stdbool.h>
#include <stddef.h>

/* What kind of wrong it was. The values are xlab's exit statuses. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_EXPECTATION = 1, /* a scenario's expectation failed */
	ERROR_INPUT = 2,       /* a lab file or an argument is wrong */
	ERROR_STATE = 3,       /* this machine or its present state refuses */
};

struct error {
	enum error_kind kind;
	int err;    /* the negative errno that was returned with it */
	char *text; /* owned; NULL while nothing is set */
	size_t length;
	unsigned int lines; /* how often error_add() added one, plus the first */
	bool placed; /* it begins with FILE:LINE:, which editors look for at a line's begin */
};

#define ERROR_INIT \
	{          \
		0  \
	}

/* Free the text and forget the error. Safe on a cleared one. */
void error_clear(struct error *e);

/* Set (replacing what was there). Return @err, which must be negative, so that
 * `return error_input(e, …)` reads as one thought. error_input returns -EINVAL.
 */
int error_input(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_state(struct error *e, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_state, with ": " and the system's words for @err at the end. */
int error_sys(struct error *e, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "what we were doing: " in front; returns e->err. */
int error_wrap(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, with "FILE:LINE: " before that. */
int error_wrap_at(struct error *e, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Add a line below; the kind is kept if one is set, else ERROR_INPUT. */
int error_add(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, with "FILE:LINE: " in front. */
int error_at(struct error *e, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Hand over: *to becomes *from, *from is cleared. */
void error_move(struct error *to, struct error *from);

/* Several things failed: *from's lines go below those of *to, whose kind and err stay. *from is
 * cleared; returns to->err.
 */
int error_join(struct error *to, struct error *from);

#define ERROR_AUTO __attribute__((cleanup(error_clear)))

#endif
