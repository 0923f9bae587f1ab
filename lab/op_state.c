// SPDX-License-Identifier: GPL-2.0-or-later
/* Operation: the lab's tmpfs, in which all else of it lies. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/ops.h"
#include "lab/state.h"

/* Where the lab's other things will lie; the engines mount what they need. */
static const char *const folders[] = { "ns", "bpf", "xdp", "chains", "listeners" };

/* What a killed command left is an empty folder; anything else is somebody's, a link above all,
 * for a mount would go where it leads.
 */
int op_state_apply(struct build *b, const struct op *op, struct error *e)
{
	const char *dir = state_lab_dir(b->st);
	int FD_AUTO home = -1;

	(void)op;
	if (mkdir(dir, 0700) && (errno != EEXIST || rmdir(dir) || mkdir(dir, 0700)))
		return error_sys(e, -errno, "cannot make the folder %s", dir);
	if (mount(MOUNTPOINT_SOURCE, dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return error_sys(e, -errno, "cannot mount a tmpfs on %s", dir);
	home = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (home < 0)
		return error_sys(e, -errno, "cannot open %s", dir);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(home, folders[i], 0700))
			return error_sys(e, -errno, "cannot make the folder %s/%s", dir,
					 folders[i]);
	return 0;
}

/* Fewer namespaces go sooner than a process can be made. */
#define BEHIND_MIN 64

static uint64_t mount_id(const char *dir)
{
	struct statx st;

	return statx(AT_FDCWD, dir, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &st) ? 0 : st.stx_mnt_id;
}

/* How a child's umount ended. */
static int await_child(pid_t child)
{
	int status;

	if (TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) != child)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/*
 * What is detached is freed on the way out of the call that detached it, which with a thousand
 * namespaces takes many times as long as detaching them. So the call is a child's, the table of
 * mounts tells when they are detached, and the child goes on behind. It holds nothing of ours.
 */
static int unmount_behind(const char *dir, int flags)
{
	int FD_AUTO table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	uint64_t before = mount_id(dir);
	pid_t child = table < 0 ? -1 : fork();
	int FD_AUTO ended = child > 0 ? (int)syscall(SYS_pidfd_open, child, 0) : -1;
	struct pollfd polled[] = { { .fd = table, .events = POLLPRI },
				   { .fd = ended, .events = POLLIN } };
	int err;

	if (child == 0) {
		(void)close_range(0, ~0U, 0);
		_exit(umount2(dir, flags) ? errno : 0);
	}
	if (child < 0)
		return umount2(dir, flags) ? -errno : 0;
	while (ended >= 0 && TEMP_FAILURE_RETRY(poll(polled, 2, -1)) >= 0 && !polled[1].revents)
		if (mount_id(dir) != before)
			return 0;
	err = await_child(child);
	return err && mount_id(dir) != before ? 0 : err; /* killed behind the umount */
}

static int unmount(const char *dir, bool behind)
{
	const int flags = MNT_DETACH | UMOUNT_NOFOLLOW;

	if (behind)
		return unmount_behind(dir, flags);
	return umount2(dir, flags) ? -errno : 0;
}

/* All that is mounted below goes with it: namespaces, bpffs. A tmpfs that is still busy is
 * detached, and freed when its last user lets go.
 */
static int unmount_ours(const char *dir, bool behind, struct error *e)
{
	enum mountpoint mountpoint;
	int err = mountpoint_mounted(dir, &mountpoint, e);

	while (!err && mountpoint == MOUNTPOINT_OURS) {
		err = unmount(dir, behind);
		if (err)
			return error_sys(e, err, "cannot unmount %s", dir);
		err = mountpoint_mounted(dir, &mountpoint, e);
	}
	return err ? err : mountpoint == MOUNTPOINT_COVERED ? mountpoint_uncovered(dir, e) : 0;
}

/* What has something in it or on it now, or is no folder, is somebody else's. A tmpfs of ours that
 * is mounted there in another mount namespace goes with the folder.
 */
int op_state_undo(struct build *b, const struct op *op, struct error *e)
{
	const char *dir = state_lab_dir(b->st);
	int err = unmount_ours(dir, b->n_names >= BEHIND_MIN, e);

	(void)op;
	if (err)
		return err;
	if (rmdir(dir) && errno != ENOENT && errno != ENOTEMPTY && errno != EBUSY &&
	    errno != ENOTDIR)
		return error_sys(e, -errno, "cannot remove the folder %s", dir);
	return 0;
}
