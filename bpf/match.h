/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_MATCH_H
#define XLAB_BPF_MATCH_H

/*
 * What ether, ip and port have in common: a verdict for what matches, and the
 * rules as rules.h says. Define MATCH_TABLES (tables among them) first.
 */

#include <linux/if_ether.h>

#include <stdbool.h>

#include "bpf/counters.h"
#include "bpf/rules.h"
#include "bpf/swap_src_dst_mac.h"

/* Set before the load. */
const volatile __u32 xlab_action = XDP_DROP;
const volatile __u64 xlab_capacity = 1; /* rule numbers */
const volatile __u64 xlab_hits = 0;	/* xlab_capacity for each possible CPU */

/* A variable and no map that is looked into: the program has its address. User space makes
 * room behind it, for the hits.
 */
struct {
	struct xlab_rules head;
	__u16 tables[MATCH_TABLES][XLAB_TABLE];
} rules;

/* The rule of table @table (0 or 1) that holds @value. */
static __always_inline __u32 match_table(__u32 table, __u16 value)
{
	return rules.tables[table][value];
}

/*
 * The rules by which a packet matched, one behind another in one number: what is kept over a
 * call costs a register each. A packet matches by one rule a key, thus by three.
 */
typedef __u64 matched_t;

static __always_inline matched_t match_and(matched_t matched, __u32 rule)
{
	return matched << XLAB_RULE_BITS | rule;
}

static __always_inline matched_t match_hit(__u64 row, matched_t matched)
{
	__u64 at = row + (matched & ((1U << XLAB_RULE_BITS) - 1));
	__u64 *hits = (__u64 *)(&rules + 1);

	/* Beyond what clang knows of; and what is compared shall be what indexes. */
	barrier_var(hits);
	barrier_var(at);
	if (at < xlab_hits)
		hits[at]++;
	return matched >> XLAB_RULE_BITS;
}

/* Count a hit of each rule. No atomics: a CPU has a row of its own. */
static __always_inline void match_hits(matched_t matched)
{
	__u64 row = bpf_get_smp_processor_id() * xlab_capacity;

	matched = match_hit(row, matched);
	if (matched)
		matched = match_hit(row, matched);
	if (matched)
		match_hit(row, matched);
}

/* What the action is for; a frame that is sent back has its addresses swapped. */
static __always_inline int match_verdict(struct xdp_md *ctx, bool matched)
{
	__u32 action;

	if (!matched)
		return XLAB_NEXT;
	action = xlab_action;
	if (action == XDP_TX)
		swap_src_dst_mac(ctx);
	return action;
}

#endif
