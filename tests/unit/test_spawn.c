// SPDX-License-Identifier: GPL-2.0-or-later
/* What a child gives up, and what it is like when its program begins; what is said where it cannot.
 * The child is real, but what needs privilege, and its exec, are written down here: until then it
 * shares this process's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/text.h"
#include "orchestrator/scenario/spawn.h"
#include "tests/unit/withheld.h"
#include "tests/unit/wrap.h"

static char done[512];
static const char *fails; /* this word */
static int fails_with;

static bool is(const char *word)
{
	if (!fails || strcmp(fails, word) != 0)
		return false;
	errno = fails_with;
	return true;
}

static int act(const char *word)
{
	assert_true(strlen(done) + strlen(word) + 3 < sizeof(done));
	strcat(strcat(done, *done ? ", " : ""), word);
	return is(word) ? -1 : 0;
}

static uint64_t cut;	    /* of the bounding set */
static int known_caps = 41; /* that this kernel has */

int __wrap_prctl(int what, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int what, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	assert_int_equal(b | c | d, 0);
	switch (what) {
	case PR_CAPBSET_DROP:
		assert_true(a < 64);
		if ((int)a >= known_caps) {
			errno = EINVAL;
			return -1;
		}
		if (!cut && act("bounding"))
			return -1;
		cut |= 1ULL << a;
		return 0;
	case PR_CAP_AMBIENT:
		assert_int_equal(a, PR_CAP_AMBIENT_CLEAR_ALL);
		return act("ambient");
	case PR_SET_NO_NEW_PRIVS:
		assert_int_equal(a, 1);
		return act("no new");
	case PR_SET_PDEATHSIG:
		assert_int_equal(a, SIGKILL);
		return act("dies");
	default:
		fail();
		return -1;
	}
}

static struct __user_cap_data_struct caps[2];

long __real_syscall(long number, ...);
long __wrap_syscall(long number, void *a, void *b, void *c, void *d);
long __wrap_syscall(long number, void *a, void *b, void *c, void *d)
{
	const struct __user_cap_header_struct *header = a;

	if (number == SYS_pidfd_send_signal)
		assert_null(d);
	if (number != SYS_capget && number != SYS_capset)
		return __real_syscall(number, a, b, c, d);
	assert_int_equal(header->version, _LINUX_CAPABILITY_VERSION_3);
	assert_int_equal(header->pid, 0);
	if (act(number == SYS_capget ? "capget" : "capset"))
		return -1;
	if (number == SYS_capget)
		memcpy(b, caps, sizeof(caps));
	else
		memcpy(caps, b, sizeof(caps));
	return 0;
}

int __wrap_setns(int fd, int type);
int __wrap_setns(int fd, int type)
{
	assert_int_equal(fd, 77);
	assert_int_equal(type, CLONE_NEWNET);
	return act("enter");
}

int __wrap_chdir(const char *path);
int __wrap_chdir(const char *path)
{
	assert_string_equal(path, "/");
	return act("chdir");
}

int __wrap_setpgid(pid_t pid, pid_t group);
int __wrap_setpgid(pid_t pid, pid_t group)
{
	assert_int_equal(pid | group, 0);
	return act("group");
}

int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	assert_int_equal(first, 3);
	assert_int_equal(last, ~0U);
	assert_int_equal(flags, CLOSE_RANGE_CLOEXEC);
	return act("close");
}

pid_t __real_getppid(void);
pid_t __wrap_getppid(void);
pid_t __wrap_getppid(void)
{
	return act("parent?") ? 1 : __real_getppid();
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	if (fails && !strcmp(fails, "null") && !strcmp(path, "/dev/null")) {
		errno = EMFILE;
		return -1;
	}
	return __real_open(path, flags, 0600);
}

int __real_pipe2(int fds[2], int flags);
WRAP(int, pipe2, int fds[2], int flags)
{
	return is("pipe") ? -1 : __real_pipe2(fds, flags);
}

