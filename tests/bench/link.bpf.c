// SPDX-License-Identifier: GPL-2.0-or-later
/* A link as anybody would write it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "tests/bench/link.h"

MACS(0)

SEC("xdp")
int link(struct xdp_md *ctx)
{
	return look(ctx, &macs0);
}

char LICENSE[] SEC("license") = "GPL";
