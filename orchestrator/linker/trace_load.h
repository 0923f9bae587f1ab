/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TRACE_LOAD_H
#define XLAB_TRACE_LOAD_H

struct error;
struct link_output;
struct linker;

/* Load @out with what @c's trace asks for put into it, or as much of it as the verifier takes,
 * which the trace says then. Returns the fd; negative: it takes none of it.
 */
int trace_load(const struct link_output *out, const struct linker *c, struct error *e);

/* The same of a program that stands alone, the only one of @c. */
int trace_load_alone(const struct linker *c, struct error *e);

#endif
