/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CALLS_TRACE_H
#define XLAB_CALLS_TRACE_H

/*
 * What runs behind bpf_tail_call(): the programs that an object puts into its PROG_ARRAYs are
 * replaced there by instrumented copies (linker/trace.h) when the maps are made.
 */

#include <stddef.h>

#include "orchestrator/linker/trace.h"

struct captured_prog;
struct filter_object;
struct lab;
struct prog_capture;

/* One program, which all filters call that share @owner's maps. */
struct call_trace {
	size_t owner;
	char *program;
	struct trace trace; /* no map: it could not be instrumented */
};

/* Of all objects whose maps are made while a lab has it. */
struct calls_trace {
	enum trace_level level;
	struct call_trace *calls;
	size_t n;
};
void calls_trace_clear(struct calls_trace *t);
#define CALLS_TRACE_AUTO __attribute__((cleanup(calls_trace_clear)))

/* Of a process that counts what runs: capture the code of the programs before @in is loaded, an
 * array of them for calls_trace_put(); NULL: none is wanted.
 */
struct captured_prog *calls_trace_capture(const struct lab *lab, const struct filter_object *in,
					  struct prog_capture *capture);

/* @in is loaded, and its PROG_ARRAYs are filled. @codes is freed. What cannot be replaced stays,
 * and the lab's trace or coverage says so.
 */
void calls_trace_put(const struct lab *lab, size_t filter, const struct filter_object *in,
		     struct captured_prog *codes);

#endif
