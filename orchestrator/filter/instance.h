/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_INSTANCE_H
#define XLAB_INSTANCE_H

/*
 * A filter's object, opened for one place of a chain. Its code is loaded anew
 * for each place, its constants being the place's own; its maps are the
 * instance's (see chain.h), so that rules and counts outlive a chain.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bpf/xlab.h"

struct bpf_object;
struct bpf_program;
struct error;
struct filter;
struct lab;
struct taker;

struct instance {
	struct bpf_object *obj;
	struct bpf_program *main;
	bool frags;	     /* its section says that it takes packets in fragments */
	bool has_prog_array; /* its other programs are loaded too, for tail calls */
	bool own_arrays;     /* its PROG_ARRAYs are new ones until instance_share_arrays() */
};

/* Open filter @filter's object with its constants set; nothing is loaded, and no program is
 * marked for loading. All that is wrong with object, function or set. keys is in @e.
 */
int instance_open(const struct lab *lab, size_t filter, struct instance *in, struct error *e);

/* The same for an object of the user's, without its constants and without the filter's name in
 * the complaint: for whoever knows a better place to name. Close it in either case.
 */
int instance_open_object(const struct filter *f, struct instance *in, struct error *e);
void instance_close(struct instance *in);

/* Let main be the built-in's program that keeps no book: for a dispatcher that does. */
void instance_leave_book(struct instance *in);

/* The section that stands for the filter's instance: its index in the suite. */
size_t instance_of(const struct lab *lab, size_t filter);

/* "filter udp-8888 (bpf/x.bpf.o)" for messages, malloc'ed. */
char *instance_title(const struct lab *lab, size_t filter);

#endif
