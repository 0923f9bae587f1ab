// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that changes chains is killed at any instant: what stands on the interface is the
 * old chain or the new one, xlab knows which, and goes on from there.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "orchestrator/chain/chain_read.h"
#include "tests/engine/rig.h"

#define ROUNDS 60

static const char filters[] = "[filter hi]\nprogram = hello\n"
			      "[filter yes]\nprogram = pass\n"
			      "[filter back]\nprogram = tx\n"
			      "[filter no]\nprogram = drop\n";

static void set(struct lab *lab, char *name, bool scenario)
{
	struct chain_config chain = { .iface = rig_end(lab), .filters = &name, .n_filters = 1 };
	ERROR_AUTO struct error e = ERROR_INIT;

	if (chain_set(lab, &chain, scenario, &e))
		_exit(1);
}

_Noreturn static void change_for_ever(struct lab *lab)
{
	for (;;) {
		set(lab, "no", false);
		set(lab, "back", true);
		set(lab, "no", false);
		set(lab, "hi", true);
	}
}

/* Older first: in a few milliseconds the child gets through one to many changes. */
static void kill_in_the_middle(struct lab *lab, int round)
{
	struct timespec wait = { 0, 200000L + round * 137000L };
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child)
		change_for_ever(lab);
	(void)nanosleep(&wait, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void must(int err, const struct error *e)
{
	if (err)
		fail_msg("%s", e->text);
}

static void check_after(struct lab *lab)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct chain_view view;
	uint8_t frame[64];

	must(chain_read(lab, rig_end(lab), &view, &e), &e);
	assert_int_equal(view.record.n_filters, 1);
	chain_view_clear(&view);
	must(chain_restore_all(lab, &e), &e);
	must(chain_read(lab, rig_end(lab), &view, &e), &e);
	assert_false(view.record.scenario);
	/* Killed before the first of its changes: what was there before. */
	if (strcmp(view.record.filters[0], "yes") != 0)
		assert_string_equal(view.record.filters[0], "no");
	rig_frame(frame, sizeof(frame), 1000);
	assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL),
			 strcmp(view.record.filters[0], "yes") == 0 ? XDP_PASS : XDP_DROP);
	chain_view_clear(&view);
}

static void test_killed(void **state)
{
	struct lab lab;

	(void)state;
	rig_up(&lab, filters);
	rig_must_chain(&lab, "yes");
	for (int round = 0; round < ROUNDS; round++) {
		kill_in_the_middle(&lab, round);
		check_after(&lab);
	}
	rig_must_chain(&lab, "");
	assert_int_equal(rig_attached(&lab, "left", "l0"), 0);
	rig_down(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_killed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
