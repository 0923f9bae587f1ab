/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_COPIES_H
#define XLAB_FILTER_COPIES_H

/* A lab's maps as they are, in copies that this process alone sees, and that go with it. */

#include <stddef.h>

struct error;
struct lab;

/* From now on this process has a bpffs of its own where the lab's is, an empty one: all that makes
 * and pins maps does so there. An fd of the lab's own, of the caller's.
 */
int filter_copies_begin(const struct lab *lab, struct error *e);

/* Make the filter's maps there, and put into them what is in the lab's, if those are there. */
int filter_copies_make(const struct lab *lab, int originals, size_t filter, struct error *e);

#endif
