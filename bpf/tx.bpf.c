// SPDX-License-Identifier: GPL-2.0-or-later
/* tx: every packet goes back to who sent it. */

#include "bpf/book.h"
#include "bpf/turn.h"

SEC("xdp")
int tx(struct xdp_md *ctx)
{
	turn(ctx);
	return book_close(ctx, XDP_TX);
}

char LICENSE[] SEC("license") = "GPL";
