// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel function; bpf_dynptr_from_xdp is there from 6.4 on. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_xdp(struct xdp_md *ctx, __u64 flags, struct bpf_dynptr *ptr) __ksym;

SEC("xdp")
int kfunc(struct xdp_md *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_xdp(ctx, 0, &ptr) ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
