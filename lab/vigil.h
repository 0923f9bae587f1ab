/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_VIGIL_H
#define XLAB_VIGIL_H

/*
 * Waiting until the kernel has destroyed a lab's namespaces, which it does some time after
 * the last one who held them let go.
 */

struct error;
struct plan;
struct state;
struct vigil;

/* Before they are removed: take note of all that are there. Close with vigil_end(). */
int vigil_begin(const struct plan *plan, const struct state *st, struct vigil **out,
		struct error *e);

/* At most five seconds; then -ETIMEDOUT says which one lives on, and who holds it. */
int vigil_await(struct vigil *vigil, struct error *e);

void vigil_end(struct vigil **vigil);
#define VIGIL_AUTO __attribute__((cleanup(vigil_end)))

#endif
