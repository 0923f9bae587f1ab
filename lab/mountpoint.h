/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MOUNTPOINT_H
#define XLAB_MOUNTPOINT_H

/*
 * What is mounted on a lab's folder, or stands there. A mount there is xlab's own if it is a tmpfs
 * of xlab's name: it has that from its first instant on, and keeps it whatever is removed from it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define MOUNTPOINT_SOURCE "xlab"

enum mountpoint {
	MOUNTPOINT_FREE,    /* nothing, or a folder without anything in it or on it */
	MOUNTPOINT_OURS,    /* our tmpfs is uppermost */
	MOUNTPOINT_COVERED, /* our tmpfs is there, and below somebody else's mount */
	MOUNTPOINT_FOREIGN, /* somebody else's */
};

/* @dir is absolute and has no symlink, space or backslash in it. Where it is neither free nor ours,
 * *@what tells what is there (malloc'ed; may be NULL without memory).
 */
int mountpoint_look(const char *dir, enum mountpoint *mountpoint, char **what, struct error *e);

/* The same of mounts alone: free is what has none. @id: of our tmpfs, for which the table of mounts
 * need not be read then; or 0.
 */
int mountpoint_mounted(const char *dir, uint64_t id, enum mountpoint *mountpoint, struct error *e);

/* A random number of the tmpfs that is there, which no other has, and how many files are in it; 0:
 * that is not known, as before Linux 5.13, or there is none.
 */
uint64_t mountpoint_id(const char *dir, uint64_t *files);

/* -EBUSY if somebody else's mount covers the lab's: it goes first, and that is for him to decide.
 */
int mountpoint_uncovered(const char *dir, struct error *e);

/* Open /run/netns: *@names is -1 if there is no such folder, else the caller's. */
int netns_names_open(int *names, struct error *e);

/* The names in /run/netns of a lab that nobody can tell the nodes of. */

/* Is a symlink there that leads into @dir, a lab's folder? */
bool netns_names_lead_into(const char *dir);

/* Remove them all. */
int netns_names_remove(const char *dir, struct error *e);

#endif
