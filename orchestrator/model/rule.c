// SPDX-License-Identifier: GPL-2.0-or-later
/* A rule in words. How it is read is filter_keys.c's, how it lies in maps rule_maps.c's. */
#include "orchestrator/model/rule.h"

#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"

const char *const rule_key_names[XLAB_KEYS] = {
	[XLAB_KEY_SRC] = "src",
	[XLAB_KEY_DST] = "dst",
	[XLAB_KEY_TYPE] = "type",
	[XLAB_KEY_PROTO] = "proto",
};

bool rule_equal(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->key != b->key)
		return false;
	switch (a->kind) {
	case RULE_MAC:
		return !memcmp(a->mac, b->mac, sizeof(a->mac));
	case RULE_NET:
		return prefix_equal(&a->net, &b->net);
	default:
		return a->span.first == b->span.first && a->span.last == b->span.last;
	}
}

static char *span_value(const struct rule *rule)
{
	unsigned int first = rule->span.first, last = rule->span.last;
	const char *name = rule->key == XLAB_KEY_TYPE	 ? enum_name(ethertype_names, first)
			   : rule->key == XLAB_KEY_PROTO ? enum_name(proto_names, first)
							 : NULL;

	if (name)
		return xstrdup(name);
	if (rule->key == XLAB_KEY_TYPE)
		return text_format("0x%04x", first);
	return first == last ? text_format("%u", first) : text_format("%u-%u", first, last);
}

char *rule_value(const struct rule *rule)
{
	const struct prefix *net = &rule->net;
	char text[PREFIX_TEXT];

	switch (rule->kind) {
	case RULE_MAC:
		return xstrdup(mac_text(rule->mac, text));
	case RULE_NET:
		return xstrdup(net->len == address_size(&net->address) * 8
				       ? address_text(&net->address, text)
				       : prefix_text(net, text));
	default:
		return span_value(rule);
	}
}

char *rule_text(const struct rule *rule)
{
	char *FREE_AUTO value = rule_value(rule);

	return text_format("%s=%s", rule_key_names[rule->key], value);
}
