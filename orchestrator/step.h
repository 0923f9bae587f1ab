/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_H
#define XLAB_STEP_H

/* A step's line cut into words: "quoted strings" are one, with \" and \\ in them. */

#include <stdbool.h>
#include <stddef.h>

#include "lab/inifile.h"

#define STEP_WORDS_MAX 12

struct step_words {
	char *copy;	/* owned: what the words point into */
	size_t n, next; /* words, and the first that nobody has read */
	const char *word[STEP_WORDS_MAX];
	bool quoted[STEP_WORDS_MAX];
};

int step_split(const struct ini_where *at, const char *value, struct step_words *w,
	       struct error *e);
void step_words_clear(struct step_words *w);

/* True if @text must be quoted to be one word again, and no keyword. */
bool step_needs_quotes(const char *text);

/* Read a whole step into @r's current scenario; @at->key->name is pass or drop. */
struct suite_reading;
int step_read(const struct ini_where *at, const char *value, struct suite_reading *r,
	      struct error *e);

#endif
