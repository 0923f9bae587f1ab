/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_DROP_TRACE_H
#define XLAB_DROP_TRACE_H

/*
 * Listening to what the kernel itself says of packets that it drops in a lab's namespaces, by the
 * tracepoint skb:kfree_skb, and of what its XDP could not do, by those of xdp. Of anything else on
 * the machine nothing is recorded. Wants Linux 5.17 and its BTF.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bpf/drop_trace.h"

struct drop_trace;
struct lab;

/* Listen from now on. NULL: this kernel does not tell. Nothing is left when the process ends. */
struct drop_trace *drop_trace_open(const struct lab *lab);
void drop_trace_close(struct drop_trace *t); /* NULL is fine */

int drop_trace_fd(const struct drop_trace *t); /* readable when something was said */

/* Hand over all that is there, without waiting. */
typedef void (*drop_trace_fn)(void *cookie, const struct drop_trace_event *event);
void drop_trace_consume(struct drop_trace *t, drop_trace_fn fn, void *cookie);

/* Of an event: the node or bridge, as the topology names it; the interface, or NONE; the
 * tracepoint's name; with DROP_TRACE_KFREE_SKB the reason as the kernel names it, "NO_SOCKET".
 */
const char *drop_trace_netns(const struct drop_trace *t, const struct drop_trace_event *event);
size_t drop_trace_iface(const struct drop_trace *t, const struct drop_trace_event *event);
const char *drop_trace_tracepoint(const struct drop_trace_event *event);
const char *drop_trace_reason(const struct drop_trace *t, const struct drop_trace_event *event);

/* A frame that was longer than what a link takes, for which the kernel has no word. */
struct drop_trace_limit {
	size_t iface;		  /* whose link it is */
	const char *netns, *name; /* the end, or port, that is too short for it */
	unsigned int bytes, mtu;  /* without Ethernet's header */
};

/* True: for that reason it was dropped, where a bridge would have sent it on or at the end of a
 * link. */
bool drop_trace_too_long(const struct drop_trace *t, const struct drop_trace_event *event,
			 struct drop_trace_limit *limit);

#endif
