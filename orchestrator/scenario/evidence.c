// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts what became of the step's own packets. What that proves is judge.c's. */
#include "orchestrator/scenario/evidence.h"

#include <linux/bpf.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"

#define TCP_SYN	     2
#define SYN_AGAIN_MS 1000 /* TCP_TIMEOUT_INIT of every kernel */
#define KERNEL_MAX   256  /* drops and failures kept of what the kernel says, each */

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

/* What TCP sends in one piece, and again when it was dropped. */
struct segment {
	size_t sighting; /* of those seen: its drop */
	uint32_t seq;
	bool handshake;
	unsigned int drops; /* since it last came through */
};

const struct arrival *evidence_arrival(const struct evidence *ev, size_t node)
{
	for (size_t i = 0; i < ev->n_arrivals; i++)
		if (ev->arrivals[i].node == node)
			return &ev->arrivals[i];
	return NULL;
}

bool evidence_on_the_way(const struct evidence *ev, size_t iface)
{
	const struct iface *i = &ev->topo->ifaces[iface];

	return i->node == ev->mark.src_node || i->node == ev->mark.dst_node ||
	       topology_carrier(ev->topo, i)->bridge == NONE || ev->topo->nodes[i->node].forward ||
	       evidence_arrival(ev, i->node) || (ev->mark.group && !ev->n_arrivals);
}

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

bool sighting_is_own(const struct sighting *s)
{
	return !s->doubtful && (s->relation == RELATION_REQUEST || s->relation == RELATION_REPLY);
}

static bool drops(uint8_t verdict)
{
	return verdict == XDP_DROP || verdict == XDP_ABORTED;
}

bool sighting_is_drop(const struct sighting *s)
{
	return s->kind == XLAB_DECIDED && drops(s->verdict) && s->undone < s->packets;
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
		segment->handshake = p->tcp_flags & TCP_SYN;
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

	if (drops(s->verdict))
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
	bool ping = ev->mark.kind == STEP_PING;

	if (s->verdict < EVIDENCE_VERDICTS && ping)
		count_echo(&ev->told_sequences[s->verdict], &ev->told[s->verdict], sequence);
	else if (s->verdict < EVIDENCE_VERDICTS)
		ev->told[s->verdict] = 1;
	if (ev->mark.kind == STEP_TCP)
		follow_segment(ev, sighting, p);
	else if (!sighting_is_drop(s))
		return;
	else if (ping)
		count_echo(&ev->sequences, &ev->drops, sequence);
	else
		ev->drops = 1;
}

static struct came *came_on(struct evidence *ev, uint32_t cpu)
{
	struct came *came;

	for (size_t i = 0; i < ev->n_came; i++)
		if (ev->came[i].cpu == cpu)
			return &ev->came[i];
	came = array_add(&ev->came, &ev->n_came, sizeof(*came));
	*came = (struct came){ .cpu = cpu };
	return came;
}

/* What the CPU is at, if the event is of that packet; NULL: the chain says not how it came, as it
 * changes none.
 */
static struct came *came_of(struct evidence *ev, const struct xlab_event *event)
{
	for (size_t i = 0; i < ev->n_came; i++) {
		struct came *came = &ev->came[i];

		if (came->cpu == event->cpu)
			return came->there && came->iface == event->iface && came->gen == event->gen
				       ? came
				       : NULL;
	}
	return NULL;
}

