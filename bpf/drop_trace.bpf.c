// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listens to the kernel's own tracepoints for packets that it drops, and to those of its XDP for
 * what failed behind a program. Only in the lab's namespaces, which are known by their cookies:
 * of the machine's other traffic nothing is recorded.
 */

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/drop_trace.h"

/*
 * Set before the load. Not libbpf's relocations (CO-RE), for which it reads all of the kernel's
 * BTF: ten times as long as all else here takes.
 */
const volatile struct drop_trace_fields fields = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* user space knows how many there are, here and below */
	__type(key, __u64);		 /* cookie of a namespace of the lab */
	__type(value, struct drop_trace_place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32); /* ifindex of a link of the lab's in a shared namespace */
	__type(value, __u8);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, DROP_TRACE_BYTES);
} drops SEC(".maps");

/* 0 where nothing is: a datagram in a socket's queue has a number in place of its device. */
static __always_inline __u64 read_pointer(__u64 base, __u32 field)
{
	__u64 pointer;

	return bpf_probe_read_kernel(&pointer, sizeof(pointer), (void *)(base + field)) ? 0
											: pointer;
}

static __always_inline __u32 read_u32(__u64 base, __u32 field)
{
	__u32 number;

	return bpf_probe_read_kernel(&number, sizeof(number), (void *)(base + field)) ? 0 : number;
}

static __always_inline __u16 read_u16(__u64 base, __u32 field)
{
	__u16 number;

	return bpf_probe_read_kernel(&number, sizeof(number), (void *)(base + field)) ? 0 : number;
}

/* Of a struct net; NULL: it is not the lab's. */
static __always_inline struct drop_trace_place *place_of(__u64 net)
{
	__u64 cookie = read_pointer(net, fields.net_cookie);

	return bpf_map_lookup_elem(&places, &cookie);
}

static __always_inline struct drop_trace_place *place_of_device(__u64 dev, __u32 *ifindex)
{
	struct drop_trace_place *place = place_of(read_pointer(dev, fields.dev_net));

	if (!place)
		return NULL;
	*ifindex = read_u32(dev, fields.dev_ifindex);
	return place->shared && !bpf_map_lookup_elem(&links, ifindex) ? NULL : place;
}

/* Of what has no device yet; what is no packet (netlink's messages) has no protocol either. */
static __always_inline struct drop_trace_place *place_of_socket(__u64 skb)
{
	struct drop_trace_place *place;

	if (!read_u16(skb, fields.skb_protocol))
		return NULL;
	place = place_of(read_pointer(read_pointer(skb, fields.skb_sk), fields.sock_net));
	return place && !place->shared ? place : NULL;
}

static __always_inline struct drop_trace_event *begin(__u32 place, __u32 ifindex, __u8 kind,
						      __s32 code)
{
	struct drop_trace_event *event = bpf_ringbuf_reserve(&drops, sizeof(*event), 0);

	if (!event)
		return NULL;
	event->time_ns = bpf_ktime_get_ns();
	event->place = place;
	event->ifindex = ifindex;
	event->cpu = bpf_get_smp_processor_id();
	event->code = code;
	event->length = 0;
	event->protocol = 0;
	event->kind = kind;
	event->snapped = 0;
	return event;
}

static __always_inline void show(struct drop_trace_event *event, __u64 skb)
{
	__u32 at = read_u16(skb, fields.skb_network_header);
	__u32 end = read_u32(skb, fields.skb_tail);
	__u32 size = end - at;

	/* The kernel is at any of the headers. */
	event->length = read_u32(skb, fields.skb_len) + read_pointer(skb, fields.skb_data) -
			read_pointer(skb, fields.skb_head) - at;
	event->protocol = bpf_ntohs(read_u16(skb, fields.skb_protocol));
	if (end <= at)
		return;
	if (size > DROP_TRACE_SNAP)
		size = DROP_TRACE_SNAP;
	/* 1 to DROP_TRACE_SNAP, by a mask: the verifier of 6.1 sees it so. */
	size--;
	barrier_var(size);
	size = (size & (DROP_TRACE_SNAP - 1)) + 1;
	if (!bpf_probe_read_kernel(event->snap, size,
				   (void *)(read_pointer(skb, fields.skb_head) + at)))
		event->snapped = size;
}

/* packet, where in the code, reason (since Linux 5.17) */
SEC("raw_tp/kfree_skb")
int kfree_skb_told(struct bpf_raw_tracepoint_args *ctx)
{
	struct drop_trace_event *event;
	struct drop_trace_place *place;
	__u64 skb = ctx->args[0];
	__u32 ifindex = 0;

	place = place_of_device(read_pointer(skb, fields.skb_dev), &ifindex);
	if (!place)
		place = place_of_socket(skb);
	if (!place)
		return 0;
	event = begin(place->number, ifindex, DROP_TRACE_KFREE_SKB, ctx->args[2]);
	if (!event)
		return 0;
	show(event, skb);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int failed(__u64 dev, __u8 kind, __s32 code)
{
	struct drop_trace_event *event;
	struct drop_trace_place *place;
	__u32 ifindex = 0;

	place = place_of_device(dev, &ifindex);
	if (!place)
		return 0;
	event = begin(place->number, ifindex, kind, code);
	if (event)
		bpf_ringbuf_submit(event, 0);
	return 0;
}

/* device, program, action */
SEC("raw_tp/xdp_exception")
int xdp_exception_told(struct bpf_raw_tracepoint_args *ctx)
{
	return failed(ctx->args[0], DROP_TRACE_XDP_EXCEPTION, ctx->args[2]);
}

/* device, program, target, errno, map's type, its id, index */
SEC("raw_tp/xdp_redirect_err")
int xdp_redirect_err_told(struct bpf_raw_tracepoint_args *ctx)
{
	return failed(ctx->args[0], DROP_TRACE_XDP_REDIRECT_ERR, ctx->args[3]);
}

/* device, sent, dropped, errno */
SEC("raw_tp/xdp_bulk_tx")
int xdp_bulk_tx_told(struct bpf_raw_tracepoint_args *ctx)
{
	if ((__s32)ctx->args[2] <= 0)
		return 0;
	return failed(ctx->args[0], DROP_TRACE_XDP_BULK_TX, ctx->args[3]);
}

/* from device, to device, sent, dropped, errno */
SEC("raw_tp/xdp_devmap_xmit")
int xdp_devmap_xmit_told(struct bpf_raw_tracepoint_args *ctx)
{
	if ((__s32)ctx->args[3] <= 0)
		return 0;
	return failed(ctx->args[1], DROP_TRACE_XDP_DEVMAP_XMIT, ctx->args[4]);
}

char LICENSE[] SEC("license") = "GPL";
