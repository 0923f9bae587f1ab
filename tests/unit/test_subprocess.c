// SPDX-License-Identifier: GPL-2.0-or-later
/* What children say, how they end, and whether they have anything left to do. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/netlink.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/spawn.h"
#include "tests/unit/wrap.h"

#define KEPT 65536

/* One that has ended; what it wrote to stdout comes from @fd. */
static struct subprocess an_ended_one(int fd)
{
	return (struct subprocess){ .netns = "h2",
				    .child = CHILD_NONE,
				    .started = true,
				    .ended = true,
				    .out = { .fd = fd },
				    .err = { .fd = -1 } };
}

/* Of what is too long the end is kept, at least half of what there is room for. */
static void a_long_text(void **state)
{
	static char all[3 * KEPT];
	struct subprocess p;
	size_t size = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	p = an_ended_one(fds[0]);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)('a' + i % 23);
	while (size < sizeof(all)) {
		/* a byte alone where it is just full */
		size_t n = size == KEPT ? 1 : size < KEPT ? 4096 : 3000;

		n = n < sizeof(all) - size ? n : sizeof(all) - size;
		assert_int_equal(write(fds[1], all + size, n), n);
		subprocess_poll(&p);
		size += n;
		if (size <= KEPT)
			assert_int_equal(p.out.size, size);
		if (size == KEPT + 1)
			assert_int_equal(p.out.size, KEPT / 2 + 1);
		assert_in_range(p.out.size, size < KEPT / 2 ? size : KEPT / 2, KEPT);
		assert_memory_equal(p.out.text, all + size - p.out.size, p.out.size);
		assert_int_equal(p.out.text[p.out.size], '\0');
	}
	assert_int_equal(p.out.fd, fds[0]);
	(void)close(fds[1]);
	subprocess_poll(&p);
	assert_int_equal(p.out.fd, -1); /* that was its end */
	subprocess_end(&p);
	assert_null(p.out.text);
	assert_false(p.started);
	subprocess_poll(&p); /* as one that never was */
}

/* What cannot be read at all is at its end, too. */
static void what_is_no_pipe(void **state)
{
	struct subprocess p = an_ended_one(open("/", O_RDONLY | O_CLOEXEC));
	int fd = p.out.fd;

	(void)state;
	assert_true(fd >= 0);
	subprocess_poll(&p);
	assert_int_equal(p.out.fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_null(p.out.text);
	subprocess_end(&p);
}

static int read_errno; /* of the next call */

ssize_t __real_read(int fd, void *bytes, size_t size);
WRAP(ssize_t, read, int fd, void *bytes, size_t size)
{
	if (!read_errno)
		return __real_read(fd, bytes, size);
	errno = read_errno;
	read_errno = 0;
	return -1;
}

/* An interruption is no end; nor is one that never stops read for ever. */
static void what_goes_on(void **state)
{
	static const int rows[] = { EINTR, EAGAIN, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subprocess p = an_ended_one(open("/dev/zero", O_RDONLY | O_CLOEXEC));

		assert_true(p.out.fd >= 0);
		read_errno = rows[i];
		subprocess_poll(&p);
		assert_true(p.out.fd >= 0);
		assert_int_equal(!p.out.text, rows[i] != 0);
		subprocess_end(&p);
	}
}

static void how_it_failed(void **state)
{
	static const struct {
		const char *err;
		int status; /* as of waitpid() */
		const char *text;
	} rows[] = {
		{ "nc: one\nnc: two\n", 1 << 8, "nc in h2 says: nc: two" },
		{ "no newline", SIGKILL, "nc in h2 says: no newline" },
		{ NULL, 3 << 8, "nc in h2 ended with status 3" },
		{ "", SIGKILL, "nc in h2 was killed by signal 9" },
		{ "\n", 0, "nc in h2 ended with status 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subprocess p = an_ended_one(-1);
		char *FREE_AUTO text = NULL;

		p.err.text = (char *)rows[i].err;
		p.status = rows[i].status;
		text = subprocess_trouble(&p, "nc");
		assert_string_equal(text, rows[i].text);
	}
}

static void the_first_that_can_be_run(void **state)
{
	static const char *const rows[][3] = { { "/nowhere/sh", "/bin/sh", NULL },
					       { "/etc/passwd", "/bin/sh", NULL },
					       { "/nowhere/sh", NULL } };

	(void)state;
	assert_string_equal(spawn_find(rows[0]), "/bin/sh");
	assert_string_equal(spawn_find(rows[1]), "/bin/sh");
	assert_null(spawn_find(rows[2]));
}

/* @busy: for ever; else it sleeps, under a name that looks like what /proc says of a busy one. */
static struct child begin(bool busy)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, "nc) R (");
		for (;;)
			if (!busy)
				(void)pause();
	}
	return (struct child){ pid, (int)syscall(SYS_pidfd_open, pid, 0) };
}

static void who_has_nothing_left_to_do(void **state)
{
	uint64_t end = netlink_clock_ns() + 10000000000ULL;
	struct child busy = begin(true), asleep = begin(false);
	const struct child nobody = { 0x7fffffff, -1 };
	int status;

	(void)state;
	while (!child_sleeps(&asleep))
		assert_true(netlink_clock_ns() < end);
	for (int i = 0; i < 100; i++) {
		assert_true(child_sleeps(&asleep));
		assert_false(child_sleeps(&busy));
	}
	assert_true(child_sleeps(&nobody));
	errno = EINTR; /* whatever an earlier call came to */
	assert_int_equal(child_collect(&busy, &status), -EAGAIN);
	child_signal(&busy, SIGTERM);
	while (child_collect(&busy, &status) == -EAGAIN)
		assert_true(netlink_clock_ns() < end);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(busy.pidfd, -1);
	child_end(&busy); /* that is over */
	child_end(&asleep);
	assert_int_equal(asleep.pidfd, -1);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* It is killed, and nothing of it is left. */
static void the_end_of_a_program(void **state)
{
	struct subprocess first = { .out.fd = -1, .err.fd = -1 };
	struct node_program p = { .first = &first };
	void *shared;
	int status;

	(void)state;
	node_program_ask(&p);
	node_program_end(&p); /* it has not been started */
	first.child = begin(true);
	first.started = true;
	p.end = mmap(NULL, sizeof(*p.end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_true(p.end != MAP_FAILED);
	shared = p.end;
	node_program_end(&p);
	assert_null(p.end);
	assert_int_equal(msync(shared, 1, MS_ASYNC), -1);
	assert_int_equal(errno, ENOMEM);
	assert_false(first.started);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_text),
		cmocka_unit_test(what_is_no_pipe),
		cmocka_unit_test(what_goes_on),
		cmocka_unit_test(how_it_failed),
		cmocka_unit_test(the_first_that_can_be_run),
		cmocka_unit_test(who_has_nothing_left_to_do),
		cmocka_unit_test(the_end_of_a_program),
	};

	return cmocka_run_group_tests_name("subprocess", tests, NULL, NULL);
}
