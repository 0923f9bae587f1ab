/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMPOSE_H
#define XLAB_COMPOSE_H

/*
 * Many XDP programs as one: their instructions laid end to end behind a
 * dispatcher, their BTF merged.
 *
 *   [dispatcher with the filters][xlab_stop, jumped into if its stack allows][its subprograms]
 *   [xlab_note][…][filter 0's subprograms][filter 1's] …
 *
 * A filter's main function is spliced into the dispatcher; one that does not fit there is
 * called, and then stands whole before its subprograms. The dispatcher uses no stack of its own, so
 * that a filter has all that the kernel gives.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/take.h"

struct bpf_object;
struct btf;
struct error;

#define COMPOSE_MAPS_MAX     64	     /* MAX_USED_MAPS of the kernel */
#define COMPOSE_SUBPROGS_MAX 256     /* BPF_MAX_SUBPROGS */
#define COMPOSE_INSNS_MAX    1000000 /* BPF_COMPLEXITY_LIMIT_INSNS */

/* How a filter stands in the whole. What the verifier refuses one way is tried the next. */
enum piece_form {
	PIECE_SPLICED,
	PIECE_GLOBAL, /* a function that is verified alone and once, which takes a ctx and no more
		       */
	PIECE_STATIC, /* a function that is verified where it is called */
};

struct piece {
	const char *name; /* shown by bpftool and in messages: the filter's */
	const struct taken *code;
	struct bpf_object *obj; /* loaded (its program a stub): its maps and BTF */
	uint32_t continues;	/* bit 1 << action: the chain goes on */
	/* Worked out by compose_load(): */
	enum piece_form form;
	size_t n_main; /* instructions of its main function, if spliced */
	size_t turn;   /* where the dispatcher comes to it */
	size_t body;   /* where its main function begins, if spliced */
	size_t at;     /* where it begins; if spliced: its subprograms */
	int btf_shift; /* from ids of its own BTF to merged ones */
};

/* Where its instruction @i is in the whole. */
size_t piece_place(const struct piece *p, size_t i);

struct composition {
	struct piece *filters;
	size_t n_filters;
	struct piece stop, note; /* of bpf/book.bpf.c */
	bool gpl, frags;
	/* Worked out by compose_load(): */
	bool calls_stop; /* jumping into it takes stack that a filter needs */
	size_t end;	 /* where the dispatcher is when all filters have gone on */
};

/* The filter that the whole's instruction @insn belongs to, or n_filters. */
size_t composition_filter(const struct composition *c, size_t insn);

/* Does a filter of this mask go on after another action than PASS, so that xlab_note is called? */
bool compose_notes(uint32_t continues);

/*
 * Load it: *fd is the program's, to be closed by the caller. -EACCES, -EINVAL, -E2BIG, …: the
 * verifier refuses it; @e names the filter and its line, and has the end of the log, and *@log
 * (if not NULL) the whole of it, malloc'ed.
 */
int compose_load(struct composition *c, int *fd, char **log, struct error *e);

#endif
