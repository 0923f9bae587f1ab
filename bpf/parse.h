/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_PARSE_H
#define XLAB_BPF_PARSE_H

/*
 * From the frame's first byte to the ports, one header at a time:
 *
 *   parse_ether()      Ethernet, then up to two VLAN tags
 *   parse_network()    IPv4 with its options, or IPv6 with its extension headers
 *   l4, proto          what they carry
 *
 * Each tells the verifier that what it is about to read ends before the packet
 * does, and says "no" where that is not so.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#define ARP_SIZE	 28 /* for IPv4 over Ethernet */
#define PARSE_TAGS	 2  /* VLAN tags stepped over */
#define PARSE_EXTENSIONS 8  /* IPv6 extension headers stepped over */

#define PARSE_OFFSET 0x1f   /* at most, of the network's header */
#define PARSE_REACH  0x7fff /* bytes; all extension headers together cannot be longer */

/* IPv4's first byte is its version and its length in words: at least 5. At once, it is one
 * comparison.
 */
#define VERSION4     0x45
#define VERSION4_END 0x4f

#define FRAGMENT_OFFSET4 0x1fff
#define FRAGMENT_OFFSET6 0xfff8

#define LATER_FRAGMENT (1U << 31) /* of what parse_extensions() returns */

/* As struct ethhdr, which is packed: clang would read its type a byte at a time. */
struct ether {
	__u16 dst[3];
	__u16 src[3];
	__be16 type;
};

struct vlan_tag {
	__be16 tci;
	__be16 type;
};

struct extension {
	__u8 next;
	__u8 length; /* its unit depends on the kind */
	__be16 fragment;
};

struct network {
	void *header; /* struct iphdr or struct ipv6hdr */
	bool v6;
	bool later; /* a fragment that is not the first: it carries no header */
	__u32 proto;
	void *l4;   /* where what they carry begins */
	__s32 room; /* bytes of that, as the header says: behind it may be Ethernet's padding */
};

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* @n, by no more than @mask, as a number of which the verifier knows no more: states that differ in
 * it alone become one. Of @any it must know nothing.
 */
static __always_inline __u64 forget(__u64 n, __u64 any, const __u64 mask)
{
	__u64 zero = any;

	barrier_var(zero);
	return (n + (zero ^ any)) & mask;
}

/* The EtherType behind the tags, and where its header begins. False: the frame is cut off. */
static __always_inline bool parse_ether(struct xdp_md *ctx, __be16 *type, __u32 *offset)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ether *eth = data;
	struct vlan_tag *tag;

	if ((void *)(eth + 1) > end)
		return false;
	*type = eth->type;
	*offset = sizeof(*eth);
#pragma unroll
	for (int i = 0; i < PARSE_TAGS; i++) {
		if (!is_tag(*type))
			break;
		tag = data + *offset;
		if ((void *)(tag + 1) > end)
			return false;
		*type = tag->type;
		*offset = forget(*offset + sizeof(*tag), *type, PARSE_OFFSET);
	}
	return true;
}

/* Hop-by-hop options, routing, fragment, authentication, destination options. */
static __always_inline bool is_extension(__u32 proto)
{
	const __u64 kinds = 1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING |
			    1ULL << IPPROTO_FRAGMENT | 1ULL << IPPROTO_AH | 1ULL << IPPROTO_DSTOPTS;

	return proto < 64 && (kinds >> proto & 1);
}

/* 1 or 0, without a branch, of which the verifier would follow both ways. */
static __always_inline __u64 is_kind(__u64 kind, const __u64 which)
{
	__u64 same = ((kind ^ which) - 1) >> 63;

	barrier_var(same);
	return same;
}

/* A fragment's has no length, and that of authentication is in words, and not in pairs of them. */
static __always_inline __u32 extension_size(__u32 kind, __u64 length)
{
	__u64 words = is_kind(kind, IPPROTO_AH);

	length &= is_kind(kind, IPPROTO_FRAGMENT) - 1;
	return (length + 1 + words) << 3 >> words;
}

