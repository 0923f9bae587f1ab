/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPF_RULES_H
#define XLAB_BPF_RULES_H

/*
 * The rules of a filter that matches, as they lie in its memory: written by user space, read by
 * match.bpf.c. A rule is one value, range or exception of one key, and has a number from 1 to
 * capacity - 1; 0 is none.
 *
 *   map ".bss", which is one value, and in it one behind another:
 *     struct xlab_rules           which keys are given, and the one value of those that have one
 *     __u16 [65536] or [256]      a table each key of one or two bytes: rule numbers by value
 *     struct xlab_area            each longer key: a hash of single values, and spans
 *     __u64 [CPUs][capacity]      hits of each rule, a row a possible CPU; [0]: of the filter
 *     struct xlab_rule [capacity] for user space: the list that all else is derived from
 *
 * A key has a slot, a piece of code that fits where its field is found and how long it is. Slots
 * are numbered by what is given at once (enum xlab_place) and by bit.
 */

#include <linux/types.h>

enum xlab_place { /* what is looked at from one header on */
		  XLAB_PLACE_ETH,
		  XLAB_PLACE_NETWORK, /* IPv4, IPv6 or ARP */
		  XLAB_PLACE_UPPER,   /* what IP carries */
		  XLAB_PLACE_DATA,
		  XLAB_PLACES,
};
#define XLAB_SLOT(place, bit) (32 * (place) + (bit))
#define XLAB_SLOTS	      XLAB_SLOT(XLAB_PLACES, 0)

#define XLAB_NETWORK_WORDS 16
#define XLAB_NETWORK_LONGS 3
#define XLAB_UPPER_WORDS   16
#define XLAB_DATA_LONGS	   16

enum xlab_slot_of {
	XLAB_SLOT_ETH_SRC = XLAB_SLOT(XLAB_PLACE_ETH, 0),
	XLAB_SLOT_ETH_DST,
	XLAB_SLOT_ETH_ADDR,
	XLAB_SLOT_VLAN_ID,
	XLAB_SLOT_VLAN_PRIORITY,
	XLAB_SLOT_VLAN_DEI,
	XLAB_SLOT_VLAN_TYPE,
	XLAB_SLOT_LENGTH,
	XLAB_SLOT_TYPE,
	XLAB_SLOT_WORD = XLAB_SLOT(XLAB_PLACE_NETWORK, 0),    /* one load: 1, 2 or 4 bytes */
	XLAB_SLOT_LONG = XLAB_SLOT_WORD + XLAB_NETWORK_WORDS, /* two loads */
	XLAB_SLOT_WORD_EITHER = XLAB_SLOT_LONG + XLAB_NETWORK_LONGS,
	XLAB_SLOT_LONG_EITHER,
	XLAB_SLOT_PROTO,
	XLAB_SLOT_SRC,
	XLAB_SLOT_DST,
	XLAB_SLOT_ADDR,
	XLAB_SLOT_UPPER = XLAB_SLOT(XLAB_PLACE_UPPER, 0),
	XLAB_SLOT_UPPER_EITHER = XLAB_SLOT_UPPER + XLAB_UPPER_WORDS,
	XLAB_SLOT_PORT_SRC,
	XLAB_SLOT_PORT_DST,
	XLAB_SLOT_DATA = XLAB_SLOT(XLAB_PLACE_DATA, 0),
};

/*
 * What user space writes into the instructions before the load, so that a filter's program is as
 * short as if it had been written for its keys alone. The instructions are found by these numbers,
 * which nothing else in the program has.
 *
 *   XLAB_LOAD(slot, part)   a load's offset: it gets place and size. Part 0 is the value's
 *                           beginning, part 1 the end of a long one (the two may overlap); parts 2
 *                           and 3 are the same of an EITHER's other field
 *   XLAB_BIT(n)             `if rX == …` becomes `if rX & 1 << n`
 *   XLAB_CONSTANT(n)        what a register is set to
 *   XLAB_ONE(slot, part)    the part of a key's one value: what `if rX != …` compares 32 bits with,
 *                           or what a register is set to in 64
 */
#define XLAB_LOAD(slot, part) (0x7000 + 4 * (slot) + (part))
#define XLAB_LOAD_END	      XLAB_LOAD(XLAB_SLOTS, 0)
#define XLAB_BIT(n)	      (0x7a000000 + (n))
#define XLAB_CONSTANT(n)      (0x7b000000 + (n))
#define XLAB_ONE(slot, part)  (0x7c000000 + 2 * (slot) + (part))

