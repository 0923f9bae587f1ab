// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pcap: what a tcpdump expression selects.
 *
 * libpcap compiles the expression, and user space puts the code of it in the place of
 * pcap_selects(), before the object is opened.
 */

#include "bpf/counters.h"
#include "bpf/swap_src_dst_mac.h"

/* Set before the load. */
const volatile __u32 xlab_action = XDP_DROP;

/* What clang knows nothing of. It must be the last function of the object that is no program. */
static __noinline __u32 pcap_selects(struct xdp_md *ctx)
{
	__u32 selected;

	asm volatile("%0 = 0" : "=r"(selected) : "r"(ctx));
	return selected;
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

BUILT_IN(pcap, judge)

char LICENSE[] SEC("license") = "GPL";
