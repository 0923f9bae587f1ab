// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge_exec.h"
#include "orchestrator/scenario/step_result.h"

#define STATUS(n) ((n) << 8)
#define SIGNAL(n) (n)

static struct iface ifaces[] = { { .name = "eth0", .id = "h2:eth0" } };
static struct labfile labfile = { .topo = { .ifaces = ifaces, .n_ifaces = 1 } };

static const struct row {
	struct exec_seen seen;
	enum outcome pass, fail; /* by the step's expectation */
	enum outcome control_pass, control_fail;
	const char *pass_why, *fail_why;
} rows[] = {
	{ { .status = STATUS(0), .err = "100 % done\n" },
	  OUTCOME_OK,
	  OUTCOME_NOT_OK,
	  OUTCOME_OK,
	  OUTCOME_LAB,
	  "ended with status 0",
	  "ended with status 0, where it was to fail" },
	{ { .status = STATUS(7), .err = "first\nlast\n\n" },
	  OUTCOME_NOT_OK,
	  OUTCOME_OK,
	  OUTCOME_LAB,
	  OUTCOME_OK,
	  "ended with status 7: last",
	  "ended with status 7: last" },
	{ { .status = STATUS(125) },
	  OUTCOME_NOT_OK,
	  OUTCOME_OK,
	  OUTCOME_LAB,
	  OUTCOME_OK,
	  "ended with status 125",
	  "ended with status 125" },
	{ { .status = STATUS(128) },
	  OUTCOME_NOT_OK,
	  OUTCOME_OK,
	  OUTCOME_LAB,
	  OUTCOME_OK,
	  "ended with status 128",
	  "ended with status 128" },
	{ { .status = STATUS(127) },
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  "error of the lab: curl ended with status 127, which says that a command is not there",
	  NULL },
	{ { .status = STATUS(126) },
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  "error of the lab: curl ended with status 126, which says that a command cannot be run",
	  NULL },
	{ { .exec_errno = ENOENT, .status = STATUS(127) },
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  "error of the lab: there is no command curl (127)",
	  NULL },
	{ { .exec_errno = EACCES, .status = STATUS(127) },
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  OUTCOME_LAB,
	  "error of the lab: curl cannot be run (126): Permission denied",
	  NULL },
	{ { .status = SIGNAL(11), .err = "oops" },
	  OUTCOME_NOT_OK,
	  OUTCOME_INCONCLUSIVE,
	  OUTCOME_LAB,
	  OUTCOME_OK,
	  "was killed by signal 11: oops",
	  "was killed by signal 11: oops, so it has not said" },
	{ { .waited_ms = 10000 },
	  OUTCOME_NOT_OK,
	  OUTCOME_INCONCLUSIVE,
	  OUTCOME_LAB,
	  OUTCOME_OK,
	  "had not ended after 10000 ms",
	  "had not ended after 10000 ms, so it has not failed: give it a deadline of its own" },
};

static char *argv[] = { "curl", NULL };

static void check(const struct row *row, enum step_expect expect, enum outcome outcome,
		  const char *why)
{
	const struct step step = { .kind = STEP_EXEC, .expect = expect, .argv = argv };
	struct evidence ev = { .topo = &labfile.topo };
	struct step_result result = { 0 };

	judge_exec(&labfile, &step, &row->seen, &ev, &result);
	assert_int_equal(result.outcome, outcome);
	assert_string_equal(result.why, why);
	assert_int_equal(result.details == NULL, outcome == OUTCOME_OK);
	step_result_clear(&result);
}

static void an_end_proves_what_was_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i], EXPECT_PASS, rows[i].pass, rows[i].pass_why);
		check(&rows[i], EXPECT_FAIL, rows[i].fail,
		      rows[i].fail_why ? rows[i].fail_why : rows[i].pass_why);
	}
}

