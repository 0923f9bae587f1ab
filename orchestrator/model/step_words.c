// SPDX-License-Identifier: GPL-2.0-or-later
/* A step's line cut into words: "quoted strings" are one, with \" and \\ in them. */
#include "orchestrator/model/step_words.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/error.h"

/* One word from *@from, written to *@to (the same memory, never ahead of it). */
static const char *take_word(char **from, char **to, bool *quoted)
{
	const char *word = *to;
	char *s = *from, *out = *to;

	*quoted = *s == '"';
	if (*quoted) {
		for (s++; *s != '"'; *out++ = *s++) {
			if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
				s++;
			if (!*s)
				return NULL;
		}
		s++;
		if (*s && *s != ' ' && *s != '\t')
			return NULL;
	} else {
		while (*s && *s != ' ' && *s != '\t')
			*out++ = *s++;
	}
	if (*s)
		s++;
	*out++ = '\0';
	*from = s;
	*to = out;
	return word;
}

int step_words_cut(const struct ini_where *at, const char *value, struct step_words *w,
		   struct error *e)
{
	char *from, *to;

	*w = (struct step_words){ .copy = xstrdup(value) };
	from = to = w->copy;
	while (*(from += strspn(from, " \t"))) {
		if (w->n == STEP_WORDS_MAX)
			return ini_refuse(
				at, e,
				"it has more than %d words; put several that are one in quotes",
				STEP_WORDS_MAX);
		w->word[w->n] = take_word(&from, &to, &w->quoted[w->n]);
		if (!w->word[w->n])
			return ini_complain(at, e,
					    "the quotes are not closed by \" and white space");
		w->n++;
	}
	return 0;
}

int step_read_rest(const struct ini_where *at, const char *what, const char *rest, char **text,
		   struct error *e)
{
	struct step_words w = { 0 };
	int err = *rest == '"' ? step_words_cut(at, rest, &w, e) : 0;

	if (!err && w.n > 1)
		err = ini_refuse(at, e, "\"%s\" stands behind the quotes", w.word[1]);
	if (!err && !*(w.n ? w.word[0] : rest))
		err = ini_refuse(at, e, "%s is missing", what);
	if (!err)
		*text = xstrdup(w.n ? w.word[0] : rest);
	free(w.copy);
	return err;
}

bool step_rest_needs_quotes(const char *text)
{
	for (const char *s = text; (s = strpbrk(s, ";#")); s++)
		if (s == text || strchr(" \t", s[-1]))
			return true;
	return strchr("\" \t", text[0]) || strchr(" \t", text[strlen(text) - 1]);
}

bool step_word_needs_quotes(const char *word)
{
	return !*word || word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-.:,+/=@%!?")];
}

const char *step_words_next(struct step_words *w)
{
	return w->next < w->n ? w->word[w->next++] : NULL;
}
