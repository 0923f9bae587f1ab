/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FOLDER_H
#define XLAB_FOLDER_H

/*
 * The folders above a lab's files, and locks. Labs belong together whose names lie on one file
 * system, as /run/netns does or will: that is what ROOT/ID is named after. Whoever sees the names
 * sees the labs, in whatever mount namespace (`ip netns exec` and `xlab shell` have one of their
 * own); whoever has other names there has other labs.
 * Folders come and go with the labs in
 * them, while other commands may be on their way in: all of that happens behind one gate, an
 * flock on the uppermost of them, which only root can open. Whoever waits for a lab's lock has
 * left the gate; whoever holds a lab's lock may enter it.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

#define FOLDER_ID 40 /* bytes of one, NUL and all */

/* Where the private ones are: a folder that is there wherever the kernel has BPF. */
#define STATE_PRIVATE_ROOT "/sys/fs/bpf"

struct folder {
	const char *root; /* "/run/xlab", or the private one's */
	bool stays;	  /* the private one's is a mount */
	char id[FOLDER_ID];
	int gate; /* fd of ROOT while we are behind it, or -1 */
	int home; /* fd of ROOT/ID, or -1: not there */
};

#define FOLDER_NONE                     \
	{                               \
		.gate = -1, .home = -1, \
	}

/* Fails only if something is wrong with what is there; home is -1 if nothing is. */
int folder_open(struct folder *f, bool private, struct error *e);
void folder_close(struct folder *f);
#define FOLDER_AUTO __attribute__((cleanup(folder_close))) struct folder

/* Make what is missing, and open (making it too) the file @lock in it. */
int folder_make(struct folder *f, const char *lock, int *lock_fd, struct error *e);

/* Remove what killed commands left and nobody holds, then the folders that are empty. @own: a
 * lab whose lock is ours and whose files go too, or NULL.
 */
int folder_tidy(struct folder *f, const char *own, struct error *e);

/* Make /run/netns if it is missing, and note that it was us; its fd. */
int folder_names_make(struct folder *f, int *fd, struct error *e);

/* Lock @fd alone; -EBUSY if it has not come by @deadline_ns (CLOCK_MONOTONIC). */
int lock_await(int fd, uint64_t deadline_ns, struct error *e);

#define LOCK_DEADLINE_NS 2000000000ULL
#define NAMES_DIR	 "/run/netns"

#endif
