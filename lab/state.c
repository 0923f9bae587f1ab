// SPDX-License-Identifier: GPL-2.0-or-later
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

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/folder.h"
#include "lab/intent.h"
#include "lab/netlink.h"
#include "lab/site.h"
#include "lab/state_list.h"
#include "lab/statefile.h"
#include "lab/text.h"

struct state {
	struct folder folder;
	int lock; /* held; -1: only read */
	struct intent intent;
	char *dir;
};

#define INTENT_FILE_MAX (16u << 20)
#define INTENT_COPY	"intent" /* in the tmpfs of a lab that is up */

static struct state *state_new(const char *lab, bool private, struct error *e)
{
	struct state *st = calloc(1, sizeof(*st));

	if (!st) {
		error_sys(e, -ENOMEM, "open lab %s", lab);
		return NULL;
	}
	st->lock = -1;
	st->folder = (struct folder)FOLDER_NONE;
	if (folder_open(&st->folder, private, e) == 0) {
		st->dir = text_format("%s/%s/%s", st->folder.root, st->folder.id, lab);
		if (st->dir)
			return st;
		error_sys(e, -ENOMEM, "open lab %s", lab);
	}
	state_close(st);
	return NULL;
}

void state_close(struct state *st)
{
	if (!st)
		return;
	cleanup_fd(&st->lock);
	folder_close(&st->folder);
	intent_clear(&st->intent);
	free(st->dir);
	free(st);
}

void state_cleanup(struct state **st)
{
	state_close(*st);
}

const struct intent *state_intent(const struct state *st)
{
	return &st->intent;
}

const char *state_dir(const struct state *st)
{
	return st->dir;
}

char *state_path(const struct state *st, const char *fmt, ...)
{
	char *what = NULL, *path;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&what, fmt, args);
	va_end(args);
	if (len < 0)
		return NULL;
	path = text_format("%s/%s", st->dir, what);
	free(what);
	return path;
}

static int lock_note(int fd, const char *command, struct error *e)
{
	char note[128];
	int len = snprintf(note, sizeof(note), "%d %s\n", (int)getpid(), command);

	if (ftruncate(fd, 0) || pwrite(fd, note, (size_t)len, 0) != len)
		return error_sys(e, -errno, "write the lab's lock");
	return 0;
}

/* "LAB is held by process 12 (up)", after a wait for its lock that was in vain. */
static int lock_refused(int fd, const char *lab, int err, struct error *e)
{
	char note[128];
	ssize_t len = pread(fd, note, sizeof(note) - 1, 0);
	int pid = 0, at = 0;

	if (err != -EBUSY)
		return error_wrap(e, "lab %s", lab);
	note[len < 0 ? 0 : len] = '\0';
	note[strcspn(note, "\n")] = '\0';
	if (sscanf(note, "%d %n", &pid, &at) != 1 || !at)
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

	if (!file)
		return error_sys(e, -ENOMEM, "lock lab %s", lab);
	if (make)
		return folder_make(&st->folder, file, &st->lock, e);
	if (st->folder.home >= 0)
		st->lock = openat(st->folder.home, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	else
		errno = ENOENT;
	return st->lock < 0 ? error_sys(e, -errno, "open the lock of lab %s", lab) : 0;
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
		st->lock = -1;
		if (err)
			return err;
		if (!make)
			return error_sys(e, -ENOENT, "lab %s", lab);
	}
}

/* -ENOENT without words if there is no such file, -EBADMSG if it is no intent of this lab. */
static int read_intent(struct state *st, const char *lab, const char *file, struct error *e)
{
	char *FREE_AUTO text = NULL;
	size_t size;
	int err = statefile_read(st->folder.home, file, INTENT_FILE_MAX, &text, &size, e);

	if (err)
		return err;
	err = intent_read(&st->intent, text, size, e);
	if (!err && strcmp(st->intent.lab, lab) != 0)
		err = error_state(e, -EBADMSG, "it is of a lab \"%s\"", st->intent.lab);
	if (!err)
		return 0;
	intent_clear(&st->intent);
	return error_wrap(e, "%s/%s/%s", st->folder.root, st->folder.id, file);
}

