/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_DECIDES_H
#define XLAB_FILTER_DECIDES_H

/* What can be known of a filter before it runs: what it matches, and how it can end a chain. Of an
 * object nothing is, so it may do anything.
 */

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/model/labfile.h"
#include "orchestrator/model/rule.h"

#define ACTION_BIT(action) (UINT32_C(1) << (action))

/* The actions with which it can end a chain, a bit each. */
uint32_t filter_endings(const struct filter *f);

/* It ends the chain for every packet. */
bool filter_decides_all(const struct filter *f);

/* What it may match: a bit for each kind of packets, told apart by the headers that they have. */
uint32_t filter_kinds(const struct filter *f);

/* With the addresses of Ethernet swapped a packet is the same to it. */
bool filter_is_symmetric(const struct filter *f);

/* The protocols among its values that no packet has there, malloc'ed: "44, 60", and of which key;
 * NULL if each may be had.
 */
char *filter_dead_protos(const struct filter *f, const struct match_key **where);

/* Why no packet can match it, malloc'ed, and which key is to blame, NULL if none is alone; NULL:
 * some can.
 */
char *filter_why_dead(const struct filter *f, const struct match_key **where);
bool filter_is_dead(const struct filter *f);

/* The next rule (NULL: the first) that excludes nothing of what its key's others name, or NULL. */
const struct rule *filter_idle_exception(const struct filter *f, const struct rule *after);

/* As far as its keys say it may match ARP, neighbour discovery, a segment between such ports. */
bool filter_takes_arp(const struct filter *f);
bool filter_takes_discovery(const struct filter *f);
bool filter_takes_tcp(const struct filter *f, struct range src, struct range dst);

#endif
