// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match: every key that a filter has must hold of a packet. ether, ip and port are short forms.
 *
 *   | eth 14 | [tag 4] [tag 4] | IPv4, IPv6 or ARP | TCP, UDP, ICMP, … | payload
 *     ETH slots                  NETWORK slots       UPPER slots         DATA slots
 *
 * There is a slot of code for each key that there can be, and a filter's keys lie in some of them.
 * What a filter's keys do not need the verifier leaves out, since it knows the constants in
 * `xlab_match`: slots, and layers that nobody asks for. A slot's load has no offset yet: user space
 * writes place and size of the key's field into the instruction (XLAB_LOAD). What remains is what
 * one would write by hand: a load, and a comparison with the key's value. Only where that is not
 * it, and the key has more values, they are looked up: one or two bytes in a table, more in a hash
 * and then among spans, so that ten thousand cost no more than two.
 *
 * As long as the rules are the lab file's, and those are one value for each key, the values are in
 * the instructions, too, and packets without tags, options and extension headers have a short way
 * of their own (judge()). `changed` says that it is so no more: then all that is in memory counts.
 *
 * What is cut short, or of another protocol, does not match. `type` is the one behind up to two
 * VLAN tags; 0x8100 (`vlan`) means any tagged frame, whichever its tags, and 0x88a8 one whose first
 * tag is of that type. All fragments of a datagram have its addresses and its protocol; later ones
 * have no ports. A first one that is too short for all of its TCP header has those fields that are
 * there.
 */

#include <linux/tcp.h>
#include <linux/udp.h>

#include "bpf/match.h"

/* Part @part of the value of @slot's key, in a header at @from. */
static __always_inline __u64 load(const void *from, const __u32 slot, const __u32 part)
{
	__u64 loaded;

	asm volatile("%0 = *(u64 *)(%1 + %2)"
		     : "=r"(loaded)
		     : "r"(from), "i"(XLAB_LOAD(slot, part)));
	return loaded;
}

/* Of the slots of a kind the first ones are used. */
#define WORD(m, slot, from)                            \
	if (!uses(slot))                               \
		break;                                 \
	if (!word_holds(m, slot, load(from, slot, 0))) \
	return false
#define LONG(m, slot, from)                                                 \
	if (!uses(slot))                                                    \
		break;                                                      \
	if (!long_holds(m, slot, load(from, slot, 0), load(from, slot, 1))) \
	return false
#define MASKED(m, slot, from)                                                             \
	if (!uses(slot))                                                                  \
		break;                                                                    \
	if (!long_holds(m, slot, load(from, slot, 0) & mask_of(m, (slot)-XLAB_SLOT_LONG), \
			load(from, slot, 1)))                                             \
	return false
#define TIMES_4(what, m, slot, from) \
	what(m, slot, from);         \
	what(m, slot + 1, from);     \
	what(m, slot + 2, from);     \
	what(m, slot + 3, from)
#define TIMES_16(what, m, slot, from)     \
	TIMES_4(what, m, slot, from);     \
	TIMES_4(what, m, slot + 4, from); \
	TIMES_4(what, m, slot + 8, from); \
	TIMES_4(what, m, slot + 12, from)

/* Of a field that is not all of its bytes. Those have no one value. */
static __always_inline __u64 mask_of(const struct matched *m, const __u32 n)
{
	return m ? CONSTANT(XLAB_MASK + n) : ~0ULL;
}

/* A MAC's first four bytes; its last two are its third word. */
static __always_inline __u64 mac_begin(const __u16 *mac)
{
	return *(const __u32 *)mac;
}