static void note_left(struct evidence *ev, struct sighting *s, const struct whose *came,
		      const struct packet *p, const struct packet *inner)
{
	struct flow left = { 0 };

	switch (forms_left(&ev->forms, &ev->mark, came, p, inner, !drops(s->verdict), &left)) {
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

static void know(struct evidence *ev, const struct packet *p, const struct packet *inner,
		 struct whose *whose)
{
	forms_know(&ev->forms, &ev->mark, p, inner, whose);
	if (!p->fragment)
		forms_remember(&ev->forms, p, inner, whose);
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
		know(ev, p, inner, &whose);
	if (was_meant_for(ev, event->iface, first)) {
		s.relation = whose_relation(&whose);
		s.doubtful = whose.doubtful;
	}
	if (was_meant_for(ev, event->iface, first) && s.relation == RELATION_OTHER)
		note_question(ev, &s, first);
	if (whose.has_flow && s.relation != RELATION_OTHER) {
		s.known = true;
		s.came = whose.flow;
	}
	if (came && s.kind == XLAB_DECIDED)
		note_left(ev, &s, &whose, p, inner);
	at = add_sighting(ev, &s);
	if (s.kind == XLAB_DECIDED && sighting_is_own(&s))
		decide(ev, at, innermost ? innermost : first, whose.sequence);
}

void evidence_add(struct evidence *ev, const struct xlab_event *event, const struct packet *p)
{
	size_t size = event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;
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
	if (packet_read_inner(event->snap, size, p, &inside))
		inner = &inside;
	if (event->kind == XLAB_CAME) {
		came = came_on(ev, event->cpu);
		came->there = true;
		came->iface = event->iface;
		came->gen = event->gen;
		came->packet = *p;
		came->inner = inner ? inside : (struct packet){ 0 };
		know(ev, p, inner, &came->whose);
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

void evidence_add_kernel_drop(struct evidence *ev, uint64_t time_ns, const char *netns,
			      const char *reason, const struct packet *p,
			      const struct packet *inner)
{
	struct kernel_drop *drop;

	if (time_ns < ev->since_ns || ev->n_kernel_drops == KERNEL_MAX)
		return;
	drop = array_add(&ev->kernel_drops, &ev->n_kernel_drops, sizeof(*drop));
	*drop = (struct kernel_drop){ netns, xstrdup(reason), copy_packet(p),
				      inner ? copy_packet(inner) : NULL };
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

/* A packet of the step itself can be there, and not only a bridge's copy. */
static bool node_on_the_way(const struct evidence *ev, size_t node)
{
	size_t iface = NONE;

	for (size_t i = 0; i < ev->n_arrivals; i++)
		if (ev->arrivals[i].node == node)
			return true;
	while ((iface = topology_next_iface(ev->topo, node, iface)) != NONE)
		if (evidence_on_the_way(ev, iface))
			return true;
	return false;
}

/* Not the packet but a copy: a bridge's, dropped for it is somebody else's; or what the kernel does
 * with an echo's reply when ping's raw socket has it.
 */
static bool is_copy(const struct evidence *ev, const struct kernel_drop *drop,
		    enum relation relation)
{
	size_t node = topology_node(ev->topo, drop->netns);

	/* The sender of a broadcast gets one, and a bridge itself. */
	if (ev->mark.group && relation == RELATION_REQUEST)
		return node == NONE || !evidence_arrival(ev, node);
	if (ev->mark.kind == STEP_PING && relation == RELATION_REPLY && node == ev->mark.src_node)
		return strcmp(drop->reason, "NO_SOCKET") == 0;
	if (node != NONE && !node_on_the_way(ev, node))
		return true;
	return node != ev->mark.src_node && node != ev->mark.dst_node &&
	       strcmp(drop->reason, "OTHERHOST") == 0;
}

bool kernel_drop_has_reason(const struct kernel_drop *drop)
{
	return strcmp(drop->reason, "NOT_SPECIFIED") != 0 && strcmp(drop->reason, "XDP") != 0;
}

unsigned int kernel_drop_weight(const struct kernel_drop *drop)
{
	if (!kernel_drop_has_reason(drop))
		return 0;
	return strcmp(drop->reason, "OTHERHOST") == 0 ? 1 : 2;
}

const struct kernel_drop *evidence_kernel_drop(const struct evidence *ev, enum relation relation)
{
	const struct kernel_drop *found = NULL;
	struct whose whose;

	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		const struct kernel_drop *drop = &ev->kernel_drops[i];

		if (found && kernel_drop_weight(drop) <= kernel_drop_weight(found))
			continue;
		forms_know(&ev->forms, &ev->mark, drop->packet, drop->inner, &whose);
		if (whose_relation(&whose) != relation || whose.doubtful ||
		    is_copy(ev, drop, relation))
			continue;
		found = drop;
	}
	return found;
}

bool evidence_died(const struct evidence *ev)
{
	static const enum relation ways[] = { RELATION_REQUEST, RELATION_REPLY };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct kernel_drop *drop = evidence_kernel_drop(ev, ways[i]);

		/* A copy that a bridge has flooded died, and no more. */
		if (drop && kernel_drop_weight(drop) > 1)
			return true;
	}
	return false;
}

const struct sighting *evidence_drop(const struct evidence *ev, enum relation relation)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].relation == relation && !ev->seen[i].doubtful &&
		    sighting_is_drop(&ev->seen[i]))
			return &ev->seen[i];
	return NULL;
}

