/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NETNS_WAIT_H
#define XLAB_NETNS_WAIT_H

/*
 * Waiting until the kernel has destroyed a lab's namespaces, which it does some time after
 * the last one who held them let go.
 */

struct error;
struct plan;
struct state;
struct netns_wait;

/* Before they are removed: take note of all that are there. Close with netns_wait_end(). */
int netns_wait_begin(const struct plan *plan, const struct state *st, struct netns_wait **out,
		     struct error *e);

/* As long as it gets on, or the kernel is at others. -ETIMEDOUT says which one lives on, and who
 * holds it: for five seconds, as nobody else was told of by then; or the kernel was silent for a
 * minute.
 */
int netns_wait_await(struct netns_wait *w, struct error *e);

void netns_wait_end(struct netns_wait **netns_wait);
#define NETNS_WAIT_AUTO __attribute__((cleanup(netns_wait_end)))

#endif
