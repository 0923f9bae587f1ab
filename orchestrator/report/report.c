// SPDX-License-Identifier: GPL-2.0-or-later
/* Results of scenarios in each of the forms: text, TAP, JUnit and JSON. They are judged by then. */
#include "orchestrator/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/util/json.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

static const struct {
	const char *word;
	const char *colour;
	const char *junit; /* element of a testcase; NULL: none */
} outcomes[OUTCOMES] = {
	[OUTCOME_OK] = { "ok", COLOUR_GOOD, NULL },
	[OUTCOME_NOT_OK] = { "not ok", COLOUR_BAD, "failure" },
	[OUTCOME_INCONCLUSIVE] = { "inconclusive", COLOUR_BAD, "error" },
	[OUTCOME_LAB] = { "lab error", COLOUR_BAD, "error" },
	[OUTCOME_STOPPED] = { "stopped", COLOUR_BAD, "error" },
	[OUTCOME_SKIPPED] = { "skipped", NULL, "skipped" },
};

struct form {
	void (*begin)(struct report *r); /* or NULL */
	void (*scenario)(struct report *r, const struct scenario_result *result);
	void (*end)(struct report *r);
};

struct report {
	const struct form *form;
	const char *lab;
	FILE *out;
	bool colour;
	size_t n_planned;	 /* scenarios that shall run */
	size_t n_told;		 /* those that did */
	size_t counts[OUTCOMES]; /* of them */
	size_t n_tests;		 /* lines of TAP */
	struct json json;
};

static const char *step_key(const struct step *step)
{
	switch (step->kind) {
	case STEP_SEE:
		return "see";
	case STEP_REJECT:
		return "reject";
	case STEP_MAP:
		return "map";
	case STEP_DO:
		return "do";
	case STEP_SERVE:
		return "serve";
	case STEP_GIVE:
		return "give";
	default:
		return enum_name(expect_names, step->expect);
	}
}

/* What it must do without the scenario's chains; NULL: it is not run without them. */
static const char *step_control(const struct step *step)
{
	if (!step_is_traffic(step) && step->kind != STEP_EXEC)
		return NULL;
	return enum_name(control_names, step->control);
}

/* Steps that came to an end of their own. */
static size_t steps_done(const struct scenario_result *result)
{
	size_t n = 0;

	for (size_t i = 0; result->steps && i < result->scenario->n_steps; i++)
		n += result->steps[i].outcome <= OUTCOME_INCONCLUSIVE;
	return n;
}

/* Those to tell of: none if an error came before the first of them. */
static size_t steps_of(const struct scenario_result *result)
{
	return result->error && !steps_done(result) ? 0 : result->scenario->n_steps;
}

static size_t count_steps(const struct scenario_result *result, const char *junit)
{
	size_t n = 0;

	for (size_t i = 0; i < steps_of(result); i++) {
		const char *element = outcomes[result->steps[i].outcome].junit;

		n += element && strcmp(element, junit) == 0;
	}
	return n;
}

/* Each line of @text behind @prefix. */
static void print_lines(FILE *out, const char *prefix, const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		sanitize_print(out, "%s%.*s\n", prefix, length, text);
		text += length + (text[length] == '\n');
	}
}

/* Text, for people. */

static void text_row(struct report *r, struct table *rows, const struct step *step,
		     const struct step_result *s)
{
	table_add(rows, r->colour ? outcomes[s->outcome].colour : NULL, "%s",
		  outcomes[s->outcome].word);
	table_add(rows, NULL, "%s", step_key(step));
	table_add(rows, NULL, "%s", step->line_text);
	if (s->outcome == OUTCOME_SKIPPED)
		table_add(rows, NULL, "%s", "");
	else
		table_add(rows, NULL, "%.1f ms", s->ms);
	table_add(rows, NULL, "%s", s->why);
}

