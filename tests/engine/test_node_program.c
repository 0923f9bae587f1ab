// SPDX-License-Identifier: GPL-2.0-or-later
/* A program in a node, and the first process of its PID namespace: what it is given, how its end
 * is told, and what becomes of those that it has started.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/scenario/node_program.h"
#include "tests/engine/rig.h"
#include "tests/unit/fails.h"
#include "tests/unit/withheld.h"
#include "tests/unit/wrap.h"

int __real_prctl(int what, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
WRAP(int, prctl, int what, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	if (what == PR_SET_PDEATHSIG && fails_at("prctl"))
		return -1;
	return __real_prctl(what, a, b, c, d);
}

int __real_poll(struct pollfd *fds, nfds_t n, int ms);
WRAP(int, poll, struct pollfd *fds, nfds_t n, int ms)
{
	if (fails_at("xlab's end"))
		return (int)n;
	return fails_at("poll") ? -1 : __real_poll(fds, n, ms);
}

int __real_dup2(int from, int to);
WRAP(int, dup2, int from, int to)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };

	return fails_at(names[to]) ? -1 : __real_dup2(from, to);
}

int __real_close_range(unsigned int first, unsigned int last, int flags);
WRAP(int, close_range, unsigned int first, unsigned int last, int flags)
{
	return fails_at("close_range") ? -1 : __real_close_range(first, last, flags);
}

pid_t __real_fork(void);
WRAP(pid_t, fork, void)
{
	return fails_at("fork") ? -1 : __real_fork();
}

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
WRAP(void *, mmap, void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return fails_at("mmap") ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, void *a, void *b, void *c, void *d);
long __wrap_syscall(long number, void *a, void *b, void *c, void *d)
{
	if ((number == SYS_pidfd_open && fails_at("pidfd_open")) ||
	    (number == SYS_clone3 && fails_at("clone3")))
		return -1;
	return __real_syscall(number, a, b, c, d);
}

static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	rig_up(&lab, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_down(&lab);
	return 0;
}

/* One whose shell has this to do; @stays: what it leaves behind goes on. */
static void begin(struct node_program *p, const char *script, bool stays)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_equal(node_program_start(p, &lab, "right", argv, stays, &e), 0);
}

/* Until its first process has ended, for ten seconds. */
static void wait_for_end(struct node_program *p)
{
	struct pollfd ended = { .fd = p->first->child.pidfd, .events = POLLIN };

	assert_int_equal(__real_poll(&ended, 1, 10000), 1);
	subprocess_poll(p->first);
	assert_true(p->first->ended);
}

/* Until it has said that. */
static void wait_for_words(struct node_program *p, const char *words)
{
	struct pollfd said = { .fd = p->first->out.fd, .events = POLLIN };

	while (!p->first->out.text || !strstr(p->first->out.text, words)) {
		assert_int_equal(__real_poll(&said, 1, 10000), 1);
		subprocess_poll(p->first);
		assert_false(p->first->ended);
	}
}

static void what_a_program_is_given(void **state)
{
	static const struct {
		const char *script, *out, *err;
		int status;
	} rows[] = {
		{ "echo out; echo err >&2; exit 3", "out\n", "err\n", 3 },
		{ "cat; ls /proc/self/fd | wc -l", "4\n", NULL, 0 }, /* ls has one of its own */
		{ "ls /sys/class/net | grep -x r0", "r0\n", NULL, 0 },
		{ "echo $$; set -- $(cat /proc/1/stat); echo $5", "2\n1\n", NULL, 0 },
		{ "grep -c 'Sig\\(Blk\\|Ign\\).*[^0]$' /proc/self/status", "0\n", NULL, 1 },
		/* what is said there is the program's: soon its first process has it no more */
		{ "until ls -l /proc/1/fd | grep -c /dev/null | grep -x 3; do :; done", "3\n", NULL,
		  0 },
		{ "kill -9 $$", NULL, NULL, SIGKILL | 256 },
		{ "kill -13 $$", NULL, NULL, SIGPIPE | 256 },
	};
	sigset_t before;

	(void)state;
	signals_withhold(&before);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subprocess first = { 0 };
		struct node_program p = { .first = &first };
		struct error ERROR_AUTO e = ERROR_INIT;
		int status = rows[i].status;

		begin(&p, rows[i].script, false);
		assert_true(fcntl(first.child.pidfd, F_GETFD) & FD_CLOEXEC);
		wait_for_end(&p);
		assert_int_equal(node_program_ended(&p, &e), 0);
		assert_int_equal(p.end->exec_errno, 0);
		if (!first.out.text != !rows[i].out ||
		    (first.out.text && strcmp(first.out.text, rows[i].out) != 0))
			fail_msg("%s: %s", rows[i].script, first.out.text);
		assert_int_equal(!first.err.text, !rows[i].err);
		assert_int_equal(p.end->status, status & 256 ? status & 255 : status << 8);
		node_program_end(&p);
		assert_null(p.end);
	}
	signals_give_back(&before);
}

