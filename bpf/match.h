/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_MATCH_H
#define XLAB_BPF_MATCH_H

/*
 * What ether, ip and port have in common: a verdict for what matches, and the
 * map "rules". Define MATCH_TABLES (tables in it, see rules.h) first.
 */

#include <linux/if_ether.h>

#include <stdbool.h>

#include "bpf/book.h"
#include "bpf/rules.h"

/* Set before the load. */
const volatile __u32 xlab_action = XDP_DROP;
const volatile __u32 xlab_capacity = 1; /* rule numbers */
const volatile __u32 xlab_cpus = 1;

#define MATCH_HEAD	      (sizeof(struct xlab_rules) + MATCH_TABLES * XLAB_TABLE * 2)
#define MATCH_SIZE(cap, cpus) (MATCH_HEAD + (cap) * (sizeof(struct xlab_span) + 8 * (cpus)))

/* User space sets the value's size to MATCH_SIZE(xlab_capacity, xlab_cpus). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MATCH_SIZE(1, 1));
} rules SEC(".maps");

static __always_inline struct xlab_rules *match_rules(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&rules, &key);
}

/* The rule of table @table (0 or 1) that holds @value. */
static __always_inline __u32 match_table(const struct xlab_rules *r, __u32 table, __u16 value)
{
	const __u16 *entries = (const void *)(r + 1);

	return entries[table * XLAB_TABLE + value];
}

static __always_inline void match_hit(__u64 *row, __u32 capacity, __u32 rule)
{
	if (rule > 0 && rule < capacity)
		row[rule]++;
}

/* Count a packet that matched by these rules (0: none). No atomics: each CPU has a row of its own.
 */
static __always_inline void match_hits(struct xlab_rules *r, __u32 a, __u32 b, __u32 c)
{
	__u32 capacity = xlab_capacity; /* each mention of it would be a load */
	__u64 *row = (void *)r + MATCH_HEAD + capacity * sizeof(struct xlab_span);
	__u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= xlab_cpus)
		return;
	row += cpu * capacity;
	match_hit(row, capacity, a);
	match_hit(row, capacity, b);
	match_hit(row, capacity, c);
}

#endif
