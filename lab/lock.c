// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/folder.h"
#include "lab/netlink.h"

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
	uint64_t now = netlink_clock_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec wait = { (time_t)(left / 1000000000), (long)(left % 1000000000) };

	if (fd >= 0)
		(void)ppoll(&poll_fd, 1, &wait, NULL);
}

int lock_await(int fd, uint64_t deadline_ns, struct error *e)
{
	pid_t waiter;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_sys(e, -errno, "lock");
	waiter = start_waiter(fd);
	if (waiter < 0)
		return error_sys(e, -errno, "wait for a lock");
	await_exit(waiter, deadline_ns);
	(void)kill(waiter, SIGKILL);
	while (waitpid(waiter, NULL, 0) < 0 && errno == EINTR)
		;
	/* The lock that the child got is ours already; else this is the last try. */
	if (flock(fd, LOCK_EX | LOCK_NB))
		return error_sys(e, errno == EWOULDBLOCK ? -EBUSY : -errno, "lock");
	return 0;
}
