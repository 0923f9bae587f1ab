/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OP_SELF_H
#define XLAB_OP_SELF_H

struct build;
struct error;
struct op;

/* For an undo: what lies in a namespace of the lab's own is removed with that by OP_STATE's
 * undo, which makes sure of it; what is in xlab's own namespace must lie on a link of the lab.
 */
int goes_with_its_namespace(struct build *b, const struct op *op, struct error *e);

#endif
