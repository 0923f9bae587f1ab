/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/evidence.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/chain.h"
#include "orchestrator/packet.h"

#define ARP_REQUEST 1

static bool between(const struct packet *p, const struct address *from, const struct address *to)
{
	return p->has_ip && address_equal(&p->src, from) && address_equal(&p->dst, to);
}

static uint8_t mark_proto(const struct mark *m)
{
	if (m->kind == STEP_UDP)
		return IPPROTO_UDP;
	if (m->kind == STEP_TCP)
		return IPPROTO_TCP;
	return m->dst.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* Ports or id, as far as this packet has them: only a first fragment does. */
static bool marks_match(const struct mark *m, const struct packet *p, bool request)
{
	if (p->proto != mark_proto(m))
		return false;
	if (p->fragment)
		return true;
	if (m->kind == STEP_PING)
		return p->has_echo && p->icmp_id == m->src_port;
	return p->has_ports && p->src_port == (request ? m->src_port : m->dst_port) &&
	       p->dst_port == (request ? m->dst_port : m->src_port);
}

/* The one who asks for a neighbour; false: the packet is no such question or answer. */
static bool neighbour_asker(const struct packet *p, struct address *asker)
{
	if (p->has_arp)
		*asker = p->arp_op == ARP_REQUEST ? p->arp_sender : p->arp_target;
	else if (p->nd_target.family)
		*asker = p->icmp_type == 135 ? p->src : p->dst;
	else
		return false;
	return true;
}

enum relation mark_relation(const struct mark *mark, const struct packet *p)
{
	struct address asker;

	if (neighbour_asker(p, &asker))
		return address_equal(&asker, &mark->src) || address_equal(&asker, &mark->dst)
			       ? RELATION_NEIGHBOUR
			       : RELATION_OTHER;
	if (between(p, &mark->src, &mark->dst) && marks_match(mark, p, true))
		return RELATION_REQUEST;
	if (between(p, &mark->dst, &mark->src) && marks_match(mark, p, false))
		return RELATION_REPLY;
	return RELATION_OTHER;
}

/* A bridge floods copies; what happens to one at a third node says nothing of the step. */
static bool on_the_way(const struct evidence *ev, size_t iface)
{
	size_t node = ev->topo->ifaces[iface].node;

	return node == ev->mark.src_node || node == ev->mark.dst_node ||
	       ev->topo->nodes[node].forward;
}

static bool same(const struct sighting *a, const struct sighting *b)
{
	return a->iface == b->iface && a->position == b->position && a->kind == b->kind &&
	       a->verdict == b->verdict && a->relation == b->relation;
}

static void add_sighting(struct evidence *ev, const struct sighting *s)
{
	struct sighting *seen;

	for (size_t i = 0; i < ev->n_seen; i++) {
		if (same(&ev->seen[i], s)) {
			ev->seen[i].packets++;
			return;
		}
	}
	seen = reallocarray(ev->seen, ev->n_seen + 1, sizeof(*seen));
	if (!seen) {
		ev->out_of_memory = true;
		return;
	}
	ev->seen = seen;
	seen[ev->n_seen++] = *s;
}

bool sighting_is_drop(const struct sighting *s)
{
	return s->kind == XLAB_DECIDED && (s->verdict == XDP_DROP || s->verdict == XDP_ABORTED);
}

/* An echo and its reply are one, however many copies of it are dropped. */
static void count_drop(struct evidence *ev, const struct packet *p)
{
	if (p->has_echo) {
		uint8_t bit = (uint8_t)(1 << (p->icmp_seq & 7));
		uint8_t *byte;

		if (!ev->sequences)
			ev->sequences = calloc(1, (UINT16_MAX + 1) / 8);
		if (!ev->sequences) {
			ev->out_of_memory = true;
			return;
		}
		byte = &ev->sequences[p->icmp_seq >> 3];
		if (*byte & bit)
			return;
		*byte |= bit;
	}
	ev->drops++;
}

void evidence_add(struct evidence *ev, const struct xlab_event *event, const struct packet *p)
{
	const struct chain_record *chain;
	struct sighting s;

	if (!ev->chains || event->time_ns < ev->since_ns || event->iface >= ev->topo->n_ifaces)
		return;
	if (event->kind != XLAB_DECIDED && event->kind != XLAB_WENT_ON)
		return;
	chain = &ev->chains[event->iface];
	if (event->gen != chain->gen || event->position > chain->n_filters)
		return;
	s = (struct sighting){
		.iface = event->iface,
		.position = event->position,
		.kind = event->kind,
		.verdict = event->verdict,
		.relation =
			on_the_way(ev, event->iface) ? mark_relation(&ev->mark, p) : RELATION_OTHER,
		.filter =
			event->position < chain->n_filters ? chain->filters[event->position] : NULL,
		.packets = 1,
	};
	add_sighting(ev, &s);
	if (sighting_is_drop(&s) &&
	    (s.relation == RELATION_REQUEST || s.relation == RELATION_REPLY))
		count_drop(ev, p);
}

const struct sighting *evidence_drop(const struct evidence *ev, enum relation relation)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].relation == relation && sighting_is_drop(&ev->seen[i]))
			return &ev->seen[i];
	return NULL;
}

static bool is_own(const struct sighting *s)
{
	return s->relation == RELATION_REQUEST || s->relation == RELATION_REPLY;
}

const struct sighting *evidence_diverted(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (is_own(s) && s->kind == XLAB_DECIDED && s->verdict != XDP_PASS &&
		    !sighting_is_drop(s))
			return s;
	}
	return NULL;
}

bool evidence_seen(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (is_own(&ev->seen[i]))
			return true;
	return false;
}

bool evidence_all_dropped(const struct evidence *ev)
{
	return ev->drops >= ev->wanted;
}

void evidence_clear(struct evidence *ev)
{
	free(ev->trouble);
	free(ev->seen);
	free(ev->sequences);
	free(ev->neighbour_text);
	free(ev->links_down);
	*ev = (struct evidence){ 0 };
}
