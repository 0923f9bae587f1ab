// SPDX-License-Identifier: GPL-2.0-or-later
/* Looks for a step's text in what was shown, and in what the verifier said. Pure. */
#include "orchestrator/scenario/judge_text.h"

#include <string.h>

#include "lab/alloc.h"
#include "lab/text.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/step_result.h"

#define LOG_LINES 6 /* of the verifier's log: its last ones hold the reason */

void judge_see(const struct labfile *labfile, const struct step *step, const char *const *lines,
	       size_t n, struct step_result *result)
{
	const char *at = labfile->topo.ifaces[step->at].id;

	for (size_t i = 0; i < n; i++) {
		if (packet_line_matches(step->text, lines[i])) {
			/* Without a * the pattern is the line. */
			step_result_set(
				result, OUTCOME_OK,
				text_format("%s", strchr(step->text, '*') ? lines[i] : "shown"));
			return;
		}
	}
	step_result_set(result, OUTCOME_NOT_OK,
			n ? text_format("none of the %zu lines shown at %s is like it", n, at)
			  : text_format("nothing was shown at %s", at));
	result->details = xstrdup("");
	for (size_t i = 0; i < n; i++)
		text_add(&result->details, "", "shown: %s\n", lines[i]);
}

void judge_reject(const struct labfile *labfile, const struct step *step, const char *log,
		  struct step_result *result)
{
	const char *filter = labfile->filters[step->by].name;
	const char *found = log ? strstr(log, step->text) : NULL;

	/* To the beginning of its line. */
	while (found && found > log && found[-1] != '\n')
		found--;
	if (!log)
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("the verifier took %s", filter));
	else if (found)
		step_result_set(result, OUTCOME_OK,
				text_format("refused by the verifier: %.*s",
					    (int)strcspn(found, "\n"), found));
	else
		step_result_set(
			result, OUTCOME_NOT_OK,
			text_format("refused by the verifier, but not with \"%s\"", step->text));
	if (log && !found)
		result->details = xstrdup(text_last_lines(log, LOG_LINES, SIZE_MAX));
}
