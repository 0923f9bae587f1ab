// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unchecked: a first try at reading the Ethernet header, which the verifier refuses. A
 * packet can be shorter than a header; nothing here says what to do then. Compare
 * parse_ether() in parse.h.
 */

#include <linux/if_ether.h>

#include "bpf/counters.h"

static __always_inline int judge(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return eth->h_dest[0] & 1 ? XDP_DROP : XDP_PASS;
}

BUILT_IN(unchecked, judge)

char LICENSE[] SEC("license") = "GPL";
