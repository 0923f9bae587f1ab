/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_H
#define XLAB_LINK_H

/* A program in the making: instructions, what describes them, and its BTF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include "orchestrator/linker/prog_capture.h"

#define LINK_WIDE_LOAD BPF_DW /* BPF_LD | BPF_DW | BPF_IMM, of which two are 0 */

struct bpf_map;
struct bpf_object;
struct btf;
struct error;
struct trace;
struct xlab_config;

struct link_output {
	struct bpf_insn *insns;
	size_t n_insns;
	struct bpf_func_info *funcs;
	size_t n_funcs;
	struct bpf_line_info *lines;
	size_t n_lines;
	struct btf *btf;
	int btf_err;   /* why that is not whole: what came first, or 0 */
	int rodata_fd; /* all constants merged, or -1 */
	int *fd_array; /* for kfuncs of modules; [0] is the kernel itself */
	size_t n_fd_array;
};

void link_output_clear(struct link_output *out);

/* Grow by one, zeroed. */
struct bpf_insn *link_output_insn(struct link_output *out);

/* What a chain's one program is put together from, and where each part of it is. */

#define LINK_MAPS_MAX	  64	  /* MAX_USED_MAPS of the kernel */
#define LINK_SUBPROGS_MAX 256	  /* BPF_MAX_SUBPROGS */
#define LINK_INSNS_MAX	  1000000 /* BPF_COMPLEXITY_LIMIT_INSNS */
#define LINK_STACK_MAX	  512	  /* MAX_BPF_STACK, of one function */

/* How a filter stands in the whole. What the verifier refuses one way is tried the next. */
enum link_form {
	LINK_INLINED, /* its main function is part of the dispatcher */
	LINK_GLOBAL,  /* a function that is verified alone and once; takes a ctx and no more */
	LINK_STATIC,  /* a function that is verified where it is called */
};

struct link_input {
	const char *name; /* shown by bpftool and in messages: the filter's */
	const struct captured_prog *code;
	struct bpf_object *obj; /* loaded (its program a stub): its maps and BTF */
	/* NULL; or what is to be in its constants, in which of its maps, how many bytes from its
	 * begin */
	const struct xlab_config *config;
	const struct bpf_map *config_map;
	size_t config_at;
	uint32_t continues; /* bit 1 << verdict: the chain goes on */
	uint32_t silent;    /* the verdict of those that is not noted */
	bool traced;	    /* its lines and branches are, if anything is */
	/* Worked out by linker_load(): */
	enum link_form form;
	size_t n_main; /* instructions of its main function, if inlined */
	size_t entry;  /* where the dispatcher comes to it */
	size_t body;   /* where its main function begins, if inlined */
	size_t at;     /* where it begins; if inlined: its subprograms */
	int btf_shift; /* from ids of its own BTF to merged ones */
	size_t *idle;  /* its instructions that name a function which is never called */
	size_t n_idle;
};

struct linker {
	struct link_input *filters;
	size_t n_filters;
	struct link_input stop, note, came; /* of bpf/counters.bpf.c */
	bool tells_came;		    /* begin with what tells how packets came */
	bool gpl, frags;
	const char *alone; /* its only filter is a program of that name, which no dispatcher asks */
	struct trace *trace; /* NULL: the chain is not instrumented (trace.h) */
	/* Worked out by linker_load(): */
	bool calls_stop; /* jumping into it takes stack that a filter needs */
	bool overfull;	 /* it is to have too much stack with a function called (linker.c) */
	size_t end;	 /* where the dispatcher is when all filters have gone on */
	size_t idle;	 /* what stands in for functions that are never called, if there are any */
};

/* Where the input's instruction @i is in the output, and which of its own stands @at there. */
size_t link_input_insn(const struct link_input *p, size_t i);
size_t link_input_own(const struct link_input *p, size_t at);

/* A call of a function of its own program, or such a function's address. */
bool insn_names_function(const struct bpf_insn *insn);

/* The function whose address the input's instruction @i has, in the output. */
size_t link_input_callback(const struct link_input *p, size_t i);

/* How many of its instructions are in the dispatcher: the first ones, or none. */
size_t link_input_inlined(const struct link_input *p);

/* The filter that the output's instruction @insn belongs to, or n_filters. */
size_t linker_filter_at(const struct linker *c, size_t insn);

/* Does a filter of this mask go on after a verdict that is not silent? xlab_note is told then. */
bool link_input_notes(uint32_t continues, uint32_t silent);

/* Some filter does, so that xlab_note is among the inputs. */
bool linker_notes(const struct linker *c);

/* Some filter names a function that is never called, so that there is a stand-in. */
bool linker_idles(const struct linker *c);

#endif
