/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_COUNTERS_H
#define XLAB_BPF_COUNTERS_H

/*
 * How a chain counts what it decides, and tells it to whoever listens.
 *
 *            a packet -------------> somebody listens, and a filter may change packets?
 *               |                    how it came
 *      filter 0, filter 1, … n-1        each returns a verdict
 *               |
 *         the chain stops ----> counters[cpu].count[gen][position][verdict]
 *               |
 *      somebody listens? -----> event_rings[listener], a ring buffer each
 *
 * Counting needs no atomics: a CPU writes its own slot alone. Telling stands
 * behind a flag in that same slot, so silence costs one load and one branch.
 * bpf_xdp_load_bytes() asks for a kernel of 5.18 or later.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "bpf/xlab.h"

/*
 * One value with a slot for each possible CPU; user space makes it that long. An object that has
 * no variables of its own but these defines COUNTERS_IN_BSS: the program then has their address,
 * which saves it the look-up.
 */
#ifdef COUNTERS_IN_BSS
struct xlab_counters counters;
#else
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xlab_counters);
} counters SEC(".maps");
#endif

struct xlab_event_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, XLAB_LISTENER_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XLAB_LISTENERS);
	__type(key, __u32);
	__array(values, struct xlab_event_ring);
} event_rings SEC(".maps");

/* Set before the load, so the verifier folds what depends on it. */
const volatile struct xlab_config xlab_config = {};

static __always_inline struct xlab_counters *counters_slots(void)
{
#ifdef COUNTERS_IN_BSS
	struct xlab_counters *slots = &counters;

	barrier_var(slots); /* clang knows of one only */
	return slots;
#else
	__u32 first = 0;

	return bpf_map_lookup_elem(&counters, &first);
#endif
}

/* @many: of a program on several interfaces, the row of that one which the packet came in by. One
 * on a single interface has the row in the address that it knows, or as a constant.
 */
static __always_inline struct xlab_counters *counters_slot_of(struct xdp_md *ctx, bool many)
{
	struct xlab_counters *slots = counters_slots();
	__u64 slot = bpf_get_smp_processor_id(), row;

	/* What is compared shall be what indexes. */
	barrier_var(slot);
	if (!slots || slot >= xlab_config.cpus)
		return NULL;
	if (many) {
		row = (__u32)(ctx->ingress_ifindex - xlab_config.first_ifindex);
		barrier_var(row);
		if (row >= xlab_config.rows)
			return NULL;
		slot += row * xlab_config.cpus;
	}
	return slots + slot;
}

/* An event's kind, and how many of the packet's bytes it may show: a function of five arguments
 * has room for both in one only.
 */
#define EVENT_WHAT(kind, bytes) ((kind) | (bytes) << 8)

/* 1 if the listener's ring is full. Not static, so that the verifier walks it once, and not for
 * each listener.
 */
__noinline __u64 event_put(struct xlab_event *event, __u32 listener)
{
	void *ring;

	if (!event)
		return 0;
	ring = bpf_map_lookup_elem(&event_rings, &listener);
	return ring && bpf_ringbuf_output(ring, event, sizeof(*event), 0);
}

/* Send one event to every listener. Apart from the callers, so that its stack is not theirs. The
 * @verdict is XLAB_NEXT where nobody has decided anything.
 */
static __noinline void event_send(struct xdp_md *ctx, struct xlab_counters *slot, __u32 what,
				  __u32 position, __u32 verdict)
{
	__u64 length = bpf_xdp_get_buff_len(ctx);
	struct xlab_event event = {
		.time_ns = bpf_ktime_get_ns(),
		.ifindex = ctx->ingress_ifindex,
		.length = length,
		.gen = xlab_config.gen,
		.iface = xlab_config.iface,
		.position = position,
		.kind = what & 0xff,
		.verdict = verdict,
		.cpu = bpf_get_smp_processor_id(),
	};

	if (xlab_config.rows)
		event.iface += ctx->ingress_ifindex - xlab_config.first_ifindex;
	if (length > what >> 8)
		length = what >> 8;
	if (length > XLAB_SNAP)
		length = XLAB_SNAP;
	/* 1 to XLAB_SNAP, as no frame is empty: the verifier of 6.1 sees it by a mask, not by a
	 * comparison.
	 */
	length--;
	barrier_var(length);
	length = (length & (XLAB_SNAP - 1)) + 1;
	if (!bpf_xdp_load_bytes(ctx, 0, event.snap, length))
		event.snapped = length;
	for (__u32 i = 0; i < XLAB_LISTENERS; i++)
		if (slot->listening >> i & 1)
			slot->lost[i] += event_put(&event, i);
}

