// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what was seen by what was expected. Pure; verdicts of XDP are the chains', and the words
 * for what was seen are account.c's.
 */
#include "orchestrator/scenario/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/scenario/account.h"
#include "orchestrator/scenario/evidence.h"

#define LOG_LINES 6 /* of the verifier's log: its last ones hold the reason */

void step_result_set(struct step_result *result, enum outcome outcome, char *why)
{
	free(result->why);
	result->outcome = outcome;
	result->why = why;
}

void step_result_clear(struct step_result *result)
{
	free(result->why);
	free(result->details);
	*result = (struct step_result){ 0 };
}

static void set(struct step_result *result, enum outcome outcome, char *why)
{
	step_result_set(result, outcome, why);
}

static char *arrival_text(const struct step *step, const struct evidence *ev)
{
	if (step->kind == STEP_PING && ev->wanted == 1)
		return text_format(ev->arrived ? "replied" : "no reply came");
	if (step->kind == STEP_PING)
		return text_format("%u of %u replies came", ev->arrived, ev->wanted);
	if (ev->arrived)
		return text_format("arrived whole");
	if (ev->bytes)
		return text_format("%zu of %zu bytes arrived", ev->bytes, ev->bytes_wanted);
	return text_format("nothing arrived");
}

static bool something_arrived(const struct evidence *ev)
{
	return ev->arrived > 0 || ev->bytes > 0;
}

static const struct sighting *neighbour_drop(const struct evidence *ev)
{
	if (ev->neighbour != NEIGHBOUR_UNRESOLVED || evidence_seen(ev))
		return NULL;
	return evidence_drop(ev, RELATION_NEIGHBOUR);
}

static const struct sighting *own_drop(const struct evidence *ev)
{
	const struct sighting *s = evidence_drop(ev, RELATION_REQUEST);

	return s ? s : evidence_drop(ev, RELATION_REPLY);
}

/* ": <the best explanation>" behind @what; malloc'ed */
static char *explained(const struct labfile *labfile, const struct evidence *ev, const char *what)
{
	char *FREE_AUTO because = account_silence(labfile, ev);

	return text_format("%s: %s", what, because);
}

/* A drop by somebody else than the step names. */
static const struct sighting *wrong_drop(const struct labfile *labfile, const struct step *step,
					 const struct evidence *ev, enum relation relation)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (!sighting_is_drop(s) || s->relation != relation)
			continue;
		if ((step->at != NONE && s->iface != step->at) ||
		    (step->by != NONE &&
		     (!s->filter || strcmp(s->filter, labfile->filters[step->by].name) != 0)))
			return s;
	}
	return NULL;
}

static char *mismatch_text(const struct labfile *labfile, const struct step *step,
			   const struct sighting *s)
{
	char *FREE_AUTO was = account_decision(labfile, s);
	const char *at = step->at == NONE ? NULL : labfile->topo.ifaces[step->at].id;

	return text_format("%s; expected%s%s%s%s", was, step->by == NONE ? "" : " by ",
			   step->by == NONE ? "" : labfile->filters[step->by].name,
			   at ? " at " : "", at ? at : "");
}

static void judge_pass(const struct labfile *labfile, const struct step *step,
		       const struct evidence *ev, struct step_result *result)
{
	const struct sighting *own = own_drop(ev), *neighbour = neighbour_drop(ev);
	char *FREE_AUTO arrival = arrival_text(step, ev);
	char *FREE_AUTO decision = NULL;

	if (ev->arrived >= ev->wanted) {
		set(result, OUTCOME_OK, steal_pointer(&arrival));
	} else if (own || evidence_diverted(ev)) {
		decision = account_decision(labfile, own ? own : evidence_diverted(ev));
		set(result, OUTCOME_NOT_OK,
		    something_arrived(ev) ? text_format("%s; %s", arrival, decision)
					  : steal_pointer(&decision));
	} else if (neighbour) {
		decision = account_decision(labfile, neighbour);
		set(result, OUTCOME_NOT_OK,
		    text_format("its neighbour request was %s, so it never went out", decision));
	} else if (!ev->server_bound) {
		set(result, OUTCOME_INCONCLUSIVE,
		    explained(labfile, ev, "the server never came to listen"));
	} else {
		set(result, ev->trouble ? OUTCOME_INCONCLUSIVE : OUTCOME_NOT_OK,
		    explained(labfile, ev, arrival));
	}
}

