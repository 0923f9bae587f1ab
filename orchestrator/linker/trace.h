/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TRACE_H
#define XLAB_TRACE_H

/*
 * What a linked program does, seen from within: an instrumented copy of it writes into a map of one
 * value, which is mapped here, what each filter said, and how often it came by each of their lines.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct error;
struct link_output;
struct linker;

enum trace_level {
	TRACE_VERDICTS, /* what the filters said */
	TRACE_LINES,	/* and which lines of source ran, of filters with input.traced */
	TRACE_BRANCHES, /* and which way each of their branches went */
};

/* Several may be of one line. */
struct trace_point {
	size_t filter;
	char *file, *text; /* of the source, as the compiler wrote them down */
	unsigned int line;
	char *function; /* that begins here, or NULL */
	size_t insn;	/* of the filter's own program: tells branches of one line apart */
	enum trace_point_kind { POINT_LINE, POINT_STAYED, POINT_JUMPED } kind;
};

struct trace_answer {
	uint32_t verdict, asked;
};

struct trace_cells {
	struct trace_answer filters[XLAB_CHAIN_MAX];
	uint64_t counts[]; /* one a point */
};

struct trace {
	enum trace_level level; /* asked for; then: what the verifier let be */
	bool may_lack; /* the chain is loaded without anything if it cannot be instrumented */
	struct trace_point *points;
	size_t n;
	size_t uncounted; /* points for which there was no room */
	struct trace_cells *cells;
	size_t size;
	int fd;	    /* of the map */
	bool frags; /* the program takes packets in fragments */
};

#define TRACE_NONE       \
	{                \
		.fd = -1 \
	}

/* Put the points of @level into @out (link_insert()) and make the map. @stack: those for which
 * there is no register may take some stack. -E2BIG: it gets too long.
 */
int trace_instrument(struct trace *trace, enum trace_level level, bool stack,
		     struct link_output *out, const struct linker *c, struct error *e);
void trace_clear(struct trace *trace);

/* What was counted. */
void trace_forget(struct trace *trace);

#endif