static __always_inline bool macs_hold(struct matched *m, const struct ether *eth)
{
	if (is_given(m, XLAB_SLOT_ETH_SRC) &&
	    !long_holds(m, XLAB_SLOT_ETH_SRC, mac_begin(eth->src), eth->src[2]))
		return false;
	if (is_given(m, XLAB_SLOT_ETH_DST) &&
	    !long_holds(m, XLAB_SLOT_ETH_DST, mac_begin(eth->dst), eth->dst[2]))
		return false;
	return !is_given(m, XLAB_SLOT_ETH_ADDR) ||
	       either_holds(m, XLAB_SLOT_ETH_ADDR, mac_begin(eth->src), eth->src[2],
			    mac_begin(eth->dst), eth->dst[2]);
}

static __always_inline bool tag_holds(struct matched *m, const struct vlan_tag *tag)
{
	if (is_given(m, XLAB_SLOT_VLAN_ID) && !word_holds(m, XLAB_SLOT_VLAN_ID, tag->tci))
		return false;
	if (is_given(m, XLAB_SLOT_VLAN_PRIORITY) &&
	    !word_holds(m, XLAB_SLOT_VLAN_PRIORITY, tag->tci))
		return false;
	if (is_given(m, XLAB_SLOT_VLAN_DEI) && !word_holds(m, XLAB_SLOT_VLAN_DEI, tag->tci))
		return false;
	return !is_given(m, XLAB_SLOT_VLAN_TYPE) || word_holds(m, XLAB_SLOT_VLAN_TYPE, tag->type);
}

static __always_inline bool eth_holds(struct matched *m, struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ether *eth = (void *)(long)ctx->data;
	struct vlan_tag *tag = (void *)(eth + 1);

	if ((void *)tag > end)
		return false;
	if (is_given(m, XLAB_SLOT_LENGTH) &&
	    !word_holds(m, XLAB_SLOT_LENGTH, bpf_htonl(packet_length(ctx))))
		return false;
	if (!macs_hold(m, eth))
		return false;
	if (!asks(XLAB_ASKS_TAG))
		return true;
	return is_tag(eth->type) && (void *)(tag + 1) <= end && tag_holds(m, tag);
}

