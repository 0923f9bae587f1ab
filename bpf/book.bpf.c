// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The book's two entries for chains whose dispatcher is ours: it takes their
 * instructions and never loads them alone. It jumps into xlab_stop() when the
 * chain has ended, and calls xlab_note() when a filter said something other than
 * PASS and the chain goes on. Arguments come in R1-R3.
 */

#include "bpf/book.h"

SEC("xdp")
int xlab_stop(struct xdp_md *ctx, __u32 position, __u32 verdict)
{
	book_write(ctx, XLAB_DECIDED, position, verdict);
	return verdict;
}

SEC("xdp")
int xlab_note(struct xdp_md *ctx, __u32 position, __u32 verdict)
{
	book_write(ctx, XLAB_WENT_ON, position, verdict);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
