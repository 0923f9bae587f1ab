/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SPAWN_H
#define XLAB_SPAWN_H

/*
 * Children in a namespace of the lab, with as few privileges as they need: no
 * fd but 0-2, a clean environment, no new privileges, and killed by the kernel when
 * xlab dies, whatever it dies of.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct state;

struct spawn {
	const char *const *argv; /* argv[0] is an absolute path; ends in NULL */
	int netns;		 /* namespace to enter */
	int in, out, err;	 /* become 0, 1, 2; -1: /dev/null; stay the caller's */
	uint64_t keep;		 /* capabilities, a bit 1 << CAP_… each */
};

struct child {
	pid_t pid;
	int pidfd; /* readable when it has ended; -1: no child */
};
#define CHILD_NONE    \
	{             \
		0, -1 \
	}

/* Returns when the program runs. What cannot be done in the child itself (its exec, say) ends it
 * with status 127 and a line on its stderr, as in a shell.
 */
int spawn(const struct spawn *what, struct child *child, struct error *e);

/* It waits for something to happen, and so has dealt with all that has; true where /proc does not
 * tell.
 */
bool child_sleeps(const struct child *child);

/* Collect a child that has ended: its wait status, as of waitpid(2). -EAGAIN if
 * it runs still.
 */
int child_collect(struct child *child, int *status);

void child_signal(const struct child *child, int signal);

/* End it if it runs still, and wait until the kernel has let go of what it held. */
void child_end(struct child *child);

/* The program's path in the system's own folders, whatever PATH says; NULL if
 * it is not there. Static.
 */
const char *spawn_find(const char *const *paths);

/* In a process that is about to exec: keep no capability but @keep, nor let exec give more. */
int spawn_confine(uint64_t keep, struct error *e);

/* What root gets from execve(): nothing but @keep from now on. A negative errno, without words. */
int spawn_cut_bounding_set(uint64_t keep);

/* What a child writes, to our end of a pipe. Of a long text the last part is kept. */
struct stream {
	int fd;
	char *text; /* NUL-terminated; NULL while nothing came */
	size_t size;
};

/* A child in a node of the lab, and what it has said. A zeroed one has not been started. */
struct subprocess {
	const char *netns; /* the node or bridge it is in; borrowed */
	struct child child;
	bool started, ended;
	int status; /* once it has ended */
	struct stream out, err;
};

/* Enter @netns and run @argv there; @in and @keep as in struct spawn. */
int subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
		     const char *const *argv, int in, uint64_t keep, struct error *e);

/* Pipes for what it will say; *@out and *@err are its ends of them. */
int subprocess_open(struct subprocess *p, const char *netns, int *out, int *err, struct error *e);

/* Take what it has said, and its end, without waiting. */
void subprocess_poll(struct subprocess *p);

/* How it failed, by its own last line or by its end: "nc in h2 says: …"; malloc'ed */
char *subprocess_trouble(const struct subprocess *p, const char *program);

/* End it, if it was started and runs still. */
void subprocess_end(struct subprocess *p);

#endif
