// SPDX-License-Identifier: GPL-2.0-or-later
/* Entering the namespaces of a lab and coming back. op_netns.c makes them. */
#include "lab/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/state.h"

#define GO_BACK_TRIES 3

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int netns_open(const struct state *st, const char *name, struct error *e)
{
	char *FREE_AUTO path = state_path(st, "ns/%s", name);
	int FD_AUTO fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return error_sys(e, -errno, "cannot open the namespace of %s (%s)", name, path);
	if (fstatfs(fd, &fs))
		return error_sys(e, -errno, "cannot look at the namespace of %s (%s)", name, path);
	if (fs.f_type != NSFS_MAGIC)
		return error_state(
			e, -ENOENT,
			"%s is no namespace: somebody unmounted it, or the lab was never "
			"whole; `xlab down` cleans up",
			path);
	return steal_fd(&fd);
}

int netns_current(struct error *e)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_sys(e, -errno, "cannot open /proc/self/ns/net") : fd;
}

int netns_enter(int fd, struct error *e)
{
	return setns(fd, CLONE_NEWNET) ? error_sys(e, -errno, "cannot enter a network namespace")
				       : 0;
}

int netns_cookie(uint64_t *cookie, struct error *e)
{
	int FD_AUTO fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		return error_sys(e, -errno, "cannot read the cookie of this network namespace");
	return 0;
}

int netns_visit(struct netns_visit *visit, const struct state *st, const char *name,
		struct error *e)
{
	int FD_AUTO fd = netns_open(st, name, e);
	int err;

	visit->back = -1;
	if (fd < 0)
		return fd;
	visit->back = netns_current(e);
	if (visit->back < 0)
		return visit->back;
	err = netns_enter(fd, e);
	if (err)
		cleanup_fd(&visit->back);
	return err;
}

/* A process that cannot go back would do the rest of its work in the wrong place: it ends here,
 * as if it were killed, and what it leaves is for the next command to undo.
 */
void netns_leave(struct netns_visit *visit)
{
	int saved = errno, tries = 0;

	if (visit->back < 0)
		return;
	while (setns(visit->back, CLONE_NEWNET)) {
		/* Memory that the kernel is short of may be there a moment later. */
		if (++tries < GO_BACK_TRIES)
			continue;
		(void)dprintf(STDERR_FILENO,
			      "xlab: cannot go back to its own network namespace: %s "
			      "(`xlab down` removes what is left)\n",
			      strerror(errno));
		_exit(ERROR_STATE);
	}
	cleanup_fd(&visit->back);
	errno = saved;
}
