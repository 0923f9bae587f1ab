// SPDX-License-Identifier: GPL-2.0-or-later
/* Tells the step's own packets among those that chains speak of, and counts what became of each. */
#include "orchestrator/scenario/evidence_add.h"

#include <linux/bpf.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/scenario/evidence.h"

#define KERNEL_MAX 256 /* drops and failures kept of what the kernel says, each */

/* What a CPU is at: the packet as it came to the chain. */
struct came {
	uint32_t cpu;
	bool there;
	uint16_t iface;
	uint32_t gen;
	struct whose whose;
	struct packet packet;
	struct packet inner; /* of a tunnel; without has_ip it is none */
};

/* No bridge's copy of a packet that was meant for somebody else: where the interface's link address
 * is known, that tells.
 */
static bool was_meant_for(const struct evidence *ev, size_t iface, const struct packet *p)
{
	const struct iface *i = &ev->topo->ifaces[iface];

	if (i->node == ev->mark.src_node || i->node == ev->mark.dst_node ||
	    topology_carrier(ev->topo, i)->bridge == NONE || !i->has_mac || !p->has_ether ||
	    (p->dst_mac[0] & 1))
		return evidence_on_the_way(ev, iface);
	return memcmp(p->dst_mac, i->mac, sizeof(i->mac)) == 0;
}

static bool same_saying(const struct sighting *a, const struct sighting *b)
{
	return a->iface == b->iface && a->position == b->position && a->kind == b->kind &&
	       a->verdict == b->verdict && a->relation == b->relation &&
	       a->doubtful == b->doubtful && a->known == b->known && a->changed == b->changed &&
	       address_equal(&a->asked, &b->asked) && flow_equal(&a->came, &b->came) &&
	       flow_equal(&a->left, &b->left);
}

/* Its index. */
static size_t add_sighting(struct evidence *ev, const struct sighting *s)
{
	struct sighting *seen;

	for (size_t i = 0; i < ev->n_seen; i++) {
		if (!same_saying(&ev->seen[i], s))
			continue;
		ev->seen[i].packets++;
		return i;
	}
	seen = array_add(&ev->seen, &ev->n_seen, sizeof(*seen));
	*seen = *s;
	return ev->n_seen - 1;
}

/* An echo and its reply are one, however many fragments and copies of it are dropped. */
static void count_echo(uint8_t **sequences, unsigned int *count, uint16_t sequence)
{
	uint8_t bit = (uint8_t)(1 << (sequence & 7));
	uint8_t *byte;

	if (!*sequences)
		*sequences = xcalloc(1, (UINT16_MAX + 1) / 8);
	byte = &(*sequences)[sequence >> 3];
	*count += !(*byte & bit);
	*byte |= bit;
}

static void drop_segment(struct evidence *ev, size_t sighting, const struct packet *p)
{
	struct segment *segment = NULL;

	for (size_t i = 0; i < ev->n_segments && !segment; i++)
		if (ev->segments[i].sighting == sighting && ev->segments[i].seq == p->tcp_seq)
			segment = &ev->segments[i];
	if (!segment) {
		segment = array_add(&ev->segments, &ev->n_segments, sizeof(*segment));
		segment->sighting = sighting;
		segment->seq = p->tcp_seq;
		segment->handshake = p->tcp_flags & TH_SYN;
	}
	segment->drops++;
}

/* Sent again, perhaps together with what came behind it, it was not dropped there any more. */
static void undo_drops(struct evidence *ev, const struct sighting *s, const struct packet *p)
{
	size_t length = p->tcp_length ? p->tcp_length : 1;

	for (size_t i = 0; i < ev->n_segments; i++) {
		struct segment *segment = &ev->segments[i];
		struct sighting *dropped = &ev->seen[segment->sighting];

		if (dropped->iface != s->iface || dropped->relation != s->relation ||
		    segment->seq - p->tcp_seq >= length)
			continue;
		dropped->undone += segment->drops;
		segment->drops = 0;
	}
}

static void follow_segment(struct evidence *ev, size_t sighting, const struct packet *p)
{
	const struct sighting *s = &ev->seen[sighting];

	if (verdict_drops(s->verdict))
		drop_segment(ev, sighting, p);
	else
		undo_drops(ev, s, p);
	ev->drops = 0;
	for (size_t i = 0; i < ev->n_segments; i++)
		ev->drops += ev->segments[i].drops > 0;
}

