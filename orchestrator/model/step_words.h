/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_WORDS_H
#define XLAB_STEP_WORDS_H

/* Lines of a scenario, cut into words. */

#include <stdbool.h>
#include <stddef.h>

#include "lab/inikeys.h"

struct error;

#define STEP_WORDS_MAX 64

struct step_words {
	char *copy;	/* owned: what the words point into */
	size_t n, next; /* words, and the first that nobody has read */
	const char *word[STEP_WORDS_MAX];
	bool quoted[STEP_WORDS_MAX];
};

/* Cut @value, in any case into what free(w->copy) frees. */
int step_words_cut(const struct ini_where *at, const char *value, struct step_words *w,
		   struct error *e);

const char *step_words_next(struct step_words *w); /* NULL: there is none */

/* True if @word must be quoted to be one word again. */
bool step_word_needs_quotes(const char *word);

/* The rest of a see or reject line, malloc'ed: as it stands, or if it begins with quotes, what is
 * in them. @what is missing if there is none: "the TEXT".
 */
int step_read_rest(const struct ini_where *at, const char *what, const char *rest, char **text,
		   struct error *e);

/* True if such a rest must be quoted to be read again. */
bool step_rest_needs_quotes(const char *text);

#endif
