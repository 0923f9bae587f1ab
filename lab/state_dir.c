// SPDX-License-Identifier: GPL-2.0-or-later
/* The folders that labs share, their coming and going, and waiting for locks. What is in a lab's
 * own is state.c's.
 */
#include "lab/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"

#define STATE_ROOT "/run/xlab"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* In ROOT/ID: xlab made /run/netns, and the last lab to leave removes it. */
#define NAMES_MARK "netns.made"

#define NAMES_PARENT "/run"

/* Room for a struct ustat, which libc has forgotten. */
#define USTAT_SIZE 64

/* The fd of a folder that is root's alone, or -1 with *@fd where there is none. */
static int open_own(const struct state_dir *f, int at, const char *name, int *fd, struct error *e)
{
	int FD_AUTO opened = openat(at, name, DIR_FLAGS);
	struct stat st;

	*fd = -1;
	if (opened < 0 && errno == ENOENT)
		return 0;
	if (opened < 0)
		return error_sys(e, -errno, "cannot open the folder \"%s\" of %s%s", name, f->root,
				 errno == ELOOP || errno == ENOTDIR ? " (it must be a real folder)"
								    : "");
	if (fstat(opened, &st))
		return error_sys(e, -errno, "cannot look at %s", f->root);
	if (st.st_uid != 0 || (st.st_mode & 022))
		return error_state(
			e, -EPERM,
			"the folder \"%s\" of %s belongs to user %u with mode %04o, not to "
			"root alone: somebody else made it; look at it and remove it",
			name, f->root, st.st_uid, st.st_mode & 07777);
	if ((st.st_mode & 0777) != 0700 && fchmod(opened, 0700))
		return error_sys(e, -errno, "cannot keep %s for root alone", f->root);
	*fd = steal_fd(&opened);
	return 0;
}

/* Open ROOT, if it is there; with @make it is. */
static int open_root(const struct state_dir *f, bool make, int *root, struct error *e)
{
	if (make && mkdir(f->root, 0700) && errno != EEXIST)
		return error_sys(e, -errno, "cannot make the folder %s", f->root);
	return open_own(f, AT_FDCWD, f->root, root, e);
}

/* A tmpfs has a random number of its own; its device is nobody else's for as long as it lives. */
static int state_dir_id(char id[STATE_DIR_ID], struct error *e)
{
	const char *names = NAMES_DIR;
	unsigned long long device, number;
	struct statfs fs;
	struct stat st;
	int err = stat(names, &st);

	/* The labs of another folder are nobody's: it must be sure which one it is. */
	if (err && errno == ENOENT)
		err = stat(names = NAMES_PARENT, &st);
	if (err || statfs(names, &fs))
		return error_sys(e, -errno, "cannot look at %s", names);
	memcpy(&number, &fs.f_fsid, sizeof(number));
	device = fs.f_type == TMPFS_MAGIC ? st.st_dev : 0;
	(void)snprintf(id, STATE_DIR_ID, "%llx-%llx", device, number ? number : st.st_dev);
	return 0;
}

/* A device that is in use again may be another's: then the folder waits for the next time. */
static bool is_mounted(unsigned long long device)
{
#ifdef SYS_ustat
	char answer[USTAT_SIZE];

	return syscall(SYS_ustat, device, answer) == 0 || errno != EINVAL;
#else
	(void)device;
	return true;
#endif
}

/* True only if it is sure that the file system of this id is mounted nowhere any more, and that of
 * the other is.
 */
static bool state_dir_id_is_dead(const char *id, const char *living)
{
	unsigned long long device, number, its_device, its_number;

	if (sscanf(id, "%llx-%llx", &device, &number) != 2 || !device || strcmp(id, living) == 0)
		return false;
	if (sscanf(living, "%llx-%llx", &its_device, &its_number) == 2 && device == its_device)
		return true;
	return !is_mounted(device);
}

/* Open ROOT/ID, if it is there; with @make it is. */
static int open_labs_dir(struct state_dir *f, int root, bool make, struct error *e)
{
	cleanup_fd(&f->labs_dir);
	if (root < 0)
		return 0;
	if (make && mkdirat(root, f->id, 0700) && errno != EEXIST)
		return error_sys(e, -errno, "cannot make the folder %s/%s", f->root, f->id);
	return open_own(f, root, f->id, &f->labs_dir, e);
}

int state_dir_open(struct state_dir *f, bool private, struct error *e)
{
	int FD_AUTO root = -1;
	int err;

	*f = (struct state_dir)STATE_DIR_NONE;
	f->root = private ? STATE_PRIVATE_ROOT : STATE_ROOT;
	f->stays = private;
	err = state_dir_id(f->id, e);
	if (!err)
		err = open_root(f, false, &root, e);
	return err ? err : open_labs_dir(f, root, false, e);
}

