/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NAME_CONFLICTS_H
#define XLAB_NAME_CONFLICTS_H

struct error;
struct plan;
struct state;

/* Before the first change: -EEXIST if a name that the lab needs is taken, by whom in @e. */
int name_conflicts_check(const struct plan *plan, const struct state *st, struct error *e);

#endif
