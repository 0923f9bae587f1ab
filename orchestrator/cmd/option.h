/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OPTION_H
#define XLAB_OPTION_H

/*
 * Options typed into a struct of the command's own: bounds and lists of words are checked here,
 * and a command finds values. An option that was not given leaves its field zero, which is none
 * of its values.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/enum_names.h"

struct error;

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_WORD };

struct option_spec {
	const char *name; /* "--as" */
	const char *help;
	size_t field;		       /* its offset in the command's struct */
	enum option_kind kind;	       /* by the field's type */
	const char *argument;	       /* "NAME" of a text or number */
	const struct enum_name *words; /* those to choose from */
	uint32_t min, max;	       /* of a number */
	const char *unit;	       /* which is one of "packets" */
};

#define OPTIONS_MAX  8	/* of a command */
#define OPTIONS_SIZE 64 /* of its struct, at most */

/* Part of a row: a field of another type, or a larger struct, is a build error. */
#define OPTION_INTO(type, member) \
	.field = offsetof(type, member) + 0 * sizeof(struct { \
		_Static_assert(sizeof(type) <= OPTIONS_SIZE, "OPTIONS_SIZE is too small"); \
		int any; \
	}), \
	.kind = _Generic(((type *)0)->member, \
		bool: OPTION_FLAG, \
		const char *: OPTION_TEXT, \
		uint32_t: OPTION_NUMBER, \
		const struct enum_name *: OPTION_WORD)

/* What stands behind the option in a usage, malloc'ed: "NAME", "auto|libxdp|inline", or "". */
char *option_argument(const struct option_spec *o);

/* The option of @specs, which end in a nameless one, that stands at @words[0], into @options; its
 * value may be the next word. *@given has a bit for each that was there. Returns how many words it
 * took, or -EINVAL: the error says what is allowed.
 */
int option_read(const struct option_spec *specs, char *const *words, void *options, uint32_t *given,
		struct error *e);

#endif
