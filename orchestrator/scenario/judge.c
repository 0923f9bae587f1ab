// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what was seen by what was expected, and puts both in words. Pure; verdicts of XDP are the
 * chains'.
 */
#include "orchestrator/scenario/judge.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/scenario/evidence.h"

#define LOG_LINES 6 /* of the verifier's log: its last ones hold the reason */

static const char *verdict_name(uint8_t verdict)
{
	return verdict <= XDP_REDIRECT ? action_name(verdict) : "an unknown verdict";
}

static void set(struct step_result *result, enum outcome outcome, char *why)
{
	free(result->why);
	result->outcome = outcome;
	result->why = why;
}

/* "dropped by udp-8888 at host:veth0"; malloc'ed */
static char *decision_text(const struct labfile *labfile, const struct sighting *s)
{
	static const char *const did[] = {
		[XDP_ABORTED] = "aborted",
		[XDP_DROP] = "dropped",
		[XDP_PASS] = "let through",
		[XDP_TX] = "sent back (tx)",
		[XDP_REDIRECT] = "sent elsewhere (redirect)",
	};
	const char *iface = labfile->topo.ifaces[s->iface].id;
	const char *reply = s->relation == RELATION_REPLY ? "reply " : "";

	return text_format("%s%s by %s at %s", reply,
			   s->verdict < ARRAY_SIZE(did) ? did[s->verdict] : "taken away",
			   s->filter ? s->filter : "the chain's end", iface);
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

/* One whose verdicts cannot be seen: its name, or NULL if all tell. */
static const char *mute_filter(const struct labfile *labfile, const struct chain_record *chain)
{
	for (size_t i = 0; i < chain->n_filters; i++) {
		size_t f = labfile_filter(labfile, chain->filters[i]);

		if (f != NONE && !chain_tells(chain, labfile->filters[f].program))
			return chain->filters[i];
	}
	return NULL;
}

/* The best explanation of silence; malloc'ed. */
static char *silence_text(const struct labfile *labfile, const struct evidence *ev)
{
	const struct sighting *s = evidence_diverted(ev);
	const char *mute = NULL;
	size_t at = 0;

	if (s)
		return decision_text(labfile, s);
	if (ev->links_down)
		return text_format("down: %s", ev->links_down);
	if (ev->trouble)
		return text_format("%s", ev->trouble);
	/* The first on the step's way whose verdicts cannot be seen. */
	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces && !mute; i++) {
		at = i;
		mute = evidence_on_the_way(ev, i) ? mute_filter(labfile, &ev->chains[i]) : NULL;
	}
	if (mute)
		return text_format("with libxdp the verdicts of %s at %s cannot be seen; "
				   "engine = inline shows them",
				   mute, labfile->topo.ifaces[at].id);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED && ev->neighbour_text)
		return text_format("no neighbour entry for %s", ev->neighbour_text);
	if (ev->lost)
		return text_format("%llu events of the chains were lost",
				   (unsigned long long)ev->lost);
	if (evidence_seen(ev))
		return text_format("it was let through, and lost after the chain");
	return text_format(ev->chains ? "no chain saw it" : "the reason is not known");
}

/* ": <the best explanation>" behind @what; malloc'ed */
static char *explained(const struct labfile *labfile, const struct evidence *ev, const char *what)
{
	char *FREE_AUTO because = silence_text(labfile, ev);

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
	char *FREE_AUTO was = decision_text(labfile, s);
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
		decision = decision_text(labfile, own ? own : evidence_diverted(ev));
		set(result, OUTCOME_NOT_OK,
		    something_arrived(ev) ? text_format("%s; %s", arrival, decision)
					  : steal_pointer(&decision));
	} else if (neighbour) {
		decision = decision_text(labfile, neighbour);
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
	char *FREE_AUTO decision = decision_text(labfile, s);

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

/* A WENT_ON at that position of the same packets: the filter did not say PASS. */
static const char *passing_word(const struct evidence *ev, const struct sighting *end,
				unsigned int position)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->kind == XLAB_WENT_ON && s->iface == end->iface &&
		    s->relation == end->relation && s->position == position)
			return verdict_name(s->verdict);
	}
	return "pass";
}

