// SPDX-License-Identifier: GPL-2.0-or-later
/* drop: every packet ends here, silently. */

#include "bpf/counters.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

BUILT_IN(drop, judge)

char LICENSE[] SEC("license") = "GPL";
