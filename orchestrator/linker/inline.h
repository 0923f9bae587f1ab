/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INLINE_H
#define XLAB_INLINE_H

/*
 * A filter's main function inside the chain's, so that its link costs neither a call nor
 * a return: where processors are kept from predicting returns, these cost nine ns and more.
 *
 *   r1 = r6          the context, as the filter expects it
 *   its code         with another register in r6's place, as r6 is the chain's;
 *                    every exit a jump to its end
 *
 * Its own subprograms stay what they are, and are called.
 */

#include <stdbool.h>

struct link_output;
struct link_input;

/* Can it be? Not with tail calls, which would leave the chain, nor without BTF, nor if it needs all
 * four registers that calls preserve. Sets input.n_main, its main function's length, if so.
 */
bool inline_possible(struct link_input *p);

/* Append the main function to the output. */
void inline_append(struct link_output *out, struct link_input *p);

/* Fix up its calls of subprograms, when input.at is known. */
void inline_fix_up(struct link_output *out, const struct link_input *p);

#endif
