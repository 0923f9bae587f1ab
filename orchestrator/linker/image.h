/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_IMAGE_H
#define XLAB_IMAGE_H

/* A program in the making: instructions, what describes them, and its BTF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include "orchestrator/linker/take.h"

#define IMAGE_WIDE_LOAD BPF_DW /* BPF_LD | BPF_DW | BPF_IMM, of which two are 0 */

struct bpf_object;
struct btf;
struct error;

struct image {
	struct bpf_insn *insns;
	size_t n_insns, room_insns;
	struct bpf_func_info *funcs;
	size_t n_funcs, room_funcs;
	struct bpf_line_info *lines;
	size_t n_lines, room_lines;
	struct btf *btf;
	int rodata_fd; /* all constants merged, or -1 */
	int *fd_array; /* for kfuncs of modules; [0] is the kernel itself */
	size_t n_fd_array;
};

void image_clear(struct image *im);

/* Grow by one; each returns NULL without memory. */
struct bpf_insn *image_insn(struct image *im);
struct bpf_func_info *image_func(struct image *im);
struct bpf_line_info *image_line(struct image *im);

/* What a chain's one program is put together from, and where each part of it is. */

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
