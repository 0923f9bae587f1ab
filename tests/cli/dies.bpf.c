// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters that let packets go on in such a state that the kernel drops them. IPv4 without options.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 to; /* ifindex, of `elsewhere` */

static struct iphdr *ipv4(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return NULL;
	return ip;
}

static void sum(struct iphdr *ip)
{
	__u16 *words = (void *)ip;
	__u32 all = 0;

	ip->check = 0;
	for (int i = 0; i < 10; i++)
		all += words[i];
	all = (all & 0xffff) + (all >> 16);
	all = (all & 0xffff) + (all >> 16);
	ip->check = ~all;
}

/* To a port where nobody listens. */
SEC("xdp")
int port(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	struct udphdr *udp = (void *)(ip + 1);

	if (ip && (void *)(udp + 1) <= (void *)(long)ctx->data_end && ip->protocol == IPPROTO_UDP) {
		udp->dest = bpf_htons(9);
		udp->check = 0;
	}
	return XDP_PASS;
}

SEC("xdp")
int checksum(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	struct tcphdr *tcp = (void *)(ip + 1);

	if (ip && (void *)(tcp + 1) <= (void *)(long)ctx->data_end && ip->protocol == IPPROTO_TCP)
		tcp->check ^= 0x5555;
	return XDP_PASS;
}

/* From 203.0.113.1. */
SEC("xdp")
int source(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	struct udphdr *udp = (void *)(ip + 1);

	if (ip && (void *)(udp + 1) <= (void *)(long)ctx->data_end && ip->protocol == IPPROTO_UDP) {
		ip->saddr = bpf_htonl(0xcb007101);
		sum(ip);
		udp->check = 0;
	}
	return XDP_PASS;
}

SEC("xdp")
int ttl(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);

	if (ip) {
		ip->ttl = 1;
		sum(ip);
	}
	return XDP_PASS;
}

SEC("xdp")
int elsewhere(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);

	return ip && ip->protocol == IPPROTO_ICMP ? bpf_redirect(to, 0) : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