int __real_fcntl(int fd, int what, ...);
WRAP(int, fcntl, int fd, int what, int value)
{
	return what == F_SETFL && is("not to wait") ? -1 : __real_fcntl(fd, what, value);
}

int __real_clone(int (*fn)(void *), void *stack, int flags, void *cookie, int *pidfd);
WRAP(int, clone, int (*fn)(void *), void *stack, int flags, void *cookie, int *pidfd)
{
	return is("clone") ? -1 : __real_clone(fn, stack, flags, cookie, pidfd);
}

static bool interrupted; /* the next waitpid() */

pid_t __real_waitpid(pid_t pid, int *status, int flags);
WRAP(pid_t, waitpid, pid_t pid, int *status, int flags)
{
	if (!interrupted)
		return __real_waitpid(pid, status, flags);
	interrupted = false;
	errno = EINTR;
	return -1;
}

static bool runs_as_it_should;

int __wrap_execve(const char *path, char *const *argv, char *const *environment);
int __wrap_execve(const char *path, char *const *argv, char *const *environment)
{
	sigset_t blocked;
	char byte;

	if (act("exec"))
		return -1;
	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	runs_as_it_should = !strcmp(path, "/bin/it") && !strcmp(argv[1], "one") && !argv[2] &&
			    !strcmp(environment[1], "LC_ALL=C") && !environment[2] &&
			    strstr(environment[0], "PATH=/usr/sbin:/usr/bin:") == environment[0] &&
			    sigisemptyset(&blocked) && signal(SIGPIPE, SIG_DFL) == SIG_DFL &&
			    read(0, &byte, 1) == 1 && byte == 'i' && write(1, "out", 3) == 3 &&
			    write(2, "err", 3) == 3;
	(void)__real_syscall(SYS_exit_group, 7);
	return 0;
}

static void begin(void)
{
	*done = '\0';
	fails = NULL;
	fails_with = EPERM;
	cut = 0;
	known_caps = 41;
	for (size_t i = 0; i < 2; i++)
		caps[i] = (struct __user_cap_data_struct){ ~0U, ~0U, ~0U };
}

/* All but those that it keeps, whatever the kernel knows. */
static void the_bounding_set(void **state)
{
	static const struct {
		uint64_t keep;
		int known;
		uint64_t cut;
	} rows[] = {
		{ 0, 41, (1ULL << 41) - 1 },
		{ 1ULL << CAP_NET_RAW, 41, ((1ULL << 41) - 1) & ~(1ULL << CAP_NET_RAW) },
		{ 1, 41, (1ULL << 41) - 2 },
		{ 1ULL << 40, 41, (1ULL << 40) - 1 },
		{ 0, 64, ~0ULL },
		{ 1ULL << 63, 64, ~0ULL >> 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		known_caps = rows[i].known;
		assert_int_equal(spawn_cut_bounding_set(rows[i].keep), 0);
		assert_int_equal(cut, rows[i].cut);
	}
	begin();
	fails = "bounding";
	assert_int_equal(spawn_cut_bounding_set(0), -EPERM);
}

static void what_it_keeps(void **state)
{
	static const uint64_t rows[] = { 0, 1ULL << CAP_NET_RAW, 1ULL << 40 | 1 };
	static const char *const all[] = { "bounding", "ambient", "capget", "capset", "no new" };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		caps[0].effective = 0; /* what is permitted is to be had */
		assert_int_equal(spawn_confine(rows[i], &e), 0);
		assert_string_equal(done, "bounding, ambient, capget, capset, no new");
		for (int k = 0; k < 2; k++) {
			assert_int_equal(caps[k].permitted, (uint32_t)(rows[i] >> 32 * k));
			assert_int_equal(caps[k].effective, caps[k].permitted);
			assert_int_equal(caps[k].inheritable, 0);
		}
	}
	/* nor has it what it had not */
	begin();
	caps[0].permitted = caps[1].permitted = 0;
	assert_int_equal(spawn_confine(~0ULL, &e), 0);
	assert_int_equal(caps[0].permitted | caps[1].permitted, 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		begin();
		fails = all[i];
		assert_int_equal(spawn_confine(0, &e), -EPERM);
		assert_string_equal(e.text, "cannot give up privileges: Operation not permitted");
		/* nothing comes behind it */
		assert_string_equal(done + strlen(done) - strlen(fails), fails);
		error_clear(&e);
	}
}

