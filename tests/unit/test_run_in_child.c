// SPDX-License-Identifier: GPL-2.0-or-later
/* Work that a child does: its result, its file, its error, its death. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/util/run_in_child.h"

#define LONG_MS	 60000
#define SHORT_MS 20

/* Nobody is left who would have to be waited for. */
static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
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
	assert_true(run_in_child(die, NULL, LONG_MS, &fd, &e) < 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back),
		cmocka_unit_test(or_none),
		cmocka_unit_test(errors_keep_kind_and_words),
		cmocka_unit_test(a_death_is_told),
		cmocka_unit_test(who_does_not_come_back_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
