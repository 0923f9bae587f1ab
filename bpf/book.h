/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_BOOK_H
#define XLAB_BPF_BOOK_H

/*
 * How a chain counts what it decides, and tells it to whoever listens.
 *
 *            a packet
 *               |
 *      filter 0, filter 1, … n-1        each returns a verdict
 *               |
 *         the chain stops ----> book[cpu].count[gen][position][verdict]
 *               |
 *      somebody listens? -----> ears[listener], a ring buffer each
 *
 * Counting needs no atomics: a CPU writes its own slot alone. Telling stands
 * behind a flag in that same slot, so silence costs one load and one branch.
 * bpf_xdp_load_bytes() asks for a kernel of 5.18 or later.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/xlab.h"

/*
 * One value with a slot for each possible CPU; user space makes it that long. An object that has
 * no variables of its own but these defines BOOK_IS_BSS: the program then has their address,
 * which saves it the look-up.
 */
#ifdef BOOK_IS_BSS
struct xlab_book book;
#else
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xlab_book);
} book SEC(".maps");
#endif

struct xlab_ear {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, XLAB_LISTENER_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XLAB_LISTENERS);
	__type(key, __u32);
	__array(values, struct xlab_ear);
} ears SEC(".maps");

/* Set before the load, so the verifier folds what depends on it. */
const volatile struct xlab_place xlab_place = {};

static __always_inline struct xlab_book *book_slots(void)
{
#ifdef BOOK_IS_BSS
	struct xlab_book *slots = &book;

	barrier_var(slots); /* clang knows of one only */
	return slots;
#else
	__u32 first = 0;

	return bpf_map_lookup_elem(&book, &first);
#endif
}

static __always_inline struct xlab_book *book_slot(void)
{
	struct xlab_book *slots = book_slots();
	__u64 cpu = bpf_get_smp_processor_id();

	/* What is compared shall be what indexes. */
	barrier_var(cpu);
	return slots && cpu < xlab_place.cpus ? slots + cpu : NULL;
}

/* An event's kind, and how many of the packet's bytes it may show: a function of five arguments
 * has room for both in one only.
 */
#define BOOK_WHAT(kind, bytes) ((kind) | (bytes) << 8)

/* Send one event to every listener. Apart from the callers, so that its stack is not theirs. */
static __noinline void book_tell(struct xdp_md *ctx, struct xlab_book *slot, __u32 what,
				 __u32 position, __u32 verdict)
{
	__u64 length = bpf_xdp_get_buff_len(ctx);
	struct xlab_event event = {
		.time_ns = bpf_ktime_get_ns(),
		.ifindex = ctx->ingress_ifindex,
		.length = length,
		.gen = xlab_place.gen,
		.iface = xlab_place.iface,
		.position = position,
		.kind = what & 0xff,
		.verdict = verdict,
		.cpu = bpf_get_smp_processor_id(),
	};

	if (length > what >> 8)
		length = what >> 8;
	if (length > XLAB_SNAP)
		length = XLAB_SNAP;
	if (length > 0) {
		/* 1 to XLAB_SNAP: the verifier of 6.1 sees it by a mask, not by a comparison. */
		length--;
		barrier_var(length);
		length = (length & (XLAB_SNAP - 1)) + 1;
		if (!bpf_xdp_load_bytes(ctx, 0, event.snap, length))
			event.snapped = length;
	}
	for (__u32 i = 0; i < XLAB_LISTENERS; i++) {
		__u32 key = i;
		void *ring;

		if (!(slot->listening >> i & 1))
			continue;
		ring = bpf_map_lookup_elem(&ears, &key);
		if (ring && bpf_ringbuf_output(ring, &event, sizeof(event), 0))
			slot->lost[i]++;
	}
}

/* Of the whole packet, where it can have fragments. */
static __always_inline __u64 book_length(struct xdp_md *ctx)
{
	if (xlab_place.frags)
		return bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

/* @position is a constant: the verifier sees that it is within the slot. */
static __always_inline void book_count(struct xdp_md *ctx, struct xlab_book *slot, __u64 position,
				       __u32 verdict)
{
	__u32 action = verdict < XLAB_ACTIONS ? verdict : XLAB_ACTIONS - 1;
	struct xlab_count *count;

	/* The verifier of 6.1 does not learn from a comparison made before a copy: so a mask. */
	barrier_var(action);
	action &= XLAB_ACTIONS - 1;
	count = &slot->count[0][position][action];
	count = (void *)count + xlab_place.half;
	count->packets++;
	count->bytes += book_length(ctx);
}

/* Count a verdict and tell it. */
static __always_inline void book_write(struct xdp_md *ctx, __u32 kind, __u64 position,
				       __u32 verdict)
{
	struct xlab_book *slot = book_slot();

	if (!slot)
		return;
	book_count(ctx, slot, position, verdict);
	if (slot->listening)
		book_tell(ctx, slot, BOOK_WHAT(kind, XLAB_SNAP), position, verdict);
}

/* This CPU's slot if somebody listens, else NULL. */
static __always_inline struct xlab_book *book_heard(void)
{
	struct xlab_book *slot = book_slot();

	return slot && slot->listening ? slot : NULL;
}

/* A filter shows a packet's first @bytes (XLAB_HELLO, XLAB_HEADERS). */
static __always_inline void book_show(struct xdp_md *ctx, struct xlab_book *slot, __u32 kind,
				      __u32 bytes)
{
	book_tell(ctx, slot, BOOK_WHAT(kind, bytes), xlab_place.position, XDP_PASS);
}

/* Where some filter of the chain does not count, PASSes do not follow by subtraction. */
static __always_inline void book_pass(struct xdp_md *ctx)
{
	struct xlab_book *slot = book_slot();

	if (slot)
		book_count(ctx, slot, xlab_place.position, XDP_PASS);
}

/*
 * Every built-in that keeps the book ends through this. Where the chain's dispatcher is not ours
 * the filter keeps the book itself, knowing its place; that dispatcher returns
 * XDP_PASS once all filters have gone on, whatever the last of them said.
 */
static __always_inline int book_close(struct xdp_md *ctx, __u32 verdict)
{
	if (!xlab_place.keeps_book)
		return verdict;
	if (!(xlab_place.continues >> verdict & 1)) {
		book_write(ctx, XLAB_DECIDED, xlab_place.position, verdict);
		return verdict;
	}
	if (verdict != XDP_PASS)
		book_write(ctx, XLAB_WENT_ON, xlab_place.position, verdict);
	else if (xlab_place.keeps_book == XLAB_KEEPS_PASSES)
		book_pass(ctx);
	if (xlab_place.position + 1 == xlab_place.length)
		book_write(ctx, XLAB_DECIDED, xlab_place.length, XDP_PASS);
	return verdict;
}

/*
 * The programs of a filter, whose verdict @judge works out: NAME_verdict for chains whose
 * dispatcher is ours, which counts where they end; NAME for others. Two, and not a constant that
 * leaves code out, for clang spends registers on what the verifier throws away.
 */
#define BUILT_IN(name, judge)                       \
	SEC("xdp.frags")                            \
	int name##_verdict(struct xdp_md *ctx)      \
	{                                           \
		return judge(ctx);                  \
	}                                           \
                                                    \
	SEC("xdp.frags")                            \
	int name(struct xdp_md *ctx)                \
	{                                           \
		return book_close(ctx, judge(ctx)); \
	}

#endif
