/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BUILD_H
#define XLAB_BUILD_H

#include <stdbool.h>

struct error;
struct plan;
struct state;

/*
 * Carry a plan out: refuse what is taken by somebody else before the first change, then apply
 * each operation. On any error everything is undone again and the state forgotten. The
 * journal is on disk already (state_begin). Leaves the phase at building: the
 * caller attaches chains and sets STATE_UP (or calls build_undo).
 */
int build_apply(const struct plan *plan, struct state *st, struct error *e);

/*
 * Undo everything of a lab that may be there, past every error, whatever was
 * reached; what is gone already is done. Touches only what carries the lab's mark. The
 * first error is reported when all is tried. With @wait: until the kernel has
 * destroyed the namespaces too. Forgets the state.
 */
int build_undo(const struct plan *plan, struct state *st, bool wait, struct error *e);

/* The same for a lab of which no more than the name is known (STATE_CORRUPT): its tmpfs with all
 * namespaces, and the names that lead into it.
 */
int build_undo_corrupt(struct state *st, struct error *e);

#endif