static void text_details(struct report *r, const struct scenario_result *result)
{
	for (size_t i = 0; i < steps_of(result); i++) {
		const struct step *step = &result->scenario->steps[i];
		const char *details = result->steps[i].details;

		if (!details || !*details)
			continue;
		sanitize_print(r->out, "    %s %s:\n", step_key(step), step->line_text);
		print_lines(r->out, "        ", details);
	}
}

static void text_scenario(struct report *r, const struct scenario_result *result)
{
	struct table rows = { .n_columns = 5, .right = { [3] = true } };
	size_t n = result->scenario->n_steps, done = steps_done(result);

	title_print(result->scenario->name, result->scenario->about, r->colour, r->out);
	for (size_t i = 0; i < steps_of(result); i++)
		text_row(r, &rows, &result->scenario->steps[i], &result->steps[i]);
	table_print(&rows, 4, r->out);
	text_details(r, result);
	if (result->error)
		print_lines(r->out, "    ", result->error);
	(void)fprintf(r->out, "  %s%s%s, ", r->colour ? outcomes[result->outcome].colour : "",
		      outcomes[result->outcome].word, r->colour ? COLOUR_END : "");
	if (done < n)
		(void)fprintf(r->out, "%zu of ", done);
	(void)fprintf(r->out, "%zu step%s in %.1f ms\n\n", n, n == 1 ? "" : "s", result->ms);
	(void)fflush(r->out);
}

static void text_end(struct report *r)
{
	const char *separator = ":";

	if (r->n_told < r->n_planned)
		(void)fprintf(r->out, "%zu of ", r->n_told);
	(void)fprintf(r->out, "%zu scenario%s", r->n_planned, r->n_planned == 1 ? "" : "s");
	for (size_t i = 0; i < OUTCOMES; i++) {
		const char *colour = r->colour ? outcomes[i].colour : NULL;

		if (!r->counts[i])
			continue;
		(void)fprintf(r->out, "%s %s%zu %s%s", separator, colour ? colour : "",
			      r->counts[i], outcomes[i].word, colour ? COLOUR_END : "");
		separator = ",";
	}
	(void)fputc('\n', r->out);
}

/* TAP version 14: a line a step. */

static void tap_begin(struct report *r)
{
	(void)fputs("TAP version 14\n", r->out);
}

static void tap_escaped(FILE *out, const char *text)
{
	char *FREE_AUTO clean = sanitize(text);

	for (const char *s = clean; *s; s++) {
		if (*s == '#' || *s == '\\')
			(void)fputc('\\', out);
		(void)fputc(*s == '\n' ? ' ' : *s, out);
	}
}

/* A JSON string is a YAML one too. */
static void tap_field(FILE *out, const char *key, const char *text)
{
	struct json value = { .out = out };

	(void)fprintf(out, "  %s: ", key);
	json_text(&value, NULL, text);
	(void)fputc('\n', out);
}

static void tap_diagnosis(FILE *out, enum outcome outcome, const char *why, const char *details)
{
	(void)fputs("  ---\n", out);
	tap_field(out, "outcome", outcomes[outcome].word);
	tap_field(out, "why", why);
	if (details && *details)
		tap_field(out, "details", details);
	(void)fputs("  ...\n", out);
}

/* @step: or NULL, the whole scenario; @skip: why it was not run, or NULL. */
static void tap_line(struct report *r, const struct scenario *scenario, const struct step *step,
		     bool good, const char *skip)
{
	(void)fprintf(r->out, "%sok %zu - %s", good ? "" : "not ", ++r->n_tests, scenario->name);
	if (step) {
		(void)fprintf(r->out, ": %s ", step_key(step));
		tap_escaped(r->out, step->line_text);
	}
	if (skip) {
		(void)fputs(" # SKIP ", r->out);
		tap_escaped(r->out, skip);
	}
	(void)fputc('\n', r->out);
}

