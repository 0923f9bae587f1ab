/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_TABLE_H
#define XLAB_CHAIN_TABLE_H

/* A chain with its counters, as people and programs read it. */

#include <stdbool.h>
#include <stdio.h>

struct chain_view;
struct json;

/* The interface's @name and its chain, below that a row a filter after @indent spaces, with a
 * column for each action that is there.
 */
void chain_print(const char *name, const struct chain_view *view, int indent, bool colour,
		 FILE *out);

/* An object of the key "chain", or null where no chain stands. */
void chain_json_print(const struct chain_view *view, struct json *j);

#endif
