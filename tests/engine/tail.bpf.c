// SPDX-License-Identifier: GPL-2.0-or-later
/* Tail calls: the array is filled before the load, and is there as long as the lab. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 verdict = XDP_DROP;
__u32 calls;

int tail_target(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = { [1] = (void *)&tail_target },
};

SEC("xdp")
int tail_target(struct xdp_md *ctx)
{
	calls++; /* TAIL target */
	return verdict;
}

SEC("xdp")
int tail_caller(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1); /* TAIL caller */
	return XDP_ABORTED;	       /* TAIL missed */
}

char LICENSE[] SEC("license") = "GPL";
