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

struct chain_end;
struct error;
struct lab;
struct spot;
struct suite;

/* Called with each end that needs XDP when @filters stand on @iface; nonzero ends it. */
int chain_needs(const struct suite *suite, size_t iface, const size_t *filters, size_t n,
		int (*fn)(void *cookie, const struct chain_end *end), void *cookie);

/* Give every end that @filters on @iface need a program, where there is none. */
int chain_pass_add(struct lab *lab, size_t iface, const size_t *filters, size_t n, struct error *e);

/* Some chain of the lab needs a program there. */
int chain_pass_wanted(const struct lab *lab, const struct chain_end *end, bool *wanted,
		      struct error *e);

/* Put a pass program at an open spot, in place of what is there. */
int chain_pass_put(struct lab *lab, struct spot *s, struct error *e);

/* Take it off where @filters on @iface needed one and now no chain does. */
int chain_pass_drop(struct lab *lab, size_t iface, const size_t *filters, size_t n,
		    struct error *e);

/* The same for a place ("NETNS:IFACE") on which a killed command left one. */
int chain_pass_tidy(struct lab *lab, const char *place, struct error *e);

#endif
