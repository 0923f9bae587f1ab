/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULE_MAPS_H
#define XLAB_RULE_MAPS_H

/*
 * A filter's rules as they lie in its maps (bpf/rules.h).
 *
 * Each rule is written at once, in the one place that counts: its span in the
 * list, or its element of a hash or trie. Tables and `given` are derived from
 * these, and made anew by every change, so what a killed one left is put right by the next.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/rules.h"
#include "orchestrator/model/program.h"
#include "orchestrator/model/rule.h"

struct error;

extern const char *const rule_map_names[RULE_MAPS];

/* The map of the variable "rules": tables, hits and spans. */
#define RULES_MAP ".bss"

/* Its size in bytes, with room for @capacity rule numbers. */
size_t rule_maps_size(const struct rule_layout *layout, size_t capacity);

struct rule_maps {
	const struct rule_layout *layout;
	const struct match_key *keys; /* the filter's */
	size_t n_keys;
	struct xlab_rules *head; /* the whole of RULES_MAP, mapped */
	size_t size;
	uint32_t capacity, cpus;
	int fds[RULE_MAPS];
};
#define RULE_MAPS_NONE                        \
	{                                     \
		NULL, NULL, 0, NULL, 0, 0, 0, \
		{                             \
			-1, -1, -1, -1        \
		}                             \
	}

/* Hands over an fd of a map, which the caller closes. */
typedef int (*rule_map_fd)(void *cookie, const char *name, int *fd, struct error *e);

/* The filter's keys are read as long as it is open. */
int rule_maps_open(struct rule_maps *m, const struct filter *filter, rule_map_fd open, void *cookie,
		   struct error *e);
void rule_maps_close(struct rule_maps *m);
#define RULE_MAPS_AUTO __attribute__((cleanup(rule_maps_close)))

/* Put a filter's rules into new maps. */
int rule_maps_fill(struct rule_maps *m, const struct filter *filter);

bool rule_maps_has(const struct rule_maps *m, const struct rule *rule);

/*
 * -EEXIST, -ENOSPC; -ENOENT; -EOPNOTSUPP: not in these maps. Packets see all of a change or
 * nothing. A key of the lab file whose last rule is deleted matches nothing: it does not become a
 * filter without that key.
 */
int rule_maps_add(struct rule_maps *m, const struct rule *rule);
int rule_maps_del(struct rule_maps *m, const struct rule *rule);

/* Call @fn for each rule; a nonzero answer ends the walk and is returned. */
typedef int rule_fn(void *cookie, const struct rule *rule, uint32_t number);
int rule_maps_each(const struct rule_maps *m, rule_fn *fn, void *cookie);

uint64_t rule_maps_hits(const struct rule_maps *m, uint32_t number);

#endif
