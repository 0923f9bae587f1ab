/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INICOUNT_H
#define XLAB_INICOUNT_H

/*
 * Counting in a lab file: ranges {1..1000} {x=1..1000}, which stand for one number after the other,
 * and sums {n} {n+1} {n/10} {4*m+1} of these numbers. Texts only; inifile.c knows where they stand.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INI_COUNTERS_MAX     4	   /* of a heading and a value behind it */
#define INI_COUNTED_MAX	     10000 /* sections of a heading, keys of a line */
#define INI_COUNTER_NAME_MAX 15

struct ini_counter {
	char name[INI_COUNTER_NAME_MAX + 1];
	uint32_t first, last, now;
};

struct ini_counters {
	struct ini_counter list[INI_COUNTERS_MAX];
	size_t n;
};

/* True if a value counts by itself: there is a range with a name in it. Braces are something else
 * to everybody else, as in a shell's or awk's text.
 */
bool ini_counts(const char *value);

/*
 * Add the ranges of a heading, or of a value, to the counters. The first two of a heading are n and
 * m where they have no name of their own; those of a value must have one, and their bounds may be
 * sums of the heading's. 1: such a range is empty, "x=0..n-1" where n is 0, and nothing comes of
 * it. -EINVAL: *@why, malloc'ed, says what is wrong; it is NULL before.
 */
int ini_count_heading(const char *heading, struct ini_counters *c, char **why);
int ini_count_value(const char *value, struct ini_counters *c, char **why);

/* All from the first number on, the last counter the fastest. False: that was the last. @from: of
 * the counters before it none moves.
 */
bool ini_count_on(struct ini_counters *c, size_t from);

/*
 * The text with its numbers in place of what counts, malloc'ed. "{{" is a brace; "ADDRESS + {n}",
 * "NET/24 + {n}" and "MAC + {n}" become the n-th behind it. @from: the counter of its first range,
 * which one of the two above has read. NULL: *@why, as above, says what is wrong.
 */
char *ini_count_text(const char *text, const struct ini_counters *c, size_t from, char **why);

#endif
