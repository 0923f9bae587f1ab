// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges what came out of a chain by what was to: the verdict, who made it, and the bytes. */
#include "orchestrator/scenario/judge_frame.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/layers_text.h"
#include "orchestrator/scenario/account.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_result.h"

static const uint8_t verdicts[] = {
	[EXPECT_PASS] = XDP_PASS,	  [EXPECT_DROP] = XDP_DROP,	  [EXPECT_TX] = XDP_TX,
	[EXPECT_REDIRECT] = XDP_REDIRECT, [EXPECT_ABORTED] = XDP_ABORTED,
};

static void differs(const struct packet_config *as, char *difference, struct step_result *result)
{
	char *FREE_AUTO why = steal_pointer(&result->why);

	step_result_set(result, OUTCOME_NOT_OK,
			text_format("%s, but it came out different from %s", why, as->name));
	result->details = difference;
}

/* Of what left the chain only the first bytes are known, and these are right. */
static void judge_rest(const struct packet_config *as, const struct left_bytes *left,
		       struct step_result *result)
{
	char *FREE_AUTO why = steal_pointer(&result->why);

	step_result_set(result, OUTCOME_INCONCLUSIVE,
			text_format("%s, as %s in its first %zu bytes; of the other %zu nobody "
				    "tells",
				    why, as->name, left->size, left->length - left->size));
}

/* As far as the chain told it. */
static void judge_left(const struct packet_config *as, const struct left_bytes *left,
		       const bool *except, struct step_result *result)
{
	bool cut = left->size < left->length;
	const struct frame_bytes came = { left->bytes, left->size };
	const struct frame_bytes expected = { as->bytes, cut && as->size == left->length
								 ? left->size
								 : as->size };
	char *FREE_AUTO difference = layers_difference(&expected, &came, except);

	if (cut && as->size != left->length) {
		free(difference);
		difference = text_format("it has %zu bytes, not %zu", left->length, as->size);
	}
	if (difference)
		differs(as, steal_pointer(&difference), result);
	else if (cut)
		judge_rest(as, left, result);
	else
		text_add(&result->why, ", ", "as %s", as->name);
}

void judge_as(const struct labfile *labfile, const struct step *step, const struct evidence *ev,
	      struct step_result *result)
{
	const struct packet_config *as = &labfile->packets[step->as];
	const struct frame_bytes expected = { as->bytes, as->size };
	const struct frame_bytes came = { ev->came_out, ev->came_size };
	const struct left_bytes *left = ev->left[verdicts[step->expect]];
	char *FREE_AUTO why = NULL;
	char *difference;

	if (!ev->came_out && left) {
		judge_left(as, left, step->except, result);
		return;
	}
	if (!ev->came_out) {
		why = steal_pointer(&result->why);
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%s, but no chain tells what came out", why));
		return;
	}
	difference = layers_difference(&expected, &came, step->except);
	if (difference)
		differs(as, difference, result);
	else
		text_add(&result->why, ", ", "as %s", as->name);
}

/* The word by which the chain ended; NULL: it told none. */
static const struct sighting *last_word(const struct step *step, const struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_seen; i++)
		if (ev->seen[i].kind == XLAB_DECIDED && ev->seen[i].iface == step->at &&
		    ev->seen[i].relation == RELATION_REQUEST)
			return &ev->seen[i];
	return NULL;
}

static void judge_by(const struct labfile *labfile, const struct step *step,
		     const struct evidence *ev, const struct sighting *s, char *word,
		     struct step_result *result)
{
	const char *by = labfile->filters[step->by].name;
	char *FREE_AUTO unseen = NULL;

	if (s && s->filter && !strcmp(s->filter, by)) {
		step_result_set(result, OUTCOME_OK, text_format("%s", word));
	} else if (s) {
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("%s; expected by %s", word, by));
	} else {
		unseen = account_unseen(labfile, ev, step->by, step->at);
		step_result_set(result, OUTCOME_INCONCLUSIVE,
				text_format("%s, but nobody says by whom%s%s", word,
					    unseen ? ": " : "", unseen ? unseen : ""));
	}
}

void judge_give(const struct labfile *labfile, const struct step *step, const struct evidence *ev,
		uint32_t verdict, struct step_result *result)
{
	const struct sighting *s = last_word(step, ev);
	const char *name = verdict <= XDP_REDIRECT ? action_name(verdict) : NULL;
	char *FREE_AUTO word =
		s      ? account_decision(labfile, ev, s)
		: name ? text_format("%s at %s", name, labfile->topo.ifaces[step->at].id)
		       : text_format("%u, which is no verdict, at %s", verdict,
				     labfile->topo.ifaces[step->at].id);

	if (verdict != verdicts[step->expect])
		step_result_set(
			result, OUTCOME_NOT_OK,
			text_format("%s; expected %s%s%s", word,
				    enum_name(expect_names, step->expect),
				    step->by == NONE ? "" : " by ",
				    step->by == NONE ? "" : labfile->filters[step->by].name));
	else if (step->by != NONE)
		judge_by(labfile, step, ev, s, word, result);
	else
		step_result_set(result, OUTCOME_OK, steal_pointer(&word));
	if (result->outcome == OUTCOME_OK && step->as != NONE)
		judge_as(labfile, step, ev, result);
	if (result->outcome != OUTCOME_OK && !result->details)
		result->details = account_details(labfile, ev, result->why);
}
