/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OBJECT_MAPS_H
#define XLAB_OBJECT_MAPS_H

/* Objects with maps in a section "maps", as libbpf before 1.0, iproute2 and Aya define them. */

#include <stddef.h>

struct error;

/*
 * The object's bytes with such maps as libbpf takes them: *@out is malloc'ed, or NULL where there
 * are none. libelf and libbpf trust what they open: try it in a child process first.
 */
int object_maps_convert(const void *bytes, size_t size, void **out, size_t *out_size,
			struct error *e);

#endif