void state_dir_close(struct state_dir *f)
{
	cleanup_fd(&f->dir_lock);
	cleanup_fd(&f->labs_dir);
	*f = (struct state_dir)STATE_DIR_NONE;
}

/* flock has no deadline of its own. A lock belongs to the open file, which a child shares: the
 * child waits for it, and the parent waits for the child.
 */
static pid_t start_waiter(int fd)
{
	pid_t parent = getpid();
	pid_t waiter = fork();

	if (waiter != 0)
		return waiter;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		(void)flock(fd, LOCK_EX);
	_exit(0);
}

static void await_exit(pid_t pid, uint64_t deadline_ns)
{
	int FD_AUTO fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct timespec wait = netlink_time_left(deadline_ns);

	if (fd >= 0)
		(void)ppoll(&poll_fd, 1, &wait, NULL);
}

int lock_await(int fd, uint64_t deadline_ns, struct error *e)
{
	pid_t waiter;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_sys(e, -errno, "cannot lock it");
	waiter = start_waiter(fd);
	if (waiter < 0)
		return error_sys(e, -errno, "cannot wait for a lock");
	await_exit(waiter, deadline_ns);
	(void)kill(waiter, SIGKILL);
	(void)TEMP_FAILURE_RETRY(waitpid(waiter, NULL, 0));
	/* The lock that the child got is ours already; else this is the last try. */
	if (flock(fd, LOCK_EX | LOCK_NB))
		return error_sys(e, errno == EWOULDBLOCK ? -EBUSY : -errno, "cannot lock it");
	return 0;
}

