// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what was seen by what was expected. Pure; verdicts of XDP are the chains', and the words
 * for what was seen are account.c's.
 */
#include "orchestrator/scenario/judge.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/scenario/account.h"
#include "orchestrator/scenario/arrivals.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge_frame.h"
#include "orchestrator/scenario/step_result.h"

/* A neighbour was asked for in vain; malloc'ed. */
static char *question_text(const struct labfile *labfile, const struct evidence *ev,
			   const struct sighting *s)
{
	char *FREE_AUTO decision = account_decision(labfile, ev, s);

	if (s->relation == RELATION_ROUTER)
		return text_format("the neighbour request of %s was %s, so it went no further",
				   ev->router, decision);
	return text_format("its neighbour request was %s, so it never went out", decision);
}

static const struct sighting *own_drop(const struct evidence *ev)
{
	const struct sighting *s = evidence_drop(ev, RELATION_REQUEST);

	return s ? s : evidence_drop(ev, RELATION_REPLY);
}

/* What arrived, or did not, can be another packet as well; malloc'ed. */
static char *imitated_text(const struct labfile *labfile, const struct evidence *ev,
			   const char *arrival)
{
	return text_format("%s, but packets of others were made to look like it at %s", arrival,
			   labfile->topo.ifaces[ev->imitated_at].id);
}

/* ": <the best explanation>" behind @what; malloc'ed */
static char *explained(const struct labfile *labfile, const struct evidence *ev, const char *what)
{
	char *FREE_AUTO because = account_silence(labfile, ev);

	return text_format("%s: %s", what, because);
}

/* It is by whom, and where, the step says. */
static bool as_expected(const struct labfile *labfile, const struct step *step,
			const struct sighting *s)
{
	if (step->at != NONE && !step_arrives_at(step) && s->iface != step->at)
		return false;
	return step->by == NONE ||
	       (s->filter && strcmp(s->filter, labfile->filters[step->by].name) == 0);
}

/* A drop by somebody else than the step names. */
static const struct sighting *wrong_drop(const struct labfile *labfile, const struct step *step,
					 const struct evidence *ev, enum relation relation)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (sighting_is_drop(s) && !s->doubtful && s->relation == relation &&
		    !as_expected(labfile, step, s))
			return s;
	}
	return NULL;
}

/* " tx by udp-8888 at host:veth0": what the step expects; @verdict: "" if that needs no saying */
static char *expected_text(const struct labfile *labfile, const struct step *step,
			   const char *verdict)
{
	const char *at = step->at == NONE || step_arrives_at(step)
				 ? NULL
				 : labfile->topo.ifaces[step->at].id;

	return text_format("%s%s%s%s%s", verdict, step->by == NONE ? "" : " by ",
			   step->by == NONE ? "" : labfile->filters[step->by].name,
			   at ? " at " : "", at ? at : "");
}

static char *mismatch_text(const struct labfile *labfile, const struct step *step,
			   const struct evidence *ev, const struct sighting *s)
{
	char *FREE_AUTO was = account_decision(labfile, ev, s);
	char *FREE_AUTO expected = expected_text(labfile, step, "");

	return text_format("%s; expected%s", was, expected);
}

/* A last word on the step's own packet by which it went on, or back. */
static bool lets_go(const struct sighting *s)
{
	return sighting_is_own(s) && s->kind == XLAB_DECIDED &&
	       (s->verdict == XDP_PASS || s->verdict == XDP_TX || s->verdict == XDP_REDIRECT);
}

static bool stands_there(const struct labfile *labfile, const struct evidence *ev, size_t filter,
			 size_t iface)
{
	return filter != NONE &&
	       chain_record_has(&ev->chains[iface], labfile->filters[filter].name);
}

/* The word of the step's filter or interface by which it went on; NULL: there is none. */
static const struct sighting *right_pass(const struct labfile *labfile, const struct step *step,
					 const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (lets_go(&ev->seen[i]) && as_expected(labfile, step, &ev->seen[i]))
			return &ev->seen[i];
	return NULL;
}