/* The journal, else the copy that the lab has of it. -ENOENT without words if there is neither. */
static int load_intent(struct state *st, const char *lab, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	char *FREE_AUTO file = text_format("%s.intent", lab);
	char *FREE_AUTO copy = text_format("%s/" INTENT_COPY, lab);
	int err;

	if (!file || !copy)
		return error_sys(e, -ENOMEM, "read the intent of lab %s", lab);
	if (st->folder.home < 0)
		return -ENOENT;
	err = read_intent(st, lab, file, e);
	if (err != -ENOENT && err != -EBADMSG)
		return err;
	if (read_intent(st, lab, copy, &ignored))
		return err;
	error_clear(e);
	return 0;
}

static int save_intent(struct state *st, struct error *e)
{
	const char *lab = st->intent.lab;
	size_t size = 0;
	char *FREE_AUTO text = intent_write(&st->intent, &size);
	char *FREE_AUTO file = text_format("%s.intent", lab);
	char *FREE_AUTO copy = text_format("%s/" INTENT_COPY, lab);
	int err = 0;

	if (!text || !file || !copy)
		return error_sys(e, -ENOMEM, "write the intent of lab %s", lab);
	if (st->intent.phase == STATE_UP)
		err = statefile_write(st->folder.home, copy, text, size, e);
	return err ? err : statefile_write(st->folder.home, file, text, size, e);
}

/* A lab that is up has its namespaces, unless they ended with the mount namespace that it was
 * started in.
 */
static void note_gone(struct state *st)
{
	char *FREE_AUTO ns = state_path(st, "ns");

	if (ns && st->intent.phase == STATE_UP && access(ns, F_OK) && errno == ENOENT)
		st->intent.phase = STATE_GONE;
}

int state_lose(struct state *st, const char *lab, struct error *e)
{
	const struct intent lost = { .lab = (char *)lab, .phase = STATE_LOST };
	struct intent copy = { 0 };
	int err = intent_copy(&copy, &lost, e);

	intent_clear(&st->intent);
	st->intent = copy;
	return err;
}

/* Locked, and no intent there: write ours. On an error the file may be there all the same: a disk
 * that fails does so when it is told to keep what it has taken already.
 */
static int begin_new(struct state *st, const struct intent *in, struct error *e)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	int err = intent_copy(&st->intent, in, e);

	st->intent.phase = STATE_BUILDING;
	if (!err)
		err = save_intent(st, e);
	if (err && st->intent.lab)
		(void)state_forget(st, &ignored);
	return err;
}

/* Before anything is begun, so that nothing has to be undone. */
static int check_place(const struct state *st, const char *lab, struct error *e)
{
	char *FREE_AUTO what = NULL;
	enum site site;
	int err = site_look(st->dir, &site, &what, e);

	if (err || site == SITE_FREE)
		return err;
	if (site == SITE_OURS)
		return error_state(e, -EEXIST,
				   "lab %s is up already, though its intent is lost: `xlab down "
				   "%s` first, or `--as NAME` for another copy",
				   lab, lab);
	return error_state(e, -EEXIST,
			   "the place of lab %s is taken: %s is %s that xlab did not make; remove "
			   "it if nobody needs it, or use `--as NAME` for another place",
			   lab, st->dir, what ? what : "something");
}

static int refuse_damaged(const char *lab, struct error *e)
{
	struct error ERROR_AUTO why = ERROR_INIT;

	error_move(&why, e);
	return error_state(e, -EBADMSG, "%s: `xlab down %s` removes what is left of that lab",
			   why.text ? why.text : "a damaged intent", lab);
}

static int refuse_standing(const struct state *st, struct error *e)
{
	const char *lab = st->intent.lab;

	return error_state(
		e, -EEXIST,
		"lab %s is up already%s: `xlab down %s` first, or `--as NAME` for "
		"another copy",
		lab,
		st->intent.phase == STATE_GONE ? ", though its namespaces are gone from here" : "",
		lab);
}

static int begin_locked(struct state *st, const struct intent *in, const char *command,
			struct error *e)
{
	int err = lock_lab(st, in->lab, command, true, e);

	if (err)
		return err;
	err = load_intent(st, in->lab, e);
	if (err == -ENOENT) {
		err = check_place(st, in->lab, e);
		return err ? err : begin_new(st, in, e);
	}
	if (err)
		return err == -EBADMSG ? refuse_damaged(in->lab, e) : err;
	note_gone(st);
	if (st->intent.phase == STATE_UP || st->intent.phase == STATE_GONE)
		return refuse_standing(st, e);
	return 1;
}

