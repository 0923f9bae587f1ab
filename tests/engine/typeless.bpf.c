// SPDX-License-Identifier: GPL-2.0-or-later
/* Its only program that can be XDP does not say so. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("prog")
int judge(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("tc")
int shape(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
