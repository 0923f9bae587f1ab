// SPDX-License-Identifier: GPL-2.0-or-later
/* A map of the old kind that is no symbol for others. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __u32 hidden[5] SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 1 };

SEC("xdp")
int judge(struct xdp_md *ctx)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&hidden, &zero) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
