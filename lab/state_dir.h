/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATE_DIR_H
#define XLAB_STATE_DIR_H

/*
 * The folders above a lab's files, and locks. Labs belong together whose names lie on one file
 * system, as /run/netns does or will: that is what ROOT/ID is named after. Whoever sees the names
 * sees the labs, in whatever mount namespace (`ip netns exec` and `xlab shell` have one of their
 * own); whoever has other names there has other labs.
 *
 * Folders come and go with the labs in them, while other commands may be on their way in: all of
 * that happens under one lock, an flock on the uppermost of them, which only root can open. Whoever
 * waits for a lab's lock has let go of this one; whoever holds a lab's lock may take it.
 */

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

#define STATE_DIR_ID 40 /* bytes of one, NUL and all */

/* Where the private ones are: a folder that is there wherever the kernel has BPF. */
#define STATE_PRIVATE_ROOT "/sys/fs/bpf"

struct state_dir {
	const char *root; /* "/run/xlab", or the private one's */
	bool stays;	  /* the private one's is a mount */
	char id[STATE_DIR_ID];
	int dir_lock; /* fd of ROOT while we hold its lock, or -1 */
	int labs_dir; /* fd of ROOT/ID, or -1: not there */
};

#define STATE_DIR_NONE                          \
	{                                       \
		.dir_lock = -1, .labs_dir = -1, \
	}

/* Fails only if something is wrong with what is there; labs_dir is -1 if nothing is. */
int state_dir_open(struct state_dir *f, bool private, struct error *e);
void state_dir_close(struct state_dir *f);
#define STATE_DIR_AUTO __attribute__((cleanup(state_dir_close))) struct state_dir

/* Make what is missing, and open (making it too) the file @lock in it. */
int state_dir_make(struct state_dir *f, const char *lock, int *lock_fd, struct error *e);

/* Remove what killed commands left and nobody holds, then the folders that are empty. @own: a
 * lab whose lock is ours and whose files go too, or NULL.
 */
int state_dir_tidy(struct state_dir *f, const char *own, struct error *e);

/* Is a file LABENDING in ROOT/ID? */
bool state_dir_has(const struct state_dir *f, const char *lab, const char *ending);

/* Folder @name in @at, to be listed; NULL if that cannot be. */
DIR *dir_at(int at, const char *name);

/* Make /run/netns if it is missing, and note that it was us; its fd. */
int state_dir_netns_names_make(struct state_dir *f, int *fd, struct error *e);

/* Lock @fd alone; -EBUSY if it has not come by @deadline_ns (CLOCK_MONOTONIC). */
int lock_await(int fd, uint64_t deadline_ns, struct error *e);

#define LOCK_DEADLINE_NS 2000000000ULL
#define NAMES_DIR	 "/run/netns"

#endif
