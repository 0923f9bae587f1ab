// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Children without privileges: from clone() to their last line and their end. Which program, and
 * for how long, is the caller's.
 */
#include "orchestrator/scenario/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/text.h"

#define OUTPUT_MAX 65536 /* bytes kept of what a child says: at least the last half of them */
#define READS_MAX  32	 /* at a time: more than a pipe holds */
#define STACK_SIZE 65536 /* of a child, until its exec; a multiple of 16 */

int spawn_cut_bounding_set(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep & 1ULL << cap)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* EINVAL: this kernel has no such capability, nor any after it */
		return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

static int cut_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int spawn_confine(uint64_t keep, struct error *e)
{
	/* First, for it needs a capability that goes next. */
	int err = spawn_cut_bounding_set(keep);

	if (!err)
		err = cut_capabilities(keep);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	return err ? error_sys(e, err, "cannot give up privileges") : 0;
}

static int take_stdio(const struct spawn *what)
{
	const int from[] = { what->in, what->out, what->err };

	for (int i = 0; i < 3; i++) {
		int fd = from[i];

		if (fd < 0)
			fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0 || (fd != i && dup2(fd, i) < 0))
			return -errno;
	}
	return 0;
}

static int prepare(const struct spawn *what, pid_t parent, struct error *e)
{
	sigset_t none;
	int err = take_stdio(what);

	if (err)
		return error_sys(e, err, "cannot set up its files");
	if (setns(what->netns, CLONE_NEWNET) < 0)
		return error_sys(e, -errno, "cannot enter its network namespace");
	if (chdir("/") < 0)
		return error_sys(e, -errno, "cannot change to /");
	/* A group of its own: Ctrl-C is for xlab, which then ends its children. */
	(void)setpgid(0, 0);
	err = spawn_confine(what->keep, e);
	if (err)
		return err;
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_sys(e, -errno, "cannot close its files");
	/* Last, as changes of credentials may undo it; and the parent may be dead by now. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_sys(e, -errno, "cannot tie its life to xlab's");
	if (getppid() != parent)
		return error_state(e, -ESRCH, "xlab is gone");
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	return 0;
}

struct start {
	const struct spawn *what;
	pid_t parent;
};

static int run_child(void *cookie)
{
	static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
					     NULL };
	const struct start *start = cookie;
	const char *path = start->what->argv[0];
	struct error e = ERROR_INIT;

	if (prepare(start->what, start->parent, &e) == 0) {
		execve(path, (char *const *)start->what->argv, environment);
		(void)error_sys(&e, -errno, "cannot run it");
	}
	/* Where its stderr goes, which may not be 2 yet. */
	(void)dprintf(start->what->err < 0 ? 2 : start->what->err, "%s: %s\n", path, e.text);
	error_clear(&e);
	_exit(127);
}

int spawn(const struct spawn *what, struct child *child, struct error *e)
{
	struct start start = { what, getpid() };
	char *FREE_AUTO stack = xreallocarray(NULL, 1, STACK_SIZE);
	int pidfd;
	pid_t pid;

	/* As vfork() does it: a copy of this process's memory, page by page as either writes to
	 * it, takes longer than all the rest. This process waits until the child has its own.
	 */
	pid = clone(run_child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
		    &start, &pidfd);
	if (pid < 0)
		return error_sys(e, -errno, "cannot start %s", what->argv[0]);
	*child = (struct child){ pid, pidfd };
	return 0;
}

