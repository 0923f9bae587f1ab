// SPDX-License-Identifier: GPL-2.0-or-later
/* aborted: every packet ends here as an error, which the tracepoint xdp:xdp_exception reports. */

#include "bpf/counters.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_ABORTED;
}

BUILT_IN(aborted, judge)

char LICENSE[] SEC("license") = "GPL";
