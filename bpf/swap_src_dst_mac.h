/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_SWAP_SRC_DST_MAC_H
#define XLAB_BPF_SWAP_SRC_DST_MAC_H

/*
 * Sending a frame back. XDP_TX sends it out where it came in; as it was it would carry the
 * sender's address as its source and no bridge would hand it back, so the addresses change places.
 */

#include "bpf/parse.h"

static __always_inline void swap_src_dst_mac(struct xdp_md *ctx)
{
	struct ether *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return;
	for (int i = 0; i < 3; i++) {
		__u16 word = eth->dst[i];

		eth->dst[i] = eth->src[i];
		eth->src[i] = word;
	}
}

#endif
