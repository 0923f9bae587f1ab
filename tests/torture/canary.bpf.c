// SPDX-License-Identifier: GPL-2.0-or-later
/* Somebody else's XDP program, whose map has a name that xlab uses too. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

SEC("xdp")
int canary(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *kept = bpf_map_lookup_elem(&counters, &key);

	(void)ctx;
	return kept && *kept == 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
