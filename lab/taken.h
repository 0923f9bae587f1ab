/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TAKEN_H
#define XLAB_TAKEN_H

struct error;
struct plan;
struct state;

/* Before the first change: -EEXIST if a name that the lab needs is taken, by whom in @e. */
int taken_check(const struct plan *plan, const struct state *st, struct error *e);

#endif
