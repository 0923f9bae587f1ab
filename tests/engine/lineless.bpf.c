// SPDX-License-Identifier: GPL-2.0-or-later
/* A program that is tail-called, and of whose lines the object says nothing: an assembler's. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int lineless(struct xdp_md *ctx);

asm(".pushsection xdp, \"ax\", @progbits\n"
    ".globl lineless\n"
    ".type lineless, @function\n"
    "lineless:\n"
    "r0 = 2\n"
    "exit\n"
    ".size lineless, .-lineless\n"
    ".popsection\n");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = { [0] = (void *)&lineless },
};

SEC("xdp")
int caller(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0); /* to what has no lines */
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
