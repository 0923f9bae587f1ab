// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts a CPU's events together to the story of one packet. Reads no ring and prints nothing. */
#include "orchestrator/event/packet_trace.h"

#include "orchestrator/model/program.h"

/* A packet comes to the chain, and to each filter once, which shows it before it says what becomes
 * of it.
 */
static int rank(const struct xlab_event *event)
{
	bool shows = event->kind == XLAB_HELLO || event->kind == XLAB_HEADERS;

	return event->kind == XLAB_CAME ? 0 : 2 * event->position + (shows ? 1 : 2);
}

void packet_trace_add(struct packet_trace *f, const struct xlab_event *event, uint64_t lost)
{
	/* Else the end of another packet's story has not come. */
	if (!f->begun || f->iface != event->iface || f->gen != event->gen || rank(event) <= f->last)
		*f = (struct packet_trace){ .begun = true,
					    .iface = event->iface,
					    .gen = event->gen,
					    .lost = lost,
					    .hello = -1,
					    .last = -1 };
	f->last = rank(event);
	if (event->position >= XLAB_CHAIN_MAX)
		return;
	if (event->kind == XLAB_HELLO)
		f->hello = event->position;
	if (event->kind != XLAB_WENT_ON)
		return;
	f->verdicts[event->position] = event->verdict;
	f->told |= UINT64_C(1) << event->position;
}

void packet_trace_end(struct packet_trace *f)
{
	f->begun = false;
}

bool packet_trace_greeted(const struct packet_trace *f, unsigned int position)
{
	return f->hello >= 0 && f->hello <= (int)position;
}

int packet_trace_verdict(const struct packet_trace *f, unsigned int i, const struct filter *filter,
			 bool sure)
{
	int silent = (int)program_silent(filter->program);

	/* It could not have come further otherwise. */
	if (filter->continues == UINT32_C(1) << silent)
		return silent;
	if (!sure)
		return PACKET_TRACE_UNKNOWN;
	return f->told >> i & 1 ? f->verdicts[i] : silent;
}