/*
 * The word of another filter, best in a chain where the step's one stands. Beside a @right one it
 * is about the same packets there. Of a TCP connection's packets each can have another's.
 */
static const struct sighting *wrong_pass(const struct labfile *labfile, const struct step *step,
					 const struct evidence *ev, const struct sighting *right)
{
	const struct sighting *found = NULL;

	if (right && step->kind == STEP_TCP)
		return NULL;
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (!lets_go(s) || as_expected(labfile, step, s))
			continue;
		if (right && (s->iface != right->iface || s->relation != right->relation))
			continue;
		if (!found || (stands_there(labfile, ev, step->by, s->iface) &&
			       !stands_there(labfile, ev, step->by, found->iface)))
			found = s;
	}
	return found;
}

static bool is_receiver(const struct labfile *labfile, const struct step *step, size_t iface)
{
	return step_names_receiver(step, labfile->topo.ifaces[iface].node);
}

/* A chain at one of the nodes that the step names let it in, or answered it. */
static bool came_to_receiver(const struct labfile *labfile, const struct step *step,
			     const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (lets_go(s) && s->relation == RELATION_REQUEST && s->verdict != XDP_REDIRECT &&
		    is_receiver(labfile, step, s->iface))
			return true;
	}
	return false;
}

/* That a ping is answered says not by whom. A node's kernel counts what it answers; where no chain
 * there has done so in its place, it was somebody else.
 */
static void judge_replier(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev, struct step_result *result)
{
	char *FREE_AUTO names = NULL;
	bool all = true;

	if (came_to_receiver(labfile, step, ev))
		return;
	for (size_t i = 0; i < ev->n_arrivals; i++)
		if (ev->arrivals[i].copies) /* by the count of its own kernel */
			return;
	for (size_t i = 0; i < labfile->topo.n_ifaces && all; i++) {
		char *FREE_AUTO unseen = account_unseen(labfile, ev, NONE, i);

		all = !is_receiver(labfile, step, i) || !unseen;
	}
	for (size_t i = 0; i < step->n_receivers; i++)
		text_add(&names, " or ", "%s", labfile->topo.nodes[step->receivers[i]].name);
	step_result_set(result, all ? OUTCOME_NOT_OK : OUTCOME_INCONCLUSIVE,
			all ? text_format("%s, but %s did not answer it", result->why, names)
			    : text_format("%s, but no chain at %s tells whether it was there",
					  result->why, names));
}

/* It arrived, which is to be by the step's filter or interface. */
static void judge_arrived(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev, const char *arrival,
			  struct step_result *result)
{
	const struct sighting *right = right_pass(labfile, step, ev);
	const struct sighting *wrong = wrong_pass(labfile, step, ev, right);
	char *FREE_AUTO expected = expected_text(labfile, step, "");
	char *FREE_AUTO word = NULL;

	if (ev->imitated) {
		step_result_set(result, OUTCOME_INCONCLUSIVE, imitated_text(labfile, ev, arrival));
	} else if (step->by == NONE && (step->at == NONE || step_arrives_at(step))) {
		step_result_set(result, OUTCOME_OK, text_format("%s", arrival));
	} else if (wrong) {
		step_result_set(result, OUTCOME_NOT_OK, mismatch_text(labfile, step, ev, wrong));
	} else if (right) {
		word = account_decision(labfile, ev, right);
		step_result_set(result, OUTCOME_OK, text_format("%s; %s", arrival, word));
	} else {
		word = account_unseen(labfile, ev, step->by,
				      step_arrives_at(step) ? NONE : step->at);
		step_result_set(
			result, word ? OUTCOME_INCONCLUSIVE : OUTCOME_NOT_OK,
			word ? text_format("%s, but %s; expected%s", arrival, word, expected)
			     : text_format("%s, but no chain saw it on its way; expected%s",
					   arrival, expected));
	}
	if (result->outcome == OUTCOME_OK && step->kind == STEP_PING && step->n_receivers)
		judge_replier(labfile, step, ev, result);
}

