// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters' entries for chains whose dispatcher is ours: it takes their instructions and never
 * loads them alone. Where packets may be changed xlab_came() is its beginning. It jumps into
 * xlab_stop() when the chain has ended, and calls xlab_note() when a filter said something that is
 * not its silent verdict and the chain goes on. Arguments come in R1-R3.
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

/* Whether anybody listens is the same in all slots: in the first it has an address that is known.
 */
SEC("xdp")
int xlab_came(struct xdp_md *ctx)
{
	struct xlab_counters *slot;

	if (!counters_slots()->listening)
		return 0;
	slot = counters_slot();
	if (slot)
		event_send(ctx, slot, EVENT_WHAT(XLAB_CAME, XLAB_SNAP), 0, XLAB_NEXT);
	return 0;
}

SEC("xdp")
int xlab_stop(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, XLAB_DECIDED, position, verdict);
	return verdict;
}

SEC("xdp")
int xlab_note(struct xdp_md *ctx, __u64 position, __u32 verdict)
{
	if (is_position(&position))
		counters_write(ctx, XLAB_WENT_ON, position, verdict);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
