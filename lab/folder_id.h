/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FOLDER_ID_H
#define XLAB_FOLDER_ID_H

/*
 * Which labs belong together: those whose names lie on one file system, as /run/netns does or will.
 * Whoever sees the names sees the labs, in whatever mount namespace (`ip netns exec` and `xlab
 * shell` have one of their own); whoever has other names there has other labs.
 */

#include <stdbool.h>

struct error;

#define FOLDER_ID 40

int folder_id(char id[FOLDER_ID], struct error *e);

/* True only if it is sure that the file system of this id is mounted nowhere any more, and that of
 * the other is.
 */
bool folder_id_is_dead(const char *id, const char *living);

#endif
