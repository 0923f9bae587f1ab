// SPDX-License-Identifier: GPL-2.0-or-later
/* hello: says that a packet came, and lets it go on. */

#include "bpf/book.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	struct xlab_book *slot = book_heard();

	if (slot)
		book_show(ctx, slot, XLAB_HELLO, XLAB_SNAP);
	return XDP_PASS;
}

BUILT_IN(hello, judge)

char LICENSE[] SEC("license") = "GPL";
