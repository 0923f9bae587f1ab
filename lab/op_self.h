/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OP_SELF_H
#define XLAB_OP_SELF_H

struct build;
struct error;
struct op;

/* For an undo: what lies in a namespace of the lab's own is removed with that by OP_STATE's
 * undo, which makes sure of it, as the mount of xlab's own namespace is; what is in that one must
 * lie on a link of the lab, as a route does even where it names none.
 */
int goes_with_its_namespace(struct build *b, const struct op *op, struct error *e);

#endif