static int collect(struct child *child, int *status, int flags)
{
	pid_t pid;

	do {
		pid = waitpid(child->pid, status, flags);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return -EAGAIN;
	cleanup_fd(&child->pidfd);
	*child = (struct child)CHILD_NONE;
	return pid < 0 ? -errno : 0;
}

bool child_sleeps(const struct child *child)
{
	char *FREE_AUTO path = text_format("/proc/%d/stat", child->pid);
	int FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	const char *state;

	if (fd >= 0)
		(void)!read(fd, text, sizeof(text) - 1);
	/* "12 (nc) S 1 …": a name may hold anything, 15 bytes of it. */
	state = strrchr(text, ')');
	return !state || state[2] == 'S';
}

int child_collect(struct child *child, int *status)
{
	return collect(child, status, WNOHANG);
}

void child_signal(const struct child *child, int signal)
{
	if (child->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, child->pidfd, signal, NULL, 0);
}

void child_end(struct child *child)
{
	int status;

	if (child->pidfd < 0)
		return;
	child_signal(child, SIGKILL);
	(void)collect(child, &status, 0);
}

const char *spawn_find(const char *const *paths)
{
	for (; *paths; paths++)
		if (access(*paths, X_OK) == 0)
			return *paths;
	return NULL;
}

static void stream_add(struct stream *s, const char *bytes, size_t n)
{
	if (!s->text)
		s->text = xcalloc(1, OUTPUT_MAX + 1);
	if (s->size + n > OUTPUT_MAX) {
		memmove(s->text, s->text + s->size - OUTPUT_MAX / 2, OUTPUT_MAX / 2);
		s->size = OUTPUT_MAX / 2;
	}
	memcpy(s->text + s->size, bytes, n);
	s->size += n;
	s->text[s->size] = '\0';
}

/* Read what is there, but not for ever from a child that never stops; at its end the fd is closed.
 */
static void stream_read(struct stream *s)
{
	for (int i = 0; i < READS_MAX && s->fd >= 0; i++) {
		char bytes[4096];
		ssize_t n = read(s->fd, bytes, sizeof(bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			(void)close(s->fd);
			s->fd = -1;
		} else {
			stream_add(s, bytes, (size_t)n);
		}
	}
}

void subprocess_end(struct subprocess *p)
{
	if (!p->started)
		return;
	child_end(&p->child);
	cleanup_fd(&p->out.fd);
	cleanup_fd(&p->err.fd);
	free(p->out.text);
	free(p->err.text);
	*p = (struct subprocess){ 0 };
}

static int open_stream(struct stream *s, int *theirs)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->fd = fds[0];
	*theirs = fds[1];
	return fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int subprocess_open(struct subprocess *p, const char *netns, int *out, int *err, struct error *e)
{
	int failed;

	p->netns = netns;
	p->child = (struct child)CHILD_NONE;
	p->out.fd = p->err.fd = -1;
	p->started = true;
	failed = open_stream(&p->out, out);
	if (!failed)
		failed = open_stream(&p->err, err);
	return failed ? error_sys(e, failed, "cannot make a pipe") : 0;
}

int subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
		     const char *const *argv, int in, uint64_t keep, struct error *e)
{
	int FD_AUTO ns = netns_open(state, netns, e);
	int FD_AUTO out = -1;
	int FD_AUTO err = -1;
	struct spawn what;
	int failed;

	if (ns < 0)
		return ns;
	failed = subprocess_open(p, netns, &out, &err, e);
	if (failed)
		return failed;
	what = (struct spawn){
		.argv = argv, .netns = ns, .in = in, .out = out, .err = err, .keep = keep
	};
	return spawn(&what, &p->child, e);
}

void subprocess_poll(struct subprocess *p)
{
	if (!p->started)
		return;
	if (!p->ended)
		p->ended = child_collect(&p->child, &p->status) != -EAGAIN;
	/* After the exit: what it wrote before is in the pipes now. */
	stream_read(&p->out);
	stream_read(&p->err);
}

char *subprocess_trouble(const struct subprocess *p, const char *program)
{
	int length;
	const char *line = text_last_line(p->err.text, &length);

	if (line)
		return text_format("%s in %s says: %.*s", program, p->netns, length, line);
	if (WIFSIGNALED(p->status))
		return text_format("%s in %s was killed by signal %d", program, p->netns,
				   WTERMSIG(p->status));
	return text_format("%s in %s ended with status %d", program, p->netns,
			   WEXITSTATUS(p->status));
}
