// SPDX-License-Identifier: GPL-2.0-or-later
/* pass: every packet goes on. */

#include "bpf/book.h"

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return book_close(ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
