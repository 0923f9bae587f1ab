// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip: src, dst (addresses and prefixes of both families) and proto.
 *
 * All fragments of a datagram have these, and match alike.
 *
 * An address is looked up as such first, then as part of the longest prefix that
 * holds it; a look-up is made only if a rule of its kind is there. The cost
 * is the same for one address and for ten thousand.
 */

#define MATCH_TABLES 0
#include "bpf/match.h"
#include "bpf/parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct in_addr);
	__type(value, struct xlab_sides);
} addresses4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct in6_addr);
	__type(value, struct xlab_sides);
} addresses6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct xlab_net);
	__type(value, struct xlab_net_rule);
} nets SEC(".maps");

/* The rule of the longest prefix that holds the address. */
static __noinline __u32 net_rule4(const struct iphdr *ip, enum xlab_key side)
{
	struct xlab_net key = {
		.bits = XLAB_NET_HEAD + 32,
		.side = side,
		.family = XLAB_IPV4,
	};
	struct xlab_net_rule *found;

	*(__u32 *)key.address = side == XLAB_KEY_SRC ? ip->saddr : ip->daddr;
	found = bpf_map_lookup_elem(&nets, &key);
	return found ? found->rule : 0;
}

static __noinline __u32 net_rule6(const struct ipv6hdr *ip, enum xlab_key side)
{
	struct xlab_net key = {
		.bits = XLAB_NET_HEAD + 128,
		.side = side,
		.family = XLAB_IPV6,
	};
	struct xlab_net_rule *found;

	__builtin_memcpy(key.address, side == XLAB_KEY_SRC ? &ip->saddr : &ip->daddr, 16);
	found = bpf_map_lookup_elem(&nets, &key);
	return found ? found->rule : 0;
}

static __always_inline __u32 rule4(const struct iphdr *ip, __u32 given, enum xlab_key side)
{
	struct xlab_sides *found;

	if (given & XLAB_GIVEN_EXACT(side, XLAB_IPV4)) {
		found = bpf_map_lookup_elem(&addresses4,
					    side == XLAB_KEY_SRC ? &ip->saddr : &ip->daddr);
		if (found && found->rule[side])
			return found->rule[side];
	}
	return given & XLAB_GIVEN_NETS(side, XLAB_IPV4) ? net_rule4(ip, side) : 0;
}

static __always_inline __u32 rule6(const struct ipv6hdr *ip, __u32 given, enum xlab_key side)
{
	struct xlab_sides *found;

	if (given & XLAB_GIVEN_EXACT(side, XLAB_IPV6)) {
		found = bpf_map_lookup_elem(&addresses6,
					    side == XLAB_KEY_SRC ? &ip->saddr : &ip->daddr);
		if (found && found->rule[side])
			return found->rule[side];
	}
	return given & XLAB_GIVEN_NETS(side, XLAB_IPV6) ? net_rule6(ip, side) : 0;
}

static __always_inline __u32 side_rule(const struct network *net, __u32 given, enum xlab_key side)
{
	return net->v6 ? rule6(net->header, given, side) : rule4(net->header, given, side);
}

static __always_inline bool ip_matches(struct xdp_md *ctx)
{
	__u32 given = rules.head.given, rule;
	struct network net = {};
	matched_t matched = 0;

	if (!given || !parse_network(ctx, false, &net))
		return false;
	if (given & XLAB_GIVEN(XLAB_KEY_PROTO)) {
		if (!(rule = rules.head.protos[net.proto & 0xff]))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_SRC)) {
		if (!(rule = side_rule(&net, given, XLAB_KEY_SRC)))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_DST)) {
		if (!(rule = side_rule(&net, given, XLAB_KEY_DST)))
			return false;
		matched = match_and(matched, rule);
	}
	match_hits(matched);
	return true;
}

static __always_inline int judge(struct xdp_md *ctx)
{
	return match_verdict(ctx, ip_matches(ctx));
}

BUILT_IN(ip, judge)

char LICENSE[] SEC("license") = "GPL";