/* A chain's last word on a packet of the step. */
static void decide(struct evidence *ev, size_t sighting, const struct packet *p, uint16_t sequence)
{
	const struct sighting *s = &ev->seen[sighting];
	bool ping = ev->mark.kind == STEP_PING, frames = ev->frames.n > 0;

	if (s->verdict < EVIDENCE_VERDICTS && ping)
		count_echo(&ev->told_sequences[s->verdict], &ev->told[s->verdict], sequence);
	else if (s->verdict < EVIDENCE_VERDICTS)
		ev->told[s->verdict] = frames ? ev->told[s->verdict] + 1 : 1;
	if (ev->mark.kind == STEP_TCP)
		follow_segment(ev, sighting, p);
	else if (!sighting_is_drop(s))
		return;
	else if (ping)
		count_echo(&ev->sequences, &ev->drops, sequence);
	else
		ev->drops = frames ? ev->drops + 1 : 1;
}

static struct came *came_on(struct evidence *ev, uint32_t cpu)
{
	for (size_t i = 0; i < ev->n_came; i++)
		if (ev->came[i].cpu == cpu)
			return &ev->came[i];
	return NULL;
}

/* What the CPU is at, if the event is of that packet; NULL: the chain says not how it came, as it
 * changes none.
 */
static struct came *came_of(struct evidence *ev, const struct xlab_event *event)
{
	struct came *came = came_on(ev, event->cpu);

	return came && came->there && came->iface == event->iface && came->gen == event->gen ? came
											     : NULL;
}

static size_t snapped(const struct xlab_event *event)
{
	return event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;
}

static void note_left(struct evidence *ev, const struct xlab_event *event, struct sighting *s,
		      const struct whose *came, const struct packet *p, const struct packet *inner)
{
	struct flow left = { 0 };

	if (ev->frames.n) {
		if (came->way == RELATION_REQUEST && !verdict_drops(s->verdict))
			frame_forms_add(&ev->frames, event->snap, snapped(event), event->length);
		return;
	}
	switch (forms_left(&ev->forms, &ev->mark, came, p, inner, !verdict_drops(s->verdict),
			   &left)) {
	case LEFT_SAME:
		return;
	case LEFT_CHANGED:
		s->changed = s->known && !ev->forms.full;
		if (s->changed)
			s->left = left;
		return;
	case LEFT_UNKNOWN:
		ev->strayed = true;
		ev->strayed_at = s->iface;
		return;
	case LEFT_IMITATED:
		ev->imitated = true;
		ev->imitated_at = s->iface;
		return;
	}
}

static void note_bytes(struct evidence *ev, const struct xlab_event *event)
{
	struct left_bytes **left = &ev->left[event->verdict];

	if (!*left)
		*left = xcalloc(1, sizeof(**left));
	**left = (struct left_bytes){ .iface = event->iface,
				      .size = snapped(event),
				      .length = event->length };
	memcpy((*left)->bytes, event->snap, (*left)->size);
}

static void know(struct evidence *ev, const struct xlab_event *event, const struct packet *p,
		 const struct packet *inner, struct whose *whose)
{
	if (ev->frames.n) {
		bool own =
			frame_forms_know(&ev->frames, event->snap, snapped(event), event->length);

		*whose = (struct whose){ .way = own ? RELATION_REQUEST : RELATION_OTHER };
		return;
	}
	forms_know(&ev->forms, &ev->mark, p, inner, whose);
	if (!p->fragment)
		forms_remember(&ev->forms, p, inner, whose);
}

static void note_came(struct evidence *ev, const struct xlab_event *event, const struct packet *p,
		      const struct packet *inner)
{
	struct came *came = came_on(ev, event->cpu);

	if (!came)
		came = array_add(&ev->came, &ev->n_came, sizeof(*came));
	*came = (struct came){
		.cpu = event->cpu,
		.there = true,
		.iface = event->iface,
		.gen = event->gen,
		.packet = *p,
		.inner = inner ? *inner : (struct packet){ 0 },
	};
	know(ev, event, p, inner, &came->whose);
}

/* Somebody on the step's way has that address, or a chain has sent the packet there. */
static bool is_hop(const struct evidence *ev, const struct address *a)
{
	const struct owner *owner = NULL;

	while ((owner = topology_owner(ev->topo, a, owner)) != NULL)
		if (owner_node(ev->topo, owner) != NONE &&
		    ev->topo->nodes[owner_node(ev->topo, owner)].forward)
			return true;
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].changed && (address_equal(a, &ev->seen[i].left.src) ||
					    address_equal(a, &ev->seen[i].left.dst)))
			return true;
	return address_equal(a, &ev->mark.src) || address_equal(a, &ev->mark.dst);
}

