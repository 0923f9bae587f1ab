/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MATCH_DERIVE_H
#define XLAB_MATCH_DERIVE_H

/*
 * What packets are looked up in, made anew from the list of rules: for each value of a key the
 * number of the rule that holds it, or that it is excepted. Written so that a packet sees it as it
 * was before or as it is after.
 */

#include <stdbool.h>
#include <stdint.h>

struct match_layout;
struct xlab_rules;

/* The list in a filter's memory. */
struct xlab_rule *match_list(const struct match_layout *layout, struct xlab_rules *memory);

/* @fresh: no program has this memory yet. -ENOSPC: there is no room for all rules; others: the
 * kernel does not tell when readers are done. Then nothing has changed for the key that it happened
 * to.
 */
int match_derive(const struct match_layout *layout, struct xlab_rules *memory, bool fresh);

#endif
