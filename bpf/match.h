/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_MATCH_H
#define XLAB_BPF_MATCH_H

/*
 * match.bpf.c's rules, which lie as rules.h says: is a value one of a key's, and by which rule;
 * hits; and the verdict for what matches.
 */

#include <linux/if_ether.h>

#include <stdbool.h>

#include "bpf/counters.h"
#include "bpf/parse.h"
#include "bpf/rules.h"
#include "bpf/swap_src_dst_mac.h"

/* A variable and no map that is looked into: the program has its address. User space makes room
 * behind it.
 */
struct xlab_rules rules;

/* Set before the load. */
const volatile struct xlab_keys xlab_keys = {};

/* The memory at @offset. Beyond what clang knows of. */
static __always_inline void *rules_at(__u64 offset)
{
	void *at = &rules;

	barrier_var(at);
	return at + offset;
}

#define CONSTANT(n)                                                               \
	({                                                                        \
		__u64 constant;                                                   \
		asm volatile("%0 = %1" : "=r"(constant) : "i"(XLAB_CONSTANT(n))); \
		constant;                                                         \
	})

/* A bit of a constant: the verifier knows it, and leaves out what depends on one that is off. */
static __always_inline bool is_set(__u64 bits, const __u32 n)
{
	asm goto("if %0 == %1 goto %l[on]" : : "r"(bits), "i"(XLAB_BIT(n)) : : on);
	return false;
on:
	return true;
}

static __always_inline bool asks(const __u32 n)
{
	return is_set(CONSTANT(XLAB_ASKS), n);
}

/* There is a key in @slot. */
static __always_inline bool uses(const __u32 slot)
{
	return is_set(CONSTANT(XLAB_USED + slot / 32), slot % 32);
}

/* @n, of which the verifier knows the bounds, times a constant. In this order: that of 6.1 knows
 * nothing of a constant times @n.
 */
static __always_inline __u64 times(__u64 n, __u64 constant)
{
	asm volatile("%0 *= %1" : "+r"(n) : "r"(constant));
	return n;
}

#define MATCHED_MAX 16 /* keys of a filter */

/* The rules by which a packet matched, but for those in `one`. NULL in place of one: the rules are
 * the lab file's, each key has one value, and these are in the program.
 */
struct matched {
	__u32 n;
	__u32 numbers[MATCHED_MAX];
};

/* … and a packet must have it. */
static __always_inline bool is_given(const struct matched *m, const __u32 slot)
{
	if (!m)
		return is_set(CONSTANT(XLAB_KEPT + slot / 32), slot % 32);
	if (!uses(slot))
		return false;
	return !asks(XLAB_ASKS_LIVE) || rules.given[slot / 32] >> (slot % 32) & 1;
}

/* True if there is such a rule. */
static __always_inline bool tally(struct matched *m, __u32 number)
{
	if (!number || number == XLAB_EXCEPTED)
		return false;
	m->numbers[m->n & (MATCHED_MAX - 1)] = number;
	m->n++;
	return true;
}

static __always_inline struct xlab_entry *entries_of(struct xlab_area *area)
{
	return (struct xlab_entry *)(area + 1);
}

/* The top bit is set if @a < @b. Without a branch, of which the verifier would follow both ways. */
static __always_inline __u64 is_less(__u64 a, __u64 b)
{
	return (~a & b) | ((~a | b) & (a - b));
}

/* The top bit is set if @from begins behind the value. */
static __always_inline __u64 is_behind(const struct xlab_from *from, __u64 a, __u64 b)
{
	__u64 differs = from->first[0] ^ a;

	/* The second part counts where the first ones are equal. */
	return is_less(a, from->first[0]) | (is_less(b, from->first[1]) & ~(differs | -differs));
}

/* The area of that number; NULL: there is none. */
static __always_inline struct xlab_area *area_at(__u64 index)
{
	/* A copy, of which the verifier of 6.1 learns from the comparison: not of one made later.
	 */
	barrier_var(index);
	if (!asks(XLAB_ASKS_AREA) || index >= CONSTANT(XLAB_AREA_END))
		return NULL;
	/* Else the verifier of 6.1 does not know that it is not negative. */
	barrier_var(index);
	index &= MATCHED_MAX - 1;
	return rules_at(CONSTANT(XLAB_AREAS)) + times(index, CONSTANT(XLAB_AREA_SIZE));
}

/* The rule of the span that the value lies in: of the last that begins before it. */
static __always_inline __u32 span_rule(struct xlab_area *area, __u64 a, __u64 b)
{
	const struct xlab_from *from =
		(void *)(entries_of(area) + (1ULL << CONSTANT(XLAB_HASH_BITS)));
	__u64 max = CONSTANT(XLAB_SPANS_MAX), half = area->half & 1, n = area->spans[half];
	/* No constant, or the verifier would follow each that can be. */
	__u64 at = area->zero & (max - 1);

	from += times(half, max);
	if (n <= 1)
		return n ? from->number : 0;
	a = bpf_be64_to_cpu(a);
	b = bpf_be64_to_cpu(b);
#pragma nounroll
	for (__u64 step = max >> 1; step; step >>= 1) {
		__u64 next = (at + step) & (max - 1);
		/* The top bit: it is there, and begins before the value. */
		__u64 goes = ((next - n) & ~is_behind(from + next, a, b)) >> 63;

		/* Else clang makes a branch of it. */
		barrier_var(goes);
		at = (at + goes * step) & (max - 1);
	}
	return from[at].number;
}

#define PROBES_AT_ONCE 8
#define LOOK_ON	       (~0U)

