// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads what chains and kernel say while a scenario runs. What it proves is judge.c's. */
#include "orchestrator/scenario/witness.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"

#define SHOWN_MAX 4096 /* lines kept of what hello and headers show during one step */

struct shown {
	size_t iface;
	char *text;
};

void witness_forget(struct witness *w)
{
	for (size_t i = 0; i < w->n_shown; i++)
		free(w->shown[i].text);
	free(w->shown);
	w->shown = NULL;
	w->n_shown = 0;
}

static void show(void *cookie, const char *text)
{
	struct witness *w = cookie;
	struct shown *shown;

	if (w->n_shown == SHOWN_MAX)
		return;
	shown = array_add(&w->shown, &w->n_shown, sizeof(*shown));
	*shown = (struct shown){ w->showing, xstrdup(text) };
}

struct consuming {
	struct witness *witness;
	struct evidence *ev;
};

static int take_event(void *cookie, const struct xlab_event *event)
{
	const struct consuming *consuming = cookie;
	size_t size = event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;
	struct packet p;

	consuming->witness->showing = event->iface;
	if (event->kind == XLAB_HELLO) {
		show(consuming->witness, "received a packet");
	} else if (event->kind == XLAB_HEADERS) {
		packet_print(event->snap, size, show, consuming->witness);
	} else {
		packet_read(event->snap, size, &p);
		evidence_add(consuming->ev, event, &p);
	}
	return 0;
}

/* What its XDP could not do; that a filter aborted, the chain says itself. */
static void take_failure(const struct consuming *c, const struct drop_trace_event *event)
{
	int err = event->code < 0 ? -event->code : event->code;

	if (event->kind == DROP_TRACE_XDP_EXCEPTION) {
		if (event->code != XDP_TX && event->code != XDP_REDIRECT)
			return;
		err = EOVERFLOW; /* no room before the packet for what a frame has there */
	}
	evidence_add_xdp_failure(c->ev, event->time_ns, drop_trace_iface(c->witness->drops, event),
				 drop_trace_tracepoint(event), err);
}

/* Nodes look for each other, and say to which groups they listen, all the time: to ask for an MTU
 * each time would cost more than many a step.
 */
static bool may_be_own(const struct evidence *ev, const struct packet *p)
{
	return ev->mark.group || ev->frames.n || !p->has_ip || !address_is_group(&p->dst);
}

/* In words, malloc'ed. What a bridge has flooded dies of its length where nobody waits for it, too.
 */
static char *drop_reason(const struct consuming *c, const struct drop_trace_event *event,
			 const struct packet *p)
{
	struct drop_trace_limit limit;

	if (may_be_own(c->ev, p) && drop_trace_too_long(c->witness->drops, event, &limit) &&
	    evidence_on_the_way(c->ev, limit.iface))
		return text_format("%u bytes are more than the MTU of %s:%s, which is %u",
				   limit.bytes, limit.netns, limit.name, limit.mtu);
	return xstrdup(drop_trace_reason(c->witness->drops, event));
}

static void take_drop(void *cookie, const struct drop_trace_event *event)
{
	const struct consuming *c = cookie;
	char *FREE_AUTO reason = NULL;
	struct packet p, inner;

	if (event->kind != DROP_TRACE_KFREE_SKB) {
		take_failure(c, event);
		return;
	}
	packet_read_network(event->snap, event->snapped, event->protocol, &p);
	reason = drop_reason(c, event, &p);
	evidence_add_kernel_drop(
		c->ev, event->time_ns,
		&(struct kernel_drop){
			.netns = drop_trace_netns(c->witness->drops, event),
			.reason = reason,
			.packet = &p,
			.inner = packet_read_inner(event->snap, event->snapped, &p, &inner) ? &inner
											    : NULL,
			.bytes = (uint8_t *)event->snap,
			.size = event->snapped,
			.type = event->protocol,
		});
}

int witness_consume(struct witness *w, struct evidence *ev, struct error *e)
{
	struct consuming consuming = { w, ev };
	int err;

	if (w->drops)
		drop_trace_consume(w->drops, take_drop, &consuming);
	if (!w->listener)
		return 0;
	err = listener_consume(w->listener, take_event, &consuming);
	ev->lost = listener_lost(w->listener);
	return err ? error_sys(e, err, "cannot read what the chains say") : 0;
}

const char **witness_shown(const struct witness *w, size_t iface, size_t *n)
{
	const char **lines = xcalloc(w->n_shown, sizeof(*lines));

	*n = 0;
	for (size_t i = 0; i < w->n_shown; i++)
		if (w->shown[i].iface == iface)
			lines[(*n)++] = w->shown[i].text;
	return lines;
}
