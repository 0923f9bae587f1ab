/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TAKE_H
#define XLAB_TAKE_H

/*
 * Taking a program's final instructions from libbpf just before it would load
 * them: relocated, CO-RE and kconfig resolved, subprograms appended. The
 * program itself is replaced by a stub, so nothing is verified twice.
 *
 * libbpf finds a program's handler when the object is *opened*: begin before
 * that, end after the last load. Handlers are process-wide; only the programs
 * of take_program() are taken.
 */

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>

struct bpf_program;
struct error;

struct taken {
	struct bpf_insn *insns;
	size_t n_insns;
	struct bpf_func_info *funcs; /* ids and offsets of the object's own BTF */
	size_t n_funcs;
	struct bpf_line_info *lines;
	size_t n_lines;
	int *fd_array; /* of BTFs of modules, whose kfuncs name them by index; [0] is none */
	size_t n_fds;
};
void taken_clear(struct taken *taken);

#define TAKE_HANDLERS 8

struct taker {
	int handlers[TAKE_HANDLERS];
	size_t n_handlers;
	bool frags; /* the chain's: programs that are not taken follow it, for tail calls */
	struct take_wish *wishes;
	size_t n_wishes;
};

int taker_begin(struct taker *taker, struct error *e);
void taker_end(struct taker *taker);

/* Take @prog when its object is loaded. @into must live as long. @keep: load the program itself
 * too and no stub, because a PROG_ARRAY may name it.
 */
int take_program(struct taker *taker, const struct bpf_program *prog, bool keep, struct taken *into,
		 struct error *e);

#endif