static void judge_pass(const struct labfile *labfile, const struct step *step,
		       const struct evidence *ev, struct step_result *result)
{
	const struct sighting *own = own_drop(ev), *neighbour = evidence_question_drop(ev);
	const struct sighting *diverted = evidence_diverted(ev);
	char *FREE_AUTO arrival = arrivals_short_text(labfile, step, ev);
	char *FREE_AUTO kernel = account_kernel(labfile, ev);
	char *FREE_AUTO decision = NULL;

	if (arrivals_enough(step, ev)) {
		judge_arrived(labfile, step, ev, arrival, result);
	} else if (arrivals_too_many(step, ev) || ev->stranger) {
		step_result_set(result, OUTCOME_NOT_OK, steal_pointer(&arrival));
	} else if (own || (diverted && !kernel)) {
		decision = account_decision(labfile, ev, own ? own : diverted);
		step_result_set(result, OUTCOME_NOT_OK,
				arrivals_any(ev) ? text_format("%s; %s", arrival, decision)
						 : steal_pointer(&decision));
	} else if (neighbour) {
		step_result_set(result, OUTCOME_NOT_OK, question_text(labfile, ev, neighbour));
	} else if (!ev->server_bound) {
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				explained(labfile, ev, "the server never came to listen"));
	} else {
		step_result_set(result,
				ev->trouble && !kernel ? OUTCOME_INCONCLUSIVE : OUTCOME_NOT_OK,
				explained(labfile, ev, arrival));
	}
}

/* Nothing arrived, and a filter says why. */
static void judge_dropped(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev, const struct sighting *s,
			  struct step_result *result)
{
	const struct sighting *wrong = wrong_drop(labfile, step, ev, s->relation);
	size_t silent = evidence_not_dropped(ev);
	char *FREE_AUTO decision = account_decision(labfile, ev, s);

	if (wrong)
		step_result_set(result, OUTCOME_NOT_OK, mismatch_text(labfile, step, ev, wrong));
	else if (s->relation == RELATION_NEIGHBOUR || s->relation == RELATION_ROUTER)
		step_result_set(result, OUTCOME_OK, question_text(labfile, ev, s));
	else if (evidence_all_dropped(ev))
		step_result_set(result, OUTCOME_OK, steal_pointer(&decision));
	else if (silent != NONE)
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%s; what became of it at %s nobody says", decision,
					    labfile->topo.nodes[silent].name));
	else
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%u of %u %s; of the others nobody says so", ev->drops,
					    ev->wanted, decision));
}

static void judge_drop(const struct labfile *labfile, const struct step *step,
		       const struct evidence *ev, struct step_result *result)
{
	const struct sighting *dropped = own_drop(ev);
	char *FREE_AUTO arrival = arrivals_text(labfile, step, ev);

	/* What arrived was made to look like it, where the step's own was dropped without doubt. */
	bool arrived = arrivals_any(ev) && !(ev->imitated && dropped && evidence_all_dropped(ev));

	if (!dropped)
		dropped = evidence_question_drop(ev);
	if (arrived && ev->imitated)
		step_result_set(result, OUTCOME_INCONCLUSIVE, imitated_text(labfile, ev, arrival));
	else if (arrived)
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("%s, where a drop was expected", arrival));
	else if (!ev->server_bound)
		step_result_set(
			result, OUTCOME_INCONCLUSIVE,
			explained(labfile, ev,
				  "the server never came to listen, so silence proves nothing"));
	else if (dropped)
		judge_dropped(labfile, step, ev, dropped, result);
	else
		step_result_set(
			result, OUTCOME_INCONCLUSIVE,
			explained(labfile, ev,
				  "nothing arrived, but no filter says that it dropped it"));
}

