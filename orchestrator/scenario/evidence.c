// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers what is asked of the evidence of a step. What that proves is judge.c's; it is gathered by
 * evidence_add.c.
 */
#include "orchestrator/scenario/evidence.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/event/packet.h"

#define SYN_AGAIN_MS 1000 /* TCP_TIMEOUT_INIT of every kernel */

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

bool sighting_is_own(const struct sighting *s)
{
	return !s->doubtful && (s->relation == RELATION_REQUEST || s->relation == RELATION_REPLY);
}

bool verdict_drops(uint8_t verdict)
{
	return verdict == XDP_DROP || verdict == XDP_ABORTED;
}

bool sighting_is_drop(const struct sighting *s)
{
	return s->kind == XLAB_DECIDED && verdict_drops(s->verdict) && s->undone < s->packets;
}

/* A packet of the step itself can be there, and not only a bridge's copy. */
static bool node_on_the_way(const struct evidence *ev, size_t node)
{
	size_t iface = NONE;

	while ((iface = topology_next_iface(ev->topo, node, iface)) != NONE)
		if (evidence_on_the_way(ev, iface))
			return true;
	return false;
}

/* Not the packet but a copy: a bridge's, dropped for it is somebody else's; or what the kernel does
 * with an echo's reply when ping's raw socket has it, and with those behind the last that ping
 * waited for when it closes that socket.
 */
static bool is_copy(const struct evidence *ev, const struct kernel_drop *drop,
		    enum relation relation)
{
	size_t node = topology_node(ev->topo, drop->netns);

	/* The sender of a broadcast gets one, and a bridge itself. */
	if (ev->mark.group && relation == RELATION_REQUEST)
		return node == NONE || !evidence_arrival(ev, node);
	if (ev->mark.kind == STEP_PING && relation == RELATION_REPLY && node == ev->mark.src_node)
		return strcmp(drop->reason, "NO_SOCKET") == 0 ||
		       strcmp(drop->reason, "QUEUE_PURGE") == 0;
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

static void know_drop(const struct evidence *ev, const struct kernel_drop *drop,
		      struct whose *whose)
{
	*whose = (struct whose){ .way = RELATION_OTHER };
	if (!ev->frames.n)
		forms_know(&ev->forms, &ev->mark, drop->packet, drop->inner, whose);
	else if (frame_forms_know_network(&ev->frames, drop->bytes, drop->size, drop->type))
		whose->way = RELATION_REQUEST;
}

const struct kernel_drop *evidence_kernel_drop(const struct evidence *ev, enum relation relation)
{
	const struct kernel_drop *found = NULL;
	struct whose whose;

	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		const struct kernel_drop *drop = &ev->kernel_drops[i];

		if (found && kernel_drop_weight(drop) <= kernel_drop_weight(found))
			continue;
		know_drop(ev, drop, &whose);
		if (whose_relation(&whose) != relation || whose.doubtful ||
		    is_copy(ev, drop, relation))
			continue;
		found = drop;
	}
	return found;
}

const struct kernel_drop *evidence_own_kernel_drop(const struct evidence *ev, enum relation *way)
{
	const struct kernel_drop *request = evidence_kernel_drop(ev, RELATION_REQUEST);
	const struct kernel_drop *reply = evidence_kernel_drop(ev, RELATION_REPLY);

	*way = RELATION_REQUEST;
	if (!reply || (request && kernel_drop_weight(request) >= kernel_drop_weight(reply)))
		return request;
	*way = RELATION_REPLY;
	return reply;
}

bool evidence_died(const struct evidence *ev)
{
	enum relation way;
	const struct kernel_drop *drop = evidence_own_kernel_drop(ev, &way);

	/* Else a copy that a bridge has flooded died, and no more. */
	return drop && kernel_drop_weight(drop) > 1;
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

		if (sighting_is_own(s) && s->kind == XLAB_DECIDED && !verdict_drops(s->verdict))
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
	for (size_t i = 0; i < EVIDENCE_VERDICTS; i++) {
		free(ev->told_sequences[i]);
		free(ev->left[i]);
	}
	frame_forms_clear(&ev->frames);
	free(ev->looked_at);
	free(ev->came_out);
	forms_clear(&ev->forms);
	free(ev->came);
	free(ev->segments);
	for (size_t i = 0; i < ev->n_kernel_drops; i++) {
		free(ev->kernel_drops[i].reason);
		free(ev->kernel_drops[i].packet);
		free(ev->kernel_drops[i].inner);
		free(ev->kernel_drops[i].bytes);
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
