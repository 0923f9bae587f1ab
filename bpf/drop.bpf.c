// SPDX-License-Identifier: GPL-2.0-or-later
/* drop: every packet ends here, silently. */

#include "bpf/book.h"

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return book_close(ctx, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
