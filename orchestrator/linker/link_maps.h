/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LINK_MAPS_H
#define XLAB_LINK_MAPS_H

struct linker;
struct error;
struct link_output;

/* Constants merged into one frozen map; a clear error for too many maps. */
int link_maps_merge_constants(struct link_output *out, const struct linker *c, struct error *e);
int link_maps_check(const struct link_output *out, const struct linker *c, struct error *e);

#endif