static void check_control(const struct row *row, enum step_control control, enum outcome outcome)
{
	const struct step step = {
		.kind = STEP_EXEC, .expect = EXPECT_FAIL, .control = control, .argv = argv
	};
	struct step_result result = { 0 };

	judge_exec_control(&step, &row->seen, &result);
	assert_int_equal(result.outcome, outcome);
	if (outcome == OUTCOME_LAB)
		assert_ptr_equal(strstr(result.why, "error of the lab: "), result.why);
	assert_non_null(result.why);
	assert_int_equal(!result.details, outcome == OUTCOME_OK);
	if (outcome == OUTCOME_LAB && strstr(result.why, "without any chain"))
		assert_non_null(strstr(result.why, control == CONTROL_FAIL
							   ? "passes, where control = fail"
							   : "fails too: "));
	step_result_clear(&result);
}

/* Also of a step that is to fail with the chains. */
static void the_control_run_speaks_of_the_lab(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_control(&rows[i], CONTROL_PASS, rows[i].control_pass);
		check_control(&rows[i], CONTROL_FAIL, rows[i].control_fail);
	}
}

static void details_are_the_ends_of_what_it_said(void **state)
{
	char *FREE_AUTO text = exec_output_text("a\n\nb", "c\n");
	char *FREE_AUTO nothing = exec_output_text(NULL, NULL);
	char *FREE_AUTO lines = NULL, *FREE_AUTO many = NULL, *FREE_AUTO wide = NULL;
	char *FREE_AUTO dots = xcalloc(1, 10001);

	(void)state;
	assert_string_equal(text, "stdout: a\nstdout: \nstdout: b\nstderr: c\n");
	assert_string_equal(nothing, "");
	for (int i = 0; i < 21; i++)
		text_add(&lines, "", "%d\n", i);
	many = exec_output_text(lines + 2, NULL); /* 20 of them */
	assert_ptr_equal(strstr(many, "stdout: 1\nstdout: 2\n"), many);
	free(many);
	many = exec_output_text(NULL, lines);
	assert_ptr_equal(strstr(many, "stderr: ... (this is only its end)\nstderr: 1\n"), many);
	assert_non_null(strstr(many, "\nstderr: 20\n"));
	memset(dots, '.', 10000);
	wide = exec_output_text(dots, NULL);
	assert_int_equal(strlen(wide),
			 strlen("stdout: ... (this is only its end)\nstdout: \n") + 4096);
}

/* Within a sentence of the last line, no more than 200 bytes. */
static void of_a_long_line_the_beginning_is_told(void **state)
{
	char line[202];
	char *FREE_AUTO text = NULL;

	(void)state;
	memset(line, '.', 200);
	line[200] = '\0';
	text = exec_end_text(STATUS(1), line);
	assert_int_equal(strlen(text), strlen("status 1: ") + 200);
	free(text);
	line[200] = '.';
	line[201] = '\0';
	text = exec_end_text(STATUS(1), line);
	assert_int_equal(strlen(text), strlen("status 1: ") + 200);
}

/* Chains may have dropped what it needed. */
static void drops_meanwhile_are_told(void **state)
{
	const struct step step = { .kind = STEP_EXEC, .expect = EXPECT_PASS, .argv = argv };
	const struct exec_seen seen = { .status = STATUS(28) };
	struct sighting sightings[] = {
		{ .kind = XLAB_DECIDED, .verdict = XDP_DROP, .filter = "http", .packets = 3 },
		{ .kind = XLAB_DECIDED, .verdict = XDP_PASS, .packets = 2 },
	};
	struct evidence ev = { .topo = &labfile.topo, .seen = sightings, .n_seen = 2 };
	struct step_result result = { 0 };

	(void)state;
	judge_exec(&labfile, &step, &seen, &ev, &result);
	assert_string_equal(result.details, "h2:eth0: http drop meanwhile (3 packets)\n");
	step_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_proves_what_was_expected),
		cmocka_unit_test(the_control_run_speaks_of_the_lab),
		cmocka_unit_test(details_are_the_ends_of_what_it_said),
		cmocka_unit_test(of_a_long_line_the_beginning_is_told),
		cmocka_unit_test(drops_meanwhile_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
