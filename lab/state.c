// SPDX-License-Identifier: GPL-2.0-or-later
/* One lab's lock, journal and small files. The folders above, which labs share, are state_dir.c's;
 * what the journal's bytes mean is journal.c's.
 */
#include "lab/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/netlink.h"
#include "lab/state_dir.h"
#include "lab/state_list.h"
#include "lab/statefile.h"
#include "lab/text.h"

struct state {
	struct state_dir state_dir;
	int lock; /* held; -1: only read */
	struct journal journal;
	char *dir;
};

#define JOURNAL_FILE_MAX (16u << 20)
#define JOURNAL_COPY	 "journal" /* in the tmpfs of a lab that is up */

static struct state *state_new(const char *lab, bool private, struct error *e)
{
	struct state *st = xcalloc(1, sizeof(*st));

	st->lock = -1;
	if (state_dir_open(&st->state_dir, private, e)) {
		state_close(st);
		return NULL;
	}
	st->dir = text_format("%s/%s/%s", st->state_dir.root, st->state_dir.id, lab);
	return st;
}

void state_close(struct state *st)
{
	if (!st)
		return;
	cleanup_fd(&st->lock);
	state_dir_close(&st->state_dir);
	journal_clear(&st->journal);
	free(st->dir);
	free(st);
}

void state_cleanup(struct state **st)
{
	state_close(*st);
}

const struct journal *state_journal(const struct state *st)
{
	return &st->journal;
}

const char *state_lab_dir(const struct state *st)
{
	return st->dir;
}

char *state_path(const struct state *st, const char *fmt, ...)
{
	char *FREE_AUTO what = NULL;
	va_list args;

	va_start(args, fmt);
	what = text_vformat(fmt, args);
	va_end(args);
	return text_format("%s/%s", st->dir, what);
}

static int lock_note(int fd, const char *command, struct error *e)
{
	char note[128];
	int len = snprintf(note, sizeof(note), "%d %s\n", (int)getpid(), command);

	/* What a longer one has left behind is no part of the first line. */
	if (pwrite(fd, note, (size_t)len, 0) != len)
		return error_sys(e, -errno, "cannot write the lab's lock");
	return 0;
}

/* "LAB is held by process 12 (up)", after a wait for its lock that was in vain. */
static int lock_refused(int fd, const char *lab, int err, struct error *e)
{
	char note[128];
	ssize_t len = pread(fd, note, sizeof(note) - 1, 0);
	int pid, at;

	if (err != -EBUSY)
		return error_wrap(e, "lab %s", lab);
	note[len < 0 ? 0 : len] = '\0';
	note[strcspn(note, "\n")] = '\0';
	if (sscanf(note, "%d %n", &pid, &at) != 1)
		return error_state(e, -EBUSY, "lab %s is held by another command", lab);
	return error_state(e, -EBUSY,
			   "lab %s is held by process %d (xlab %s): try again when it is done", lab,
			   pid, note + at);
}

/* A lock that a `down` has unlinked while we waited for it locks nothing. */
static bool lock_is_dead(int fd)
{
	struct stat st;

	return fstat(fd, &st) || st.st_nlink == 0;
}

