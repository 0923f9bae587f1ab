/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OPS_H
#define XLAB_OPS_H

/* The operations that op_*.c implement, each applied and undone; build.c has them in a table. */

#include "lab/plan.h"

struct build;
struct error;

typedef int op_fn(struct build *b, const struct op *op, struct error *e);

#define X(kind, name, undo) op_fn op_##name##_apply, undo;
OP_LIST(X)
#undef X

#endif
