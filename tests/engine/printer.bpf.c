// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls a helper that is for GPL programs alone. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int printer(struct xdp_md *ctx)
{
	bpf_printk("%d bytes", ctx->data_end - ctx->data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
