// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * headers: shows the headers of each packet, and has no opinion.
 *
 *   Ethernet [tags] -> ARP
 *                   -> IPv4 [options]    -> UDP, TCP [options], ICMP
 *                   -> IPv6 [extensions] -> UDP, TCP [options], ICMPv6
 *
 * It walks from header to header to learn where they end, and shows the bytes up to there: the
 * payload is nobody's business. Of what it does not know it shows the beginning. User space writes
 * it all as text.
 */

#include <linux/tcp.h>
#include <linux/udp.h>

#include "bpf/counters.h"
#include "bpf/parse.h"

#define ICMP_SIZE 8

/* TCP says itself how long it is. */
static __always_inline __u32 tcp_size(struct xdp_md *ctx, const struct tcphdr *tcp)
{
	if ((void *)(tcp + 1) > (void *)(long)ctx->data_end)
		return sizeof(*tcp);
	return tcp->doff * 4;
}

static __always_inline __u32 transport_size(struct xdp_md *ctx, const struct network *net)
{
	switch (net->proto) {
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_TCP:
		return tcp_size(ctx, net->l4);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ICMP_SIZE;
	default:
		return 0;
	}
}

/* Where the last header that is known here ends, in bytes from the frame's start. */
static __always_inline __u32 headers_end(struct xdp_md *ctx)
{
	struct network net = {};
	__u32 offset;
	__be16 type;

	if (parse_network(ctx, true, &net))
		return net.l4 - (void *)(long)ctx->data + transport_size(ctx, &net);
	if (parse_ether(ctx, &type, &offset) && type == bpf_htons(ETH_P_ARP))
		return offset + ARP_SIZE;
	return XLAB_SNAP;
}

static __always_inline int judge(struct xdp_md *ctx)
{
	struct xlab_counters *slot = event_wanted(ctx);

	if (slot)
		event_show(ctx, slot, XLAB_HEADERS, headers_end(ctx));
	return XLAB_NEXT;
}

BUILT_IN(headers, judge)

char LICENSE[] SEC("license") = "GPL";
