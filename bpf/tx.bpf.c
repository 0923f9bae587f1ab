// SPDX-License-Identifier: GPL-2.0-or-later
/* tx: every packet goes back to who sent it. */

#include "bpf/counters.h"
#include "bpf/swap_src_dst_mac.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	swap_src_dst_mac(ctx);
	return XDP_TX;
}

BUILT_IN(tx, judge)

char LICENSE[] SEC("license") = "GPL";
