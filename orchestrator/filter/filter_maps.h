/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_MAPS_H
#define XLAB_FILTER_MAPS_H

/* A filter's pinned maps, in bpf/filter/FILTER. Sections that name different functions of one
 * object share those of the first, their owner.
 */

#include <stddef.h>

struct error;
struct filter_object;
struct lab;

/*
 * malloc'ed path of the filter's folder of them, the maps made, filled with the
 * filter's rules and pinned if they are not there yet. The folder appears
 * whole, by a rename: no killed command leaves maps without their rules. NULL with @e set.
 * Call it for every filter before prog_capture_begin(), for making maps needs a capture of its own.
 */
char *filter_maps_dir(const struct lab *lab, size_t filter, struct error *e);

/* The fd of the filter's map @name (made if need be). */
int filter_maps_open(const struct lab *lab, size_t filter, const char *name, int *fd,
		     struct error *e);

/* Give it the interface's counters and event rings, and the filter's maps (made now if they are not
 * there yet).
 */
int filter_maps_settle(struct filter_object *in, const struct lab *lab, size_t filter,
		       int counters_fd, int rings_fd, struct error *e);

/*
 * When the object is loaded: let the fds of its PROG_ARRAYs be the pinned ones. libbpf fills each
 * PROG_ARRAY with the programs that it has just loaded, and those of chains that stand, which
 * share the pinned ones, must not change with that.
 */
int filter_maps_share_arrays(const struct filter_object *in, const struct lab *lab, size_t filter,
			     struct error *e);

#endif
