/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MAP_COPY_H
#define XLAB_MAP_COPY_H

/* What lies in a map put into another of its kind, so that a program may run on a copy. */

struct error;

enum map_copying {
	MAP_COPIED,
	MAP_SHARED, /* no program can write to it, or a copy would mean something else: use it
		       itself */
	MAP_EMPTY,  /* what is in it cannot be read without taking it out, or is nobody's state */
};

/* How a map of that type (enum bpf_map_type) is copied. */
enum map_copying map_copying_of(unsigned int type);

/* Of a type that is MAP_COPIED. What is in @to and not in @from goes. */
int map_copy(int to, int from, struct error *e);

#endif
