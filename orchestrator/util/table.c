// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells, their widths and colours. What stands in them is for the callers. */
#include "orchestrator/util/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/util/sanitize.h"

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

void table_add(struct table *t, const char *colour, const char *fmt, ...)
{
	struct table_cell *cell = array_add(&t->cells, &t->n_cells, sizeof(*cell));
	char *FREE_AUTO text = NULL;
	va_list args;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	cell->colour = colour;
	cell->text = sanitize(text);
}

static void print_cell(const struct table *t, size_t i, int pad, bool last, FILE *out)
{
	const char *colour = t->cells[i].colour;
	bool right = t->right[i % t->n_columns];

	if (right)
		(void)fprintf(out, "%*s", pad, "");
	(void)fprintf(out, "%s%s%s", colour ? colour : "", t->cells[i].text,
		      colour ? COLOUR_END : "");
	if (!right && !last)
		(void)fprintf(out, "%*s", pad, "");
	(void)fputs(last ? "\n" : "  ", out);
}

/* Without blanks at its end, where cells are empty. */
static void print_row(const struct table *t, size_t first, const int *widths, FILE *out)
{
	size_t n = t->n_columns;

	while (n > 1 && !*t->cells[first + n - 1].text)
		n--;
	for (size_t i = 0; i < n; i++)
		print_cell(t, first + i, widths[i] - text_width(t->cells[first + i].text),
			   i + 1 == n, out);
}

void table_print(struct table *t, int indent, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % t->n_columns;
		int w = text_width(t->cells[i].text);

		widths[column] = w > widths[column] ? w : widths[column];
	}
	for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns) {
		(void)fprintf(out, "%*s", indent, "");
		print_row(t, i, widths, out);
	}
	table_clear(t);
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	t->cells = NULL;
	t->n_cells = 0;
}

void title_print(const char *name, const char *about, bool colour, FILE *out)
{
	(void)fprintf(out, "%s%s%s", colour ? COLOUR_TITLE : "", name, colour ? COLOUR_END : "");
	sanitize_print(out, "%s%s\n", about && *about ? "  " : "", about ? about : "");
}
