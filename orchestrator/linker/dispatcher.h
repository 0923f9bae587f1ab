/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_DISPATCHER_H
#define XLAB_DISPATCHER_H

/* The first block of the output, which calls the filters, or has them in it. */

struct linker;
struct link_output;

/* Write it into the empty output. */
void dispatcher_write(struct link_output *out, struct linker *c);
/* Behind all else: what stands in for functions that are never called, if there are any. */
void dispatcher_write_idle(struct link_output *out, struct linker *c);
/* Fix up its calls, and those of the filters in it, when it is known where each input is
 * (input.at). */
void dispatcher_fix_up(struct link_output *out, const struct linker *c);

#endif
