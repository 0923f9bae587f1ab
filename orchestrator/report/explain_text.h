/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_EXPLAIN_TEXT_H
#define XLAB_EXPLAIN_TEXT_H

/* What a chain does with packets, in words. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct explain;
struct explained;

/* One packet: its headers, what each filter says of it and why, and what comes out. */
void explain_print(const struct explain *x, const struct explained *result, const uint8_t *bytes,
		   size_t size, bool colour, FILE *out);

/* One of many, on a line. */
void explain_print_line(const struct explain *x, const struct explained *result, size_t number,
			const uint8_t *bytes, size_t size, FILE *out);

/* How many, by filter and rule. */
struct explain_summary;
struct explain_summary *explain_summary_new(const struct explain *x);
void explain_summary_add(struct explain_summary *s, const struct explained *result);
void explain_summary_print(struct explain_summary *s, FILE *out);
void explain_summary_free(struct explain_summary *s);

#endif
