// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/report/report.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/util/sanitize.h"

/* Everything that a form must escape, an escape sequence and a byte that is no UTF-8. */
#define NASTY "a\"<b>&'c'\\ #d\033[31m\n]]>\xff\xc3\xa9"

static struct step steps[] = {
	{ .kind = STEP_UDP,
	  .expect = EXPECT_PASS,
	  .line_text = "udp lb host:8000 coucou",
	  .line = 4 },
	{ .kind = STEP_UDP, .expect = EXPECT_DROP, .line_text = NASTY, .line = 5 },
	{ .kind = STEP_SEE, .line_text = "host:veth0 UdpHdr: *", .line = 6 },
};
static const struct scenario scenario = {
	.name = "udp-8888-drop", .about = "UDP stops", .steps = steps, .n_steps = 3
};

static char *render(enum report_format format, const struct scenario_result *result, size_t planned,
		    bool ok)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct report *report = report_begin(format, "lb", planned, out, false);

	assert_non_null(report);
	report_scenario(report, result);
	/* for who looks on */
	if (format == REPORT_TEXT || format == REPORT_TAP)
		assert_non_null(strstr(text, result->scenario->name));
	assert_int_equal(report_end(report), ok);
	assert_int_equal(fclose(out), 0);
	return text;
}

static struct step_result good_results[] = { { OUTCOME_OK, "arrived whole", NULL, 1 },
					     { OUTCOME_OK, "b", NULL, 1 },
					     { OUTCOME_OK, "c", NULL, 1 } };
static const struct scenario_result all_good = { &scenario, OUTCOME_OK, NULL, good_results, 3 };

static void text_is_for_people(void **state)
{
	struct step_result results[] = {
		{ OUTCOME_OK, "arrived whole", NULL, 7.12 },
		{ OUTCOME_NOT_OK, "arrived whole, where a drop was expected", "host:veth0: none\n",
		  4 },
		{ OUTCOME_SKIPPED, "not run", NULL, 0 },
	};
	struct scenario_result result = { &scenario, OUTCOME_NOT_OK, NULL, results, 38.04 };
	char *text;

	(void)state;
	steps[1].line_text = "udp lb host:8888 coucou by udp-8888";
	text = render(REPORT_TEXT, &result, 2, false);
	steps[1].line_text = NASTY;
	assert_string_equal(
		text,
		"udp-8888-drop  UDP stops\n"
		"    ok       pass  udp lb host:8000 coucou              7.1 ms  arrived whole\n"
		"    not ok   drop  udp lb host:8888 coucou by udp-8888  4.0 ms  arrived whole, "
		"where a drop was expected\n"
		"    skipped  see   host:veth0 UdpHdr: *                         not run\n"
		"    drop udp lb host:8888 coucou by udp-8888:\n"
		"        host:veth0: none\n"
		"  not ok, 2 of 3 steps in 38.0 ms\n"
		"\n"
		"1 of 2 scenarios: 1 not ok\n");
	free(text);
}

/* A step whose outcome nobody can tell was done all the same. */
static void an_inconclusive_step_was_done(void **state)
{
	struct step_result results[] = {
		{ OUTCOME_OK, "arrived whole", NULL, 7.12 },
		{ OUTCOME_INCONCLUSIVE, "nothing arrived", NULL, 4 },
		{ OUTCOME_OK, "shown", NULL, 0 },
	};
	struct scenario_result result = { &scenario, OUTCOME_INCONCLUSIVE, NULL, results, 38.04 };
	char *text;

	(void)state;
	results[0].details = "first\n\nlast";
	text = render(REPORT_TEXT, &result, 1, false);
	assert_non_null(strstr(text,
			       "\n    pass udp lb host:8000 coucou:\n        first\n        \n"
			       "        last\n  inc"));
	assert_non_null(strstr(text, "\n  inconclusive, 3 steps in 38.0 ms\n"));
	free(text);
	results[2].outcome = OUTCOME_LAB; /* it did not come to an end of its own */
	text = render(REPORT_TEXT, &result, 1, false);
	assert_non_null(strstr(text, "2 of 3 steps in 38.0 ms\n"));
	free(text);
}

static struct step_result stopped_results[] = {
	{ OUTCOME_OK, "arrived whole", NULL, 7.12 },
	{ OUTCOME_STOPPED, "stopped by a signal", NULL, 300 },
	{ OUTCOME_SKIPPED, "not run, after a signal", NULL, 0 },
};
static const struct scenario_result stopped = { &scenario, OUTCOME_STOPPED, NULL, stopped_results,
						310 };

