// SPDX-License-Identifier: GPL-2.0-or-later
/* One change of a rule or a chain. How it is made is filter/'s and chain/'s. */
#include "orchestrator/scenario/step_do.h"

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "orchestrator/scenario/step_result.h"

static int change_rule(struct lab *lab, const struct step *step, struct error *e)
{
	char *const rules[] = { step->change.rule, NULL };
	int err = rules_keep(lab, step->by, e);

	if (err)
		return err;
	return step->change.kind == CHANGE_RULE_ADD ? rules_add(lab, step->by, rules, e)
						    : rules_del(lab, step->by, rules, e);
}

void step_do(struct lab *lab, struct scenario_chains *chains, const struct step *step,
	     struct step_result *result)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int err = step->change.kind == CHANGE_CHAIN
			  ? scenario_chains_change(chains, &step->change.chain, &e)
			  : change_rule(lab, step, &e);

	if (err)
		step_result_set(
			result, OUTCOME_LAB,
			text_format("error of the lab: do %s failed: %s", step->line_text, e.text));
	else
		step_result_set(result, OUTCOME_OK, text_format("done, until the scenario ends"));
}
