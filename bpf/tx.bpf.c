// SPDX-License-Identifier: GPL-2.0-or-later
/* tx: every packet goes back to who sent it. */

#include "bpf/book.h"
#include "bpf/turn.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	turn(ctx);
	return XDP_TX;
}

BUILT_IN(tx, judge)

char LICENSE[] SEC("license") = "GPL";