static void a_stopped_run_shows_what_was_done(void **state)
{
	char *text;

	(void)state;
	steps[1].line_text = "ping lb host by lb-ip";
	text = render(REPORT_TEXT, &stopped, 3, false);
	assert_string_equal(
		text, "udp-8888-drop  UDP stops\n"
		      "    ok       pass  udp lb host:8000 coucou    7.1 ms  arrived whole\n"
		      "    stopped  drop  ping lb host by lb-ip    300.0 ms  stopped by a signal\n"
		      "    skipped  see   host:veth0 UdpHdr: *               "
		      "not run, after a signal\n"
		      "  stopped, 1 of 3 steps in 310.0 ms\n"
		      "\n"
		      "1 of 3 scenarios: 1 stopped\n");
	free(text);
	text = render(REPORT_TAP, &stopped, 3, false);
	assert_string_equal(text, "TAP version 14\n"
				  "ok 1 - udp-8888-drop: pass udp lb host:8000 coucou\n"
				  "Bail out! stopped in scenario 1 of 3: udp-8888-drop\n");
	free(text);
	steps[1].line_text = NASTY;
}

/* Stopped between two of them. */
static void a_run_of_some_has_no_plan(void **state)
{
	char *text = render(REPORT_TAP, &all_good, 2, true);

	(void)state;
	assert_null(strstr(text, "1.."));
	assert_non_null(strstr(text, "\nBail out! stopped after scenario 1 of 2\n"));
	free(text);
}

/* The chains could not be put back: that is no step's fault, and the steps were done. */
static void an_error_after_the_steps_leaves_them(void **state)
{
	struct scenario_result result = all_good;
	char *text;

	(void)state;
	result.outcome = OUTCOME_LAB;
	result.error = "not put back";
	text = render(REPORT_TEXT, &result, 1, false);
	assert_non_null(strstr(text, "arrived whole\n"));
	assert_non_null(strstr(text, "\n    not put back\n  lab error, 3 steps in 3.0 ms\n"));
	free(text);
	text = render(REPORT_TAP, &result, 1, false);
	assert_non_null(strstr(text, "\nnot ok 1 - udp-8888-drop\n"));
	assert_non_null(strstr(text, "\nok 4 - udp-8888-drop: see"));
	assert_non_null(strstr(text, "\n1..4\n"));
	free(text);
}

/* A standard parser reads @text from its stdin and prints what @script finds in it. */
static void parse(const char *text, const char *script, const char *found)
{
	char command[2048], path[] = "/tmp/xlab-test-XXXXXX", answer[1024] = "";
	int fd = mkstemp(path);
	FILE *python;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "%s", text), (int)strlen(text));
	assert_true(snprintf(command, sizeof(command), "python3 -c '%s' < %s", script, path) <
		    (int)sizeof(command));
	python = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own command */
	assert_non_null(python);
	n = fread(answer, 1, sizeof(answer) - 1, python);
	answer[n] = '\0';
	assert_int_equal(pclose(python), 0);
	assert_string_equal(answer, found);
	(void)remove(path);
	(void)fclose(fdopen(fd, "r"));
}

static struct step_result nasty_results[] = {
	{ OUTCOME_OK, "arrived whole", NULL, 7.1 },
	{ OUTCOME_INCONCLUSIVE, NASTY, NASTY, 4 },
	{ OUTCOME_NOT_OK, "nothing was shown", "", 0 },
};
static const struct scenario_result nasty = { &scenario, OUTCOME_NOT_OK, NULL, nasty_results, 38 };
static const struct scenario_result broken = { &scenario, OUTCOME_LAB, NASTY, NULL, 1 };

#define CLEAN_PY "a\\\"<b>&\\x27c\\x27\\\\ #d\\ufffd[31m\\n]]>\\ufffd\\u00e9"

