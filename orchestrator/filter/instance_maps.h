/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INSTANCE_MAPS_H
#define XLAB_INSTANCE_MAPS_H

/* The pinned maps of an instance, in bpf/filter/INSTANCE. */

#include <stddef.h>

struct error;
struct instance;
struct lab;
struct xlab_place;

/*
 * malloc'ed path of the instance's folder, its maps made, filled with the
 * filter's rules and pinned if they are not there yet. The folder appears
 * whole, by a rename: no killed command leaves maps without their rules. NULL with @e set.
 * Call it for every filter before taker_begin(), for making maps needs a taker of its own.
 */
char *instance_maps(const struct lab *lab, size_t filter, struct error *e);

/* The fd of map @name of the filter's instance (made if need be). */
int chain_filter_map(const struct lab *lab, size_t filter, const char *name, int *fd,
		     struct error *e);

/* Give it its place, the interface's book and ears, and the instance's maps
 * (made now if they are not there yet).
 */
int instance_settle(struct instance *in, const struct lab *lab, size_t filter,
		    const struct xlab_place *place, int book_fd, int ears_fd, struct error *e);

/*
 * When the object is loaded: let the fds of its PROG_ARRAYs be the instance's. libbpf fills each
 * PROG_ARRAY with the programs that it has just loaded, and those of chains that stand, which
 * share the instance's, must not change with that.
 */
int instance_share_arrays(const struct instance *in, const struct lab *lab, size_t filter,
			  struct error *e);

#endif