/* What it wrote there, until its end. */
static void read_all(int fd, char text[static 256])
{
	ssize_t n;
	size_t size = 0;

	while ((n = read(fd, text + size, 255 - size)) > 0)
		size += (size_t)n;
	text[size] = '\0';
	(void)close(fd);
}

#define CONFINED "bounding, ambient, capget, capset, no new"

static void how_it_begins(void **state)
{
	static const char *const argv[] = { "/bin/it", "one", NULL };
	static const struct {
		const char *fails, *done, *err;
		int status;
	} rows[] = {
		{ NULL, "enter, chdir, group, " CONFINED ", close, dies, parent?, exec", "err", 7 },
		{ "enter", "enter",
		  "/bin/it: cannot enter its network namespace: Operation not permitted\n", 127 },
		{ "chdir", "enter, chdir", "/bin/it: cannot change to /: Operation not permitted\n",
		  127 },
		/* that it has none of its own keeps nobody from anything */
		{ "group", "enter, chdir, group, " CONFINED ", close, dies, parent?, exec", "err",
		  7 },
		{ "no new", "enter, chdir, group, " CONFINED,
		  "/bin/it: cannot give up privileges: Operation not permitted\n", 127 },
		{ "close", "enter, chdir, group, " CONFINED ", close",
		  "/bin/it: cannot close its files: Operation not permitted\n", 127 },
		{ "dies", "enter, chdir, group, " CONFINED ", close, dies",
		  "/bin/it: cannot tie its life to xlab's: Operation not permitted\n", 127 },
		{ "parent?", "enter, chdir, group, " CONFINED ", close, dies, parent?",
		  "/bin/it: xlab is gone\n", 127 },
		{ "exec", "enter, chdir, group, " CONFINED ", close, dies, parent?, exec",
		  "/bin/it: cannot run it: Operation not permitted\n", 127 },
	};
	sigset_t before;

	(void)state;
	signals_withhold(&before);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int in[2], out[2], err[2], status = 0;
		struct error ERROR_AUTO e = ERROR_INIT;
		struct spawn what = { .argv = argv, .netns = 77 };
		struct child child = CHILD_NONE, ended;
		char text[256];

		begin();
		runs_as_it_should = false;
		fails = rows[i].fails;
		assert_int_equal(
			pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC), 0);
		assert_int_equal(write(in[1], "i", 1), 1);
		what.in = in[0];
		what.out = out[1];
		what.err = err[1];
		assert_int_equal(spawn(&what, &child, &e), 0);
		assert_true(fcntl(child.pidfd, F_GETFD) & FD_CLOEXEC);
		(void)close(in[1]);
		(void)close(in[0]);
		(void)close(out[1]);
		(void)close(err[1]);
		read_all(err[0], text);
		/* what a sanitizer says of a borrowed stack comes behind it */
		assert_memory_equal(text, rows[i].err, strlen(rows[i].err));
		read_all(out[0], text);
		assert_string_equal(text, rows[i].status == 7 ? "out" : "");
		/* whatever an earlier call came to */
		assert_int_equal(
			poll(&(struct pollfd){ .fd = child.pidfd, .events = POLLIN }, 1, -1), 1);
		child_signal(&child, 0);
		ended = child;
		interrupted = i % 2;
		errno = EINTR;
		assert_int_equal(child_collect(&child, &status), 0);
		assert_int_equal(WEXITSTATUS(status), rows[i].status);
		assert_string_equal(done, rows[i].done);
		assert_int_equal(runs_as_it_should, rows[i].status == 7);
		/* it is over, and nobody's any more */
		assert_int_equal(child.pidfd, -1);
		assert_int_equal(child.pid, 0);
		ended.pidfd = -1;
		assert_int_equal(child_collect(&ended, &status), -ECHILD);
	}
	signals_give_back(&before);
}

