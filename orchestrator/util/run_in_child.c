// SPDX-License-Identifier: GPL-2.0-or-later
/* A function in a process of its own, for calls that may hang or leave things behind. */
#include "orchestrator/util/run_in_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"

#define TEXT_MAX 65536

struct reply {
	int err;
	enum error_kind kind;
	char text[TEXT_MAX]; /* cut where it is longer */
};

union rights {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static void send_reply(int to, struct reply *reply, int fd)
{
	struct iovec data = { reply, offsetof(struct reply, text) + strlen(reply->text) };
	union rights rights = { 0 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = rights.room;
		message.msg_controllen = sizeof(rights.room);
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
	}
	(void)TEMP_FAILURE_RETRY(sendmsg(to, &message, 0));
}

_Noreturn static void run(int to, pid_t parent, int (*fn)(void *, int *, struct error *),
			  void *cookie)
{
	struct reply *reply = xcalloc(1, sizeof(*reply));
	struct error e = ERROR_INIT;
	int fd = -1;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	reply->err = fn(cookie, &fd, &e);
	reply->kind = e.kind;
	if (e.text)
		strncpy(reply->text, e.text, sizeof(reply->text) - 1);
	send_reply(to, reply, reply->err ? -1 : fd);
	_exit(0);
}

static int receive(int from, int ms, struct reply *reply, int *fd)
{
	struct iovec data = { reply, sizeof(*reply) };
	union rights rights = { 0 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = rights.room,
				  .msg_controllen = sizeof(rights.room) };
	struct pollfd p = { .fd = from, .events = POLLIN };
	ssize_t n;
	int ready;

	ready = TEMP_FAILURE_RETRY(poll(&p, 1, ms));
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	n = TEMP_FAILURE_RETRY(recvmsg(from, &message, MSG_CMSG_CLOEXEC));
	if (n <= 0)
		return n ? -errno : -EPIPE;
	if (message.msg_controllen)
		memcpy(fd, CMSG_DATA(&rights.head), sizeof(*fd));
	return 0;
}

int run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms, int *fd,
		 struct error *e)
{
	struct reply *FREE_AUTO reply = xcalloc(1, sizeof(*reply));
	int FD_AUTO mine = -1, FD_AUTO got = -1;
	pid_t parent = getpid(), child;
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return error_sys(e, -errno, "cannot start a child process");
	mine = pair[0];
	child = fork();
	if (child < 0) {
		err = -errno;
		(void)close(pair[1]);
		return error_sys(e, err, "cannot start a child process");
	}
	if (!child)
		run(pair[1], parent, fn, cookie);
	(void)close(pair[1]);
	err = receive(mine, ms, reply, &got);
	if (err == -ETIMEDOUT)
		(void)kill(child, SIGKILL);
	(void)TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
	if (err == -ETIMEDOUT)
		return error_state(e, err,
				   "a child process did not come back within %d s: does another "
				   "program hold the lock on libxdp's bpffs?",
				   ms / 1000);
	if (err)
		return error_sys(e, err, "a child process ended without an answer");
	if (!reply->err) {
		*fd = steal_fd(&got);
		return 0;
	}
	(void)error_state(e, reply->err, "%s", reply->text);
	e->kind = reply->kind;
	return reply->err;
}
