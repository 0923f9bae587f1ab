/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_EXPLAIN_H
#define XLAB_EXPLAIN_H

/*
 * What a chain does with a packet that is not sent: an instrumented copy of the chain, on copies of
 * its filters' maps, run by BPF_PROG_TEST_RUN. What stands on the interface is not touched, and
 * neither counts nor keeps anything of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/linker/trace.h"
#include "orchestrator/model/labfile.h"

struct call_trace;
struct error;
struct lab;
struct rules_watch;

struct explain;

/* @chain, as if it stood on its interface. @copies: the lab is used by others. While it is open,
 * the process is in the interface's node. What is tail-called is told if lab->calls was there
 * before the maps.
 */
int explain_open(struct explain **explain, struct lab *lab, const struct chain_config *chain,
		 enum trace_level level, bool copies, struct error *e);
void explain_close(struct explain *x); /* NULL is none */

struct explained {
	uint32_t verdict;
	size_t by;	/* position of the filter that decided, or the chain's length: its end */
	size_t n_asked; /* filters, from the first on */
	const uint8_t *bytes; /* as they came out, until the next one */
	size_t size;
};

/* What a packet comes to. @bytes: of a whole frame. */
int explain_packet(struct explain *x, const uint8_t *bytes, size_t size, struct explained *result,
		   struct error *e);

/* What it went by; of the last packet: */
const struct chain_config *explain_chain(const struct explain *x);
const struct filter *explain_filter(const struct explain *x, size_t i); /* of position @i */
const struct trace *explain_trace(const struct explain *x);
struct rules_watch *explain_rules(const struct explain *x, size_t i); /* NULL: it has none */

/* The @n'th program behind position @i's PROG_ARRAYs, or NULL.
 */
const struct call_trace *explain_call(const struct explain *x, size_t i, size_t n);
/* Others were asked that have the same, so that what they did is of all of them. */
bool explain_calls_shared(const struct explain *x, const struct explained *result, size_t i);

#endif
