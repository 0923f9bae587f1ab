// SPDX-License-Identifier: GPL-2.0-or-later
/* A large lab's tmpfs, detached by a process that frees it behind. op_state.c has the plain way. */
#include "lab/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/mountpoint.h"

/* Fewer files, of which namespaces are the most, go sooner than a process can be made. */
#define BEHIND_MIN 64

static uint64_t mount_id(const char *dir)
{
	struct statx st;

	return statx(AT_FDCWD, dir, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &st) ? 0 : st.stx_mnt_id;
}

void unmount_begin(struct unmount *u, const char *dir, uint64_t id)
{
	uint64_t files;

	*u = (struct unmount){ .child = -1, .table = -1, .ended = -1 };
	if (!id || mountpoint_id(dir, &files) != id || files < BEHIND_MIN)
		return;
	u->table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (u->table < 0)
		return;
	u->mount = mount_id(dir);
	u->child = fork();
	if (u->child == 0) {
		(void)close_range(0, ~0U, 0);
		_exit(umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW));
	}
	if (u->child > 0)
		u->ended = (int)syscall(SYS_pidfd_open, u->child, 0);
}

/* The table of mounts tells when it is detached; an unmount that fails ends the child. */
void unmount_end(struct unmount *u, const char *dir)
{
	struct pollfd polled[] = { { .fd = u->table, .events = POLLPRI },
				   { .fd = u->ended, .events = POLLIN } };

	while (u->ended >= 0 && mount_id(dir) == u->mount &&
	       TEMP_FAILURE_RETRY(poll(polled, 2, -1)) >= 0 && !polled[1].revents)
		;
	if (u->child > 0 && mount_id(dir) == u->mount)
		(void)TEMP_FAILURE_RETRY(waitpid(u->child, NULL, 0));
	cleanup_fd(&u->table);
	cleanup_fd(&u->ended);
}
