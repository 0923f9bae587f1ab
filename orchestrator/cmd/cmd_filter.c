// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter's rules, while it filters. What a rule may be is the filter's affair, in filter/. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/util/table.h"

typedef int verb_fn(const struct lab *lab, size_t filter, char *const *rules, struct error *e);

static int list(const struct lab *lab, size_t filter, char *const *rules, struct error *e)
{
	struct table t = { .n_columns = 2, .right = { false, true } };
	struct rule_row *rows = NULL;
	size_t n = 0;
	int err = rules_list(lab, filter, &rows, &n, e);

	(void)rules;
	if (err)
		return err;
	table_add(&t, NULL, "rule");
	table_add(&t, NULL, "hits");
	for (size_t i = 0; i < n; i++) {
		table_add(&t, NULL, "%s", rows[i].rule);
		table_add(&t, NULL, "%" PRIu64, rows[i].hits);
	}
	table_print(&t, 0, stdout);
	rules_free(rows, n);
	return 0;
}

static const struct verb {
	const char *name;
	bool takes_rules;
	enum state_lock lock;
	verb_fn *run;
} verbs[] = {
	{ "add", true, STATE_LOCKED, rules_add },
	{ "del", true, STATE_LOCKED, rules_del },
	{ "list", false, STATE_READ, list },
};

static const struct verb *find_verb(const struct invocation *in, struct error *e)
{
	const char *word = in->argv[1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs) && strcmp(verbs[i].name, word) != 0; i++)
		;
	if (i == ARRAY_SIZE(verbs))
		(void)error_input(e, "filter: \"%s\" is not add, del or list", word);
	else if (verbs[i].takes_rules && in->argc < 3)
		(void)error_input(e, "filter: %s what? A rule, as dst=9999", word);
	else if (!verbs[i].takes_rules && in->argc > 2)
		(void)error_input(e, "filter: %s takes no rule", word);
	else
		return &verbs[i];
	return NULL;
}

/* The maps that stand for a user's object's rules: their path is how anybody drives them. */
static int refuse_object(const struct lab *lab, size_t filter, struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	const char *owner = lab->labfile.filters[filter_maps_owner(lab, filter)].name;
	char *FREE_AUTO maps = state_path(lab->state, "bpf/filter/%s", owner);

	if (f->program != PROGRAM_OBJECT)
		return 0;
	return error_input(e,
			   "filter %s is an object of yours, without rules of xlab's; once it has "
			   "stood in a chain its maps are in %s",
			   f->name, maps);
}

static int filter_run(const struct invocation *in, int *status, struct error *e)
{
	const struct verb *verb = find_verb(in, e);
	INTERRUPT_HOLD hold;
	struct lab LAB_AUTO lab = { 0 };
	const char *name;
	size_t filter;
	int err;

	(void)status;
	interrupt_hold(&hold);
	if (!verb)
		return -EINVAL;
	err = resolve_lab_word(&lab, in->argv[0], verb->lock, "filter", &name, e);
	if (!err)
		err = resolve_filter(&lab.labfile, name, &filter, e);
	if (!err)
		err = refuse_object(&lab, filter, e);
	if (!err && verb->lock == STATE_LOCKED)
		err = scenario_repair(&lab, e);
	if (!err)
		err = verb->run(&lab, filter, in->argv + 2, e);
	return verb->lock == STATE_LOCKED ? err : resolve_again(&lab, err, e);
}

const struct command cmd_filter = {
	.name = "filter",
	.arguments = "[LAB/]FILTER add RULE... | del RULE... | list",
	.summary = "Add, remove or list a filter's rules while it filters",
	.details = "A rule is one value of one of the filter's keys: dst=9999, src=10.0.0.0/8.\n"
		   "Of several rules all are changed, or none if one of them cannot be.",
	.min_args = 2,
	.max_args = -1,
	.wants = { "the filter", "add, del or list" },
	.completes = { "FILTER", "add del list", "" },
	.needs_root = true,
	.run = filter_run,
};
