// SPDX-License-Identifier: GPL-2.0-or-later
/* An exception would unwind the whole chain. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern void bpf_throw(__u64 cookie) __ksym;

SEC("xdp")
int throwing(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index > 100)
		bpf_throw(1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
