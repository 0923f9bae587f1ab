// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ether: src, dst and type.
 *
 *   | dst 6 | src 6 | [tag 4] [tag 4] | type 2 | …
 *
 * `type` is the one behind up to two VLAN tags. 0x8100 (`vlan`) means any
 * tagged frame, whichever its tags, and 0x88a8 one whose first tag is of that type.
 */

#define MATCH_TABLES 1
#include "bpf/match.h"
#include "bpf/parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64); /* a MAC's six bytes, then two zeroes */
	__type(value, struct xlab_sides);
} macs SEC(".maps");

static __always_inline __u32 mac_rule(const __u16 *mac, enum xlab_key side)
{
	__u64 key = *(const __u32 *)mac | (__u64)mac[2] << 32;
	struct xlab_sides *found = bpf_map_lookup_elem(&macs, &key);

	return found ? found->rule[side] : 0;
}

static __always_inline __u32 type_rule(struct xdp_md *ctx, __be16 first)
{
	__u32 offset, rule;
	__be16 type;

	if (!parse_ether(ctx, &type, &offset))
		return 0;
	rule = match_table(0, bpf_ntohs(type));
	if (!rule && first == bpf_htons(ETH_P_8021AD))
		rule = match_table(0, ETH_P_8021AD);
	if (!rule && is_tag(first))
		rule = match_table(0, ETH_P_8021Q);
	return rule;
}

static __always_inline bool ether_matches(struct xdp_md *ctx)
{
	struct ether *eth = (void *)(long)ctx->data;
	__u32 given = rules.head.given, rule;
	matched_t matched = 0;

	if (!given || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	if (given & XLAB_GIVEN(XLAB_KEY_TYPE)) {
		if (!(rule = type_rule(ctx, eth->type)))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_SRC)) {
		if (!(rule = mac_rule(eth->src, XLAB_KEY_SRC)))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_DST)) {
		if (!(rule = mac_rule(eth->dst, XLAB_KEY_DST)))
			return false;
		matched = match_and(matched, rule);
	}
	match_hits(matched);
	return true;
}

static __always_inline int judge(struct xdp_md *ctx)
{
	return match_verdict(ctx, ether_matches(ctx));
}

BUILT_IN(ether, judge)

char LICENSE[] SEC("license") = "GPL";
