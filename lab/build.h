/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BUILD_H
#define XLAB_BUILD_H

#include <stdbool.h>

struct build; /* a lab's namespaces, with sockets in them, while it is built */
struct error;
struct netlink;
struct plan;
struct progress;
struct state;

/*
 * Carry a plan out: refuse what is taken by somebody else before the first change, then apply
 * each operation, a step of @progress. On any error everything is undone again and the state
 * forgotten. The journal is on disk already (state_begin). Leaves the phase at building, and
 * *@built open: the caller attaches chains, closes it, and sets STATE_UP (or calls build_undo).
 */
int build_apply(const struct plan *plan, struct state *st, struct progress *progress,
		struct build **built, struct error *e);
void build_close(struct build *b);

/* The rtnetlink socket in the namespace of that node or bridge. */
struct netlink *build_rt(const struct build *b, const char *netns);

/*
 * Undo everything of a lab that may be there, past every error, whatever was
 * reached; what is gone already is done. Touches only what carries the lab's mark. The
 * first error is reported when all is tried. With @wait: until the kernel has
 * destroyed the namespaces too. Forgets the state. The plan may be empty unless it is needed, or
 * waited.
 */
int build_undo(const struct plan *plan, struct state *st, bool wait, struct error *e);

/* Else no more than the lab's name needs to be known (STATE_CORRUPT). */
bool build_undo_needs_plan(const struct state *st);

#endif
