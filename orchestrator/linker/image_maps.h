/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_IMAGE_MAPS_H
#define XLAB_IMAGE_MAPS_H

struct composition;
struct error;
struct image;

/* Constants merged into one frozen map; a clear error for too many maps. */
int image_merge_constants(struct image *im, const struct composition *c, struct error *e);
int image_check_maps(const struct image *im, const struct composition *c, struct error *e);

#endif