static __always_inline bool type_holds(struct matched *m, struct xdp_md *ctx, __be16 type)
{
	struct ether *eth = (void *)(long)ctx->data;
	const __u32 slot = XLAB_SLOT_TYPE;
	__u32 found, tag;
	__be16 first;

	if (is_one_word(m, slot, type))
		return true;
	if (!has_many(slot))
		return false;
	found = rule_of(slot, type, 0);
	if (found == XLAB_EXCEPTED || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	first = eth->type;
	if (first == bpf_htons(ETH_P_8021AD)) {
		tag = rule_of(slot, first, 0);
		if (tag == XLAB_EXCEPTED)
			return false;
		found = found ?: tag;
	}
	if (is_tag(first)) {
		tag = rule_of(slot, bpf_htons(ETH_P_8021Q), 0);
		if (tag == XLAB_EXCEPTED)
			return false;
		found = found ?: tag;
	}
	return tally(m, found);
}

/* What is found behind the tags, as far as it is asked for. */
struct found {
	void *header; /* the network's */
	void *upper;  /* of what it carries */
	__u32 size;   /* from the one to the other */
	__u32 proto;
	bool v6;
	bool later; /* of IPv6: a fragment that is not the first */
};

/* An address of either family as 16 bytes, those of IPv4 behind ::ffff. */
static __always_inline struct xlab_value address_of(const struct found *f, bool src)
{
	const struct ipv6hdr *six = f->header;
	const struct iphdr *four = f->header;
	const __u32 mapped = bpf_htonl(0xffff);
	struct xlab_value value = { { 0, 0 } };

	if (asks(XLAB_ASKS_IPV6) && f->v6) {
		__builtin_memcpy(&value, src ? &six->saddr : &six->daddr, sizeof(value));
		return value;
	}
	value.part[1] = src ? four->saddr : four->daddr;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value.part[1] = value.part[1] << 32 | mapped;
#else
	value.part[1] |= (__u64)mapped << 32;
#endif
	return value;
}

static __always_inline bool addresses_hold(struct matched *m, const struct found *f)
{
	struct xlab_value v, w;

	if (is_given(m, XLAB_SLOT_SRC)) {
		v = address_of(f, true);
		if (!long_holds(m, XLAB_SLOT_SRC, v.part[0], v.part[1]))
			return false;
	}
	if (is_given(m, XLAB_SLOT_DST)) {
		v = address_of(f, false);
		if (!long_holds(m, XLAB_SLOT_DST, v.part[0], v.part[1]))
			return false;
	}
	if (!is_given(m, XLAB_SLOT_ADDR))
		return true;
	v = address_of(f, true);
	w = address_of(f, false);
	return either_holds(m, XLAB_SLOT_ADDR, v.part[0], v.part[1], w.part[0], w.part[1]);
}

static __always_inline bool words_hold(struct matched *m, const void *header)
{
	_Static_assert(XLAB_NETWORK_WORDS == 16, "each has its code");
	do {
		TIMES_16(WORD, m, XLAB_SLOT_WORD, header);
	} while (0);
	return true;
}

static __always_inline bool longs_hold(struct matched *m, const void *header)
{
	_Static_assert(XLAB_NETWORK_LONGS == 3, "each has its code");
	do {
		MASKED(m, XLAB_SLOT_LONG, header);
		MASKED(m, XLAB_SLOT_LONG + 1, header);
		MASKED(m, XLAB_SLOT_LONG + 2, header);
	} while (0);
	return true;
}

/* The header of ARP, IPv4 or IPv6. */
static __always_inline bool network_holds(struct matched *m, const void *header)
{
	if (!words_hold(m, header) || !longs_hold(m, header))
		return false;
	if (uses(XLAB_SLOT_WORD_EITHER) &&
	    !either_holds(m, XLAB_SLOT_WORD_EITHER, load(header, XLAB_SLOT_WORD_EITHER, 0), 0,
			  load(header, XLAB_SLOT_WORD_EITHER, 2), 0))
		return false;
	return !uses(XLAB_SLOT_LONG_EITHER) ||
	       either_holds(m, XLAB_SLOT_LONG_EITHER, load(header, XLAB_SLOT_LONG_EITHER, 0),
			    load(header, XLAB_SLOT_LONG_EITHER, 1),
			    load(header, XLAB_SLOT_LONG_EITHER, 2),
			    load(header, XLAB_SLOT_LONG_EITHER, 3));
}

static __always_inline bool upper_words_hold(struct matched *m, const void *header)
{
	_Static_assert(XLAB_UPPER_WORDS == 16, "each has its code");
	do {
		TIMES_16(WORD, m, XLAB_SLOT_UPPER, header);
	} while (0);
	if (is_given(m, XLAB_SLOT_PORT_SRC) &&
	    !word_holds(m, XLAB_SLOT_PORT_SRC, *(const __be16 *)header))
		return false;
	return !is_given(m, XLAB_SLOT_PORT_DST) ||
	       word_holds(m, XLAB_SLOT_PORT_DST, ((const __be16 *)header)[1]);
}

static __always_inline bool upper_holds(struct matched *m, const void *header)
{
	if (!upper_words_hold(m, header))
		return false;
	return !is_given(m, XLAB_SLOT_UPPER_EITHER) ||
	       either_holds(m, XLAB_SLOT_UPPER_EITHER, load(header, XLAB_SLOT_UPPER_EITHER, 0), 0,
			    load(header, XLAB_SLOT_UPPER_EITHER, 2), 0);
}

/* Each of these: false if it is not whole. */
static __always_inline bool find_ipv4(struct xdp_md *ctx, __u32 offset, struct found *f)
{
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + offset;
	__u32 first;

	if ((void *)(ip + 1) > end)
		return false;
	first = *(const __u8 *)ip;
	if (first < VERSION4 || first > VERSION4_END)
		return false;
	f->header = ip;
	f->size = (first & 0xf) * 4;
	f->upper = (void *)ip + f->size;
	f->v6 = false;
	if (f->upper > end)
		return false;
	if (asks(XLAB_ASKS_PROTO))
		f->proto = ip->protocol;
	return true;
}

static __always_inline bool find_ipv6(struct xdp_md *ctx, __u32 offset, struct found *f)
{
	void *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip = (void *)(long)ctx->data + offset;
	__u32 behind;

	if ((void *)(ip + 1) > end || ip->version != 6)
		return false;
	f->header = ip;
	f->size = sizeof(*ip);
	f->upper = ip + 1;
	f->proto = ip->nexthdr;
	f->v6 = true;
	f->later = false;
	if (!is_extension(f->proto))
		return true;
	if (!skip_extensions(ctx, offset + sizeof(*ip), &f->proto, &f->later, &behind))
		return false;
	if (f->later)
		return true;
	f->upper = (void *)(long)ctx->data + behind;
	f->size = behind - offset;
	return f->upper <= end;
}

/* What is read of what IP carries is there: the header's word and the frame reach so far, and it is
 * no later fragment.
 */
static __always_inline bool is_upper_there(struct xdp_md *ctx, const struct found *f)
{
	__s64 bytes = CONSTANT(XLAB_UPPER_BYTES), room;
	const struct ipv6hdr *six = f->header;
	const struct iphdr *four = f->header;

	if (asks(XLAB_ASKS_IPV6) && f->v6) {
		if (f->later)
			return false;
		room = bpf_ntohs(six->payload_len) + sizeof(*six);
	} else {
		if (four->frag_off & bpf_htons(FRAGMENT_OFFSET4))
			return false;
		room = bpf_ntohs(four->tot_len);
	}
	return room - f->size >= bytes && f->upper + bytes <= (void *)(long)ctx->data_end;
}

static __always_inline bool find_arp(struct xdp_md *ctx, __u32 offset, struct found *f)
{
	f->header = (void *)(long)ctx->data + offset;
	return f->header + ARP_SIZE <= (void *)(long)ctx->data_end;
}

/* The network's header is of a kind that is asked for. */
static __always_inline bool find_network(struct xdp_md *ctx, __be16 type, __u32 offset,
					 struct found *f)
{
	if (asks(XLAB_ASKS_ARP))
		return type == bpf_htons(ETH_P_ARP) && find_arp(ctx, offset, f);
	if (asks(XLAB_ASKS_IPV4) && type == bpf_htons(ETH_P_IP))
		return find_ipv4(ctx, offset, f);
	return asks(XLAB_ASKS_IPV6) && type == bpf_htons(ETH_P_IPV6) && find_ipv6(ctx, offset, f);
}

static __always_inline bool has_ports(__u32 proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP;
}

/* Protocol and addresses, of either version. */
static __always_inline bool ip_holds(struct matched *m, const struct found *f)
{
	if (asks(XLAB_ASKS_CARRIED) && f->proto != CONSTANT(XLAB_PROTO))
		return false;
	if (asks(XLAB_ASKS_PORTS) && !has_ports(f->proto))
		return false;
	if (is_given(m, XLAB_SLOT_PROTO) && !word_holds(m, XLAB_SLOT_PROTO, f->proto))
		return false;
	return addresses_hold(m, f);
}

/* What the frame's length field says of LLC's payload, else up to the frame's end. */
static __always_inline __s64 room_behind(struct xdp_md *ctx, __be16 type, __u32 offset)
{
	__s64 room = (__s64)(ctx->data_end - ctx->data) - offset;
	__u32 length = bpf_ntohs(type);

	return length < ETH_P_802_3_MIN && length < room ? length : room;
}

/* Bytes of the header of what IP carries; -1: it is cut off. Lets @room be the payload's. */
static __always_inline __s64 upper_size(struct xdp_md *ctx, const struct network *net, __s64 *room)
{
	void *end = (void *)(long)ctx->data_end;
	const struct udphdr *udp = net->l4;
	const struct tcphdr *tcp = net->l4;
	__s64 size = 8;

	if (net->later)
		return 0;
	switch (net->proto) {
	case IPPROTO_UDP:
		if ((void *)(udp + 1) > end)
			return -1;
		if (bpf_ntohs(udp->len) < *room && bpf_ntohs(udp->len) >= sizeof(*udp))
			*room = bpf_ntohs(udp->len);
		break;
	case IPPROTO_TCP:
		if ((void *)(tcp + 1) > end || tcp->doff < 5)
			return -1;
		size = tcp->doff * 4;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		break;
	default:
		return 0;
	}
	*room -= size;
	return *room < 0 ? -1 : size;
}

/* The payload behind the last header that is known: where it begins << 16 | its length. 0: some
 * header is cut off. Apart, as it is long, and not static, so that the verifier walks it once.
 */
__noinline __u32 find_payload(struct xdp_md *ctx)
{
	struct network net = {};
	__u32 offset;
	__be16 type;
	__s64 room, size, behind;

	if (!parse_ether(ctx, &type, &offset))
		return 0;
	room = room_behind(ctx, type, offset);
	if (type == bpf_htons(ETH_P_ARP)) {
		room -= ARP_SIZE;
		offset += ARP_SIZE;
	} else if (type == bpf_htons(ETH_P_IP) || type == bpf_htons(ETH_P_IPV6)) {
		if (!parse_network(ctx, false, &net))
			return 0;
		room = net.room;
		size = upper_size(ctx, &net, &room);
		if (size < 0)
			return 0;
		behind = net.l4 - (void *)(long)ctx->data;
		/* Else clang subtracts halves of pointers. */
		barrier_var(behind);
		offset = behind + size;
	}
	return room < 0 || offset > PARSE_REACH ? 0 : offset << 16 | (room & 0xffff);
}

static __always_inline bool payload_holds(struct matched *m, struct xdp_md *ctx)
{
	__u32 found = find_payload(ctx);
	__u64 bytes = CONSTANT(XLAB_DATA_BYTES);
	void *data;

	_Static_assert(XLAB_DATA_LONGS == 16, "each has its code");
	/* clang knows what the function returns at most, and the verifier does not. */
	barrier_var(found);
	data = (void *)(long)ctx->data + (found >> 16 & PARSE_REACH);
	if (!found || (found & 0xffff) < bytes || data + bytes > (void *)(long)ctx->data_end)
		return false;
	do {
		TIMES_16(LONG, m, XLAB_SLOT_DATA, data);
	} while (0);
	return true;
}

/* The keys of the headers that were found. */
static __always_inline bool found_holds(struct matched *m, struct xdp_md *ctx,
					const struct found *f)
{
	if (!network_holds(m, f->header) || !ip_holds(m, f))
		return false;
	return !asks(XLAB_ASKS_UPPER) || (is_upper_there(ctx, f) && upper_holds(m, f->upper));
}

/* The keys of Ethernet's header and of those behind it. */
static __always_inline bool headers_hold(struct matched *m, struct xdp_md *ctx)
{
	struct found f = {};
	__u32 offset;
	__be16 type;

	if (asks(XLAB_ASKS_ETH) && !eth_holds(m, ctx))
		return false;
	if (!asks(XLAB_ASKS_NETWORK) && !is_given(m, XLAB_SLOT_TYPE))
		return true;
	if (!parse_ether(ctx, &type, &offset))
		return false;
	if (is_given(m, XLAB_SLOT_TYPE) && !type_holds(m, ctx, type))
		return false;
	if (!asks(XLAB_ASKS_NETWORK))
		return true;
	return find_network(ctx, type, offset, &f) && found_holds(m, ctx, &f);
}

/* By whichever rules there are now, and for any packet. */
static __always_inline int judge_any(struct xdp_md *ctx)
{
	int verdict = XLAB_NEXT;
	struct matched m;

	/* No constant, or the verifier would follow the rest for each that it can be. */
	m.n = rules.zero[0];
	if (!headers_hold(&m, ctx) || (asks(XLAB_ASKS_DATA) && !payload_holds(&m, ctx))) {
		barrier_var(verdict); /* else it costs a register all the way */
		return verdict;
	}
	match_hits(&m);
	return match_action(ctx);
}

/* Not static, so that the verifier walks it once. In chains of ours it costs no call. */
__noinline int match_rules(struct xdp_md *ctx)
{
	return judge_any(ctx);
}

/* Without options. The header is all there. */
static __always_inline bool find_plain_ipv4(struct iphdr *ip, struct found *f)
{
	if (*(const __u8 *)ip != VERSION4)
		return false;
	*f = (struct found){ .header = ip, .upper = ip + 1, .size = sizeof(*ip) };
	if (asks(XLAB_ASKS_PROTO))
		f->proto = ip->protocol;
	return true;
}

/* Without extension headers. */
static __always_inline bool find_plain_ipv6(struct ipv6hdr *ip, void *end, struct found *f)
{
	if ((void *)(ip + 1) > end || ip->version != 6 || is_extension(ip->nexthdr))
		return false;
	*f = (struct found){ .header = ip, .upper = ip + 1, .size = sizeof(*ip) };
	f->proto = ip->nexthdr;
	f->v6 = true;
	return true;
}

/* As judge_any(). But most rules are still the lab file's, and have one value for each key, which
 * then is in the program; and most packets have no tags, options or extension headers, so that it
 * is known where everything is.
 */
static __always_inline int judge(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ether *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	int verdict = XLAB_NEXT;
	struct found f = {};

	if (!asks(XLAB_ASKS_ONES))
		goto other;
	if (rules.changed)
		goto other;
	if (asks(XLAB_ASKS_ETH) && !eth_holds(NULL, ctx))
		goto next;
	if (asks(XLAB_ASKS_NETWORK) || is_given(NULL, XLAB_SLOT_TYPE)) {
		if ((void *)(ip + 1) > end)
			goto other;
		if (asks(XLAB_ASKS_IPV4) && eth->type == bpf_htons(ETH_P_IP)) {
			if (!find_plain_ipv4(ip, &f))
				goto other;
		} else if (asks(XLAB_ASKS_IPV6) && eth->type == bpf_htons(ETH_P_IPV6)) {
			if (!find_plain_ipv6((void *)ip, end, &f))
				goto other;
		} else if (is_tag(eth->type)) {
			goto other;
		} else if (asks(XLAB_ASKS_ARP)) {
			if (eth->type != bpf_htons(ETH_P_ARP) || !find_arp(ctx, sizeof(*eth), &f))
				goto next;
		} else if (asks(XLAB_ASKS_NETWORK)) {
			goto next;
		}
	}
	if (is_given(NULL, XLAB_SLOT_TYPE) && !is_one_word(NULL, XLAB_SLOT_TYPE, eth->type))
		goto next;
	if (asks(XLAB_ASKS_NETWORK) && !found_holds(NULL, ctx, &f))
		goto next;
	if (asks(XLAB_ASKS_DATA) && !payload_holds(NULL, ctx))
		goto next;
	match_hits(NULL);
	return match_action(ctx);
next:
	barrier_var(verdict); /* else it costs a register all the way */
	return verdict;
other:
	return match_rules(ctx);
}

/* For chains of libxdp, which take it as it is: a call would cost more than it does here. */
static __always_inline int judge_in_line(struct xdp_md *ctx)
{
	return asks(XLAB_ASKS_ONES) ? judge(ctx) : judge_any(ctx);
}

BUILT_IN_COUNTING(match, judge_in_line)
BUILT_IN_VERDICT(match, judge)

char LICENSE[] SEC("license") = "GPL";
