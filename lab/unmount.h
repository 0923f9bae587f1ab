/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_UNMOUNT_H
#define XLAB_UNMOUNT_H

/*
 * What is detached is freed on the way out of the call that detached it, which with a thousand
 * namespaces takes many times as long as detaching them. So where there are many the call is a
 * child's, which goes on behind when they are detached, and holds nothing of ours.
 */

#include <stdint.h>
#include <sys/types.h>

/* One that was begun. */
struct unmount {
	pid_t child;	  /* -1: none was */
	int table, ended; /* fds: the table of mounts; of the child */
	uint64_t mount;	  /* which one goes */
};

/* Begin with the tmpfs on @dir if much lies in it, and it is the one of this id (mountpoint_id()).
 * End it with unmount_end() in either case.
 */
void unmount_begin(struct unmount *u, const char *dir, uint64_t id);

/* Until it is detached, or cannot be: then it stands there as before. */
void unmount_end(struct unmount *u, const char *dir);

#endif
