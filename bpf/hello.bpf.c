// SPDX-License-Identifier: GPL-2.0-or-later
/* hello: says that a packet came, and lets it go on. */

#include "bpf/book.h"

SEC("xdp")
int hello(struct xdp_md *ctx)
{
	struct xlab_book *slot = book_heard();

	if (slot)
		book_show(ctx, slot, XLAB_HELLO, XLAB_SNAP);
	return book_close(ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