static void json_is_read_by_a_json_reader(void **state)
{
	char *text = render(REPORT_JSON, &nasty, 1, false);

	(void)state;
	parse(text,
	      "import json,sys; d=json.load(sys.stdin); s=d[\"scenarios\"][0];"
	      "print(d[\"lab\"], d[\"ok\"], d[\"counts\"][\"not ok\"], s[\"name\"],"
	      "[t[\"outcome\"] for t in s[\"steps\"]], s[\"steps\"][1][\"why\"]==\"" CLEAN_PY "\","
	      "s[\"steps\"][0][\"us\"], s[\"error\"], d[\"planned\"], s[\"about\"], s[\"us\"],"
	      "d[\"counts\"], s[\"steps\"][1][\"details\"]==s[\"steps\"][1][\"why\"],"
	      "[t[\"details\"] for t in s[\"steps\"][::2]], [t[\"line\"] for t in s[\"steps\"]],"
	      "s[\"steps\"][0][\"step\"], s[\"outcome\"])",
	      "lb False 1 udp-8888-drop ['ok', 'inconclusive', 'not ok'] True 7100 None 1 UDP "
	      "stops "
	      "38000 {'ok': 0, 'not ok': 1, 'inconclusive': 0, 'lab error': 0, 'stopped': 0, "
	      "'skipped': 0} True ['', ''] [4, 5, 6] udp lb host:8000 coucou not ok\n");
	free(text);
	text = render(REPORT_JSON, &broken, 1, false);
	parse(text,
	      "import json,sys; s=json.load(sys.stdin)[\"scenarios\"][0];"
	      "print(s[\"outcome\"], s[\"steps\"], s[\"error\"]==\"" CLEAN_PY "\")",
	      "lab error [] True\n");
	free(text);
}

/* Each kind of step under the key by which the lab file has it, in every form. */
static void steps_have_the_keys_of_the_lab_file(void **state)
{
	static struct step all[] = {
		{ .kind = STEP_TCP, .expect = EXPECT_TX, .line_text = "1" },
		{ .kind = STEP_PING, .expect = EXPECT_REDIRECT, .line_text = "2" },
		{ .kind = STEP_UDP, .expect = EXPECT_ABORTED, .line_text = "3" },
		{ .kind = STEP_EXEC,
		  .expect = EXPECT_FAIL,
		  .control = CONTROL_FAIL,
		  .line_text = "4" },
		{ .kind = STEP_MAP, .line_text = "5" },
		{ .kind = STEP_DO, .line_text = "6" },
		{ .kind = STEP_SERVE, .line_text = "7" },
		{ .kind = STEP_REJECT, .line_text = "8" },
		{ .kind = STEP_GIVE, .line_text = "9" },
		{ .kind = STEP_FRAME, .expect = EXPECT_DROP, .line_text = "10" },
	};
	static const char *const keys[] = { "tx", "redirect", "aborted", "fail", "map",
					    "do", "serve",    "reject",	 "give", "drop" };
	const struct scenario s = { .name = "s", .steps = all, .n_steps = ARRAY_SIZE(all) };
	struct step_result results[ARRAY_SIZE(all)];
	const struct scenario_result result = { &s, OUTCOME_OK, NULL, results, 1 };
	char *text, line[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		results[i] = (struct step_result){ OUTCOME_OK, "why", NULL, 1 };
	text = render(REPORT_TEXT, &result, 1, true);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		(void)snprintf(line, sizeof(line), "    ok  %-8s  %zu", keys[i], i + 1);
		assert_non_null(strstr(text, line));
	}
	free(text);
	text = render(REPORT_TAP, &result, 1, true);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		(void)snprintf(line, sizeof(line), "ok %zu - s: %s %zu\n", i + 1, keys[i], i + 1);
		assert_non_null(strstr(text, line));
	}
	free(text);
	text = render(REPORT_JUNIT, &result, 1, true);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		(void)snprintf(line, sizeof(line), "name=\"%s %zu\"", keys[i], i + 1);
		assert_non_null(strstr(text, line));
	}
	free(text);
	text = render(REPORT_JSON, &result, 1, true);
	parse(text,
	      "import json,sys; s=json.load(sys.stdin)[\"scenarios\"][0][\"steps\"];"
	      "print([t[\"key\"] for t in s], [t[\"control\"] for t in s])",
	      "['tx', 'redirect', 'aborted', 'fail', 'map', 'do', 'serve', 'reject', 'give', "
	      "'drop'] "
	      "['pass', 'pass', 'pass', 'fail', None, None, None, None, None, 'pass']\n");
	free(text);
}

