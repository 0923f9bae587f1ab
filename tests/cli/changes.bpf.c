// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters that change packets, honestly or not. IPv4 without options; checksums of UDP are left
 * out. */
#include <linux/in.h>
#include <linux/udp.h>

#include "tests/cli/ipv4.h"

#define ECHO_REPLY 0
#define ECHO	   8

struct icmp {
	__u8 type, code;
	__u16 sum;
};

const volatile __u32 backend; /* an address, of `balance` and `tunnel` */

static struct udphdr *datagram(struct xdp_md *ctx, struct iphdr *ip)
{
	struct udphdr *udp = (void *)(ip + 1);

	return !ip || (void *)(udp + 1) > (void *)(long)ctx->data_end ? NULL : udp;
}

/* The port less one. */
SEC("xdp")
int less_one(struct xdp_md *ctx)
{
	struct udphdr *udp = datagram(ctx, ipv4(ctx, IPPROTO_UDP));

	if (udp) {
		udp->dest = bpf_htons(bpf_ntohs(udp->dest) - 1);
		udp->check = 0;
	}
	return XDP_PASS;
}

/* To the backend in place of whom it was sent to, as a NAT does. */
SEC("xdp")
int balance(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_UDP);
	struct udphdr *udp = datagram(ctx, ip);

	if (udp) {
		ip->daddr = bpf_htonl(backend);
		sum(ip);
		udp->dest = bpf_htons(8080);
		udp->check = 0;
	}
	return XDP_PASS;
}

/* Whole, in a packet to the backend. */
SEC("xdp")
int tunnel(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_UDP), *outer;
	struct ethhdr eth;

	if (!ip || bpf_xdp_load_bytes(ctx, 0, &eth, sizeof(eth)) ||
	    bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)) ||
	    bpf_xdp_store_bytes(ctx, 0, &eth, sizeof(eth)))
		return XDP_PASS;
	outer = (void *)(long)ctx->data + sizeof(eth);
	ip = outer + 1;
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*outer = *ip;
	outer->protocol = IPPROTO_IPIP;
	outer->daddr = bpf_htonl(backend);
	outer->tot_len = bpf_htons(bpf_ntohs(ip->tot_len) + sizeof(*ip));
	sum(outer);
	return XDP_PASS;
}

/* Answers an echo request itself. */
SEC("xdp")
int reflect(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx, IPPROTO_ICMP);
	struct icmp *icmp = (void *)(ip + 1);
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u8 mac[ETH_ALEN];
	__u32 address;

	if (!ip || (void *)(icmp + 1) > (void *)(long)ctx->data_end || icmp->type != ECHO)
		return XDP_PASS;
	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	icmp->type = ECHO_REPLY;
	icmp->sum += bpf_htons(ECHO << 8);
	icmp->sum += icmp->sum < bpf_htons(ECHO << 8);
	return XDP_TX;
}

/* What is sent to port 80 is made unreadable; what is sent to port 81 looks like that from then on.
 */
__u16 port;

SEC("xdp")
int imitate(struct xdp_md *ctx)
{
	struct udphdr *udp = datagram(ctx, ipv4(ctx, IPPROTO_UDP));
	struct ethhdr *eth = (void *)(long)ctx->data;

	if (!udp || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	if (udp->dest == bpf_htons(80)) {
		port = udp->source;
		eth->h_proto = bpf_htons(0x88b5);
	} else if (port && udp->dest == bpf_htons(81)) {
		udp->source = port;
		udp->dest = bpf_htons(80);
		udp->check = 0;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