static int open_lock(struct state *st, const char *lab, bool make, struct error *e)
{
	char *FREE_AUTO file = text_format("%s.lock", lab);

	if (make)
		return state_dir_make(&st->state_dir, file, &st->lock, e);
	if (st->state_dir.labs_dir < 0)
		return error_state(e, -ENOENT, "there is no lock of lab %s", lab);
	st->lock = openat(st->state_dir.labs_dir, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return st->lock < 0 ? error_sys(e, -errno, "cannot open the lock of lab %s", lab) : 0;
}

/* Take the lab's lock; with @make, its file and folders come into being. */
static int lock_lab(struct state *st, const char *lab, const char *command, bool make,
		    struct error *e)
{
	uint64_t deadline = netlink_clock_ns() + LOCK_DEADLINE_NS;
	int err;

	for (;;) {
		err = open_lock(st, lab, make, e);
		if (err)
			return err;
		err = lock_await(st->lock, deadline, e);
		if (err)
			err = lock_refused(st->lock, lab, err, e);
		else if (!lock_is_dead(st->lock))
			return lock_note(st->lock, command, e);
		cleanup_fd(&st->lock);
		if (err)
			return err;
		if (!make)
			return error_sys(e, -ENOENT, "lab %s", lab);
	}
}

/* -ENOENT without words if there is no such file, -EBADMSG if it is no journal of this lab. */
static int read_journal(struct state *st, const char *lab, const char *file, struct error *e)
{
	char *FREE_AUTO text = NULL;
	size_t size;
	int err = statefile_read(st->state_dir.labs_dir, file, JOURNAL_FILE_MAX, &text, &size, e);

	if (err)
		return err;
	err = journal_read(&st->journal, text, size, e);
	if (!err && strcmp(st->journal.lab, lab) != 0)
		err = error_state(e, -EBADMSG, "it is of a lab \"%s\"", st->journal.lab);
	if (!err)
		return 0;
	journal_clear(&st->journal);
	return error_wrap(e, "%s/%s/%s", st->state_dir.root, st->state_dir.id, file);
}

/* The journal, else the copy that the lab has of it. -ENOENT without words if there is neither. */
static int load_journal(struct state *st, const char *lab, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO file = text_format("%s.journal", lab);
	char *FREE_AUTO copy = text_format("%s/" JOURNAL_COPY, lab);
	int err;

	if (st->state_dir.labs_dir < 0)
		return -ENOENT;
	err = read_journal(st, lab, file, e);
	if (err != -ENOENT && err != -EBADMSG)
		return err;
	if (read_journal(st, lab, copy, &ignored))
		return err;
	error_clear(e);
	return 0;
}

static int save_journal(struct state *st, struct error *e)
{
	const char *lab = st->journal.lab;
	size_t size;
	char *FREE_AUTO text = journal_write(&st->journal, &size);
	char *FREE_AUTO file = text_format("%s.journal", lab);
	char *FREE_AUTO copy = text_format("%s/" JOURNAL_COPY, lab);
	int err = 0;

	if (st->journal.phase == STATE_UP)
		err = statefile_write(st->state_dir.labs_dir, copy, text, size, e);
	return err ? err : statefile_write(st->state_dir.labs_dir, file, text, size, e);
}

/* A lab that is up has its namespaces, unless they ended with the mount namespace that it was
 * started in.
 */
static void note_vanished(struct state *st)
{
	char *FREE_AUTO ns = state_path(st, "ns");

	if (st->journal.phase == STATE_UP && access(ns, F_OK) && errno == ENOENT)
		st->journal.phase = STATE_VANISHED;
}

void state_mark_corrupt(struct state *st)
{
	const struct journal corrupt = {
		.lab = strrchr(st->dir, '/') + 1,
		.phase = STATE_CORRUPT,
	};

	journal_clear(&st->journal);
	journal_copy(&st->journal, &corrupt);
}

/* Locked, and no journal there: write ours. On an error the file may be there all the same: a disk
 * that fails does so when it is told to keep what it has taken already.
 */
static int begin_new(struct state *st, const struct journal *in, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	int err;

	journal_copy(&st->journal, in);
	st->journal.phase = STATE_BUILDING;
	err = save_journal(st, e);
	if (err)
		(void)state_forget(st, &ignored);
	return err;
}

/* Before anything is begun, so that nothing has to be undone. */
static int check_mountpoint(const struct state *st, const char *lab, struct error *e)
{
	char *FREE_AUTO what = NULL;
	enum mountpoint mountpoint;
	int err = mountpoint_look(st->dir, &mountpoint, &what, e);

	if (err || mountpoint == MOUNTPOINT_FREE)
		return err;
	if (mountpoint == MOUNTPOINT_OURS)
		return error_state(e, -EEXIST,
				   "lab %s is up already, though its journal is lost: `xlab down "
				   "%s` first, or `--as NAME` for another copy",
				   lab, lab);
	return error_state(e, -EEXIST,
			   "the place of lab %s is taken: %s is %s that xlab did not make; remove "
			   "it if nobody needs it, or use `--as NAME` for another place",
			   lab, st->dir, what ? what : "something");
}

static int begin_locked(struct state *st, const struct journal *in, const char *command,
			struct error *e)
{
	struct error ERROR_AUTO why = ERROR_INIT;
	bool gone;
	int err = lock_lab(st, in->lab, command, true, e);

	if (err)
		return err;
	err = load_journal(st, in->lab, e);
	if (err == -ENOENT) {
		err = check_mountpoint(st, in->lab, e);
		return err ? err : begin_new(st, in, e);
	}
	if (err == -EBADMSG) {
		error_move(&why, e);
		return error_state(e, err, "%s: `xlab down %s` removes what is left of that lab",
				   why.text, in->lab);
	}
	if (err)
		return err;
	note_vanished(st);
	gone = st->journal.phase == STATE_VANISHED;
	if (st->journal.phase != STATE_UP && !gone)
		return 1;
	return error_state(e, -EEXIST,
			   "lab %s is up already%s: `xlab down %s` first, or `--as NAME` for "
			   "another copy",
			   in->lab, gone ? ", though its namespaces are gone from here" : "",
			   in->lab);
}

int state_begin(const struct journal *in, const char *command, struct state **st, struct error *e)
{
	struct state *STATE_AUTO opened = state_new(in->lab, in->nameless, e);
	struct error ERROR_AUTO ignored = ERROR_INIT;
	int err = opened ? begin_locked(opened, in, command, e) : e->err;

	/* Folders and a lock without a journal are all that can be there of it. */
	if (err < 0 && opened)
		(void)state_dir_tidy(&opened->state_dir, opened->lock < 0 ? NULL : in->lab,
				     &ignored);
	*st = err < 0 ? NULL : steal_pointer(&opened);
	return err;
}

/* Is anything there that only a lab of this name can have left? */
static bool is_left_over(const struct state *st)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	enum mountpoint mountpoint;

	if (mountpoint_mounted(st->dir, 0, &mountpoint, &ignored) == 0 &&
	    (mountpoint == MOUNTPOINT_OURS || mountpoint == MOUNTPOINT_COVERED))
		return true;
	return netns_names_lead_into(st->dir);
}