/*
 * Step over extension headers. Returns the offset behind them << 8 | the protocol; 0: cut off or
 * too many. Of a fragment that is not the first, whose upper header is elsewhere, it is the
 * protocol that the fragment header names, with LATER_FRAGMENT. Rare, so apart: packets without
 * them pay nothing for it. Not static, so that the verifier walks it once, for any offset, instead
 * of once more for each way to get here.
 */
__noinline __u32 parse_extensions(struct xdp_md *ctx, __u32 offset, __u32 kind)
{
#pragma nounroll
	for (int i = 0; i < PARSE_EXTENSIONS; i++) {
		void *data = (void *)(long)ctx->data;
		void *end = (void *)(long)ctx->data_end;
		struct extension *ext;

		if (offset > PARSE_REACH)
			return 0;
		ext = data + offset;
		if ((void *)(ext + 1) > end)
			return 0;
		if (-is_kind(kind, IPPROTO_FRAGMENT) & ext->fragment & bpf_htons(FRAGMENT_OFFSET6))
			return LATER_FRAGMENT | ext->next;
		offset += extension_size(kind, ext->length);
		kind = ext->next;
		if (!is_extension(kind))
			return offset <= PARSE_REACH ? offset << 8 | kind : 0;
	}
	return 0;
}

/* The same for @proto, at @offset: then it is the one @behind them. False if there is none. Of a
 * fragment that is @later nothing is behind.
 */
static __always_inline bool skip_extensions(struct xdp_md *ctx, __u32 offset, __u32 *proto,
					    bool *later, __u32 *behind)
{
	__u32 found = parse_extensions(ctx, offset, *proto);

	if (!found)
		return false;
	*proto = found & 0xff;
	*later = found & LATER_FRAGMENT;
	*behind = found >> 8 & PARSE_REACH;
	return true;
}

static __always_inline bool parse_ipv4(struct xdp_md *ctx, __u32 offset, struct network *net)
{
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + offset;
	__u32 first;

	if ((void *)(ip + 1) > end)
		return false;
	first = *(__u8 *)ip;
	if (first < VERSION4 || first > VERSION4_END)
		return false;
	net->header = ip;
	net->v6 = false;
	net->later = ip->frag_off & bpf_htons(FRAGMENT_OFFSET4);
	net->proto = ip->protocol;
	net->l4 = (void *)ip + (first & 0xf) * 4;
	net->room = bpf_ntohs(ip->tot_len) - (first & 0xf) * 4;
	return true;
}

static __always_inline bool parse_ipv6(struct xdp_md *ctx, __u32 offset, struct network *net)
{
	void *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip = (void *)(long)ctx->data + offset;
	__u32 behind;

	if ((void *)(ip + 1) > end || ip->version != 6)
		return false;
	net->header = ip;
	net->v6 = true;
	net->later = false;
	net->proto = ip->nexthdr;
	net->l4 = ip + 1;
	net->room = bpf_ntohs(ip->payload_len);
	if (!is_extension(net->proto))
		return true;
	if (!skip_extensions(ctx, offset + sizeof(*ip), &net->proto, &net->later, &behind))
		return false;
	if (net->later)
		return true;
	net->l4 = (void *)(long)ctx->data + behind;
	net->room -= behind - offset - sizeof(*ip);
	return true;
}

/* From the frame's start to what the network layer carries. False: not IP, cut off, or, where the
 * @upper header is wanted (a constant), a fragment that is not the first: it has addresses and a
 * protocol only. What is carried may itself be cut off.
 */
static __always_inline bool parse_network(struct xdp_md *ctx, bool upper, struct network *net)
{
	void *end = (void *)(long)ctx->data_end;
	__be16 type;
	__u32 offset;

	if (!parse_ether(ctx, &type, &offset))
		return false;
	if (type == bpf_htons(ETH_P_IP)) {
		if (!parse_ipv4(ctx, offset, net))
			return false;
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		if (!parse_ipv6(ctx, offset, net))
			return false;
	} else {
		return false;
	}
	return net->l4 <= end && !(upper && net->later);
}

#endif
