// SPDX-License-Identifier: GPL-2.0-or-later
/* A rule in words. How it is read is filter_keys.c's, how it lies in maps rule_maps.c's. */
#include "orchestrator/model/rule.h"

#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/field_text.h"

bool rule_equal(const struct rule *a, const struct rule *b)
{
	return a->key == b->key && a->except == b->except && field_span_equal(&a->span, &b->span);
}

char *rule_value(const struct match_key *keys, const struct rule *rule)
{
	char *FREE_AUTO span = field_span_text(keys[rule->key].field, &rule->span);

	return text_format("%s%s", rule->except ? "!" : "", span);
}

char *rule_text(const struct match_key *keys, const struct rule *rule)
{
	char *FREE_AUTO value = rule_value(keys, rule);

	return text_format("%s=%s", keys[rule->key].name, value);
}
