/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NAMES_H
#define XLAB_NAMES_H

/* The names in /run/netns of a lab that nobody can tell the nodes of. */

#include <stdbool.h>

struct error;

/* Is a symlink there that leads into @dir, a lab's folder? */
bool names_lead_into(const char *dir);

/* Remove them all. */
int names_remove(const char *dir, struct error *e);

#endif