/* Nothing arrived, and a filter says why. */
static void judge_dropped(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev, const struct sighting *s,
			  struct step_result *result)
{
	const struct sighting *wrong = wrong_drop(labfile, step, ev, s->relation);
	char *FREE_AUTO decision = account_decision(labfile, s);

	if (wrong)
		set(result, OUTCOME_NOT_OK, mismatch_text(labfile, step, wrong));
	else if (s->relation == RELATION_NEIGHBOUR)
		set(result, OUTCOME_OK,
		    text_format("its neighbour request was %s, so it never went out", decision));
	else if (evidence_all_dropped(ev))
		set(result, OUTCOME_OK, steal_pointer(&decision));
	else
		set(result, OUTCOME_INCONCLUSIVE,
		    text_format("%u of %u %s; of the others nobody says so", ev->drops, ev->wanted,
				decision));
}

static void judge_drop(const struct labfile *labfile, const struct step *step,
		       const struct evidence *ev, struct step_result *result)
{
	const struct sighting *dropped = own_drop(ev);
	char *FREE_AUTO arrival = arrival_text(step, ev);

	if (!dropped)
		dropped = neighbour_drop(ev);
	if (something_arrived(ev))
		set(result, OUTCOME_NOT_OK, text_format("%s, where a drop was expected", arrival));
	else if (!ev->server_bound)
		set(result, OUTCOME_INCONCLUSIVE,
		    explained(labfile, ev,
			      "the server never came to listen, so silence proves nothing"));
	else if (dropped)
		judge_dropped(labfile, step, ev, dropped, result);
	else
		set(result, OUTCOME_INCONCLUSIVE,
		    explained(labfile, ev,
			      "nothing arrived, but no filter says that it dropped it"));
}

void judge_traffic(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result)
{
	if (step->expect == EXPECT_PASS)
		judge_pass(labfile, step, ev, result);
	else
		judge_drop(labfile, step, ev, result);
	if (result->outcome != OUTCOME_OK)
		result->details = account_details(labfile, ev, result->why);
}

void judge_control(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result)
{
	char *FREE_AUTO arrival = arrival_text(step, ev);
	char *FREE_AUTO why = NULL;

	if (ev->arrived >= ev->wanted) {
		set(result, OUTCOME_OK, steal_pointer(&arrival));
		return;
	}
	why = explained(labfile, ev,
			ev->server_bound ? arrival : "the server never came to listen");
	set(result, OUTCOME_LAB,
	    text_format("error of the lab: without any chain it fails too: %s", why));
	result->details = account_details(labfile, ev, result->why);
}

void judge_see(const struct labfile *labfile, const struct step *step, const char *const *lines,
	       size_t n, struct step_result *result)
{
	const char *at = labfile->topo.ifaces[step->at].id;

	for (size_t i = 0; i < n; i++) {
		if (packet_line_matches(step->text, lines[i])) {
			/* Without a * the pattern is the line. */
			set(result, OUTCOME_OK,
			    text_format("%s", strchr(step->text, '*') ? lines[i] : "shown"));
			return;
		}
	}
	set(result, OUTCOME_NOT_OK,
	    n ? text_format("none of the %zu lines shown at %s is like it", n, at)
	      : text_format("nothing was shown at %s", at));
	result->details = xstrdup("");
	for (size_t i = 0; i < n; i++)
		text_add(&result->details, "", "shown: %s\n", lines[i]);
}

/* The last lines of the verifier's log that hold something; malloc'ed */
static char *log_end(const char *log)
{
	const char *end = log + strlen(log);
	const char *at = end;

	for (int lines = 0; at > log; at--)
		if (at[-1] == '\n' && at != end && ++lines == LOG_LINES)
			break;
	return xstrdup(at);
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
		set(result, OUTCOME_NOT_OK, text_format("the verifier took %s", filter));
	else if (found)
		set(result, OUTCOME_OK,
		    text_format("refused by the verifier: %.*s", (int)strcspn(found, "\n"), found));
	else
		set(result, OUTCOME_NOT_OK,
		    text_format("refused by the verifier, but not with \"%s\"", step->text));
	if (log && !found)
		result->details = log_end(log);
}

enum outcome outcome_worse(enum outcome a, enum outcome b)
{
	static const int rank[] = {
		[OUTCOME_OK] = 0,     [OUTCOME_SKIPPED] = 1, [OUTCOME_INCONCLUSIVE] = 2,
		[OUTCOME_NOT_OK] = 3, [OUTCOME_LAB] = 4,     [OUTCOME_STOPPED] = 5,
	};

	return rank[a] >= rank[b] ? a : b;
}
