/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_IMAGE_H
#define XLAB_IMAGE_H

/* A program in the making: instructions, what describes them, and its BTF. */

#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include "orchestrator/take.h"

#define IMAGE_WIDE_LOAD BPF_DW /* BPF_LD | BPF_DW | BPF_IMM, of which two are 0 */

struct btf;
struct error;
struct composition;
struct piece;

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

/* dispatcher.c: the first block. */
int dispatcher_write(struct image *im, struct composition *c, struct error *e);
/* Aim its calls, and those of the filters in it, when each piece's place (piece.at) is known. */
void dispatcher_aim(struct image *im, const struct composition *c);

/* image_btf.c: the merged BTF, and with it what describes each instruction. */
int image_describe(struct image *im, struct composition *c, struct error *e);

/* image_maps.c: constants merged into one frozen map; a clear error for too many maps. */
int image_merge_constants(struct image *im, const struct composition *c, struct error *e);
int image_check_maps(const struct image *im, const struct composition *c, struct error *e);

/* refusal.c: the verifier's log in words. */
int refusal_explain(const struct image *im, const struct composition *c, const char *log, int err,
		    struct error *e);
/* The filter whose instruction the log ends at, or c->n_filters. */
size_t refusal_filter(const struct composition *c, const char *log);

#endif