int state_begin(const struct intent *in, const char *command, struct state **st, struct error *e)
{
	struct state *STATE_AUTO opened = state_new(in->lab, in->nameless, e);
	struct error ERROR_AUTO ignored = ERROR_INIT;
	int err = opened ? begin_locked(opened, in, command, e) : e->err;

	/* Folders and a lock without an intent are all that can be there of it. */
	if (err < 0 && opened)
		(void)folder_tidy(&opened->folder, opened->lock < 0 ? NULL : in->lab, &ignored);
	*st = err < 0 ? NULL : steal_pointer(&opened);
	return err;
}

/* Is anything there that only a lab of this name can have left? */
static bool is_left_over(const struct state *st)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	enum site site;

	if (site_look(st->dir, &site, NULL, &ignored) == 0 &&
	    (site == SITE_OURS || site == SITE_COVERED))
		return true;
	return names_lead_into(st->dir);
}

static bool has_intent(const struct state *st, const char *lab)
{
	char *FREE_AUTO file = text_format("%s.intent", lab);

	return file && st->folder.home >= 0 &&
	       faccessat(st->folder.home, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Somebody may have removed the lock's file, and left the lab. */
static int lock_known(struct state *st, const char *lab, const char *command, struct error *e)
{
	int err = lock_lab(st, lab, command, false, e);

	if (err != -ENOENT || (!has_intent(st, lab) && !is_left_over(st)))
		return err;
	error_clear(e);
	return lock_lab(st, lab, command, true, e);
}

static int load_or_lose(struct state *st, const char *lab, struct error *e)
{
	int err = load_intent(st, lab, e);

	if (err == -EBADMSG || (err == -ENOENT && is_left_over(st))) {
		error_clear(e);
		return state_lose(st, lab, e);
	}
	if (!err)
		note_gone(st);
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
		err = load_or_lose(opened, name, e);
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
	char *FREE_AUTO file = text_format("%s.lock", st->intent.lab);
	int FD_AUTO fd = -1;

	if (file)
		fd = openat(st->folder.home, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) || lock_is_dead(fd))
		return -1;
	return steal_fd(&fd);
}

int state_set_phase(struct state *st, enum state_phase phase, struct error *e)
{
	st->intent.phase = phase;
	return save_intent(st, e);
}

int state_forget(struct state *st, struct error *e)
{
	char *FREE_AUTO file = text_format("%s.intent", st->intent.lab);

	if (!file)
		return error_sys(e, -ENOMEM, "forget lab %s", st->intent.lab);
	/* Where it was lost, somebody may have put anything in its place. */
	if (unlinkat(st->folder.home, file, 0) && errno != ENOENT &&
	    unlinkat(st->folder.home, file, AT_REMOVEDIR))
		return error_sys(e, -errno, "remove %s.intent", st->dir);
	(void)fsync(st->folder.home);
	return folder_tidy(&st->folder, st->intent.lab, e);
}

int state_write(struct state *st, const char *name, const char *text, struct error *e)
{
	int FD_AUTO home = open(st->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (home < 0)
		return error_sys(e, -errno, "open %s", st->dir);
	return statefile_write(home, name, text, strlen(text), e);
}

int state_read(const struct state *st, const char *name, char **text, struct error *e)
{
	int FD_AUTO home = open(st->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	size_t size;

	if (home < 0)
		return errno == ENOENT ? -ENOENT : error_sys(e, -errno, "open %s", st->dir);
	return statefile_read(home, name, INTENT_FILE_MAX, text, &size, e);
}

int state_names_dir(struct state *st, int *fd, struct error *e)
{
	return folder_names_make(&st->folder, fd, e);
}

/* Slaves first: what is mounted here goes nowhere else, and the machine's own unmounts still
 * reach this copy, so that it holds no disk.
 */
int state_private(struct error *e)
{
	if (unshare(CLONE_NEWNS))
		return error_sys(e, -errno, "make a mount namespace of its own");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return error_sys(e, -errno, "part from the machine's mounts");
	if (mount("xlab", STATE_PRIVATE_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0700"))
		return error_sys(e, -errno, "mount a tmpfs on " STATE_PRIVATE_ROOT);
	return 0;
}
