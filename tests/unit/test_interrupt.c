// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals that end a command, and those that do not: this process sends them to itself. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/interrupt.h"

static const struct {
	int signal;
	bool ignored, ends;
} rows[] = {
	{ SIGINT, false, true },   { SIGTERM, false, true },
	{ SIGHUP, false, true },   { SIGHUP, true, false }, /* by nohup */
	{ SIGUSR1, false, false }, { SIGQUIT, false, false },
};

static bool is_blocked(int signal)
{
	sigset_t now;

	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	return sigismember(&now, signal);
}

static void take(int signal)
{
	sigset_t set;
	int got;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal);
	assert_int_equal(sigwait(&set, &got), 0);
}

static void what_ends_a_command(void **state)
{
	sigset_t all, before;

	(void)state;
	(void)sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_BLOCK, &all, &before), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sigset_t set;

		(void)signal(rows[i].signal, rows[i].ignored ? SIG_IGN : SIG_DFL);
		interrupt_signals(&set);
		assert_int_equal(sigismember(&set, rows[i].signal), rows[i].ends);
		assert_false(interrupt_pending());
		assert_int_equal(raise(rows[i].signal), 0);
		assert_int_equal(interrupt_pending(), rows[i].ends);
		take(rows[i].signal);
		(void)signal(rows[i].signal, SIG_DFL);
	}
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

/* One that has come is held back on; else all is as before, but what was said is printed. */
static void are_held_back(void **state)
{
	struct interrupt_hold hold;
	char *FREE_AUTO text = NULL;
	FILE *out, *was = stdout;
	size_t size;

	(void)state;
	assert_false(is_blocked(SIGTERM));
	interrupt_hold(&hold);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(is_blocked(rows[i].signal), rows[i].ends || rows[i].ignored);
	assert_int_equal(raise(SIGTERM), 0);
	interrupt_release(&hold);
	assert_true(is_blocked(SIGTERM));
	take(SIGTERM);
	out = xopen_memstream(&text, &size);
	stdout = out;
	(void)fputs("said", out);
	interrupt_release(&hold);
	stdout = was;
	assert_int_equal(size, 4);
	assert_int_equal(fclose(out), 0);
	assert_false(is_blocked(SIGTERM) || is_blocked(SIGINT) || is_blocked(SIGHUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ends_a_command),
		cmocka_unit_test(are_held_back),
	};

	return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
