// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * port: src, dst (ports and ranges) and proto, of UDP and TCP.
 *
 * A table says for each of the 65536 ports which rule holds it, so ranges cost nothing. The
 * four bytes of the ports suffice: a first fragment too short for its TCP
 * header does not slip through. Later fragments have no ports, and do not match.
 */

#define MATCH_TABLES 2
#include "bpf/match.h"
#include "bpf/parse.h"

struct ports {
	__be16 src;
	__be16 dst;
};

static __always_inline bool rules_hold(const struct ports *ports, __u32 proto)
{
	__u32 given = rules.head.given, rule;
	matched_t matched = 0;

	if (!given)
		return false;
	if (given & XLAB_GIVEN(XLAB_KEY_PROTO)) {
		if (!(rule = rules.head.protos[proto & 0xff]))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_SRC)) {
		if (!(rule = match_table(0, bpf_ntohs(ports->src))))
			return false;
		matched = match_and(matched, rule);
	}
	if (given & XLAB_GIVEN(XLAB_KEY_DST)) {
		if (!(rule = match_table(1, bpf_ntohs(ports->dst))))
			return false;
		matched = match_and(matched, rule);
	}
	match_hits(matched);
	return true;
}

static __always_inline bool port_matches(struct xdp_md *ctx)
{
	struct network net = {};
	struct ports *ports;

	if (!parse_network(ctx, true, &net))
		return false;
	if (net.proto != IPPROTO_UDP && net.proto != IPPROTO_TCP)
		return false;
	ports = net.l4;
	if (net.room < (__s32)sizeof(*ports) || (void *)(ports + 1) > (void *)(long)ctx->data_end)
		return false;
	return rules_hold(ports, net.proto);
}

static __always_inline int judge(struct xdp_md *ctx)
{
	return match_verdict(ctx, port_matches(ctx));
}

BUILT_IN(port, judge)

char LICENSE[] SEC("license") = "GPL";
