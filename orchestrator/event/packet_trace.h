/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PACKET_TRACE_H
#define XLAB_PACKET_TRACE_H

/*
 * What the events say of the packet that a CPU is at: its filters tell what they said that is not
 * their silent verdict, one after the other, and the last event is that it was decided.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct filter;

struct packet_trace {
	bool begun;
	uint16_t iface;
	uint32_t gen;
	uint64_t lost; /* events that may have been lost before its first one, but not since */
	int hello;     /* position of hello, which showed it; -1: none did */
	int last;      /* rank of the last event, -1: none yet */
	uint8_t verdicts[XLAB_CHAIN_MAX];
	uint64_t told; /* bit N: verdicts[N] is set */
};

/* Another event of the CPU; @lost: how many had been lost before it. When it is XLAB_DECIDED, the
 * trace is to be asked, and then ended.
 */
void packet_trace_add(struct packet_trace *f, const struct xlab_event *event, uint64_t lost);
void packet_trace_end(struct packet_trace *f);

/* hello showed this packet, which was decided at @position. */
bool packet_trace_greeted(const struct packet_trace *f, unsigned int position);

#define PACKET_TRACE_UNKNOWN (-1)

/* What @filter, the chain's @i-th, said of a packet that a later one decided. @sure: every filter
 * of the chain tells, and no event can have been lost.
 */
int packet_trace_verdict(const struct packet_trace *f, unsigned int i, const struct filter *filter,
			 bool sure);

#endif