/* Of the whole packet, where it can have fragments. */
static __always_inline __u64 packet_length(struct xdp_md *ctx)
{
	if (xlab_config.frags)
		return bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

/* @position is a constant: the verifier sees that it is within the slot. A chain never ends with
 * XLAB_NEXT, so @may_be_next, a constant, spares that end a comparison.
 */
static __always_inline void counters_add(struct xdp_md *ctx, struct xlab_counters *slot,
					 __u64 position, __u32 verdict, bool may_be_next)
{
	__u32 action = verdict < XLAB_SLOT_INVALID ? verdict : XLAB_SLOT_INVALID;
	struct xlab_count *count;

	if (may_be_next && verdict == XLAB_NEXT)
		action = XLAB_SLOT_NEXT;
	/* The verifier of 6.1 does not learn from a comparison made before a copy: so a mask. */
	barrier_var(action);
	action &= XLAB_ACTIONS - 1;
	count = &slot->count[0][position][action];
	count = (void *)count + xlab_config.bank;
	count->packets++;
	count->bytes += packet_length(ctx);
}

/* Count a verdict and tell it. */
static __always_inline void counters_write(struct xdp_md *ctx, struct xlab_counters *slot,
					   __u32 kind, __u64 position, __u32 verdict)
{
	if (!slot)
		return;
	counters_add(ctx, slot, position, verdict, kind == XLAB_WENT_ON);
	if (slot->listening)
		event_send(ctx, slot, EVENT_WHAT(kind, XLAB_SNAP), position, verdict);
}

/* What filters use that count for themselves, which look their counters up. */
#ifndef COUNTERS_IN_BSS

static __always_inline struct xlab_counters *counters_slot(struct xdp_md *ctx)
{
	struct xlab_counters *slot;

	if (xlab_config.rows)
		return counters_slot_of(ctx, true);
	slot = counters_slot_of(ctx, false);
	return slot ? slot + xlab_config.first_slot : NULL;
}

/* This CPU's slot if somebody listens, else NULL. */
static __always_inline struct xlab_counters *event_wanted(struct xdp_md *ctx)
{
	struct xlab_counters *slot = counters_slot(ctx);

	return slot && slot->listening ? slot : NULL;
}

/* A filter shows a packet's first @bytes (XLAB_HELLO, XLAB_HEADERS). */
static __always_inline void event_show(struct xdp_md *ctx, struct xlab_counters *slot, __u32 kind,
				       __u32 bytes)
{
	event_send(ctx, slot, EVENT_WHAT(kind, bytes), xlab_config.position, XLAB_NEXT);
}

/* Where some filter of the chain does not count, no silent verdict follows by subtraction. */
static __always_inline void counters_next(struct xdp_md *ctx)
{
	struct xlab_counters *slot = counters_slot(ctx);

	if (slot)
		counters_add(ctx, slot, xlab_config.position, XLAB_NEXT, true);
}

/* Every built-in that counts begins with this. A chain whose first filter is somebody's object
 * has nobody to tell what came to it: there libxdp's dispatcher leaves no room for us.
 */
static __always_inline void counters_begin(struct xdp_md *ctx)
{
	struct xlab_counters *slot;

	if (!xlab_config.tells_came)
		return;
	slot = event_wanted(ctx);
	if (slot)
		event_send(ctx, slot, EVENT_WHAT(XLAB_CAME, XLAB_SNAP), 0, XLAB_NEXT);
}

/*
 * Every built-in that counts ends through this. Where the chain's dispatcher is not ours
 * the filter counts for itself, knowing its position; that dispatcher returns
 * XDP_PASS once all filters have gone on, whatever the last of them said.
 */
static __always_inline int counters_end(struct xdp_md *ctx, __u32 verdict)
{
	if (!xlab_config.keeps_counters)
		return verdict;
	if (!(xlab_config.continues >> verdict & 1)) {
		counters_write(ctx, counters_slot(ctx), XLAB_DECIDED, xlab_config.position,
			       verdict);
		return verdict;
	}
	if (verdict != XLAB_NEXT)
		counters_write(ctx, counters_slot(ctx), XLAB_WENT_ON, xlab_config.position,
			       verdict);
	else if (xlab_config.keeps_counters == XLAB_KEEPS_SILENT)
		counters_next(ctx);
	if (xlab_config.position + 1 == xlab_config.length)
		counters_write(ctx, counters_slot(ctx), XLAB_DECIDED, xlab_config.length, XDP_PASS);
	return verdict;
}

/*
 * The programs of a filter, whose verdict @judge works out: NAME_verdict for chains whose
 * dispatcher is ours, which counts where they end; NAME for others. Two, and not a constant that
 * leaves code out, for clang spends registers on what the verifier throws away.
 */
#define BUILT_IN(name, judge)          \
	BUILT_IN_COUNTING(name, judge) \
	BUILT_IN_VERDICT(name, judge)

#define BUILT_IN_COUNTING(name, judge)                \
	SEC("xdp.frags")                              \
	int name(struct xdp_md *ctx)                  \
	{                                             \
		counters_begin(ctx);                  \
		return counters_end(ctx, judge(ctx)); \
	}

#define BUILT_IN_VERDICT(name, judge)          \
	SEC("xdp.frags")                       \
	int name##_verdict(struct xdp_md *ctx) \
	{                                      \
		return judge(ctx);             \
	}

#endif

#endif
