/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_DROP_TRACE_H
#define XLAB_BPF_DROP_TRACE_H

/* What the kernel says of packets that it dropped, as the programs of drop_trace.bpf.c tell it. */

#include <linux/types.h>

#define DROP_TRACE_SNAP	 128
#define DROP_TRACE_BYTES (1 << 18) /* of the ring buffer */

/* The tracepoint that said it; the number in struct drop_trace_event's @code is: */
enum drop_trace_kind {
	DROP_TRACE_KFREE_SKB = 1,    /* an enum skb_drop_reason of this kernel */
	DROP_TRACE_XDP_EXCEPTION,    /* an XDP action */
	DROP_TRACE_XDP_REDIRECT_ERR, /* an errno, negative; of those below, too */
	DROP_TRACE_XDP_BULK_TX,
	DROP_TRACE_XDP_DEVMAP_XMIT,
};

/* What user space puts into "places" for the cookie of a namespace: its number, and whether it has
 * links of others as well. Of such a one only those in "links" count.
 */
struct drop_trace_place {
	__u32 number;
	__u32 shared;
};

/* Where the fields lie in the structures of the running kernel, in bytes. */
struct drop_trace_fields {
	__u32 skb_dev, skb_sk, skb_len, skb_head, skb_data, skb_tail, skb_network_header,
		skb_protocol;
	__u32 dev_ifindex, dev_net; /* net_device.ifindex, .nd_net */
	__u32 sock_net;		    /* sock.__sk_common.skc_net */
	__u32 net_cookie;	    /* net.net_cookie */
};

struct drop_trace_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 place;   /* whose namespace: the number from "places" */
	__u32 ifindex; /* of the device there; 0: none */
	__u32 cpu;
	__s32 code;
	__u32 length;		    /* bytes from the network header on; none but of kfree_skb */
	__u16 protocol;		    /* EtherType; 0: not known */
	__u8 kind;		    /* enum drop_trace_kind */
	__u8 snapped;		    /* bytes of @snap that are set; none but of kfree_skb */
	__u8 snap[DROP_TRACE_SNAP]; /* from the network header on */
};

#endif
