/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_IPV4_H
#define XLAB_TESTS_IPV4_H

/* For filters of tests that change packets: IPv4 without options. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* NULL: the packet is of something else, or cut short. */
static __always_inline struct iphdr *ipv4(struct xdp_md *ctx, __u8 proto)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != proto)
		return NULL;
	return ip;
}

/* Its checksum, anew. */
static __always_inline void sum(struct iphdr *ip)
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

#endif