/* The rule of the value in this entry, or 0. The number is read first, as it is written last. */
static __always_inline __u32 entry_rule(const volatile struct xlab_entry *e, __u64 a, __u64 b)
{
	__u32 number = e->number;
	__u64 differs = (e->value.part[0] ^ a) | (e->value.part[1] ^ b);

	/* One comparison. */
	barrier_var(differs);
	return differs ? 0 : number;
}

/* The rule of the value among some entries from @hash on; 0: among none; LOOK_ON: perhaps among
 * the next ones. Not static, so that the verifier walks it once, and not for each of the calls.
 */
__noinline __u32 probe(__u64 a, __u64 b, __u64 index, __u64 hash)
{
	__u64 mask = (1ULL << CONSTANT(XLAB_HASH_BITS)) - 1;
	struct xlab_area *area = area_at(index);

	if (!area)
		return 0;
#pragma nounroll
	for (int i = 0; i < PROBES_AT_ONCE; i++) {
		const volatile struct xlab_entry *e = entries_of(area) + (hash & mask);
		__u32 number = entry_rule(e, a, b);

		if (number)
			return number;
		if (!e->used)
			return 0;
		hash++;
	}
	return LOOK_ON;
}

/* Where it is not in the first place of the hash: seldom, or in a span. Apart and not static, too.
 */
__noinline __u32 far_rule(__u64 a, __u64 b, __u64 index)
{
	__u64 hash = XLAB_HASH(a, b) >> CONSTANT(XLAB_HASH_SHIFT);
	struct xlab_area *area = area_at(index);

	if (!area)
		return 0;
#pragma nounroll
	for (int i = 0; i < XLAB_PROBES / PROBES_AT_ONCE; i++) {
		__u32 number = probe(a, b, index, hash);

		if (!number)
			break;
		if (number != LOOK_ON)
			return number;
		hash += PROBES_AT_ONCE;
	}
	return span_rule(area, a, b);
}

/* The rule of a value. The slot is known where this is called, and with it table or area. */
static __always_inline __u32 rule_of(const __u32 slot, __u64 a, __u64 b)
{
	void *place = rules_at(xlab_keys.place[slot]);
	const volatile struct xlab_entry *e;
	__u32 number;

	if (is_set(CONSTANT(XLAB_TABLED + slot / 32), slot % 32))
		return *(__u16 *)(place + 2 * a);
	e = entries_of(place) + (XLAB_HASH(a, b) >> CONSTANT(XLAB_HASH_SHIFT));
	number = entry_rule(e, a, b);
	return number ?: far_rule(a, b, xlab_keys.area[slot]);
}

static __always_inline bool has_many(const __u32 slot)
{
	return rules.many[slot / 32] >> (slot % 32) & 1;
}

static __always_inline bool is_one_word(const struct matched *m, const __u32 slot, __u64 word)
{
	if (m)
		return word == rules.one[slot].part[0];
	asm goto("if %0 != %1 goto %l[other]" : : "r"(word), "i"(XLAB_ONE(slot, 0)) : : other);
	return true;
other:
	return false;
}

static __always_inline bool word_holds(struct matched *m, const __u32 slot, __u64 word)
{
	if (is_one_word(m, slot, word))
		return true;
	return m && has_many(slot) && tally(m, rule_of(slot, word, 0));
}

#define ONE(slot, part)                                                                 \
	({                                                                              \
		__u64 one;                                                              \
		asm volatile("%0 = %1 ll" : "=r"(one) : "i"(XLAB_ONE((slot), (part)))); \
		one;                                                                    \
	})

static __always_inline bool is_one(const struct matched *m, const __u32 slot, __u64 a, __u64 b)
{
	const struct xlab_value *one = &rules.one[slot];

	if (!m)
		return a == ONE(slot, 0) && b == ONE(slot, 1);
	return a == one->part[0] && b == one->part[1];
}

static __always_inline bool long_holds(struct matched *m, const __u32 slot, __u64 a, __u64 b)
{
	if (!m || !has_many(slot))
		return is_one(m, slot, a, b);
	return tally(m, rule_of(slot, a, b));
}

/* It is enough that one of the two is among the values; but neither may be excepted. */
static __always_inline bool either_holds(struct matched *m, const __u32 slot, __u64 a, __u64 b,
					 __u64 c, __u64 d)
{
	__u32 one, other;

	if (!m || !has_many(slot))
		return is_one(m, slot, a, b) || is_one(m, slot, c, d);
	one = rule_of(slot, a, b);
	other = rule_of(slot, c, d);
	if (one == XLAB_EXCEPTED || other == XLAB_EXCEPTED)
		return false;
	return tally(m, one ?: other);
}

static __always_inline void match_hit(__u64 at)
{
	void *hits = rules_at(CONSTANT(XLAB_HITS));

	/* What is compared shall be what indexes. */
	barrier_var(at);
	if (at < CONSTANT(XLAB_HITS_END))
		++*(__u64 *)(hits + at);
}

/* Count a hit of each rule, and one of the filter: the hits of rules in `one` follow by
 * subtraction. No atomics: a CPU has a row of its own.
 */
static __always_inline void match_hits(const struct matched *m)
{
	__u64 row = times(bpf_get_smp_processor_id(), CONSTANT(XLAB_ROW));

	match_hit(row);
	if (!m || !m->n)
		return;
#pragma nounroll
	for (__u32 i = 0; i < CONSTANT(XLAB_KEYS) && i < m->n; i++)
		match_hit(row + sizeof(__u64) * m->numbers[i & (MATCHED_MAX - 1)]);
}

/* What the action is for; a frame that is sent back has its addresses swapped. */
static __always_inline int match_action(struct xdp_md *ctx)
{
	if (asks(XLAB_ASKS_TX))
		swap_src_dst_mac(ctx);
	return CONSTANT(XLAB_ACTION);
}

#endif
