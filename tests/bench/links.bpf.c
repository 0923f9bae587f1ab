// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ten links (link.h) written by hand into one program; and as ten programs that jump from one to
 * the next by tail calls.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COUNTERS_IN_BSS
#include "bpf/counters.h"
#include "tests/bench/link.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 10);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} jumps SEC(".maps");

/* The verdict is counted as a chain counts it. */
static __always_inline int count(struct xdp_md *ctx, int position, int verdict)
{
	counters_write(ctx, counters_slot_of(ctx, false), XLAB_DECIDED, position, verdict);
	return verdict;
}

/* As a chain that stands on several interfaces does. */
static __always_inline int count_many(struct xdp_md *ctx, int position, int verdict)
{
	counters_write(ctx, counters_slot_of(ctx, true), XLAB_DECIDED, position, verdict);
	return verdict;
}

#define TAIL(n)                                         \
	SEC("xdp")                                      \
	int tail##n(struct xdp_md *ctx)                 \
	{                                               \
		if (look(ctx, &macs##n) != XDP_PASS)    \
			return count(ctx, n, XDP_DROP); \
		bpf_tail_call(ctx, &jumps, n + 1);      \
		return count(ctx, n + 1, XDP_PASS);     \
	}

#define EACH(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9)
EACH(MACS)
EACH(TAIL)

#define ONE(n, end)                          \
	if (look(ctx, &macs##n) != XDP_PASS) \
		return end(ctx, n, XDP_DROP);

static __always_inline int tell(struct xdp_md *ctx, int position, int verdict)
{
	(void)ctx;
	(void)position;
	return verdict;
}

/* By hand, counted, uncounted, and counted as one of many. */
#define HAND(n, all)                                                 \
	SEC("xdp")                                                   \
	int hand##n(struct xdp_md *ctx)                              \
	{                                                            \
		all(count) return count(ctx, n, XDP_PASS);           \
	}                                                            \
	SEC("xdp")                                                   \
	int bare##n(struct xdp_md *ctx)                              \
	{                                                            \
		all(tell) return tell(ctx, n, XDP_PASS);             \
	}                                                            \
	SEC("xdp")                                                   \
	int many##n(struct xdp_md *ctx)                              \
	{                                                            \
		all(count_many) return count_many(ctx, n, XDP_PASS); \
	}
#define NONE(end)
#define UP_TO_1(end)  ONE(0, end)
#define UP_TO_2(end)  UP_TO_1(end) ONE(1, end)
#define UP_TO_5(end)  UP_TO_2(end) ONE(2, end) ONE(3, end) ONE(4, end)
#define UP_TO_10(end) UP_TO_5(end) ONE(5, end) ONE(6, end) ONE(7, end) ONE(8, end) ONE(9, end)
HAND(0, NONE)
HAND(1, UP_TO_1)
HAND(2, UP_TO_2)
HAND(5, UP_TO_5)
HAND(10, UP_TO_10)

char LICENSE[] SEC("license") = "GPL";
