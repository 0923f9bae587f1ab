/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULE_MAPS_H
#define XLAB_RULE_MAPS_H

/*
 * A filter's rules as they lie in its memory (bpf/rules.h).
 *
 * Each rule is written at once, in the one place that counts: the list. All that packets are looked
 * up in is derived from it, and made anew by every change, so what a killed one left is put right
 * by the next.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/filter/match_layout.h"

struct error;

/* The map of the variable "rules". */
#define RULES_MAP ".bss"

struct rule_maps {
	const struct match_key *keys; /* the filter's */
	size_t n_keys;
	struct match_layout layout;
	struct xlab_rules *memory; /* the whole of RULES_MAP, mapped */
	size_t size;
	uint32_t capacity;
};
#define RULE_MAPS_NONE    \
	{                 \
		.size = 0 \
	}

/* Hands over an fd of a map, which the caller closes. */
typedef int (*rule_map_fd)(void *cookie, const char *name, int *fd, struct error *e);

/* The filter's keys are read as long as it is open. */
int rule_maps_open(struct rule_maps *m, const struct filter *filter, rule_map_fd open, void *cookie,
		   struct error *e);
void rule_maps_close(struct rule_maps *m);
#define RULE_MAPS_AUTO __attribute__((cleanup(rule_maps_close)))

/* Put a filter's rules, of which there is one at least, into new memory. */
int rule_maps_fill(struct rule_maps *m, const struct filter *filter);

bool rule_maps_has(const struct rule_maps *m, const struct rule *rule);

/*
 * All of @rules or none: -EEXIST, -ENOSPC; -ENOENT; or what match_derive() says. Packets see all of
 * a rule or nothing. A key of the lab file whose last rule is deleted matches nothing: it does not
 * become a filter without that key.
 */
int rule_maps_add(struct rule_maps *m, const struct rule *rules, size_t n);
int rule_maps_del(struct rule_maps *m, const struct rule *rules, size_t n);

/* Call @fn for each rule; a nonzero answer ends the walk and is returned. */
typedef int rule_fn(void *cookie, const struct rule *rule, uint32_t number);
int rule_maps_each(const struct rule_maps *m, rule_fn *fn, void *cookie);

uint64_t rule_maps_hits(const struct rule_maps *m, uint32_t number);

#endif