static void junit_is_read_by_an_xml_reader(void **state)
{
	char *text = render(REPORT_JUNIT, &nasty, 1, false);

	(void)state;
	parse(text,
	      "import sys; import xml.etree.ElementTree as e; r=e.parse(sys.stdin).getroot(); "
	      "s=r[0];"
	      "print(r.tag, s.get(\"name\"), s.get(\"tests\"), s.get(\"failures\"), "
	      "s.get(\"errors\"),"
	      "[[c.tag for c in t] for t in s],"
	      "s[1][0].get(\"message\")==s[1][0].text==\"" CLEAN_PY "\", s[0].get(\"name\"),"
	      "r.get(\"name\"), s.get(\"skipped\"), s.get(\"time\"),"
	      "[(c.get(\"classname\"), c.get(\"time\")) for c in s],"
	      "[c[0].get(\"type\") for c in s[1:]])",
	      "testsuites udp-8888-drop 3 1 1 [[], ['error'], ['failure']] True "
	      "pass udp lb host:8000 coucou lb 0 0.038000 "
	      "[('udp-8888-drop', '0.007100'), ('udp-8888-drop', '0.004000'), "
	      "('udp-8888-drop', '0.000000')] ['inconclusive', 'not ok']\n");
	free(text);
	text = render(REPORT_JUNIT, &broken, 1, false);
	parse(text,
	      "import sys; import xml.etree.ElementTree as e; s=e.parse(sys.stdin).getroot()[0];"
	      "t=s[0];"
	      "print(s.get(\"tests\"), s.get(\"errors\"), [t[0].tag for t in s],"
	      "t.get(\"name\"), t.get(\"classname\"), t.get(\"time\"), t[0].get(\"type\"),"
	      "t[0].get(\"message\")==\"" CLEAN_PY "\", t[0].text)",
	      "1 1 ['error'] the whole scenario udp-8888-drop 0.001000 lab error True None\n");
	free(text);
}

static void tap_has_a_line_a_step(void **state)
{
	char *text = render(REPORT_TAP, &nasty, 1, false);

	(void)state;
	assert_string_equal(
		text,
		"TAP version 14\n"
		"ok 1 - udp-8888-drop: pass udp lb host:8000 coucou\n"
		"not ok 2 - udp-8888-drop: drop a\"<b>&'c'\\\\ \\#d\xef\xbf\xbd[31m ]]>"
		"\xef\xbf\xbd\xc3\xa9\n"
		"  ---\n"
		"  outcome: \"inconclusive\"\n"
		"  why: \"a\\\"<b>&'c'\\\\ #d\xef\xbf\xbd[31m\\u000a]]>\xef\xbf\xbd\xc3\xa9\"\n"
		"  details: \"a\\\"<b>&'c'\\\\ #d\xef\xbf\xbd[31m\\u000a]]>\xef\xbf\xbd\xc3\xa9\"\n"
		"  ...\n"
		"not ok 3 - udp-8888-drop: see host:veth0 UdpHdr: *\n"
		"  ---\n"
		"  outcome: \"not ok\"\n"
		"  why: \"nothing was shown\"\n"
		"  ...\n"
		"1..3\n");
	free(text);
	text = render(REPORT_TAP, &broken, 1, false);
	assert_non_null(strstr(text, "\nnot ok 1 - udp-8888-drop\n  ---\n"
				     "  outcome: \"lab error\"\n  why: \"a"));
	assert_non_null(strstr(text, "\n1..1\n"));
	free(text);
}

static void all_ok_is_ok(void **state)
{
	(void)state;
	for (int format = REPORT_TEXT; format <= REPORT_JSON; format++) {
		char *FREE_AUTO text = render((enum report_format)format, &all_good, 1, true);

		if (format == REPORT_TEXT)
			assert_non_null(strstr(text, "\n1 scenario: 1 ok\n"));
		if (format == REPORT_JSON)
			assert_non_null(strstr(text, "\"ok\": true\n}\n"));
	}
}

