/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_DECIDES_H
#define XLAB_FILTER_DECIDES_H

/* What can be known of a filter before it runs: what it matches, and how it can end a chain. Of an
 * object nothing is, so it may do anything.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "orchestrator/model/labfile.h"

#define ACTION_BIT(action) (UINT32_C(1) << (action))

/* The actions with which it can end a chain, a bit each. */
uint32_t filter_endings(const struct filter *f);

/* It ends the chain for every packet. */
bool filter_decides_all(const struct filter *f);

/* The values of its proto that no packet has there, malloc'ed: "44, 60"; NULL if each may be had.
 */
char *filter_dead_protos(const struct filter *f);

/* No packet can match it. */
bool filter_is_dead(const struct filter *f);

/* As far as its keys say it may match ARP, neighbour discovery, a segment between such ports. */
bool filter_takes_arp(const struct filter *f);
bool filter_takes_discovery(const struct filter *f);
bool filter_takes_ports(const struct filter *f, struct range src, struct range dst);

#endif
