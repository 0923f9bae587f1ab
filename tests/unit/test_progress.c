// SPDX-License-Identifier: GPL-2.0-or-later
/* How far a command is, on a terminal: the clock, the terminal and its width are played here, by
 * rules.mk, in their functions' places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/netlink.h"
#include "lab/progress.h"
#include "tests/unit/wrap.h"

#define MS UINT64_C(1000000)

static uint64_t now;
static bool terminal;
static int width; /* columns; -1: it does not tell */

WRAP(uint64_t, netlink_clock_ns, void)
{
	return now;
}

WRAP(int, isatty, int fd)
{
	assert_int_equal(fd, STDERR_FILENO);
	return terminal;
}

WRAP(int, ioctl, int fd, unsigned long request, struct winsize *size)
{
	assert_int_equal(fd, STDERR_FILENO);
	assert_int_equal(request, TIOCGWINSZ);
	*size = (struct winsize){ .ws_col = (unsigned short)(width < 0 ? 1 : width) };
	return width < 0 ? -1 : 0;
}

/* What is written on standard error meanwhile, as far as it has left the process. */
static char *text;
static size_t size;
static FILE *was;

static void watch(const char *term)
{
	if (term)
		assert_int_equal(setenv("TERM", term, 1), 0);
	else
		assert_int_equal(unsetenv("TERM"), 0);
	size = 0;
	was = stderr;
	stderr = xopen_memstream(&text, &size);
}

/* That it is just this, the last thing before it is forgotten. */
static void watched(const char *wanted)
{
	char *FREE_AUTO got = xstrdup(size ? text : "");

	(void)fclose(stderr);
	stderr = was;
	free(text);
	assert_string_equal(got, wanted);
}

static void is_drawn_where_it_is_watched(void **state)
{
	static const struct {
		const char *term;
		bool terminal;
		size_t total;
		bool drawn;
	} rows[] = {
		{ "vt100", true, 4, true }, { "vt100", false, 4, false },
		{ "dumb", true, 4, false }, { "", true, 4, false },
		{ NULL, true, 4, false },   { "vt100", true, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct progress p;

		now = 0;
		width = 79;
		terminal = rows[i].terminal;
		watch(rows[i].term);
		progress_begin(&p, "up", rows[i].total);
		now = 2000 * MS;
		progress_step(&p);
		assert_int_equal(p.done, rows[i].total ? 1 : 0);
		assert_int_equal(p.shown, rows[i].drawn);
		watched(rows[i].drawn ? "\rup: 1 of 4" : "");
	}
}

/* What takes no second shows nothing; then it is drawn ten times in one. */
static void is_drawn_from_time_to_time(void **state)
{
	static const uint64_t at[] = { 0,	  999 * MS,  1000 * MS, 1099 * MS,
				       1100 * MS, 1150 * MS, 1300 * MS };
	struct progress p;

	(void)state;
	now = 0;
	width = 79;
	terminal = true;
	watch("vt100");
	progress_begin(&p, "up", 6);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		now = at[i];
		progress_step(&p);
	}
	assert_int_equal(p.done, 6);
	watched("\rup: 3 of 6\rup: 5 of 6\rup: 6 of 6"); /* no more than all of them */
}

/* A bar where there is room for it, and blanks over all of it. */
static void is_taken_back(void **state)
{
	static const struct {
		int width;
		const char *drawn;
		int blanks;
	} rows[] = {
		{ 80, "\rup: 3 of 12 [#######                       ]", 45 },
		{ 0, "\rup: 3 of 12 [#######                       ]", 45 },
		{ -1, "\rup: 3 of 12 [#######                       ]", 45 },
		{ 79, "\rup: 3 of 12", 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[256];
		struct progress p;

		(void)snprintf(wanted, sizeof(wanted), "%s\r%*s\r", rows[i].drawn, rows[i].blanks,
			       "");
		now = 0;
		width = rows[i].width;
		terminal = true;
		watch("vt100");
		progress_begin(&p, "up", 12);
		progress_clear(&p); /* nothing is there */
		now = 1000 * MS;
		progress_set(&p, 3);
		assert_true(p.shown);
		progress_clear(&p);
		progress_clear(&p);
		assert_false(p.shown);
		watched(wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_drawn_where_it_is_watched),
		cmocka_unit_test(is_drawn_from_time_to_time),
		cmocka_unit_test(is_taken_back),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
