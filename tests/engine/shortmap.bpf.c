// SPDX-License-Identifier: GPL-2.0-or-later
/* A map of the old kind whose definition says too little. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u32 cut_short[3] SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8 };

SEC("xdp")
int judge(struct xdp_md *ctx)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cut_short, &zero) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
