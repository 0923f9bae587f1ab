/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LISTENER_H
#define XLAB_LISTENER_H

/*
 * Listening to a lab's chains. Each listener has a ring buffer of its own, put into
 * the "event_rings" of the lab, so that several listeners each
 * get every event. Off (a flag) where nobody listens. A listener that was
 * killed is found by its lock and cleared by the next one.
 */

#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct error;
struct lab;
struct listener;

/* At most XLAB_LISTENERS a lab: -EBUSY beyond. */
int listener_open(const struct lab *lab, struct listener **out, struct error *e);
int listener_subscribe(struct listener *l, size_t iface, struct error *e);
int listener_fd(const struct listener *l); /* readable (epoll, poll) when there are events */

/* Hand over all events that are there, without waiting; stops when @fn returns
 * nonzero, and returns that.
 */
int listener_consume(struct listener *l, int (*fn)(void *cookie, const struct xlab_event *event),
		     void *cookie);
uint64_t listener_lost(const struct listener *l); /* events that found the ring full */
void listener_close(struct listener *l);

#endif
