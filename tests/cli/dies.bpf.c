// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters that let packets go on in such a state that the kernel drops them. IPv4 without options.
 */
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "tests/cli/ipv4.h"

const volatile __u32 to; /* ifindex, of `elsewhere` */

/* To a port where nobody listens. */
SEC("xdp")
int port(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_UDP);
	struct udphdr *udp = (void *)(ip + 1);

	if (ip && (void *)(udp + 1) <= (void *)(long)ctx->data_end) {
		udp->dest = bpf_htons(9);
		udp->check = 0;
	}
	return XDP_PASS;
}

SEC("xdp")
int checksum(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_TCP);
	struct tcphdr *tcp = (void *)(ip + 1);

	if (ip && (void *)(tcp + 1) <= (void *)(long)ctx->data_end)
		tcp->check ^= 0x5555;
	return XDP_PASS;
}

/* From 203.0.113.1. */
SEC("xdp")
int source(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_UDP);
	struct udphdr *udp = (void *)(ip + 1);

	if (ip && (void *)(udp + 1) <= (void *)(long)ctx->data_end) {
		ip->saddr = bpf_htonl(0xcb007101);
		sum(ip);
		udp->check = 0;
	}
	return XDP_PASS;
}

SEC("xdp")
int ttl(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_ICMP);

	if (ip) {
		ip->ttl = 1;
		sum(ip);
	}
	return XDP_PASS;
}

SEC("xdp")
int elsewhere(struct xdp_md *ctx)
{
	return ipv4(ctx, IPPROTO_ICMP) ? bpf_redirect(to, 0) : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
