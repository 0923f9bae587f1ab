/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SPLICE_H
#define XLAB_SPLICE_H

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
#include <stddef.h>

struct image;
struct piece;

/* Can it be? Not with tail calls, which would leave the chain, nor without BTF, nor if it needs all
 * four registers that calls preserve. Sets piece.n_main, its main function's length, if so.
 */
bool splice_possible(struct piece *p);

/* Append the main function to the image; -ENOMEM shows in image.n_insns alone. */
void splice_write(struct image *im, struct piece *p);

/* Aim its calls of subprograms, when piece.at is known. */
void splice_aim(struct image *im, const struct piece *p);

#endif