/* Somebody may have removed the lock's file, and left the lab. */
static int lock_known(struct state *st, const char *lab, const char *command, struct error *e)
{
	int err = lock_lab(st, lab, command, false, e);

	if (err != -ENOENT ||
	    (!state_dir_has(&st->state_dir, lab, ".journal") && !is_left_over(st)))
		return err;
	error_clear(e);
	return lock_lab(st, lab, command, true, e);
}

static int load_or_mark_corrupt(struct state *st, const char *lab, struct error *e)
{
	int err = load_journal(st, lab, e);

	if (err == -EBADMSG || (err == -ENOENT && is_left_over(st))) {
		error_clear(e);
		state_mark_corrupt(st);
		return 0;
	}
	if (!err)
		note_vanished(st);
	return err;
}

static int open_named(const char *name, enum state_lock lock, const char *command,
		      struct state **st, struct error *e)
{
	struct state *STATE_AUTO opened = state_new(name, false, e);
	int err = 0;

	if (!opened)
		return e->err;
	if (lock == STATE_LOCKED)
		err = lock_known(opened, name, command, e);
	if (!err)
		err = load_or_mark_corrupt(opened, name, e);
	if (err == -ENOENT) {
		/* Its lock may be all that a killed command left; let go of it, to have it removed.
		 */
		state_close(steal_pointer(&opened));
		error_clear(e);
		return state_no_such(name, e);
	}
	*st = err ? NULL : steal_pointer(&opened);
	return err;
}

int state_open(const char *name, enum state_lock lock, const char *command, struct state **st,
	       struct error *e)
{
	char *FREE_AUTO only = NULL;
	const char *why;
	int err;

	*st = NULL;
	if (!name) {
		err = state_only(&only, e);
		if (err)
			return err;
		name = only;
	}
	if (text_name(name, NAME_MAX_LEN, &why))
		return error_input(e, "\"%s\" is no name of a lab: %s", name, why);
	return open_named(name, lock, command, st, e);
}

int state_still(const struct state *st)
{
	char *FREE_AUTO file = text_format("%s.lock", st->journal.lab);
	int FD_AUTO fd = openat(st->state_dir.labs_dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) || lock_is_dead(fd))
		return -1;
	return steal_fd(&fd);
}

int state_set_phase(struct state *st, enum state_phase phase, struct error *e)
{
	st->journal.phase = phase;
	return save_journal(st, e);
}

void state_mounted(struct state *st)
{
	uint64_t files;

	st->journal.tmpfs = mountpoint_id(st->dir, &files);
}

int state_forget(struct state *st, struct error *e)
{
	char *FREE_AUTO file = text_format("%s.journal", st->journal.lab);

	/* Where it was lost, somebody may have put anything in its place. */
	if (unlinkat(st->state_dir.labs_dir, file, 0) && errno != ENOENT &&
	    (errno != EISDIR || unlinkat(st->state_dir.labs_dir, file, AT_REMOVEDIR)))
		return error_sys(e, -errno, "cannot remove %s.journal", st->dir);
	(void)fsync(st->state_dir.labs_dir);
	return state_dir_tidy(&st->state_dir, st->journal.lab, e);
}

int state_write(struct state *st, const char *name, const char *text, struct error *e)
{
	char *FREE_AUTO file = text_format("%s/%s", st->journal.lab, name);

	return statefile_write(st->state_dir.labs_dir, file, text, strlen(text), e);
}

int state_read(const struct state *st, const char *name, char **text, struct error *e)
{
	char *FREE_AUTO file = text_format("%s/%s", st->journal.lab, name);
	size_t size;

	return statefile_read(st->state_dir.labs_dir, file, JOURNAL_FILE_MAX, text, &size, e);
}

int state_names_dir(struct state *st, int *fd, struct error *e)
{
	return state_dir_netns_names_make(&st->state_dir, fd, e);
}

/* Slaves first: what is mounted here goes nowhere else, and the machine's own unmounts still
 * reach this copy, so that it holds no disk.
 */
int state_private(struct error *e)
{
	if (unshare(CLONE_NEWNS))
		return error_sys(e, -errno, "cannot make a mount namespace of its own");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return error_sys(e, -errno, "cannot part from the machine's mounts");
	if (mount("xlab", STATE_PRIVATE_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0700"))
		return error_sys(e, -errno, "cannot mount a tmpfs on " STATE_PRIVATE_ROOT);
	return 0;
}
