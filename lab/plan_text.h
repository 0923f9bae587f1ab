/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PLAN_TEXT_H
#define XLAB_PLAN_TEXT_H

/* A plan for people. */

#include <stdio.h>

struct op;
struct plan;

void plan_print(const struct plan *plan, FILE *out);

/* One operation as plan_print() shows it: malloc'ed, maybe of several lines. */
char *plan_op_text(const struct plan *plan, const struct op *op);

#endif
