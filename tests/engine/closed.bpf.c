// SPDX-License-Identifier: GPL-2.0-or-later
/* Not GPL: a chain that has it may call no helper that is for GPL programs alone. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int closed(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Proprietary";
