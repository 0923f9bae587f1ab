// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"

static void kinds_and_returns(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(error_input(&e, "line %d", 3), -EINVAL);
	assert_int_equal(e.kind, ERROR_INPUT);
	assert_int_equal(e.err, -EINVAL);
	assert_string_equal(e.text, "line 3");
	assert_int_equal(error_state(&e, -EBUSY, "held by %s", "up"), -EBUSY);
	assert_int_equal(e.kind, ERROR_STATE);
	assert_string_equal(e.text, "held by up");
	assert_int_equal(error_sys(&e, -ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(e.text, "open x: No such file or directory");
	assert_int_equal(e.length, strlen(e.text));
}

static void wrapped_from_inside_out(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	(void)error_sys(&e, -EPERM, "mount");
	assert_int_equal(error_wrap(&e, "node %s", "h2"), -EPERM);
	assert_int_equal(error_wrap(&e, "up"), -EPERM);
	assert_string_equal(e.text, "up: node h2: mount: Operation not permitted");
	assert_int_equal(e.length, strlen(e.text));
	assert_int_equal(e.kind, ERROR_STATE);
}

static void added_line_by_line(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(error_at(&e, "a", 1, "one"), -EINVAL);
	assert_true(e.placed);
	assert_int_equal(error_wrap(&e, "b"), -EINVAL);
	assert_false(e.placed);
	error_clear(&e);
	(void)error_state(&e, -EIO, "what");
	assert_int_equal(error_wrap_at(&e, "a", 7, "where"), -EIO);
	assert_true(e.placed);
	assert_string_equal(e.text, "a:7: where: what");
	error_clear(&e);
	(void)error_at(&e, "a", 1, "one");
	assert_int_equal(e.kind, ERROR_INPUT);
	assert_int_equal(error_add(&e, "a:%d: two", 2), -EINVAL);
	assert_string_equal(e.text, "a:1: one\na:2: two");
	assert_int_equal(e.lines, 2);
	(void)error_state(&e, -EIO, "log");
	assert_int_equal(error_add(&e, "below"), -EIO);
	assert_int_equal(e.kind, ERROR_STATE);
	assert_string_equal(e.text, "log\nbelow");
	assert_int_equal(e.lines, 2);
}

static void many_lines(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	size_t newlines = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		(void)error_add(&e, "%d", i);
	for (const char *s = e.text; *s; s++)
		newlines += *s == '\n';
	assert_int_equal(newlines, 9999);
	assert_int_equal(e.length, strlen(e.text));
}

static void moved_and_joined(void **state)
{
	struct error ERROR_AUTO a = ERROR_INIT, ERROR_AUTO b = ERROR_INIT;

	(void)state;
	(void)error_input(&a, "first");
	error_move(&b, &a);
	assert_null(a.text);
	assert_int_equal(a.kind, ERROR_NONE);
	assert_string_equal(b.text, "first");
	(void)error_input(&a, "second");
	assert_int_equal(error_join(&b, &a), -EINVAL);
	assert_string_equal(b.text, "first\nsecond");
	assert_null(a.text);
	error_clear(&b);
	(void)error_state(&b, -EBUSY, "first");
	(void)error_input(&a, "second");
	assert_int_equal(error_join(&b, &a), -EBUSY);
	assert_string_equal(b.text, "first\nsecond");
	error_clear(&b);
	(void)error_state(&a, -EBUSY, "alone");
	assert_int_equal(error_join(&b, &a), -EBUSY);
	assert_int_equal(b.kind, ERROR_STATE);
	assert_string_equal(b.text, "alone");
	error_clear(&b);
	error_clear(&b);
	assert_null(b.text);
}

/* What went wrong is said behind the clean-up of what was open. */
static void errno_outlives_a_descriptor(void **state)
{
	int gone = dup(STDIN_FILENO), none = -1;

	(void)state;
	assert_true(gone >= 0);
	assert_int_equal(close(gone), 0);
	errno = ENOSPC;
	cleanup_fd(&gone); /* EBADF */
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(gone, -1);
	cleanup_fd(&none);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(none, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_outlives_a_descriptor),
		cmocka_unit_test(kinds_and_returns),
		cmocka_unit_test(wrapped_from_inside_out),
		cmocka_unit_test(added_line_by_line),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(moved_and_joined),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
