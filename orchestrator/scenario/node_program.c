// SPDX-License-Identifier: GPL-2.0-or-later
/* The first process of a PID namespace, and the program below it. What its end means is not judged
 * here.
 */
#include "orchestrator/scenario/node_program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/node.h"

struct start {
	const struct lab *lab;
	const char *node;
	char *const *argv;
	bool stays;
	int out, err;
	int xlab; /* a pidfd of it */
	struct node_end *end;
};

/* Its end is from now on the end of this process; it may have come before. */
static int tie_to_xlab(int xlab, struct error *e)
{
	struct pollfd ended = { .fd = xlab, .events = POLLIN };
	int n = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

	if (!n)
		n = poll(&ended, 1, 0);
	if (n < 0)
		return error_sys(e, -errno, "cannot tie its life to xlab's");
	return n ? error_state(e, -ESRCH, "xlab is gone") : 0;
}

static int take_stdio(const struct start *start, struct error *e)
{
	int FD_AUTO null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(start->out, STDOUT_FILENO) < 0 ||
	    dup2(start->err, STDERR_FILENO) < 0)
		return error_sys(e, -errno, "cannot set up its files");
	return 0;
}

static int become_first(const struct start *start, struct error *e)
{
	sigset_t all;
	int err;

	/* What is blocked reaches this process through sigwaitinfo() alone. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	/* A group of its own: Ctrl-C is for xlab, which then ends its children. */
	(void)setpgid(0, 0);
	err = tie_to_xlab(start->xlab, e);
	if (!err)
		err = take_stdio(start, e);
	if (!err)
		err = node_enter(start->lab, start->node, true, e);
	if (!err && close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		err = error_sys(e, -errno, "cannot close its files");
	return err;
}

static _Noreturn void become_program(const struct start *start)
{
	sigset_t none;

	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(start->argv[0], start->argv);
	start->end->exec_errno = errno;
	_exit(127);
}

/* Those that have ended, whoever started them. False: nothing is left to be waited for. */
static bool reap(const struct start *start, pid_t program)
{
	struct node_end *end = start->end;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != program)
			continue;
		end->status = status;
		end->ended = true;
		if (!start->stays || status)
			return false;
	}
	return pid == 0;
}

static _Noreturn void run_first(const struct start *start)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	sigset_t awaited;
	pid_t program;
	int err = become_first(start, &e);

	program = err ? -1 : fork();
	if (program == 0)
		become_program(start);
	if (program < 0) {
		if (!err)
			(void)error_sys(&e, -errno, "cannot start it");
		(void)snprintf(start->end->trouble, sizeof(start->end->trouble), "%s", e.text);
		_exit(1);
	}
	/* What is said there is the program's. */
	(void)dup2(STDIN_FILENO, STDOUT_FILENO);
	(void)dup2(STDIN_FILENO, STDERR_FILENO);
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, SIGTERM);
	do {
		if (sigwaitinfo(&awaited, NULL) == SIGTERM)
			(void)kill(-1, SIGTERM);
	} while (reap(start, program));
	_exit(0);
}

static int open_self(struct error *e)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return fd < 0 ? error_sys(e, -errno, "cannot open a pidfd of xlab itself") : fd;
}

/* A fork() into a PID namespace, with a pidfd from the start. */
static int start_first(struct node_program *p, const struct start *start, struct error *e)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return error_sys(e, -errno, "cannot start a process in a PID namespace");
	if (pid == 0)
		run_first(start);
	p->first->child = (struct child){ pid, pidfd };
	return 0;
}

int node_program_start(struct node_program *p, const struct lab *lab, const char *node,
		       char *const *argv, bool stays, struct error *e)
{
	struct start start = { .lab = lab, .node = node, .argv = argv, .stays = stays };
	int FD_AUTO self = open_self(e);
	int FD_AUTO out = -1;
	int FD_AUTO err = -1;
	int failed;

	if (self < 0)
		return self;
	p->end = mmap(NULL, sizeof(*p->end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (p->end == MAP_FAILED) {
		p->end = NULL;
		return error_sys(e, -errno, "cannot share memory with a child");
	}
	failed = subprocess_open(p->first, node, &out, &err, e);
	if (failed)
		return failed;
	start.out = out;
	start.err = err;
	start.xlab = self;
	start.end = p->end;
	return start_first(p, &start, e);
}

int node_program_ended(const struct node_program *p, struct error *e)
{
	if (*p->end->trouble)
		return error_state(e, -ECHILD, "%s", p->end->trouble);
	if (!p->end->ended)
		return error_state(e, -ECHILD,
				   "somebody killed the first process of its namespace");
	return 0;
}

void node_program_ask(const struct node_program *p)
{
	if (p->first->started)
		child_signal(&p->first->child, SIGTERM);
}

void node_program_end(struct node_program *p)
{
	subprocess_end(p->first);
	if (p->end)
		(void)munmap(p->end, sizeof(*p->end));
	p->end = NULL;
}
