/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TABLE_H
#define XLAB_TABLE_H

/* A table for people: cells are collected, then printed in aligned columns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t n_columns;
	bool right[TABLE_COLUMNS_MAX]; /* columns that are aligned to the right */
	struct table_cell {
		char *text;
		const char *colour; /* a static escape sequence, or NULL */
	} * cells;
	size_t n_cells;
};

#define COLOUR_GOOD  "\033[32m"
#define COLOUR_BAD   "\033[31m"
#define COLOUR_TITLE "\033[1m"
#define COLOUR_END   "\033[0m"

/* Row by row, left to right; @colour may be NULL. The text is made safe for a terminal here. */
void table_add(struct table *t, const char *colour, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Rows, each after @indent spaces; then the table is empty again. */
void table_print(struct table *t, int indent, FILE *out);
void table_clear(struct table *t);

/* "NAME  ABOUT", a line above what follows; @about may be NULL. */
void title_print(const char *name, const char *about, bool colour, FILE *out);

/* Columns that a text takes on a terminal: its UTF-8 characters. */
int text_width(const char *s);

/* Colour is for people: on a terminal, and never with NO_COLOR. */
bool colour_wanted(FILE *out);

#endif
