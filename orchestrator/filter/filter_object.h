/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_OBJECT_H
#define XLAB_FILTER_OBJECT_H

/*
 * A filter's object, opened for one position of a chain. Its code is loaded anew
 * for each, its constants being the position's own; its maps are the
 * filter's (see filter_maps.h), so that rules and counts outlive a chain.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bpf/xlab.h"
#include "orchestrator/filter/object_calls.h"

struct bpf_object;
struct bpf_program;
struct error;
struct filter;
struct lab;
struct prog_capture;

struct filter_object {
	struct bpf_object *obj;
	struct bpf_program *main;
	bool frags;		   /* its section says that it takes packets in fragments */
	struct object_calls calls; /* what its PROG_ARRAYs hold is loaded too */
	bool has_prog_array;
	bool own_arrays; /* its PROG_ARRAYs are new ones until filter_maps_share_arrays() */
};

/* Open filter @filter's object with its constants set; nothing is loaded, and no program is
 * marked for loading. All that is wrong with object, function or set. keys is in @e.
 */
int filter_object_open(const struct lab *lab, size_t filter, struct filter_object *in,
		       struct error *e);

/* The same for an object of the user's, without its constants and without the filter's name in
 * the complaint: for whoever knows a better place to name. Close it in either case.
 */
int filter_object_open_file(const struct filter *f, struct filter_object *in, struct error *e);
void filter_object_close(struct filter_object *in);

/* Have no program loaded but those that PROG_ARRAYs hold, and, @main, main. */
void filter_object_choose(struct filter_object *in, bool main);

/* Is main among them, so that it must be loaded itself? */
bool filter_object_is_called(const struct filter_object *in);

/* Let main be the built-in's program that does not count: for a dispatcher that does. */
void filter_object_leave_counters(struct filter_object *in);

/* The filter whose pinned maps this one shares, or itself. */
size_t filter_maps_owner(const struct lab *lab, size_t filter);

/* "filter udp-8888 (bpf/x.bpf.o)" for messages, malloc'ed. */
char *filter_object_title(const struct lab *lab, size_t filter);

#endif
