/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_LINK_H
#define XLAB_TESTS_LINK_H

/* A filter that looks a MAC up in a hash, as a link of a chain. */

#include <linux/if_ether.h>

struct mac {
	__u8 bytes[ETH_ALEN];
	__u16 zero;
};

#define MACS(n)                                  \
	struct {                                 \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, 64);         \
		__type(key, struct mac);         \
		__type(value, __u32);            \
	} macs##n SEC(".maps");

static __always_inline int look(struct xdp_md *ctx, void *macs)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct mac mac = {};

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	__builtin_memcpy(mac.bytes, eth->h_source, ETH_ALEN);
	return bpf_map_lookup_elem(macs, &mac) ? XDP_DROP : XDP_PASS;
}

#endif
