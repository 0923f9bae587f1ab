/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_INSNS_H
#define XLAB_TESTS_INSNS_H

/*
 * Programs as text, an instruction behind each ";", much as bpftool shows them:
 *
 *   r1 = r6   w2 = 5   r1 += 8   r0 = -r0   r1 = s8 r6
 *   goto +2   gotol -3   if r1 != 7 goto +1   if w0 & r2 …
 *   r1 = [r10 -8]   [r1 0] = r2   [r10 -8] = 5   u8 [r10 -8] = 5   lock [r1 4] += r2   ld 3
 *   r1 = map 5   r1 = value 5 64   r1 = func +4   r1 = wide 9          (two instructions each)
 *   call 12 (a helper)   call +3 (a function of its own)   kfunc 7 2   exit
 */

#include <stddef.h>

#include <linux/bpf.h>

struct captured_prog;

/* malloc'ed; what it cannot read fails the test. */
struct bpf_insn *insns_of(const char *text, size_t *n);

/* Fails the test, and tells the first that differs, unless they are the same. */
void insns_are(const struct bpf_insn *insns, size_t n, const char *text);

/* Without functions and lines. */
void insns_captured(struct captured_prog *prog, const char *text);

/* With copies of these. */
void insns_told(struct captured_prog *prog, const struct bpf_func_info *funcs, size_t n_funcs,
		const struct bpf_line_info *lines, size_t n_lines);

#endif
