// SPDX-License-Identifier: GPL-2.0-or-later
/* hello: says that a packet came, and has no opinion. */

#include "bpf/counters.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	struct xlab_counters *slot = event_wanted(ctx);

	if (slot)
		event_show(ctx, slot, XLAB_HELLO, XLAB_SNAP);
	return XLAB_NEXT;
}

BUILT_IN(hello, judge)

char LICENSE[] SEC("license") = "GPL";
