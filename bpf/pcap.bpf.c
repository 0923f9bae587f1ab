// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pcap: what a tcpdump expression selects.
 *
 * libpcap compiles the expression, and before the object is opened user space puts the code of it
 * in the place of pcap_selects() and of pcap_verdict(), which returns the filter's verdict itself:
 * a call and its return can cost more than the expression. Each must be the last function of its
 * section.
 */

#include "bpf/counters.h"
#include "bpf/swap_src_dst_mac.h"

/* Set before the load. */
const volatile __u32 xlab_action = XDP_DROP;

/* What clang knows nothing of. */
static __always_inline __u32 unknown(struct xdp_md *ctx)
{
	__u32 value;

	asm volatile("%0 = 0" : "=r"(value) : "r"(ctx));
	return value;
}

static __noinline __u32 pcap_selects(struct xdp_md *ctx)
{
	return unknown(ctx);
}

static __always_inline int judge(struct xdp_md *ctx)
{
	__u32 action = xlab_action;

	if (!pcap_selects(ctx))
		return XLAB_NEXT;
	if (action == XDP_TX)
		swap_src_dst_mac(ctx);
	return action;
}

BUILT_IN_COUNTING(pcap, judge)
BUILT_IN_VERDICT(pcap, unknown)

char LICENSE[] SEC("license") = "GPL";
