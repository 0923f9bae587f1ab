/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_TURN_H
#define XLAB_BPF_TURN_H

/*
 * Turning a frame round. XDP_TX sends it out where it came in; as it was it would carry the
 * sender's address as its source and no bridge would hand it back, so the addresses change places.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>

struct turned { /* the same bytes as struct ethhdr, readable two at a time */
	__u16 dst[3];
	__u16 src[3];
	__be16 type;
};

static __always_inline void turn(struct xdp_md *ctx)
{
	struct turned *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return;
	for (int i = 0; i < 3; i++) {
		__u16 half = eth->dst[i];

		eth->dst[i] = eth->src[i];
		eth->src[i] = half;
	}
}

#endif