static void each_form_has_its_name(void **state)
{
	static const char *const rows[][2] = { { "text", "udp-8888-drop" },
					       { "tap", "TAP version 14" },
					       { "junit", "<?xml version" },
					       { "json", "{" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text = NULL;
		uint32_t format;

		assert_true(enum_value(report_formats, rows[i][0], &format));
		text = render((enum report_format)format, &all_good, 1, true);
		assert_ptr_equal(strstr(text, rows[i][1]), text);
	}
}

static char *render_all(enum report_format format, const struct scenario_result *all, size_t n,
			bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct report *report = report_begin(format, "lb", n, out, colour);

	for (size_t i = 0; i < n; i++)
		report_scenario(report, &all[i]);
	assert_false(report_end(report));
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Of a step that came to an end of its own before the signal. */
static void an_inconclusive_step_before_a_signal(void **state)
{
	struct step_result results[] = { { OUTCOME_INCONCLUSIVE, "nobody knows", NULL, 1 },
					 stopped_results[1],
					 stopped_results[2] };
	const struct scenario_result result = { &scenario, OUTCOME_STOPPED, NULL, results, 2 };
	char *text = render(REPORT_TAP, &result, 1, false);

	(void)state;
	assert_string_equal(text, "TAP version 14\n"
				  "not ok 1 - udp-8888-drop: pass udp lb host:8000 coucou\n"
				  "  ---\n"
				  "  outcome: \"inconclusive\"\n"
				  "  why: \"nobody knows\"\n"
				  "  ...\n"
				  "Bail out! stopped in scenario 1 of 1: udp-8888-drop\n");
	free(text);
}

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define END   "\033[0m"

/* One is well, in one is an error of the lab, one was stopped before its first step. */
static void several_scenarios(void **state)
{
	struct step_result results[] = {
		{ OUTCOME_LAB, "no server", "", 7 },
		{ OUTCOME_SKIPPED, "not run # 1", "", 0 },
		{ OUTCOME_SKIPPED, "not run", NULL, 0 },
	};
	static const struct scenario one = {
		.name = "one", .about = "a step", .steps = steps, .n_steps = 1
	};
	const struct scenario_result all[] = {
		{ &one, OUTCOME_OK, NULL, good_results, 3 },
		{ &scenario, OUTCOME_LAB, NULL, results, 9 },
		{ &scenario, OUTCOME_STOPPED, "a signal", NULL, 1 },
	};
	char *text;

	(void)state;
	steps[1].line_text = "udp lb host:8888";
	text = render_all(REPORT_TEXT, all, 3, false);
	assert_string_equal(text,
			    "one  a step\n"
			    "    ok  pass  udp lb host:8000 coucou  1.0 ms  arrived whole\n"
			    "  ok, 1 step in 3.0 ms\n\n"
			    "udp-8888-drop  UDP stops\n"
			    "    lab error  pass  udp lb host:8000 coucou  7.0 ms  no server\n"
			    "    skipped    drop  udp lb host:8888                 not run # 1\n"
			    "    skipped    see   host:veth0 UdpHdr: *             not run\n"
			    "  lab error, 0 of 3 steps in 9.0 ms\n\n"
			    "udp-8888-drop  UDP stops\n"
			    "    a signal\n"
			    "  stopped, 0 of 3 steps in 1.0 ms\n\n"
			    "3 scenarios: 1 ok, 1 lab error, 1 stopped\n");
	free(text);
	text = render_all(REPORT_TEXT, all, 2, true);
	assert_non_null(strstr(text, GREEN "ok" END "  pass  udp"));
	assert_non_null(strstr(text, RED "lab error" END "  pass  udp"));
	assert_non_null(strstr(text, "\n    skipped    drop"));
	assert_non_null(strstr(text, "\n  " GREEN "ok" END ", 1 step in"));
	assert_non_null(
		strstr(text, "\n2 scenarios: " GREEN "1 ok" END ", " RED "1 lab error" END "\n"));
	free(text);
	text = render_all(REPORT_TAP, all, 2, false);
	assert_string_equal(text,
			    "TAP version 14\n"
			    "ok 1 - one: pass udp lb host:8000 coucou\n"
			    "not ok 2 - udp-8888-drop: pass udp lb host:8000 coucou\n"
			    "  ---\n"
			    "  outcome: \"lab error\"\n"
			    "  why: \"no server\"\n"
			    "  ...\n"
			    "ok 3 - udp-8888-drop: drop udp lb host:8888 # SKIP not run \\# 1\n"
			    "ok 4 - udp-8888-drop: see host:veth0 UdpHdr: * # SKIP not run\n"
			    "1..4\n");
	free(text);
	text = render_all(REPORT_TAP, all + 2, 1, false);
	assert_string_equal(text, "TAP version 14\n"
				  "Bail out! stopped in scenario 1 of 1: udp-8888-drop\n");
	free(text);
	text = render_all(REPORT_JUNIT, all, 3, false);
	parse(text,
	      "import sys; import xml.etree.ElementTree as e; r=e.parse(sys.stdin).getroot(); "
	      "print([[s.get(k) for k in (\"tests\", \"failures\", \"errors\", \"skipped\")] "
	      "for s in r], [[(x.tag, x.get(\"type\")) for c in s for x in c] for s in r])",
	      "[['1', '0', '0', '0'], ['3', '0', '1', '2'], ['1', '0', '1', '0']] "
	      "[[], [('error', 'lab error'), ('skipped', None), ('skipped', None)], "
	      "[('error', 'stopped')]]\n");
	free(text);
	text = render_all(REPORT_JSON, all, 3, false);
	parse(text,
	      "import json,sys; d=json.load(sys.stdin); "
	      "print(d[\"planned\"], d[\"ok\"], [n for n in d[\"counts\"].values()], "
	      "[[t[\"outcome\"] for t in s[\"steps\"]] for s in d[\"scenarios\"]])",
	      "3 False [1, 0, 0, 1, 1, 0] [['ok'], ['lab error', 'skipped', 'skipped'], []]\n");
	free(text);
	steps[1].line_text = NASTY;
}

static void what_is_not_well_is_red(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *text;
	} rows[] = {
		{ OUTCOME_NOT_OK, RED "not ok" END },
		{ OUTCOME_INCONCLUSIVE, RED "inconclusive" END },
		{ OUTCOME_LAB, RED "lab error" END },
		{ OUTCOME_STOPPED, RED "stopped" END },
	};
	static const struct scenario one = { .name = "one", .steps = steps, .n_steps = 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step_result step = { rows[i].outcome, "why", NULL, 1 };
		const struct scenario_result result = { &one, rows[i].outcome, NULL, &step, 1 };
		char *FREE_AUTO text = render_all(REPORT_TEXT, &result, 1, true);

		assert_non_null(strstr(text, rows[i].text));
	}
}

/* Whatever a lab file, a packet or a process had in it. */
static void no_form_hands_on_what_a_terminal_obeys(void **state)
{
	static const struct scenario hostile = {
		.name = "s", .about = NASTY, .steps = steps, .n_steps = 3
	};
	static struct step_result results[] = {
		{ OUTCOME_OK, NASTY, NULL, 1 },
		{ OUTCOME_NOT_OK, NASTY, NASTY, 1 },
		{ OUTCOME_SKIPPED, NASTY, NULL, 0 },
	};
	static const struct scenario_result told[] = {
		{ &hostile, OUTCOME_NOT_OK, NULL, results, 2 },
		{ &hostile, OUTCOME_LAB, NASTY, NULL, 1 },
	};

	(void)state;
	for (int format = REPORT_TEXT; format <= REPORT_JSON; format++) {
		for (size_t i = 0; i < 2; i++) {
			char *FREE_AUTO text =
				render((enum report_format)format, &told[i], 1, false);

			for (const char *c = text; *c; c++)
				assert_true(*c == '\n' || (unsigned char)*c >= ' ');
			assert_null(strchr(text, '\xff'));
		}
	}
}

static void sanitize_keeps_what_is_harmless(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "é€😀\n", "é€😀\n" },
		{ "a\tb", "a b" },
		{ "\x7f", "\xef\xbf\xbd" },
		{ "\xc2\x9b", "\xef\xbf\xbd" },		    /* C1: terminals obey it */
		{ "\xed\xa0\x80", "\xef\xbf\xbd" },	    /* a surrogate */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" }, /* cut short */
		{ "\xef\xbf\xbf", "\xef\xbf\xbd" },	    /* no XML character */
		{ "\xf8zz", "\xef\xbf\xbdzz" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *FREE_AUTO clean = sanitize(rows[i][0]);

		assert_string_equal(clean, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_for_people),
		cmocka_unit_test(an_inconclusive_step_was_done),
		cmocka_unit_test(a_stopped_run_shows_what_was_done),
		cmocka_unit_test(a_run_of_some_has_no_plan),
		cmocka_unit_test(an_error_after_the_steps_leaves_them),
		cmocka_unit_test(json_is_read_by_a_json_reader),
		cmocka_unit_test(steps_have_the_keys_of_the_lab_file),
		cmocka_unit_test(junit_is_read_by_an_xml_reader),
		cmocka_unit_test(tap_has_a_line_a_step),
		cmocka_unit_test(all_ok_is_ok),
		cmocka_unit_test(several_scenarios),
		cmocka_unit_test(each_form_has_its_name),
		cmocka_unit_test(what_is_not_well_is_red),
		cmocka_unit_test(an_inconclusive_step_before_a_signal),
		cmocka_unit_test(no_form_hands_on_what_a_terminal_obeys),
		cmocka_unit_test(sanitize_keeps_what_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
