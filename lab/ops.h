/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OPS_H
#define XLAB_OPS_H

/* The operations that op_*.c implement, each applied and undone; build.c has them in a table. */

#include "lab/plan.h"

struct build;
struct error;

#define X(kind, name)                                                                 \
	int op_##name##_apply(struct build *b, const struct op *op, struct error *e); \
	int op_##name##_undo(struct build *b, const struct op *op, struct error *e);
OP_LIST(X)
#undef X

#endif
