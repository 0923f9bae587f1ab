/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_COMMON_H
#define XLAB_LABFILE_COMMON_H

/*
 * Chains that stand on several interfaces at once: of equal filters, in the lab's own chains or
 * in those of one scenario. They can be one program there.
 */

#include <stdbool.h>
#include <stddef.h>

struct labfile;

/* Once all chains are read: set chain_config.common and labfile.common. */
void labfile_find_common(struct labfile *labfile);

/* Is a chain of these filters on @iface one of them? */
bool labfile_is_common(const struct labfile *labfile, size_t iface, char *const *filters, size_t n);

#endif