static const struct verdict {
	uint8_t verdict;
	const char *word;
	const char *nobody;
} verdicts[] = {
	[EXPECT_TX] = { XDP_TX, " tx", "no filter says that it sent it back (tx)" },
	[EXPECT_REDIRECT] = { XDP_REDIRECT, " redirect", "no filter says that it redirected it" },
	[EXPECT_ABORTED] = { XDP_ABORTED, " aborted", "no filter says that it aborted it" },
};

/* The step's own packet was decided so, or not: as the step says, @expected, or else. */
static const struct sighting *find_decision(const struct labfile *labfile, const struct step *step,
					    const struct evidence *ev, bool so, bool expected)
{
	uint8_t verdict = verdicts[step->expect].verdict;

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (sighting_is_own(s) && s->kind == XLAB_DECIDED &&
		    (s->verdict == verdict) == so && as_expected(labfile, step, s) == expected)
			return s;
	}
	return NULL;
}

/* It was decided otherwise: where the step's filter stands, or at the step's interface, if there.
 */
static const struct sighting *other_decision(const struct labfile *labfile, const struct step *step,
					     const struct evidence *ev)
{
	const struct sighting *s = find_decision(labfile, step, ev, false, true);
	const struct sighting *drop = own_drop(ev);

	if (drop)
		return drop;
	return s ? s : wrong_pass(labfile, step, ev, NULL);
}

/* Expected was what another filter said, or the same one said something else. */
static void judge_otherwise(const struct labfile *labfile, const struct step *step,
			    const struct evidence *ev, const struct sighting *other,
			    struct step_result *result)
{
	char *FREE_AUTO expected = expected_text(labfile, step, verdicts[step->expect].word);
	char *FREE_AUTO decision = account_decision(labfile, ev, other);
	char *FREE_AUTO arrival = arrivals_text(labfile, step, ev);
	bool arrived = arrivals_any(ev) && !sighting_is_drop(other);
	const char *end = "";

	/* An answer that no filter made. */
	if (arrived && step->kind == STEP_PING)
		end = ", and the kernel answered";
	else if (arrived)
		end = ", and it ";
	step_result_set(result, OUTCOME_NOT_OK,
			text_format("%s%s%s; expected%s", decision, end,
				    arrived && step->kind != STEP_PING ? arrival : "", expected));
}

static void judge_verdict(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev, struct step_result *result)
{
	const struct verdict *v = &verdicts[step->expect];
	const struct sighting *right = find_decision(labfile, step, ev, true, true);
	const struct sighting *wrong = find_decision(labfile, step, ev, true, false);
	const struct sighting *other = other_decision(labfile, step, ev);
	const struct sighting *neighbour = evidence_question_drop(ev);
	char *FREE_AUTO unseen = account_unseen(labfile, ev, step->by, step->at);
	char *FREE_AUTO arrival = arrivals_text(labfile, step, ev);
	char *FREE_AUTO decision = NULL;

	if (wrong && (!right || wrong->iface == right->iface)) {
		judge_otherwise(labfile, step, ev, wrong, result);
	} else if (right) {
		decision = account_decision(labfile, ev, right);
		step_result_set(result,
				ev->told[v->verdict] >= ev->wanted ? OUTCOME_OK
								   : OUTCOME_INCONCLUSIVE,
				ev->told[v->verdict] >= ev->wanted
					? steal_pointer(&decision)
					: text_format("%u of %u %s; of the others nobody says so",
						      ev->told[v->verdict], ev->wanted, decision));
	} else if (ev->imitated) {
		step_result_set(result, OUTCOME_INCONCLUSIVE, imitated_text(labfile, ev, arrival));
	} else if (neighbour) {
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				question_text(labfile, ev, neighbour));
	} else if (unseen) {
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%s, for %s", v->nobody, unseen));
	} else if (other) {
		judge_otherwise(labfile, step, ev, other, result);
	} else if (arrivals_any(ev)) {
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("%s, and %s", arrival, v->nobody));
	} else {
		step_result_set(result, OUTCOME_INCONCLUSIVE, explained(labfile, ev, v->nobody));
	}
}

