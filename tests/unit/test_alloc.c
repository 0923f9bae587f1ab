// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is no memory for ends the process, in words of its own and with its own status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"

/* AddressSanitizer leaves the refusal to us; what it says of it comes before our words. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static volatile size_t half = SIZE_MAX / 2, most = SIZE_MAX;

static void zeroed(void)
{
	(void)xcalloc(1, half);
}

static void grown(void)
{
	(void)xreallocarray(xcalloc(1, 1), 1, half);
}

static void grown_beyond_any_size(void)
{
	(void)xreallocarray(NULL, most, 2);
}

/* The memory that it has lies where nothing can be written: /dev/full. */
static void written(void)
{
	FILE *out = fopen("/dev/full", "we");

	(void)fputs("text", out);
	xclose_memstream(out);
}

static void ends(void (*fn)(void))
{
	static const char words[] = "xlab: out of memory\n";
	char said[4096] = "";
	size_t n = 0;
	int fds[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (!child) {
		(void)dup2(fds[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	(void)close(fds[1]);
	while ((got = read(fds[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	(void)close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_true(n >= strlen(words));
	assert_string_equal(said + n - strlen(words), words);
}

static void ends_the_process(void **state)
{
	(void)state;
	ends(zeroed);
	ends(grown);
	ends(grown_beyond_any_size);
	ends(written);
}

/* Of no size there is as much as of one byte: what is asked for is never NULL. */
static void never_null(void **state)
{
	void *none = xcalloc(0, 8), *copy = xmemdup("", 0);

	(void)state;
	assert_non_null(none);
	assert_non_null(copy);
	none = xreallocarray(none, 0, 8);
	assert_non_null(none);
	free(none);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_the_process),
		cmocka_unit_test(never_null),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
