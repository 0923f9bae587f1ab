// SPDX-License-Identifier: GPL-2.0-or-later
/* Work that a child does: its result, its file, its error, its death. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/util/run_in_child.h"

#define LONG_MS	 60000
#define SHORT_MS 20
#define FILES	 64 /* which are looked at */

/* Nobody is left who would have to be waited for. */
static void no_child_is_left(void)
{
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >=
		    0); /* nor is anything closed that is not its own */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static bool orphaned; /* the child: who began it is gone */

pid_t __real_getppid(void);
pid_t __wrap_getppid(void);
pid_t __wrap_getppid(void)
{
	return orphaned ? 1 : __real_getppid();
}

static int give_pipe(void *cookie, int *fd, struct error *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) || write(fds[1], cookie, strlen(cookie)) < 0)
		return error_sys(e, -errno, "pipe");
	(void)close(fds[1]);
	*fd = fds[0];
	return 0;
}

static void a_file_comes_back(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char text[] = "written by the child", buf[64] = "";
	int FD_AUTO fd = -1;

	(void)state;
	assert_int_equal(run_in_child(give_pipe, text, LONG_MS, &fd, &e), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), strlen(text));
	assert_string_equal(buf, text);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_null(e.text);
	no_child_is_left();
}

static int give_nothing(void *cookie, int *fd, struct error *e)
{
	(void)cookie;
	(void)fd;
	(void)e;
	return 0;
}

static void or_none(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO fd = -1;

	(void)state;
	assert_int_equal(run_in_child(give_nothing, NULL, LONG_MS, &fd, &e), 0);
	assert_int_equal(fd, -1);
	no_child_is_left();
}

static int refuse(void *cookie, int *fd, struct error *e)
{
	*fd = STDIN_FILENO; /* not to be handed over */
	return *(enum error_kind *)cookie == ERROR_INPUT ? error_input(e, "the input is wrong")
							 : error_state(e, -EBUSY, "not now");
}

static void errors_keep_kind_and_words(void **state)
{
	static const struct {
		enum error_kind kind;
		int err;
		const char *text;
	} cases[] = {
		{ ERROR_INPUT, -EINVAL, "the input is wrong" },
		{ ERROR_STATE, -EBUSY, "not now" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		enum error_kind kind = cases[i].kind;
		int fd = -1;

		assert_int_equal(run_in_child(refuse, &kind, LONG_MS, &fd, &e), cases[i].err);
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.text, cases[i].text);
		assert_int_equal(fd, -1);
		no_child_is_left();
	}
}

static int refuse_at_length(void *cookie, int *fd, struct error *e)
{
	(void)fd;
	return error_state(e, -EIO, "%s", (char *)cookie);
}

static void words_have_their_limit(void **state)
{
	static const size_t rows[][2] = {
		{ 65534, 65534 }, { 65535, 65535 }, { 65536, 65535 }, { 70000, 65535 }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO text = xcalloc(rows[i][0] + 1, 1);
		int fd = -1;

		memset(text, 'x', rows[i][0]);
		assert_int_equal(run_in_child(refuse_at_length, text, LONG_MS, &fd, &e), -EIO);
		assert_int_equal(strlen(e.text), rows[i][1]);
	}
}

static int fail_silently(void *cookie, int *fd, struct error *e)
{
	(void)cookie;
	(void)fd;
	(void)e;
	return -EIO;
}

static void an_error_may_have_no_words(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int fd = -1;

	(void)state;
	assert_int_equal(run_in_child(fail_silently, NULL, LONG_MS, &fd, &e), -EIO);
}

/* What the child starts must not get the files that it speaks by: those that @cookie does not
 * have.
 */
static int look_at_files(void *cookie, int *fd, struct error *e)
{
	const bool *old = cookie;

	(void)fd;
	for (int i = 0; i < FILES; i++)
		if (!old[i] && fcntl(i, F_GETFD) == 0)
			return error_state(e, -EIO, "file %d would be left open", i);
	return 0;
}

static void files_are_closed_on_exec(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	bool old[FILES];
	int fd = -1;

	(void)state;
	for (int i = 0; i < FILES; i++)
		old[i] = fcntl(i, F_GETFD) >= 0;
	assert_int_equal(run_in_child(look_at_files, old, LONG_MS, &fd, &e), 0);
}

static int die(void *cookie, int *fd, struct error *e)
{
	(void)cookie;
	(void)fd;
	(void)e;
	(void)raise(SIGKILL);
	return 0;
}

static void a_death_is_told(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int fd = -1;

	(void)state;
	assert_int_equal(run_in_child(die, NULL, LONG_MS, &fd, &e), -EPIPE);
	assert_int_equal(e.kind, ERROR_STATE);
	assert_non_null(strstr(e.text, "a child process ended without an answer"));
	no_child_is_left();
}

static int hang(void *cookie, int *fd, struct error *e)
{
	(void)cookie;
	(void)fd;
	(void)e;
	for (;;)
		(void)pause();
	return 0;
}

static void who_does_not_come_back_is_ended(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int fd = -1;

	(void)state;
	assert_int_equal(run_in_child(hang, NULL, SHORT_MS, &fd, &e), -ETIMEDOUT);
	assert_non_null(strstr(e.text, "did not come back"));
	no_child_is_left();
}

static int tell_and_hang(void *cookie, int *fd, struct error *e)
{
	return write(*(int *)cookie, "", 1) == 1 ? hang(cookie, fd, e) : -EIO;
}

/* The pipe's end is open for as long as one of both lives. */
static void who_is_killed_takes_it_along(void **state)
{
	struct pollfd p = { .events = POLLIN };
	int fds[2], fd = -1;
	pid_t middle;
	char byte;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	middle = fork();
	assert_true(middle >= 0);
	if (!middle) {
		struct error e = ERROR_INIT;

		(void)run_in_child(tell_and_hang, &fds[1], LONG_MS, &fd, &e);
		_exit(0);
	}
	(void)close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1); /* it is there */
	assert_int_equal(kill(middle, SIGKILL), 0);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	p.fd = fds[0];
	assert_int_equal(poll(&p, 1, LONG_MS), 1);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	(void)close(fds[0]);
}

/* Whose parent died before it could ask to die with it. */
static void an_orphan_does_nothing(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char text[] = "nothing";
	int fd = -1;

	(void)state;
	orphaned = true;
	assert_int_equal(run_in_child(give_pipe, text, LONG_MS, &fd, &e), -EPIPE);
	orphaned = false;
	assert_int_equal(fd, -1);
	assert_string_equal(e.text, "a child process ended without an answer: Broken pipe");
	no_child_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back),
		cmocka_unit_test(or_none),
		cmocka_unit_test(errors_keep_kind_and_words),
		cmocka_unit_test(a_death_is_told),
		cmocka_unit_test(words_have_their_limit),
		cmocka_unit_test(an_error_may_have_no_words),
		cmocka_unit_test(files_are_closed_on_exec),
		cmocka_unit_test(who_does_not_come_back_is_ended),
		cmocka_unit_test(who_is_killed_takes_it_along),
		cmocka_unit_test(an_orphan_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