/* Of events that were lost some may have told that a packet changed its form: then what looks like
 * the step's need not be.
 */
static void doubt_forms(const struct evidence *ev, struct step_result *result)
{
	if (!ev->lost || !ev->forms.n || result->outcome != OUTCOME_OK)
		return;
	step_result_set(
		result, OUTCOME_INCONCLUSIVE,
		text_format(
			"%s, but %llu events of the chains were lost, and it changed on its way",
			result->why, (unsigned long long)ev->lost));
}

void judge_traffic(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result)
{
	if (step->expect == EXPECT_PASS)
		judge_pass(labfile, step, ev, result);
	else if (step->expect == EXPECT_DROP)
		judge_drop(labfile, step, ev, result);
	else
		judge_verdict(labfile, step, ev, result);
	doubt_forms(ev, result);
	if (result->outcome == OUTCOME_OK && step->as != NONE)
		judge_as(labfile, step, ev, result);
	if (result->outcome != OUTCOME_OK && !result->details)
		result->details = account_details(labfile, ev, result->why);
}

/* Without any chain the step is to fail, so that a pass later is owed to the chain. */
static void judge_must_fail(const struct labfile *labfile, const struct evidence *ev,
			    const char *arrival, struct step_result *result)
{
	char *FREE_AUTO part = NULL;

	if (!ev->server_bound) {
		step_result_set(
			result, OUTCOME_LAB,
			explained(labfile, ev,
				  "error of the lab: the server never came to listen, so it proves "
				  "nothing that it fails without any chain"));
	} else if (arrivals_any(ev)) {
		if (ev->arrived < ev->wanted)
			part = text_format(" in part (%s)", arrival);
		step_result_set(
			result, OUTCOME_LAB,
			text_format(
				"error of the lab: without any chain it passes%s, where control = "
				"fail says that it must not",
				part ? part : ""));
	} else {
		step_result_set(result, OUTCOME_OK, text_format("%s", arrival));
	}
}

void judge_control(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result)
{
	char *FREE_AUTO arrival = arrivals_text(labfile, step, ev);
	char *FREE_AUTO why = NULL;

	if (step->control == CONTROL_FAIL) {
		judge_must_fail(labfile, ev, arrival, result);
	} else if (arrivals_complete(step, ev)) {
		step_result_set(result, OUTCOME_OK, steal_pointer(&arrival));
	} else {
		why = explained(labfile, ev,
				ev->server_bound ? arrival : "the server never came to listen");
		step_result_set(
			result, OUTCOME_LAB,
			text_format("error of the lab: without any chain it fails too: %s", why));
	}
	if (result->outcome != OUTCOME_OK)
		result->details = account_details(labfile, ev, result->why);
}

void judge_flow(const struct step *step, unsigned int n, struct step_result *result)
{
	char *FREE_AUTO why = steal_pointer(&result->why);

	step_result_set(result, result->outcome,
			text_format("flow %u of %u: %s", n, step->flows, why));
}

void judge_shares(const struct labfile *labfile, const struct step *step, const unsigned int *flows,
		  struct step_result *result)
{
	char *FREE_AUTO shares = arrivals_shares_text(labfile, step, flows);
	char *FREE_AUTO few = NULL;

	for (size_t i = 0; i < step->n_receivers; i++)
		if (flows[i] * 100 < step->each * step->flows)
			text_list_add(&few, "%s", labfile->topo.nodes[step->receivers[i]].name);
	step_result_set(
		result, few ? OUTCOME_NOT_OK : OUTCOME_OK,
		text_format("%u flows arrived: %s%s", step->flows, shares, few ? "; " : ""));
	if (!few)
		return;
	text_add(&result->why, "", "at least %u%% were to arrive at each, and %s got less",
		 step->each, few);
	result->details = xstrdup("");
}