int __wrap_netns_open(const struct state *st, const char *name, struct error *e);
int __wrap_netns_open(const struct state *st, const char *name, struct error *e)
{
	(void)st;
	if (!strcmp(name, "gone"))
		return error_state(e, -ENOENT, "it is gone");
	return 77;
}

/* What is not given to it is /dev/null. */
static void a_subprocess(void **state)
{
	static const char *const argv[] = { "/bin/it", "one", NULL };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct subprocess p = { 0 };
	int in[2];

	(void)state;
	begin();
	assert_int_equal(subprocess_start(&p, NULL, "gone", argv, -1, 0, &e), -ENOENT);
	assert_false(p.started);
	subprocess_end(&p);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "i", 1), 1);
	assert_int_equal(subprocess_start(&p, NULL, "h", argv, in[0], 1, &e), 0);
	assert_true(p.started && !p.ended);
	assert_string_equal(p.netns, "h");
	assert_int_equal(cut & 1, 0);
	while (!p.ended)
		subprocess_poll(&p);
	subprocess_poll(&p);
	assert_int_equal(WEXITSTATUS(p.status), 7);
	assert_string_equal(p.out.text, "out");
	assert_string_equal(p.err.text, "err");
	assert_int_equal(p.out.fd, -1); /* nobody else has its end */
	assert_int_equal(p.err.fd, -1);
	subprocess_end(&p);
	(void)close(in[0]);
	(void)close(in[1]);
	begin();
	assert_int_equal(subprocess_start(&p, NULL, "h", argv, -1, 0, &e), 0);
	while (!p.ended)
		subprocess_poll(&p);
	assert_int_equal(WEXITSTATUS(p.status), 7);
	assert_false(runs_as_it_should); /* for it had nothing to read */
	assert_null(p.out.text);
	subprocess_end(&p);
	begin();
	fails = "null";
	assert_int_equal(subprocess_start(&p, NULL, "h", argv, -1, 0, &e), 0);
	while (!p.ended)
		subprocess_poll(&p);
	assert_int_equal(WEXITSTATUS(p.status), 127);
	assert_memory_equal(p.err.text, "/bin/it: cannot set up its files: Too many open files\n",
			    54);
	assert_null(p.out.text);
	subprocess_end(&p);
}

/* Nothing of one that was not started is left, nor what was never its own closed. */
static void a_subprocess_that_cannot_be_started(void **state)
{
	static const char *const argv[] = { "/bin/it", "one", NULL };
	static const char *const rows[][2] = {
		{ "pipe", "cannot make a pipe: Operation not permitted" },
		{ "not to wait", "cannot make a pipe: Operation not permitted" },
		{ "clone", "cannot start /bin/it: Operation not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct subprocess p = { 0 };

		begin();
		fails = rows[i][0];
		assert_int_equal(subprocess_start(&p, NULL, "h", argv, -1, 0, &e), -EPERM);
		assert_string_equal(e.text, rows[i][1]);
		subprocess_end(&p);
		assert_true(__real_fcntl(STDIN_FILENO, F_GETFD) >= 0);
	}
	fails = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bounding_set),
		cmocka_unit_test(what_it_keeps),
		cmocka_unit_test(how_it_begins),
		cmocka_unit_test(a_subprocess),
		cmocka_unit_test(a_subprocess_that_cannot_be_started),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