/* Of a scenario that was stopped the steps that were done. */
static void tap_scenario(struct report *r, const struct scenario_result *result)
{
	bool stopped = result->outcome == OUTCOME_STOPPED;

	if (result->error && !stopped) {
		tap_line(r, result->scenario, NULL, false, NULL);
		tap_diagnosis(r->out, result->outcome, result->error, NULL);
	}
	for (size_t i = 0; i < steps_of(result); i++) {
		const struct step_result *s = &result->steps[i];
		bool skipped = s->outcome == OUTCOME_SKIPPED;
		bool good = s->outcome == OUTCOME_OK || skipped;

		if (stopped && s->outcome > OUTCOME_INCONCLUSIVE)
			continue;
		tap_line(r, result->scenario, &result->scenario->steps[i], good,
			 skipped ? s->why : NULL);
		if (!good)
			tap_diagnosis(r->out, s->outcome, s->why, s->details);
	}
	if (stopped)
		(void)fprintf(r->out, "Bail out! stopped in scenario %zu of %zu: %s\n", r->n_told,
			      r->n_planned, result->scenario->name);
	(void)fflush(r->out);
}

static void tap_end(struct report *r)
{
	if (r->counts[OUTCOME_STOPPED])
		return;
	if (r->n_told < r->n_planned)
		(void)fprintf(r->out, "Bail out! stopped after scenario %zu of %zu\n", r->n_told,
			      r->n_planned);
	else
		(void)fprintf(r->out, "1..%zu\n", r->n_tests);
}

/* JUnit: a testsuite a scenario, a testcase a step. */

static void xml_escaped(FILE *out, const char *text)
{
	char *FREE_AUTO clean = sanitize(text);

	for (const char *c = clean; *c; c++) {
		if (*c == '<')
			(void)fputs("&lt;", out);
		else if (*c == '>')
			(void)fputs("&gt;", out);
		else if (*c == '&')
			(void)fputs("&amp;", out);
		else if (*c == '"')
			(void)fputs("&quot;", out);
		else if (*c == '\n')
			(void)fputs("&#10;", out); /* an attribute keeps it only so */
		else
			(void)fputc(*c, out);
	}
}

static void xml_attribute(FILE *out, const char *name, const char *value)
{
	(void)fprintf(out, " %s=\"", name);
	xml_escaped(out, value);
	(void)fputc('"', out);
}

static void junit_begin(struct report *r)
{
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", r->out);
	xml_attribute(r->out, "name", r->lab);
	(void)fputs(">\n", r->out);
}

static void junit_case(struct report *r, const char *scenario, const char *key, const char *line,
		       const struct step_result *s)
{
	const char *element = outcomes[s->outcome].junit;
	char *FREE_AUTO name = text_format("%s %s", key, line);

	(void)fputs("    <testcase", r->out);
	xml_attribute(r->out, "classname", scenario);
	xml_attribute(r->out, "name", name);
	(void)fprintf(r->out, " time=\"%.6f\"", s->ms / 1000);
	if (!element) {
		(void)fputs("/>\n", r->out);
		return;
	}
	(void)fprintf(r->out, ">\n      <%s", element);
	xml_attribute(r->out, "message", s->why);
	if (s->outcome != OUTCOME_SKIPPED)
		xml_attribute(r->out, "type", outcomes[s->outcome].word);
	(void)fputc('>', r->out);
	xml_escaped(r->out, s->details);
	(void)fprintf(r->out, "</%s>\n    </testcase>\n", element);
}

