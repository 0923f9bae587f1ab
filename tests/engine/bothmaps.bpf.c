// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of both kinds in one object, and a PROG_ARRAY that has its value from the start. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} newer SEC(".maps");

int jumped_to(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} ways SEC(".maps") = {
	.values = { [1] = (void *)&jumped_to },
};

__u32 older[5] SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 1 };

SEC("xdp")
int jumped_to(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int judge(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *a = bpf_map_lookup_elem(&older, &zero), *b = bpf_map_lookup_elem(&newer, &zero);

	if (!a || !b || *a != 2 * *b)
		return XDP_ABORTED;
	*a += 2;
	*b += 1;
	bpf_tail_call(ctx, &ways, 1);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
