/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INSTANCE_MAPS_H
#define XLAB_INSTANCE_MAPS_H

/* The pinned maps of an instance, in bpf/filter/INSTANCE. */

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct error;
struct lab;

/*
 * malloc'ed path of the instance's folder, its maps made, filled with the
 * filter's rules and pinned if they are not there yet. The folder appears
 * whole, by a rename: no killed command leaves maps without their rules. NULL with @e set.
 * Call it for every filter before taker_begin(), for making maps needs a taker of its own.
 */
char *instance_maps(const struct lab *lab, size_t filter, struct error *e);

/* Let @obj, not loaded yet, use the maps pinned in @folder instead of its own; @own_arrays: except
 * PROG_ARRAYs.
 */
int instance_maps_reuse(struct bpf_object *obj, const char *folder, bool own_arrays,
			struct error *e);

/* When @obj is loaded: let the fds of its PROG_ARRAYs be those of the ones in @folder. */
int instance_maps_share(struct bpf_object *obj, const char *folder, struct error *e);

#endif
