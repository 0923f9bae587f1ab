// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter whose maps have values of every kind. It counts packets, and drops those of IPv4 from
 * networks that stand in a map, if another says so.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define IPV4	0x0800
#define SRC_END 30 /* of Ethernet's and IPv4's headers, up to the source address */

enum mode { MODE_OFF, MODE_COUNT, MODE_DROP = 7 };

struct entry {
	__u32 packets;
	__s16 balance;
	__u8 mac[6];
	__be32 addr;
	__be16 port;
	enum mode mode;
	char name[8];
	__u32 low : 3, high : 5;
	struct {
		__u64 inner;
	};
	struct {
		__u16 deep;
	} nested;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

struct net {
	__u32 length;
	__be32 addr;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct net);
	__type(value, __u8);
} nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, enum mode);
} mode SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __be16);
	__type(value, __s32);
} ports SEC(".maps");

/* Of no type. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 2);
	__uint(value_size, 6);
} plain SEC(".maps");

/* A value for each CPU: one with a sign, and one of fields. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __s64);
} debts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct net);
} nearest SEC(".maps");

/* No element that anybody could name. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} told SEC(".maps");

__u64 seen;
const volatile __u32 step = 1;

static __always_inline int judge_source(const __u8 *data)
{
	struct net from = { .length = 32 };
	__u32 zero = 0;
	enum mode *m = bpf_map_lookup_elem(&mode, &zero);

	__builtin_memcpy(&from.addr, data + SRC_END - sizeof(from.addr), sizeof(from.addr));
	return m && *m == MODE_DROP && bpf_map_lookup_elem(&nets, &from) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int holds(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 zero = 0;
	__be16 port = bpf_htons(8080);
	__u64 *n = bpf_map_lookup_elem(&hits, &zero);
	__s32 *left = bpf_map_lookup_elem(&ports, &port);
	struct entry *e = bpf_map_lookup_elem(&entries, &zero);

	if (data + SRC_END > end || data[12] != IPV4 >> 8 || data[13] != (IPV4 & 0xff))
		return XDP_PASS;
	if (n)
		++*n;
	if (left)
		--*left;
	if (e) {
		e->packets++;
		e->balance = -5;
	}
	bpf_map_update_elem(&plain, &port, data, BPF_ANY);
	seen += step;
	return judge_source(data);
}

char LICENSE[] SEC("license") = "GPL";
