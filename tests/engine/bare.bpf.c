// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiled without -g (rules.mk): it has neither BTF nor lines, but a subprogram. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int part(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 14 ? XDP_PASS : XDP_ABORTED;
}

SEC("xdp")
int bare(struct xdp_md *ctx)
{
	return part(ctx);
}

char LICENSE[] SEC("license") = "GPL";
