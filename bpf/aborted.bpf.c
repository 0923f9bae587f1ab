// SPDX-License-Identifier: GPL-2.0-or-later
/* aborted: every packet ends here as an error, which the tracepoint xdp:xdp_exception reports. */

#include "bpf/book.h"

SEC("xdp")
int aborted(struct xdp_md *ctx)
{
	return book_close(ctx, XDP_ABORTED);
}

char LICENSE[] SEC("license") = "GPL";