/* Who asks may do so by an address that no file names (fe80::…): so by what is asked for. */
static void note_question(const struct evidence *ev, struct sighting *s, const struct packet *p)
{
	const struct address *asked = &p->nd_target;

	if (p->has_arp)
		asked = p->arp_op == ARPOP_REQUEST ? &p->arp_target : &p->arp_sender;
	if (!asked->family || !is_hop(ev, asked))
		return;
	s->relation = RELATION_ROUTER;
	s->asked = *asked;
}

/* A filter's or the chain's word on a packet that came as @came, NULL: as it is now. */
static void add_word(struct evidence *ev, const struct xlab_event *event, struct came *came,
		     const struct packet *p, const struct packet *inner)
{
	const struct chain_record *chain = &ev->chains[event->iface];
	const struct packet *first = came ? &came->packet : p;
	const struct packet *innermost = came ? (came->inner.has_ip ? &came->inner : NULL) : inner;
	struct sighting s = {
		.iface = event->iface,
		.position = event->position,
		.kind = event->kind,
		.verdict = event->verdict,
		.filter =
			event->position < chain->n_filters ? chain->filters[event->position] : NULL,
		.packets = 1,
	};
	struct whose whose;
	size_t at;

	if (came)
		whose = came->whose;
	else
		know(ev, event, p, inner, &whose);
	if (was_meant_for(ev, event->iface, first)) {
		s.relation = whose_relation(&whose);
		s.doubtful = whose.doubtful;
		if (s.relation == RELATION_OTHER)
			note_question(ev, &s, first);
	}
	if (whose.has_flow && s.relation != RELATION_OTHER) {
		s.known = true;
		s.came = whose.flow;
	}
	if (s.kind == XLAB_DECIDED)
		note_left(ev, event, &s, &whose, p, inner);
	at = add_sighting(ev, &s);
	if (s.kind != XLAB_DECIDED || !sighting_is_own(&s))
		return;
	if (s.verdict < EVIDENCE_VERDICTS && s.relation == RELATION_REQUEST)
		note_bytes(ev, event);
	decide(ev, at, innermost ? innermost : first, whose.sequence);
}

void evidence_add(struct evidence *ev, const struct xlab_event *event, const struct packet *p)
{
	struct packet inside, *inner = NULL;
	const struct chain_record *chain;
	struct came *came;

	if (!ev->chains || event->time_ns < ev->since_ns || event->iface >= ev->topo->n_ifaces)
		return;
	if (event->kind != XLAB_DECIDED && event->kind != XLAB_WENT_ON && event->kind != XLAB_CAME)
		return;
	chain = &ev->chains[event->iface];
	if (event->gen != chain->gen || event->position > chain->n_filters)
		return;
	if (packet_read_inner(event->snap, snapped(event), p, &inside))
		inner = &inside;
	if (event->kind == XLAB_CAME) {
		note_came(ev, event, p, inner);
		return;
	}
	came = came_of(ev, event);
	add_word(ev, event, came, p, inner);
	if (came && event->kind == XLAB_DECIDED)
		came->there = false;
}

static struct packet *copy_packet(const struct packet *p)
{
	struct packet *copy = xcalloc(1, sizeof(*copy));

	*copy = *p;
	return copy;
}

void evidence_add_kernel_drop(struct evidence *ev, uint64_t time_ns, const struct kernel_drop *drop)
{
	struct kernel_drop *copy;

	if (time_ns < ev->since_ns || ev->n_kernel_drops == KERNEL_MAX)
		return;
	copy = array_add(&ev->kernel_drops, &ev->n_kernel_drops, sizeof(*copy));
	*copy = *drop;
	copy->reason = xstrdup(drop->reason);
	copy->packet = copy_packet(drop->packet);
	copy->inner = drop->inner ? copy_packet(drop->inner) : NULL;
	copy->bytes = drop->size ? xmemdup(drop->bytes, drop->size) : NULL;
}

void evidence_add_xdp_failure(struct evidence *ev, uint64_t time_ns, size_t iface,
			      const char *tracepoint, int err)
{
	struct xdp_failure *failure;

	if (time_ns < ev->since_ns || ev->n_xdp_failures == KERNEL_MAX)
		return;
	failure = array_add(&ev->xdp_failures, &ev->n_xdp_failures, sizeof(*failure));
	*failure = (struct xdp_failure){ iface, xstrdup(tracepoint), err };
}
