/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMPOSITION_H
#define XLAB_COMPOSITION_H

/* What a chain's one program is put together from, and where each part of it is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/take.h"

struct bpf_object;

#define COMPOSE_MAPS_MAX     64	     /* MAX_USED_MAPS of the kernel */
#define COMPOSE_SUBPROGS_MAX 256     /* BPF_MAX_SUBPROGS */
#define COMPOSE_INSNS_MAX    1000000 /* BPF_COMPLEXITY_LIMIT_INSNS */

/* How a filter stands in the whole. What the verifier refuses one way is tried the next. */
enum piece_form {
	PIECE_SPLICED, /* its main function is part of the dispatcher */
	PIECE_GLOBAL,  /* a function that is verified alone and once; takes a ctx and no more */
	PIECE_STATIC,  /* a function that is verified where it is called */
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

struct composition {
	struct piece *filters;
	size_t n_filters;
	struct piece stop, note; /* of bpf/book.bpf.c */
	bool gpl, frags;
	/* Worked out by compose_load(): */
	bool calls_stop; /* jumping into it takes stack that a filter needs */
	size_t end;	 /* where the dispatcher is when all filters have gone on */
};

/* Where the piece's instruction @i is in the whole. */
size_t piece_place(const struct piece *p, size_t i);

/* How many of its instructions are in the dispatcher: the first ones, or none. */
size_t piece_spliced(const struct piece *p);

/* The filter that the whole's instruction @insn belongs to, or n_filters. */
size_t composition_filter(const struct composition *c, size_t insn);

/* Does a filter of this mask go on after another action than PASS? xlab_note is told then. */
bool piece_notes(uint32_t continues);

/* Some filter does, so that xlab_note is among the pieces. */
bool composition_notes(const struct composition *c);

#endif
