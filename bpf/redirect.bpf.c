// SPDX-License-Identifier: GPL-2.0-or-later
/* redirect: every packet leaves by another interface, as it is. Without one, no opinion. */

#include "bpf/counters.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

static __always_inline int judge(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_redirect_map(&target, 0, XDP_ABORTED) == XDP_REDIRECT ? XDP_REDIRECT : XLAB_NEXT;
}

BUILT_IN(redirect, judge)

char LICENSE[] SEC("license") = "GPL";
