/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_INSERT_H
#define XLAB_LINK_INSERT_H

/*
 * Instructions put between those of a program that is linked already: jumps, calls, functions and
 * lines go where they went before.
 *
 *   INSERT_BEFORE   whoever comes to the instruction, from wherever, comes through them
 *   INSERT_STAYED   behind a branch: when it is not taken
 *   INSERT_JUMPED   when it is taken, on the way to its target
 */

#include <stddef.h>

#include <linux/bpf.h>

struct link_output;

#define INSERTION_MAX 8

enum insert_where { INSERT_BEFORE, INSERT_STAYED, INSERT_JUMPED };

struct insertion {
	size_t at; /* the instruction */
	enum insert_where where;
	struct bpf_insn insns[INSERTION_MAX];
	size_t n;
};

/* Sorts them; in which order those of one place come is not said. The output has new arrays of
 * instructions, functions and lines then: the caller frees the old ones. -E2BIG: a jump would not
 * reach any more; the output is as it was.
 */
int link_insert(struct link_output *out, struct insertion *insertions, size_t n);

#endif
