/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROG_CAPTURE_H
#define XLAB_PROG_CAPTURE_H

/*
 * Capturing a program's final instructions from libbpf just before it would load
 * them: relocated, CO-RE and kconfig resolved, subprograms appended. The
 * program itself is replaced by a stub, so nothing is verified twice.
 *
 * libbpf finds a program's handler when the object is *opened*: begin before
 * that, end after the last load. Handlers are process-wide; only the programs
 * of prog_capture_add() are captured.
 */

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>

struct bpf_program;
struct error;

struct captured_prog {
	struct bpf_insn *insns;
	size_t n_insns;
	struct bpf_func_info *funcs; /* ids and offsets of the object's own BTF */
	size_t n_funcs;
	struct bpf_line_info *lines;
	size_t n_lines;
	int *fd_array; /* of BTFs of modules, whose kfuncs name them by index; [0] is none */
	size_t n_fds;
};
void captured_prog_clear(struct captured_prog *prog);

/* The instruction behind the function's last one. */
size_t captured_prog_end(const struct captured_prog *prog, size_t function);

#define CAPTURE_HANDLERS 8

struct prog_capture {
	int handlers[CAPTURE_HANDLERS];
	size_t n_handlers;
	bool frags; /* the chain's: programs that are not captured follow it, for tail calls */
	struct capture_wish *wishes;
	size_t n_wishes;
};

int prog_capture_begin(struct prog_capture *capture, struct error *e);
void prog_capture_end(struct prog_capture *capture);

/* Capture @prog when its object is loaded. @into must live as long. @keep: load the program itself
 * too and no stub, because a PROG_ARRAY may name it.
 */
void prog_capture_add(struct prog_capture *capture, const struct bpf_program *prog, bool keep,
		      struct captured_prog *into);

#endif
