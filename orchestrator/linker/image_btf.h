/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_IMAGE_BTF_H
#define XLAB_IMAGE_BTF_H

struct composition;
struct error;
struct image;

/* The merged BTF, and with it what describes each instruction. */
int image_describe(struct image *im, struct composition *c, struct error *e);

#endif
