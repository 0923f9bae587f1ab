/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_DISPATCHER_H
#define XLAB_DISPATCHER_H

/* The first block of the output, which calls the filters, or has them in it. */

struct linker;
struct error;
struct link_output;

/* Write it into the empty output. */
int dispatcher_write(struct link_output *out, struct linker *c, struct error *e);
/* Fix up its calls, and those of the filters in it, when it is known where each input is
 * (input.at). */
void dispatcher_fix_up(struct link_output *out, const struct linker *c);

#endif