/* A folder that somebody removed while we waited for its lock locks nobody out any more. */
static bool dir_lock_stands(const struct state_dir *f)
{
	struct stat held, there;

	return fstat(f->dir_lock, &held) == 0 && lstat(f->root, &there) == 0 &&
	       held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* Without @make, the lock may be -1 then: there is nothing to lock. */
static int dir_lock_enter(struct state_dir *f, bool make, struct error *e)
{
	uint64_t deadline = netlink_clock_ns() + LOCK_DEADLINE_NS;
	int err;

	for (;;) {
		err = open_root(f, make, &f->dir_lock, e);
		if (!err && f->dir_lock < 0 && make)
			continue; /* somebody removed it as soon as it was made */
		if (err || f->dir_lock < 0)
			return err;
		err = lock_await(f->dir_lock, deadline, e);
		if (err)
			err = error_wrap(e,
					 err == -EBUSY ? "%s is locked by another program" : "%s",
					 f->root);
		else if (dir_lock_stands(f))
			return 0;
		cleanup_fd(&f->dir_lock);
		if (err)
			return err;
	}
}

DIR *dir_at(int at, const char *name)
{
	int FD_AUTO fd = openat(at, name, DIR_FLAGS);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		(void)steal_fd(&fd);
	return dir;
}

/* Labs whose names went with the mount that they were on: their mounts did, too, and files are
 * all that is left of them.
 */
static void remove_dead(int root, const char *id)
{
	DIR *DIR_AUTO dir = dir_at(root, id);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		(void)unlinkat(dirfd(dir), entry->d_name,
			       entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	(void)unlinkat(root, id, AT_REMOVEDIR);
}

static void reap_dead(const struct state_dir *f)
{
	DIR *DIR_AUTO dir = f->stays ? NULL : dir_at(f->dir_lock, ".");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (state_dir_id_is_dead(entry->d_name, f->id))
			remove_dead(f->dir_lock, entry->d_name);
}

int state_dir_make(struct state_dir *f, const char *lock, int *lock_fd, struct error *e)
{
	int err = dir_lock_enter(f, true, e);

	if (err)
		return err;
	reap_dead(f);
	err = open_labs_dir(f, f->dir_lock, true, e);
	if (!err) {
		*lock_fd =
			openat(f->labs_dir, lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (*lock_fd < 0)
			err = error_sys(e, -errno, "cannot open the lock %s/%s/%s", f->root, f->id,
					lock);
	}
	cleanup_fd(&f->dir_lock);
	return err;
}

/* LAB of "LAB.lock"; false if it is none. */
static bool lab_of_lock(const char *file, char lab[static NAME_MAX + 1])
{
	size_t len = strlen(file), cut = strlen(".lock");

	if (len <= cut || len > NAME_MAX || strcmp(file + len - cut, ".lock") != 0)
		return false;
	memcpy(lab, file, len - cut);
	lab[len - cut] = '\0';
	return true;
}

bool state_dir_has(const struct state_dir *f, const char *lab, const char *ending)
{
	char file[NAME_MAX + 32];

	if (f->labs_dir < 0)
		return false;
	(void)snprintf(file, sizeof(file), "%s%s", lab, ending);
	/* What cannot be looked for may be there: a lab with a record is not tidied away. */
	return faccessat(f->labs_dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* A lab without a journal has nothing in the kernel; its lock goes last, for it says that
 * somebody may be about to begin.
 */
static void tidy_lock(const struct state_dir *f, const char *lab, bool own)
{
	char lock[NAME_MAX + 32], journal[NAME_MAX + 32];
	int FD_AUTO fd = -1;

	if (state_dir_has(f, lab, ".journal"))
		return;
	(void)snprintf(lock, sizeof(lock), "%s.lock", lab);
	(void)snprintf(journal, sizeof(journal), "%s.journal.new", lab);
	if (!own) {
		fd = openat(f->labs_dir, lock, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
			return;
	}
	(void)unlinkat(f->labs_dir, journal, 0);
	(void)unlinkat(f->labs_dir, lab, AT_REMOVEDIR);
	(void)unlinkat(f->labs_dir, lock, 0);
}

static void tidy_locks(const struct state_dir *f)
{
	DIR *DIR_AUTO dir = dir_at(f->labs_dir, ".");
	char lab[NAME_MAX + 1];
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (lab_of_lock(entry->d_name, lab))
			tidy_lock(f, lab, false);
}

/* The last lab to leave takes /run/netns along. If somebody else has put names there meanwhile, it
 * is theirs from then on.
 */
static void tidy_names(const struct state_dir *f)
{
	DIR *DIR_AUTO dir = state_dir_has(f, NAMES_MARK, "") ? dir_at(f->labs_dir, ".") : NULL;
	char lab[NAME_MAX + 1];
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (lab_of_lock(entry->d_name, lab))
			return;
	(void)rmdir(NAMES_DIR);
	(void)unlinkat(f->labs_dir, NAMES_MARK, 0);
}

/* Folders that other labs are in stay, and what cannot be removed is there for the next command:
 * that is no error. Mostly nothing else is there, and they go without a look at what is.
 */
static void tidy_labs_dir(const struct state_dir *f, const char *own)
{
	if (own)
		tidy_lock(f, own, true);
	if (unlinkat(f->dir_lock, f->id, AT_REMOVEDIR) == 0)
		return;
	tidy_locks(f);
	tidy_names(f);
	(void)unlinkat(f->dir_lock, f->id, AT_REMOVEDIR);
}

static int tidy_locked(struct state_dir *f, const char *own, struct error *e)
{
	int err = open_labs_dir(f, f->dir_lock, false, e);

	if (!err && f->labs_dir >= 0)
		tidy_labs_dir(f, own);
	cleanup_fd(&f->labs_dir);
	if (err || f->stays || rmdir(f->root) == 0)
		return err;
	reap_dead(f);
	(void)rmdir(f->root);
	return 0;
}

int state_dir_tidy(struct state_dir *f, const char *own, struct error *e)
{
	int err = dir_lock_enter(f, false, e);

	if (err || f->dir_lock < 0)
		return err;
	err = tidy_locked(f, own, e);
	cleanup_fd(&f->dir_lock);
	return err;
}

/* The mark comes first, so that a killed command's /run/netns is known to be ours. */
static int make_names(struct state_dir *f, struct error *e)
{
	int FD_AUTO mark =
		openat(f->labs_dir, NAMES_MARK, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	mode_t before;
	int made;

	if (mark < 0 || fsync(mark) || fsync(f->labs_dir))
		return error_sys(e, -errno, "cannot note that " NAMES_DIR " is made");
	/* Names are for everybody, whatever the caller keeps from others that he makes himself. */
	before = umask(0);
	made = mkdir(NAMES_DIR, 0755);
	(void)umask(before);
	if (made == 0)
		return 0;
	if (errno != EEXIST)
		return error_sys(e, -errno, "cannot make " NAMES_DIR);
	(void)unlinkat(f->labs_dir, NAMES_MARK, 0);
	return 0;
}

int state_dir_netns_names_make(struct state_dir *f, int *fd, struct error *e)
{
	int err = dir_lock_enter(f, true, e);

	if (err)
		return err;
	*fd = open(NAMES_DIR, DIR_FLAGS);
	if (*fd < 0 && errno == ENOENT) {
		err = make_names(f, e);
		*fd = err ? -1 : open(NAMES_DIR, DIR_FLAGS);
	}
	if (!err && *fd < 0)
		err = error_sys(e, -errno, "cannot open " NAMES_DIR);
	cleanup_fd(&f->dir_lock);
	return err;
}
