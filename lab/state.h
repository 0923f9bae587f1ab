/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATE_H
#define XLAB_STATE_H

/*
 * A lab's files, and its journal.
 *
 *   /run/xlab/ID/            ID: of the file system that the names lie on (state_dir.h; 0700)
 *   /run/xlab/ID/LAB.lock    one flock a lab; holds "PID COMMAND" of its holder
 *   /run/xlab/ID/LAB.journal the journal: what is going to be done, on disk before it is
 *   /run/xlab/ID/netns.made  /run/netns was not there before the labs
 *   /run/xlab/ID/LAB/        a tmpfs of the lab's own; one umount takes all of it:
 *       journal              a copy of the journal, once the lab is up
 *       ns/NODE              its network namespaces (nsfs mounts)
 *       bpf/                 for a bpffs: maps and programs of the lab
 *       xdp/NODE/            for a bpffs a node, for libxdp
 *       chains/NODE:IFACE    which chain stands there
 *       listeners/N          a lock for each listener
 *       rules                which rules filters had before a scenario changed them
 *   /run/netns/NAME          a symlink to ns/NODE, so that `ip netns` sees it
 *
 * The journal names everything that the lab may create before the first of it is
 * created: the plan follows from the lab file's text, and links carry a random
 * group. So undoing needs no record of how far a killed command came.
 */

#include "lab/journal.h"

struct error;

struct state; /* an open lab: its paths and, if asked for, its lock */

enum state_lock { STATE_READ, STATE_LOCKED };

/*
 * Begin a lab: lock it and put the journal on disk (phase building). -EEXIST if a
 * lab of that name is up, -EBUSY if somebody holds it for two seconds. Returns 1 if a killed
 * command left an earlier lab of that name half-way: *st is that one then, for the caller to
 * undo (build_undo, which forgets it) and close, and to begin again.
 */
int state_begin(const struct journal *in, const char *command, struct state **st, struct error *e);

/*
 * Open a lab that is there; @name NULL means the one that is up (with several:
 * -EINVAL, and the error lists them). With STATE_LOCKED, wait at most two seconds for its lock,
 * then say who holds it (-EBUSY). -ENOENT: no such lab.
 */
int state_open(const char *name, enum state_lock lock, const char *command, struct state **st,
	       struct error *e);

/* Regard the lab's journal as corrupt: only the lab's name is known from now on. */
void state_mark_corrupt(struct state *st);

const struct journal *state_journal(const struct state *st);

/* Put a phase on disk (write, fsync, rename). */
int state_set_phase(struct state *st, enum state_phase phase, struct error *e);

/* The lab's tmpfs is mounted: the journal says which from the next phase on. */
void state_mounted(struct state *st);

/* Forget the lab: its tmpfs is gone, now its files and, if they are empty, the
 * folders above. Done already is done.
 */
int state_forget(struct state *st, struct error *e);

/* For one who only looks, lest he take what he sees half-way for the end of it: no command is at
 * work on the lab, and none begins until this fd is closed. -1: one is.
 */
int state_still(const struct state *st);

/* Close and unlock; what is on disk stays. */
void state_close(struct state *st);

const char *state_lab_dir(const struct state *st); /* /run/xlab/ID/LAB, no slash at its end */

/* malloc'ed "DIR/WHAT" of this lab. */
char *state_path(const struct state *st, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Small files below state_lab_dir(): replaced atomically; read whole (malloc'ed,
 * NUL-terminated; -ENOENT without an error set if it is not there).
 */
int state_write(struct state *st, const char *name, const char *text, struct error *e);
int state_read(const struct state *st, const char *name, char **text, struct error *e);

/* For `xlab run`: a mount namespace of this process alone, in which a lab that is nameless keeps
 * its state, so that it is gone when the process is. Call before state_begin().
 */
int state_private(struct error *e);

/* An fd of /run/netns, made if it is missing; the last lab to leave removes it then, if it is
 * empty.
 */
int state_names_dir(struct state *st, int *fd, struct error *e);

#define STATE_AUTO __attribute__((cleanup(state_cleanup)))
void state_cleanup(struct state **st);

#endif