/* Bits of the constant XLAB_ASKS. */
enum xlab_asks {
	XLAB_ASKS_LIVE,	   /* which keys are given may change */
	XLAB_ASKS_ETH,	   /* Ethernet's header is read, or the length */
	XLAB_ASKS_TAG,	   /* a VLAN's tag is read */
	XLAB_ASKS_NETWORK, /* what is behind the tags is read, and must be … */
	XLAB_ASKS_ARP,	   /* ARP */
	XLAB_ASKS_IPV4,	   /* or may be this */
	XLAB_ASKS_IPV6,	   /* or this */
	XLAB_ASKS_PROTO,   /* what IP carries is looked at */
	XLAB_ASKS_CARRIED, /* it must carry XLAB_PROTO */
	XLAB_ASKS_PORTS,   /* UDP or TCP */
	XLAB_ASKS_UPPER,   /* what it carries is read */
	XLAB_ASKS_DATA,	   /* the payload is read */
	XLAB_ASKS_AREA,	   /* a key has its values in an area */
	XLAB_ASKS_TX,	   /* what matches is sent back */
	XLAB_ASKS_ONES,	   /* the lab file has one value for each key that it gives */
};

enum xlab_constant {
	XLAB_ASKS,
	XLAB_USED,			       /* + place: bits of the slots that have a key */
	XLAB_TABLED = XLAB_USED + XLAB_PLACES, /* + place: whose values are in a table */
	XLAB_KEPT = XLAB_TABLED + XLAB_PLACES, /* + place: that the lab file gives */
	XLAB_MASK = XLAB_KEPT + XLAB_PLACES,   /* + n: of part 0 of the NETWORK's nth long one */
	XLAB_ACTION = XLAB_MASK + XLAB_NETWORK_LONGS, /* of a match */
	XLAB_PROTO,
	XLAB_UPPER_BYTES, /* of what IP carries are read */
	XLAB_DATA_BYTES,
	XLAB_KEYS,	 /* of the filter */
	XLAB_ROW,	 /* bytes of a CPU's hits */
	XLAB_HITS,	 /* where they begin */
	XLAB_HITS_END,	 /* bytes of them all */
	XLAB_AREAS,	 /* where they begin */
	XLAB_AREA_SIZE,	 /* bytes of each */
	XLAB_AREA_END,	 /* index behind the last */
	XLAB_HASH_BITS,	 /* a hash has 1 << bits entries */
	XLAB_HASH_SHIFT, /* 64 - these */
	XLAB_SPANS_MAX,	 /* in one half of an area's spans: a power of two */
	XLAB_CONSTANTS,
};

struct xlab_keys {		 /* the const volatile global `xlab_keys` */
	__u32 place[XLAB_SLOTS]; /* where a key's table or area begins */
	__u32 area[XLAB_SLOTS];	 /* which area it is */
};

struct xlab_value { /* as the parts are loaded */
	__u64 part[2];
};

#define XLAB_RULES_MAX (1U << 21)
#define XLAB_EXCEPTED  0xffff /* where a rule's number would be: it is excluded. No rule has it. */

struct xlab_rules {
	__u32 given[XLAB_PLACES]; /* keys that a packet must have, by slot */
	__u32 many[XLAB_PLACES];  /* that have other values than the one below */
	__u32 kept[XLAB_PLACES];  /* the lab file's keys, one at least: even without a value */
	__u32 changed;		  /* the rules are not the lab file's, one value a key */
	__u32 zero[3];
	struct xlab_value one[XLAB_SLOTS];
	__u64 gone[XLAB_SLOTS]; /* for user space: hits of numbers that another rule has now */
};

#define XLAB_PROBES	64 /* entries of a hash that are looked at, one behind another */
#define XLAB_HASH(a, b) (((a) ^ ((b) << 7 | (b) >> 57)) * 0x9e3779b97f4a7c15ULL)

struct xlab_entry {
	__u32 number; /* 0: there is none, go on; written last */
	__u32 used;   /* 0: nobody was ever here: look no further */
	struct xlab_value value;
};

/* From @first on, up to the next one, values are of rule @number. */
struct xlab_from {
	__u64 first[2]; /* the parts, as numbers: the first byte counts most */
	__u32 number, zero;
};

struct xlab_area {
	__u32 half;	/* which half of the spans holds */
	__u32 spans[2]; /* how many are in each */
	__u32 zero;
	/* struct xlab_entry [1 << XLAB_HASH_BITS], then struct xlab_from [2][XLAB_SPANS_MAX] */
};

struct xlab_rule {
	__u8 used; /* 1, or 0: a free number; written last */
	__u8 key;
	__u8 except;
	__u8 only; /* the key's first single value in the lab file, whose hits follow by subtraction
		    */
	__u32 zero;
	__u8 span[40];
};

#endif
