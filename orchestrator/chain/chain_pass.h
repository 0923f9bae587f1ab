/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_PASS_H
#define XLAB_CHAIN_PASS_H

/*
 * Pass programs. In native mode veth delivers what XDP sends back (TX) only
 * to an end that has native XDP itself, and likewise what is redirected to it:
 * such an end gets a program that passes everything, unless it has a chain.
 */

#include <stdbool.h>
#include <stddef.h>

struct attach_point_id;
struct error;
struct lab;
struct attach_point;
struct labfile;

/* Some filter of these sends packets back or elsewhere, or may. */
bool chain_may_send(const struct labfile *labfile, char *const *filters, size_t n);

/* Called with each end that needs XDP when @filters stand on @iface; nonzero ends it. */
int chain_needs(const struct labfile *labfile, size_t iface, char *const *filters, size_t n,
		int (*fn)(void *cookie, const struct attach_point_id *id), void *cookie);

/* Give every end that @filters on @iface need a program, where there is none. */
int chain_pass_add(struct lab *lab, size_t iface, char *const *filters, size_t n, struct error *e);

/* Some chain of the lab needs a program there. */
int chain_pass_wanted(const struct lab *lab, const struct attach_point_id *id, bool *wanted,
		      struct error *e);

/* Put a pass program at an open attach point, in place of what is there. */
int chain_pass_put(struct lab *lab, struct attach_point *s, struct error *e);

/* Take it off where @filters on @iface needed one and now no chain does. */
int chain_pass_drop(struct lab *lab, size_t iface, char *const *filters, size_t n, struct error *e);

/* The same for an attach point ("NETNS:IFACE") on which a killed command left one. */
int chain_pass_tidy(struct lab *lab, const char *point, struct error *e);

#endif
