/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_DISPATCHER_H
#define XLAB_DISPATCHER_H

/* The first block of the image, which calls the filters, or has them in it. */

struct composition;
struct error;
struct image;

/* Write it into the empty image. */
int dispatcher_write(struct image *im, struct composition *c, struct error *e);
/* Aim its calls, and those of the filters in it, when each piece's place (piece.at) is known. */
void dispatcher_aim(struct image *im, const struct composition *c);

#endif
