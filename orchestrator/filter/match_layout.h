/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MATCH_LAYOUT_H
#define XLAB_MATCH_LAYOUT_H

/*
 * Where the keys of a filter have their place: in which slot of match.bpf.c, at which bytes of a
 * packet, and where in the filter's memory (bpf/rules.h). It follows from the filter alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/rules.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/rule.h"

struct match_part {	 /* a load */
	uint16_t offset; /* from the header's start */
	uint8_t size;	 /* 1, 2, 4 or 8; 0: there is none */
};

struct match_place { /* a key's */
	const struct match_key *key;
	unsigned int slot;
	struct match_part parts[4]; /* see XLAB_LOAD */
	uint8_t bytes;		    /* of a value */
	bool tabled;		    /* at @at a table, of 1 << 8 * bytes entries, else an area */
	size_t at;
	bool has_one; /* the lab file has one value for it, which is @one */
	struct xlab_value one;
};

struct match_layout {
	struct match_place places[MATCH_KEYS_MAX]; /* by key */
	size_t n_keys;
	uint32_t constants[XLAB_CONSTANTS];
	struct xlab_keys keys;
	size_t hits, list, size; /* where they begin, and how long it all is */
	uint32_t capacity, cpus; /* rule numbers; rows of hits */
};

void match_layout(const struct filter *filter, struct match_layout *layout);

/* Can @rule be the one value of its key, which then is compared with all that is loaded? */
bool match_layout_is_one(const struct match_place *place, const struct rule *rule);

/* Write what the keys need into the instructions of a copy of match's object. */
void match_layout_write(const struct match_layout *layout, void *object);

/* A value of a key's field as the program has it in two registers. */
struct xlab_value match_layout_value(const struct match_place *place,
				     const struct field_value *value);

#endif