static const char *packet_text(const struct evidence *ev, enum relation relation)
{
	static const char *const what[] = {
		[RELATION_REQUEST] = "request",
		[RELATION_REPLY] = "reply",
		[RELATION_BARE] = "TCP segment without text",
		[RELATION_NEIGHBOUR] = "neighbour request or answer",
	};

	/* Only ping asks for an answer. */
	if (relation == RELATION_REQUEST && ev->mark.kind != STEP_PING)
		return "packet";
	return what[relation];
}

/* "host:veth0: request: headers pass, udp-8888 drop" */
static void print_way(FILE *out, const struct labfile *labfile, const struct evidence *ev,
		      const struct sighting *end)
{
	const struct chain_record *chain = &ev->chains[end->iface];
	const char *iface = labfile->topo.ifaces[end->iface].id;

	(void)fprintf(out, "%s: %s:", iface, packet_text(ev, end->relation));
	for (unsigned int i = 0; i < end->position; i++)
		(void)fprintf(out, " %s %s,", chain->filters[i], passing_word(ev, end, i));
	if (end->filter)
		(void)fprintf(out, " %s %s", end->filter, verdict_name(end->verdict));
	else
		(void)fputs(" on to the stack", out);
	if (end->packets > 1)
		(void)fprintf(out, " (%u packets)", end->packets);
	(void)fputc('\n', out);
}

/* What one chain saw: of this step's packets each, of others how many. */
static void print_chain(FILE *out, const struct labfile *labfile, const struct evidence *ev,
			size_t iface)
{
	const char *mute = mute_filter(labfile, &ev->chains[iface]);
	const char *name = labfile->topo.ifaces[iface].id;
	unsigned int own = 0, others = 0;

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->iface != iface || s->kind != XLAB_DECIDED)
			continue;
		if (s->relation == RELATION_OTHER) {
			others += s->packets;
			continue;
		}
		own += s->relation != RELATION_NEIGHBOUR;
		print_way(out, labfile, ev, s);
	}
	if (mute)
		(void)fprintf(out, "%s: with libxdp the verdicts of %s cannot be seen\n", name,
			      mute);
	else if (!own)
		(void)fprintf(out, "%s: saw none of it%s\n", name,
			      others ? ", only other packets" : "");
}

/* @why has one of these already, and is not said twice. */
static void print_known(FILE *out, const struct evidence *ev, const char *why)
{
	if (ev->trouble && !strstr(why, ev->trouble))
		(void)fprintf(out, "%s\n", ev->trouble);
	if (ev->links_down && !strstr(why, ev->links_down))
		(void)fprintf(out, "links down: %s\n", ev->links_down);
	if (ev->neighbour != NEIGHBOUR_UNKNOWN && ev->neighbour_text)
		(void)fprintf(out, "neighbour entry for %s: %s\n", ev->neighbour_text,
			      ev->neighbour == NEIGHBOUR_RESOLVED ? "there" : "none, or failed");
	if (ev->lost)
		(void)fprintf(out, "%llu events of the chains were lost\n",
			      (unsigned long long)ev->lost);
}

static char *details_text(const struct labfile *labfile, const struct evidence *ev, const char *why)
{
	char *text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces; i++)
		if (ev->chains[i].n_filters)
			print_chain(out, labfile, ev, i);
	print_known(out, ev, why);
	xclose_memstream(out);
	return text;
}

void judge_traffic(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result)
{
	if (step->expect == EXPECT_PASS)
		judge_pass(labfile, step, ev, result);
	else
		judge_drop(labfile, step, ev, result);
	if (result->outcome != OUTCOME_OK)
		result->details = details_text(labfile, ev, result->why);
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
	result->details = details_text(labfile, ev, result->why);
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
