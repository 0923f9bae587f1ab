// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the step's own packets from others by their marks, and counts what became of them. What
 * that proves is judge.c's.
 */
#include "orchestrator/scenario/evidence.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"

#define ARP_REQUEST  1
#define TCP_SYN	     2
#define SYN_AGAIN_MS 1000 /* TCP_TIMEOUT_INIT of every kernel */
#define KERNEL_MAX   256  /* drops and failures kept of what the kernel says, each */

/* Only the first fragment of a datagram tells whose it is; the others have its number. */
struct datagram {
	enum relation relation;
	uint32_t id;
	uint16_t sequence; /* of the echo in it */
};

/* What TCP sends in one piece, and again when it was dropped. */
struct segment {
	size_t sighting; /* of those seen: its drop */
	uint32_t seq;
	bool handshake;
	unsigned int drops; /* since it last came through */
};

static bool between(const struct packet *p, const struct address *from, const struct address *to)
{
	return p->has_ip && address_equal(&p->src, from) && address_equal(&p->dst, to);
}

/* Ports or id: of a datagram in fragments only the first has them. */
static bool marks_match(const struct mark *m, const struct packet *p, bool request)
{
	if (m->kind == STEP_PING)
		return p->has_echo && p->icmp_id == m->src_port;
	return p->has_ports && p->src_port == (request ? m->src_port : m->dst_port) &&
	       p->dst_port == (request ? m->dst_port : m->src_port);
}

/* By its addresses and protocol: which way of the step's two it goes. */
static enum relation direction(const struct mark *m, const struct packet *p)
{
	uint8_t proto = m->kind == STEP_UDP	   ? IPPROTO_UDP
			: m->kind == STEP_TCP	   ? IPPROTO_TCP
			: m->dst.family == AF_INET ? IPPROTO_ICMP
						   : IPPROTO_ICMPV6;

	if (p->proto != proto)
		return RELATION_OTHER;
	if (between(p, &m->src, &m->dst))
		return RELATION_REQUEST;
	return between(p, &m->dst, &m->src) ? RELATION_REPLY : RELATION_OTHER;
}

enum relation mark_relation(const struct mark *mark, const struct packet *p)
{
	enum relation way = direction(mark, p);
	const struct address *asker = NULL;

	if (p->has_arp)
		asker = p->arp_op == ARP_REQUEST ? &p->arp_sender : &p->arp_target;
	else if (p->nd_target.family)
		asker = p->icmp_type == 135 ? &p->src : &p->dst;
	if (asker)
		return address_equal(asker, &mark->src) || address_equal(asker, &mark->dst)
			       ? RELATION_NEIGHBOUR
			       : RELATION_OTHER;
	if (way == RELATION_OTHER || !marks_match(mark, p, way == RELATION_REQUEST))
		return RELATION_OTHER;
	return mark->kind == STEP_TCP && !(p->tcp_flags & TCP_SYN) && !p->tcp_length ? RELATION_BARE
										     : way;
}

static struct datagram *find_datagram(const struct evidence *ev, enum relation way, uint32_t id)
{
	for (size_t i = 0; i < ev->n_datagrams; i++)
		if (ev->datagrams[i].relation == way && ev->datagrams[i].id == id)
			return &ev->datagrams[i];
	return NULL;
}

/* Whose it is, and of a ping which echo. A filter sees the first fragment of a datagram first. */
static enum relation relation_of(struct evidence *ev, const struct packet *p, uint16_t *sequence)
{
	enum relation relation;
	struct datagram *d;

	*sequence = p->icmp_seq;
	if (p->fragment) {
		d = find_datagram(ev, direction(&ev->mark, p), p->fragment_id);
		*sequence = d ? d->sequence : 0;
		return d ? d->relation : RELATION_OTHER;
	}
	relation = mark_relation(&ev->mark, p);
	if (p->fragmented && (relation == RELATION_REQUEST || relation == RELATION_REPLY)) {
		d = find_datagram(ev, relation, p->fragment_id);
		if (!d)
			d = array_add(&ev->datagrams, &ev->n_datagrams, sizeof(*d));
		*d = (struct datagram){ relation, p->fragment_id, p->icmp_seq };
	}
	return relation;
}

bool evidence_on_the_way(const struct evidence *ev, size_t iface)
{
	size_t node = ev->topo->ifaces[iface].node;

	return node == ev->mark.src_node || node == ev->mark.dst_node ||
	       ev->topo->nodes[node].forward;
}

