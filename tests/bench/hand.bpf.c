// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one would write by hand in place of a filter of program match: its values are in the code,
 * and it counts its matches a CPU. It steps over tags and options as match does, and takes no later
 * fragments' word for ports. The keys of tests/bench/match.c, the first one to eight of them.
 */

#include <linux/tcp.h>

#define COUNTERS_IN_BSS
#include "bpf/counters.h"
#include "bpf/parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

static __always_inline bool tcp_holds(const struct network *net, void *end, const int keys)
{
	const struct tcphdr *tcp = net->l4;

	if (net->proto != IPPROTO_TCP || net->later || net->room < (__s32)sizeof(*tcp) ||
	    (void *)(tcp + 1) > end)
		return false;
	if (tcp->dest != bpf_htons(8888))
		return false;
	if (keys >= 4 && tcp->source != bpf_htons(1))
		return false;
	if (keys >= 6 && ((const __u8 *)tcp)[13] != 0x02)
		return false;
	return keys < 7 || tcp->window == bpf_htons(1000);
}

static __always_inline bool hand_holds(struct xdp_md *ctx, const int keys)
{
	void *end = (void *)(long)ctx->data_end;
	struct network net = {};
	const struct iphdr *ip;
	__u32 offset;
	__be16 type;

	if (!parse_ether(ctx, &type, &offset) || type != bpf_htons(ETH_P_IP) ||
	    !parse_ipv4(ctx, offset, &net) || net.l4 > end)
		return false;
	ip = net.header;
	if (ip->daddr != bpf_htonl(0x0a000001))
		return false;
	if (keys >= 3 && ip->saddr != bpf_htonl(0x0a00000a))
		return false;
	if (keys >= 5 && ip->ttl != 64)
		return false;
	if (keys >= 8 && ip->id != bpf_htons(7))
		return false;
	return keys < 2 || tcp_holds(&net, end, keys);
}

static __always_inline int hand(struct xdp_md *ctx, const int keys)
{
	__u32 first = 0;
	__u64 *count;

	if (!hand_holds(ctx, keys))
		return XLAB_NEXT;
	count = bpf_map_lookup_elem(&hits, &first);
	if (count)
		(*count)++;
	return XDP_DROP;
}

#define HAND(keys)                          \
	SEC("xdp.frags")                    \
	int hand_##keys(struct xdp_md *ctx) \
	{                                   \
		return hand(ctx, keys);     \
	}
HAND(1)
HAND(2)
HAND(3)
HAND(4)
HAND(5)
HAND(6)
HAND(7)
HAND(8)

char LICENSE[] SEC("license") = "GPL";
