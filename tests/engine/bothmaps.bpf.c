// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of both kinds in one object, which no version of libbpf but 0.x took. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} newer SEC(".maps");

__u32 older[5] SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 1 };

SEC("xdp")
int judge(struct xdp_md *ctx)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&older, &zero) && bpf_map_lookup_elem(&newer, &zero) ? XDP_PASS
											: XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
