// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters that lose the first packets of a kind and let the others through: what comes later
 * arrives. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 losses = 1;
__u32 lost;

static int lose(int it_is_one)
{
	if (!it_is_one || lost >= losses)
		return XDP_PASS;
	lost++;
	return XDP_DROP;
}

static struct iphdr *ipv4(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	return (void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ? NULL : ip;
}

SEC("xdp")
int fragments(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);

	return lose(ip && ip->frag_off & bpf_htons(0x1fff));
}

static struct tcphdr *tcp(struct xdp_md *ctx, struct iphdr *ip)
{
	struct tcphdr *tcp = (void *)(ip + 1);

	if (!ip || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
		return NULL;
	return (void *)(tcp + 1) > (void *)(long)ctx->data_end ? NULL : tcp;
}

/* A part of what is sent. */
SEC("xdp")
int text(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	struct tcphdr *segment = tcp(ctx, ip);

	return lose(segment && bpf_ntohs(ip->tot_len) > (5 + segment->doff) * 4);
}

SEC("xdp")
int syn(struct xdp_md *ctx)
{
	struct tcphdr *segment = tcp(ctx, ipv4(ctx));

	return lose(segment && segment->syn);
}

char LICENSE[] SEC("license") = "GPL";
