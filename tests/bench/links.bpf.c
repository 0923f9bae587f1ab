// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A filter that looks a MAC up in a hash, as a link of a chain; ten of them written by
 * hand into one program; and as ten programs that jump from one to the next by tail calls.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#include "bpf/book.h"

struct mac {
	__u8 bytes[ETH_ALEN];
	__u16 zero;
};

#define MACS(n)                                  \
	struct {                                 \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, 64);         \
		__type(key, struct mac);         \
		__type(value, __u32);            \
	} macs##n SEC(".maps");

static __always_inline int look(struct xdp_md *ctx, void *macs)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct mac mac = {};

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	__builtin_memcpy(mac.bytes, eth->h_source, ETH_ALEN);
	return bpf_map_lookup_elem(macs, &mac) ? XDP_DROP : XDP_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 10);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} jumps SEC(".maps");

/* The verdict is counted as a chain counts it. */
static __always_inline int count(struct xdp_md *ctx, int position, int verdict)
{
	book_write(ctx, XLAB_DECIDED, position, verdict);
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

SEC("xdp")
int link(struct xdp_md *ctx)
{
	return look(ctx, &macs0);
}

#define ONE(n)                               \
	if (look(ctx, &macs##n) != XDP_PASS) \
		return count(ctx, n, XDP_DROP);
#define HAND(n, all)                                \
	SEC("xdp")                                  \
	int hand##n(struct xdp_md *ctx)             \
	{                                           \
		all return count(ctx, n, XDP_PASS); \
	}
HAND(0, )
HAND(1, ONE(0))
HAND(2, ONE(0) ONE(1))
HAND(5, ONE(0) ONE(1) ONE(2) ONE(3) ONE(4))
HAND(10, EACH(ONE))

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
