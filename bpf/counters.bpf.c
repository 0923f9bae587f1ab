// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters' entries for chains whose dispatcher is ours: it takes their instructions and never
 * loads them alone. Where packets may be changed xlab_came() is its beginning. It jumps into
 * xlab_stop() when the chain has ended, and calls xlab_note() when a filter said something that is
 * not its silent verdict and the chain goes on. Arguments come in R1-R3. Chains that stand on
 * several interfaces have those of the same names with _many.
 */

#define COUNTERS_IN_BSS
#include "bpf/counters.h"

/* Always; but where it is a function of its own the verifier has only this. */
static __always_inline bool is_position(__u64 *position)
{
	/* What is compared shall be what indexes. */
	barrier_var(*position);
	return *position <= XLAB_CHAIN_MAX;
}

static __always_inline void tell_came(struct xdp_md *ctx, struct xlab_counters *slot)
{
	if (slot && slot->listening)
		event_send(ctx, slot, EVENT_WHAT(XLAB_CAME, XLAB_SNAP), 0, XLAB_NEXT);
}

/* Whether anybody listens is the same in all slots: in the first it has an address that is known.
 */
SEC("xdp")
int xlab_came(struct xdp_md *ctx)
{
	if (counters_slots()->listening)
		tell_came(ctx, counters_slot_of(ctx, false));
	return 0;
}

SEC("xdp")
int xlab_came_many(struct xdp_md *ctx)
{
	tell_came(ctx, counters_slot_of(ctx, true));
	return 0;
}

SEC("xdp")
int xlab_stop(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, counters_slot_of(ctx, false), XLAB_DECIDED, position, verdict);
	return verdict;
}

SEC("xdp")
int xlab_stop_many(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, counters_slot_of(ctx, true), XLAB_DECIDED, position, verdict);
	return verdict;
}

SEC("xdp")
int xlab_note(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, counters_slot_of(ctx, false), XLAB_WENT_ON, position, verdict);
	return 0;
}

SEC("xdp")
int xlab_note_many(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, counters_slot_of(ctx, true), XLAB_WENT_ON, position, verdict);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
