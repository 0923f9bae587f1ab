// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "orchestrator/columns.h"

int text_width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

bool colour_wanted(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (!no_color || !*no_color) && isatty(fileno(out)) &&
	       !(term && strcmp(term, "dumb") == 0);
}

void columns_add(struct columns *t, const char *colour, const char *fmt, ...)
{
	char FREE_AUTO *text = NULL;
	void *cells;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	cells = n < 0 ? NULL : reallocarray(t->cells, t->n_cells + 1, sizeof(*t->cells));
	if (!cells) {
		t->failed = true;
		return;
	}
	t->cells = cells;
	t->cells[t->n_cells].colour = colour;
	t->cells[t->n_cells++].text = steal_pointer(&text);
}

static void print_cell(const struct columns *t, size_t i, int column_width, FILE *out)
{
	const char *text = t->cells[i].text;
	const char *colour = t->cells[i].colour;
	size_t column = i % t->n_columns;
	bool last = column + 1 == t->n_columns;
	int pad = column_width - text_width(text);

	if (t->right[column])
		(void)fprintf(out, "%*s", pad, "");
	(void)fprintf(out, "%s%s%s", colour ? colour : "", text, colour ? COLOUR_END : "");
	if (!t->right[column] && !last)
		(void)fprintf(out, "%*s", pad, "");
	(void)fputs(last ? "\n" : "  ", out);
}

void columns_print(struct columns *t, int indent, FILE *out)
{
	int widths[COLUMNS_MAX] = { 0 };
	size_t i;

	if (t->failed)
		(void)fputs("(out of memory)\n", out);
	for (i = 0; i < t->n_cells && !t->failed; i++) {
		int w = text_width(t->cells[i].text);

		if (w > widths[i % t->n_columns])
			widths[i % t->n_columns] = w;
	}
	for (i = 0; i < t->n_cells && !t->failed; i++) {
		if (i % t->n_columns == 0)
			(void)fprintf(out, "%*s", indent, "");
		print_cell(t, i, widths[i % t->n_columns], out);
	}
	columns_clear(t);
}

void columns_clear(struct columns *t)
{
	size_t i;

	for (i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	t->cells = NULL;
	t->n_cells = 0;
	t->failed = false;
}
