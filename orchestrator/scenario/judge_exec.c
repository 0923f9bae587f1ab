// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges a user's program by its end. Pure; what ping and nc prove is judge.c's. */
#include "orchestrator/scenario/judge_exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_result.h"

#define SAID_MAX   4096 /* bytes and lines of each stream that a report shows: the last ones */
#define SAID_LINES 20
#define WORDS_MAX  200 /* of its last line, within a sentence */
#define NOT_RUN	   126 /* by which shells, env and others say that it cannot be run, ... */
#define NOT_THERE  127 /* ... and that it is not there */

char *exec_missing_text(const char *program, int exec_errno)
{
	if (exec_errno == ENOENT)
		return text_format("there is no command %s (127)", program);
	return text_format("%s cannot be run (126): %s", program, strerror(exec_errno));
}

char *exec_end_text(int status, const char *err)
{
	int length = 0;
	const char *line = status ? text_last_line(err, &length) : NULL;
	const char *colon = line ? ": " : "";

	length = length < WORDS_MAX ? length : WORDS_MAX;
	if (WIFSIGNALED(status))
		return text_format("killed by signal %d%s%.*s", WTERMSIG(status), colon, length,
				   line ? line : "");
	return text_format("status %d%s%.*s", WEXITSTATUS(status), colon, length, line ? line : "");
}

static void print_said(FILE *out, const char *name, const char *text)
{
	const char *at = text ? text_last_lines(text, SAID_LINES, SAID_MAX) : NULL;

	if (at != text)
		(void)fprintf(out, "%s: ... (this is only its end)\n", name);
	while (at && *at) {
		int length = (int)strcspn(at, "\n");

		(void)fprintf(out, "%s: %.*s\n", name, length, at);
		at += length + (at[length] == '\n');
	}
}

char *exec_output_text(const char *out, const char *err)
{
	char *text = NULL;
	size_t size;
	FILE *stream = xopen_memstream(&text, &size);

	print_said(stream, "stdout", out);
	print_said(stream, "stderr", err);
	xclose_memstream(stream);
	return text;
}

/* Whose packets they were nobody knows: a program may send anything. */
static void add_drops(const struct labfile *labfile, const struct evidence *ev, char **details)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (sighting_is_drop(s))
			text_add(details, "", "%s: %s %s meanwhile (%u packets)\n",
				 labfile->topo.ifaces[s->iface].id,
				 s->filter ? s->filter : "the chain's end", action_name(s->verdict),
				 s->packets);
	}
}

/* The command is not there, or is none: an error of the lab; malloc'ed, or NULL. */
static char *missing_text(const struct step *step, const struct exec_seen *seen)
{
	const char *program = step->argv[0];
	char *FREE_AUTO missing = NULL;
	int status = seen->exec_errno ? 0 : WIFEXITED(seen->status) ? WEXITSTATUS(seen->status) : 0;

	if (seen->waited_ms)
		return NULL;
	if (seen->exec_errno) {
		missing = exec_missing_text(program, seen->exec_errno);
		return text_format("error of the lab: %s", missing);
	}
	if (status == NOT_RUN || status == NOT_THERE)
		return text_format("error of the lab: %s ended with status %d, which says that a "
				   "command %s",
				   program, status,
				   status == NOT_THERE ? "is not there" : "cannot be run");
	return NULL;
}

/* "ended with status 7: curl: (7) …"; malloc'ed */
static char *seen_text(const struct exec_seen *seen)
{
	char *FREE_AUTO end = NULL;

	if (seen->waited_ms)
		return text_format("had not ended after %u ms", seen->waited_ms);
	end = exec_end_text(seen->status, seen->err);
	return text_format(WIFSIGNALED(seen->status) ? "was %s" : "ended with %s", end);
}

static void judge_fail(const struct exec_seen *seen, char *end, struct step_result *result)
{
	if (seen->waited_ms)
		step_result_set(
			result, OUTCOME_INCONCLUSIVE,
			text_format("%s, so it has not failed: give it a deadline of its own",
				    end));
	else if (WIFSIGNALED(seen->status))
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%s, so it has not said", end));
	else if (seen->status)
		step_result_set(result, OUTCOME_OK, text_format("%s", end));
	else
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("ended with status 0, where it was to fail"));
}

void judge_exec(const struct labfile *labfile, const struct step *step,
		const struct exec_seen *seen, const struct evidence *ev, struct step_result *result)
{
	char *FREE_AUTO end = seen_text(seen);
	char *missing = missing_text(step, seen);
	bool well = !seen->waited_ms && !seen->status;

	if (missing)
		step_result_set(result, OUTCOME_LAB, missing);
	else if (step->expect == EXPECT_FAIL)
		judge_fail(seen, end, result);
	else
		step_result_set(result, well ? OUTCOME_OK : OUTCOME_NOT_OK, steal_pointer(&end));
	if (result->outcome == OUTCOME_OK)
		return;
	result->details = exec_output_text(seen->out, seen->err);
	add_drops(labfile, ev, &result->details);
}

void judge_exec_control(const struct step *step, const struct exec_seen *seen,
			struct step_result *result)
{
	char *FREE_AUTO end = seen_text(seen);
	char *missing = missing_text(step, seen);
	bool well = !seen->waited_ms && !seen->status;

	if (missing)
		step_result_set(result, OUTCOME_LAB, missing);
	else if (well == (step->control == CONTROL_PASS))
		step_result_set(result, OUTCOME_OK, steal_pointer(&end));
	else if (well)
		step_result_set(result, OUTCOME_LAB,
				text_format("error of the lab: without any chain it passes, where "
					    "control = fail says that it must not: %s",
					    end));
	else
		step_result_set(
			result, OUTCOME_LAB,
			text_format("error of the lab: without any chain it fails too: %s", end));
	if (result->outcome != OUTCOME_OK)
		result->details = exec_output_text(seen->out, seen->err);
}