const struct sighting *evidence_question_drop(const struct evidence *ev)
{
	const struct sighting *s = NULL;

	if (ev->neighbour == NEIGHBOUR_UNRESOLVED && !evidence_seen(ev))
		s = evidence_drop(ev, RELATION_NEIGHBOUR);
	return s || !ev->router ? s : &ev->seen[ev->router_question];
}

const struct sighting *evidence_diverted(const struct evidence *ev)
{
	const struct sighting *last = NULL;

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (sighting_is_own(s) && s->kind == XLAB_DECIDED && !drops(s->verdict))
			last = s;
	}
	return last && last->verdict != XDP_PASS ? last : NULL;
}

bool evidence_seen(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].relation == RELATION_REQUEST ||
		    ev->seen[i].relation == RELATION_REPLY)
			return true;
	return false;
}

static bool dropped_at(const struct evidence *ev, size_t node)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (sighting_is_own(&ev->seen[i]) && sighting_is_drop(&ev->seen[i]) &&
		    ev->topo->ifaces[ev->seen[i].iface].node == node)
			return true;
	return false;
}

size_t evidence_not_dropped(const struct evidence *ev)
{
	for (size_t i = 0; ev->mark.group && i < ev->n_arrivals; i++)
		if (!dropped_at(ev, ev->arrivals[i].node))
			return ev->arrivals[i].node;
	return NONE;
}

bool evidence_all_dropped(const struct evidence *ev)
{
	return ev->drops >= ev->wanted && evidence_not_dropped(ev) == NONE;
}

bool evidence_comes_again(const struct evidence *ev, uint64_t ms)
{
	for (size_t i = 0; i < ev->n_segments; i++)
		if (ev->segments[i].drops && (!ev->segments[i].handshake || ms > SYN_AGAIN_MS))
			return true;
	return false;
}

bool evidence_dropped_again(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_segments; i++)
		if (ev->segments[i].drops > 1)
			return true;
	return false;
}

void evidence_clear(struct evidence *ev)
{
	free(ev->arrivals);
	free(ev->stranger);
	free(ev->takers);
	free(ev->trouble);
	free(ev->seen);
	free(ev->sequences);
	for (size_t i = 0; i < EVIDENCE_VERDICTS; i++)
		free(ev->told_sequences[i]);
	forms_clear(&ev->forms);
	free(ev->came);
	free(ev->segments);
	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		free(ev->kernel_drops[i].reason);
		free(ev->kernel_drops[i].packet);
		free(ev->kernel_drops[i].inner);
	}
	free(ev->kernel_drops);
	for (size_t i = 0; i < ev->n_xdp_failures; i++)
		free(ev->xdp_failures[i].tracepoint);
	free(ev->xdp_failures);
	free(ev->neighbour_text);
	free(ev->links_down);
	free(ev->absent);
	free(ev->filtered);
	free(ev->no_route);
	*ev = (struct evidence){ 0 };
}