static void junit_scenario(struct report *r, const struct scenario_result *result)
{
	const struct scenario *scenario = result->scenario;
	size_t n = steps_of(result);

	(void)fputs("  <testsuite", r->out);
	xml_attribute(r->out, "name", scenario->name);
	(void)fprintf(r->out,
		      " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\""
		      " time=\"%.6f\">\n",
		      n + !!result->error, count_steps(result, "failure"),
		      count_steps(result, "error") + !!result->error,
		      count_steps(result, "skipped"), result->ms / 1000);
	if (result->error) {
		const struct step_result error = { result->outcome, result->error, NULL,
						   result->ms };

		junit_case(r, scenario->name, "the whole", "scenario", &error);
	}
	for (size_t i = 0; i < n; i++) {
		const struct step *step = &scenario->steps[i];

		junit_case(r, scenario->name, step_key(step), step->line_text, &result->steps[i]);
	}
	(void)fputs("  </testsuite>\n", r->out);
}

static void junit_end(struct report *r)
{
	(void)fputs("</testsuites>\n", r->out);
}

/* JSON: one object; times are whole microseconds. */

static void json_begin(struct report *r)
{
	json_open(&r->json, NULL, '{');
	json_text(&r->json, "lab", r->lab);
	json_number(&r->json, "planned", r->n_planned);
	json_open(&r->json, "scenarios", '[');
}

static void json_step(struct json *j, const struct step *step, const struct step_result *s)
{
	json_open(j, NULL, '{');
	json_text(j, "key", step_key(step));
	json_text(j, "step", step->line_text);
	json_number(j, "line", (uint64_t)step->line);
	json_text(j, "control", step_control(step));
	json_text(j, "outcome", outcomes[s->outcome].word);
	json_text(j, "why", s->why);
	json_text(j, "details", s->details ? s->details : "");
	json_number(j, "us", (uint64_t)(s->ms * 1000));
	json_close(j, '}');
}

static void json_scenario(struct report *r, const struct scenario_result *result)
{
	struct json *j = &r->json;

	json_open(j, NULL, '{');
	json_text(j, "name", result->scenario->name);
	json_text(j, "about", result->scenario->about ? result->scenario->about : "");
	json_text(j, "outcome", outcomes[result->outcome].word);
	json_text(j, "error", result->error);
	json_number(j, "us", (uint64_t)(result->ms * 1000));
	json_open(j, "steps", '[');
	for (size_t i = 0; i < steps_of(result); i++)
		json_step(j, &result->scenario->steps[i], &result->steps[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void json_finish(struct report *r)
{
	struct json *j = &r->json;

	json_close(j, ']');
	json_open(j, "counts", '{');
	for (size_t i = 0; i < OUTCOMES; i++)
		json_number(j, outcomes[i].word, r->counts[i]);
	json_close(j, '}');
	json_bool(j, "ok", r->counts[OUTCOME_OK] == r->n_told);
	json_close(j, '}');
	json_end(j);
}

static const struct form forms[] = {
	[REPORT_TEXT] = { NULL, text_scenario, text_end },
	[REPORT_TAP] = { tap_begin, tap_scenario, tap_end },
	[REPORT_JUNIT] = { junit_begin, junit_scenario, junit_end },
	[REPORT_JSON] = { json_begin, json_scenario, json_finish },
};

const struct enum_name report_formats[] = {
	{ "text", REPORT_TEXT }, { "tap", REPORT_TAP }, { "junit", REPORT_JUNIT },
	{ "json", REPORT_JSON }, { NULL, 0 },
};

struct report *report_begin(enum report_format format, const char *lab, size_t n_scenarios,
			    FILE *out, bool colour)
{
	struct report *r = xcalloc(1, sizeof(*r));

	*r = (struct report){
		.form = &forms[format],
		.lab = lab,
		.n_planned = n_scenarios,
		.out = out,
		.colour = colour,
		.json = { .out = out },
	};
	if (r->form->begin)
		r->form->begin(r);
	return r;
}

void report_scenario(struct report *r, const struct scenario_result *result)
{
	r->n_told++;
	r->counts[result->outcome]++;
	r->form->scenario(r, result);
}

bool report_end(struct report *r)
{
	bool ok = r->counts[OUTCOME_OK] == r->n_told;

	r->form->end(r);
	(void)fflush(r->out);
	free(r);
	return ok;
}