/* Its index. */
static size_t add_sighting(struct evidence *ev, const struct sighting *s)
{
	struct sighting *seen;

	for (size_t i = 0; i < ev->n_seen; i++) {
		seen = &ev->seen[i];
		if (seen->iface != s->iface || seen->position != s->position ||
		    seen->kind != s->kind || seen->verdict != s->verdict ||
		    seen->relation != s->relation)
			continue;
		seen->packets++;
		return i;
	}
	seen = array_add(&ev->seen, &ev->n_seen, sizeof(*seen));
	*seen = *s;
	return ev->n_seen - 1;
}

static bool is_own(const struct sighting *s)
{
	return s->relation == RELATION_REQUEST || s->relation == RELATION_REPLY;
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
static void count_echo(struct evidence *ev, uint16_t sequence)
{
	uint8_t bit = (uint8_t)(1 << (sequence & 7));
	uint8_t *byte;

	if (!ev->sequences)
		ev->sequences = xcalloc(1, (UINT16_MAX + 1) / 8);
	byte = &ev->sequences[sequence >> 3];
	ev->drops += !(*byte & bit);
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
	if (ev->mark.kind == STEP_TCP)
		follow_segment(ev, sighting, p);
	else if (!sighting_is_drop(&ev->seen[sighting]))
		return;
	else if (ev->mark.kind == STEP_PING)
		count_echo(ev, sequence);
	else
		ev->drops = 1;
}

void evidence_add(struct evidence *ev, const struct xlab_event *event, const struct packet *p)
{
	const struct chain_record *chain;
	uint16_t sequence = 0;
	struct sighting s;
	size_t at;

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
		.relation = evidence_on_the_way(ev, event->iface) ? relation_of(ev, p, &sequence)
								  : RELATION_OTHER,
		.filter =
			event->position < chain->n_filters ? chain->filters[event->position] : NULL,
		.packets = 1,
	};
	at = add_sighting(ev, &s);
	if (s.kind == XLAB_DECIDED && is_own(&s))
		decide(ev, at, p, sequence);
}

void evidence_add_kernel_drop(struct evidence *ev, uint64_t time_ns, const char *netns,
			      const char *reason, const struct packet *p)
{
	struct kernel_drop *drop;

	if (time_ns < ev->since_ns || ev->n_kernel_drops == KERNEL_MAX)
		return;
	drop = array_add(&ev->kernel_drops, &ev->n_kernel_drops, sizeof(*drop));
	*drop = (struct kernel_drop){ netns, xstrdup(reason), xcalloc(1, sizeof(*p)) };
	*drop->packet = *p;
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

/* A bridge's copy at a node that is neither end: dropped there for it is somebody else's. */
static bool is_copy(const struct evidence *ev, const struct kernel_drop *drop)
{
	size_t node = topology_node(ev->topo, drop->netns);

	return node != ev->mark.src_node && node != ev->mark.dst_node &&
	       strcmp(drop->reason, "OTHERHOST") == 0;
}

const struct kernel_drop *evidence_kernel_drop(struct evidence *ev, enum relation relation)
{
	uint16_t sequence;

	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		const struct kernel_drop *drop = &ev->kernel_drops[i];

		if (relation_of(ev, drop->packet, &sequence) == relation && !is_copy(ev, drop))
			return drop;
	}
	return NULL;
}

const struct sighting *evidence_drop(const struct evidence *ev, enum relation relation)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].relation == relation && sighting_is_drop(&ev->seen[i]))
			return &ev->seen[i];
	return NULL;
}

const struct sighting *evidence_diverted(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (is_own(s) && s->kind == XLAB_DECIDED && s->verdict != XDP_PASS &&
		    !drops(s->verdict))
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
	free(ev->trouble);
	free(ev->seen);
	free(ev->sequences);
	free(ev->datagrams);
	free(ev->segments);
	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		free(ev->kernel_drops[i].reason);
		free(ev->kernel_drops[i].packet);
	}
	free(ev->kernel_drops);
	for (size_t i = 0; i < ev->n_xdp_failures; i++)
		free(ev->xdp_failures[i].tracepoint);
	free(ev->xdp_failures);
	free(ev->neighbour_text);
	free(ev->links_down);
	*ev = (struct evidence){ 0 };
}
