/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_RULES_H
#define XLAB_BPF_RULES_H

/*
 * The rules of ether, ip and port as they lie in maps: written by user space, read by the
 * filters. A rule is one value of one key, and has a number from 1 to capacity - 1; 0 is none.
 *
 *   map ".bss", which is one value, and in it one behind another:
 *     struct xlab_rules          which keys are given; rule numbers by protocol
 *     __u16 [n][65536]           rule numbers by EtherType (ether: n = 1), by port (port: n = 2,
 *                                source and destination; ip: n = 0)
 *     __u64 [CPUs][capacity]     hits of each rule, a row a possible CPU
 *     struct xlab_span [capacity]    for user space: the rules that the tables are made from
 *   hash "macs", "addresses4", "addresses6": struct xlab_sides by address
 *   trie "nets": struct xlab_net_rule by struct xlab_net
 */

#include <linux/types.h>

enum xlab_key {
	XLAB_KEY_SRC,
	XLAB_KEY_DST,
	XLAB_KEY_TYPE,
	XLAB_KEY_PROTO,
	XLAB_KEYS,
};

enum xlab_family {
	XLAB_IPV4,
	XLAB_IPV6,
};

/* Bits of `given`: the keys that have a value, and where those of src and dst are to be found. */
#define XLAB_GIVEN(key)		       (1U << (key))
#define XLAB_GIVEN_EXACT(side, family) (1U << (4 + 2 * (family) + (side)))
#define XLAB_GIVEN_NETS(side, family)  (1U << (8 + 2 * (family) + (side)))

/* A rule's number has so many bits: three numbers go into 64. */
#define XLAB_RULE_BITS 21

struct xlab_rules {
	__u32 given; /* 0: the filter matches nothing */
	__u32 kept;  /* keys of the lab file: given, with or without a value */
	__u16 protos[256];
};

#define XLAB_TABLE 65536 /* entries of a table, two bytes each */

/* A rule that stands in a table. Eight bytes, so that it is written at once. */
struct xlab_span {
	__u16 used; /* 1, or 0: a free number */
	__u16 key;  /* enum xlab_key */
	__u16 first, last;
};

struct xlab_sides { /* the rules of an address by side, src and dst */
	__u32 rule[2];
};

struct xlab_net {
	__u32 bits; /* XLAB_NET_HEAD and the prefix's own */
	__u8 side;
	__u8 family;
	__u8 zero[2];
	__u8 address[16];
};
#define XLAB_NET_HEAD 32 /* bits of side, family and zero */

struct xlab_net_rule {
	__u32 rule;
	__u32 bits; /* of its own key: tells user space a look-up's own prefix from a shorter one */
};

#endif
