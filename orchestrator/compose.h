/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMPOSE_H
#define XLAB_COMPOSE_H

/*
 * Many XDP programs as one: their instructions laid end to end behind a
 * dispatcher, their BTF merged.
 *
 *   [dispatcher, calls each filter][xlab_stop, jumped into if its stack allows][its subprograms]
 *   [xlab_note][…][filter 0][its subprograms][filter 1] …
 *
 * The dispatcher uses no stack, so that a filter has all that the kernel gives.
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

struct piece {
	const char *name; /* shown by bpftool and in messages: the filter's */
	const struct taken *code;
	struct bpf_object *obj; /* loaded (its program a stub): its maps and BTF */
	uint32_t continues;	/* bit 1 << action: the chain goes on */
	/* Worked out by compose_load(): */
	bool is_static; /* refused as a global function, which is verified alone */
	size_t at;	/* its first instruction in the whole */
	int btf_shift;	/* from ids of its own BTF to merged ones */
	int func_id;	/* of its function, in the merged BTF */
};

struct composition {
	struct piece *filters;
	size_t n_filters;
	struct piece stop, note; /* of bpf/book.bpf.c */
	bool gpl, frags;
	bool calls_stop; /* worked out: jumping into it takes stack that a filter needs */
};

/* Some filter goes on after another verdict than PASS, so that xlab_note is called. */
bool composition_notes(const struct composition *c);

/*
 * Load it: *fd is the program's, to be closed by the caller. -EACCES, -EINVAL, -E2BIG, …: the
 * verifier refuses it; @e names the filter and its line, and has the end of the log, and *@log
 * (if not NULL) the whole of it, malloc'ed.
 */
int compose_load(struct composition *c, int *fd, char **log, struct error *e);

#endif