static void one_that_is_not_there(void **state)
{
	char *argv[] = { (char *)"nosuch", NULL };
	struct subprocess first = { 0 };
	struct node_program p = { .first = &first };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(node_program_start(&p, &lab, "right", argv, false, &e), 0);
	wait_for_end(&p);
	assert_int_equal(node_program_ended(&p, &e), 0);
	assert_int_equal(p.end->exec_errno, ENOENT);
	assert_int_equal(p.end->status, 127 << 8);
	node_program_end(&p);
}

/* What is left is waited for where it may stay, unless the program has failed. */
static void what_it_leaves_behind(void **state)
{
	static const struct {
		const char *script;
		bool stays, waits;
	} rows[] = {
		{ "setsid sh -c 'read x <&9; echo late' 9<>/run/node_program & exit 0", true,
		  true },
		{ "setsid sleep 98765 & exit 0", false, false },
		{ "setsid sleep 98765 & exit 1", true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subprocess first = { 0 };
		struct node_program p = { .first = &first };
		struct error ERROR_AUTO e = ERROR_INIT;
		int FD_AUTO fifo = -1;

		(void)unlink("/run/node_program");
		assert_int_equal(mkfifo("/run/node_program", 0600), 0);
		begin(&p, rows[i].script, rows[i].stays);
		if (rows[i].waits) {
			while (!__atomic_load_n(&p.end->ended, __ATOMIC_ACQUIRE))
				(void)sched_yield();
			subprocess_poll(&first);
			assert_false(first.ended);
			fifo = open("/run/node_program", O_WRONLY | O_CLOEXEC);
			assert_int_equal(write(fifo, "\n", 1), 1);
		}
		wait_for_end(&p);
		assert_int_equal(node_program_ended(&p, &e), 0);
		if (rows[i].waits)
			assert_string_equal(first.out.text, "late\n");
		node_program_end(&p);
	}
	(void)unlink("/run/node_program");
}

/* All of its processes are asked, and it may take its time. */
static void one_that_is_asked_to_end(void **state)
{
	struct subprocess first = { 0 };
	struct node_program p = { .first = &first };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	/* one of them has been reaped before */
	begin(&p,
	      "o=$( (sh -c 'echo $$' &) ); while [ -e /proc/$o ]; do :; done; "
	      "trap 'wait; echo bye; exit 4' TERM; sh -c 'echo there; exec sleep 98765' & wait",
	      true);
	wait_for_words(&p, "there\n");
	node_program_ask(&p);
	wait_for_end(&p);
	assert_int_equal(node_program_ended(&p, &e), 0);
	assert_int_equal(p.end->status, 4 << 8);
	assert_string_equal(first.out.text, "there\nbye\n");
	node_program_end(&p);
}

static void one_whose_first_process_is_killed(void **state)
{
	struct subprocess first = { 0 };
	struct node_program p = { .first = &first };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	begin(&p, "echo there; sleep 98765", false);
	wait_for_words(&p, "there\n");
	child_signal(&first.child, SIGKILL);
	wait_for_end(&p);
	assert_int_equal(node_program_ended(&p, &e), -ECHILD);
	assert_string_equal(e.text, "somebody killed the first process of its namespace");
	node_program_end(&p);
}

static void one_that_cannot_be_started(void **state)
{
	static const struct {
		const char *fails, *words;
		int err;   /* at once */
		bool told; /* by its first process */
	} rows[] = {
		{ "pidfd_open", "cannot open a pidfd of xlab itself: Operation not permitted",
		  -EPERM, false },
		{ "mmap", "cannot share memory with a child: Operation not permitted", -EPERM,
		  false },
		{ "clone3", "cannot start a process in a PID namespace: Operation not permitted",
		  -EPERM, false },
		{ "prctl", "cannot tie its life to xlab's: Operation not permitted", 0, true },
		{ "poll", "cannot tie its life to xlab's: Operation not permitted", 0, true },
		{ "xlab's end", "xlab is gone", 0, true },
		{ "stdin", "cannot set up its files: Operation not permitted", 0, true },
		{ "stdout", "cannot set up its files: Operation not permitted", 0, true },
		{ "stderr", "cannot set up its files: Operation not permitted", 0, true },
		{ "close_range", "cannot close its files: Operation not permitted", 0, true },
		{ "fork", "cannot start it: Operation not permitted", 0, true },
	};
	char *argv[] = { (char *)"true", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subprocess first = { 0 };
		struct node_program p = { .first = &first };
		struct error ERROR_AUTO e = ERROR_INIT;

		fails = rows[i].fails;
		assert_int_equal(node_program_start(&p, &lab, "right", argv, false, &e),
				 rows[i].err);
		fails = NULL;
		if (rows[i].told) {
			wait_for_end(&p);
			assert_int_equal(node_program_ended(&p, &e), -ECHILD);
		}
		assert_string_equal(e.text, rows[i].words);
		node_program_end(&p);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_program_is_given),
		cmocka_unit_test(one_that_is_not_there),
		cmocka_unit_test(what_it_leaves_behind),
		cmocka_unit_test(one_that_is_asked_to_end),
		cmocka_unit_test(one_whose_first_process_is_killed),
		cmocka_unit_test(one_that_cannot_be_started),
	};

	return cmocka_run_group_tests_name("node_program", tests, set_up, tear_down);
}
