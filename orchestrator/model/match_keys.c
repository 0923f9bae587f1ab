// SPDX-License-Identifier: GPL-2.0-or-later
/* What filters match by: the keys of the short forms, and their values as a lab file or a live rule
 * writes them.
 */
#include "orchestrator/model/match_keys.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_values.h"

#define KEY(called, of)                                  \
	{                                                \
		.name = called, .field = XLAB_FIELD_##of \
	}
const struct match_key match_ether[] = {
	KEY("src", ETH_SRC),   KEY("dst", ETH_DST), KEY("addr", ETH_ADDR),
	KEY("type", ETH_TYPE), { .name = "" },
};
const struct match_key match_ip[] = {
	KEY("src", NET_SRC),	 KEY("dst", NET_DST), KEY("addr", NET_ADDR),
	KEY("proto", NET_PROTO), { .name = "" },
};
const struct match_key match_port[] = {
	KEY("src", PORT_SRC),	 KEY("dst", PORT_DST), KEY("port", PORT_EITHER),
	KEY("proto", NET_PROTO), { .name = "" },
};

static struct match_key *find_key(struct filter *f, const char *name)
{
	for (size_t i = 0; i < f->n_keys; i++)
		if (!strcmp(f->keys[i].name, name))
			return &f->keys[i];
	return NULL;
}

/* Append it unless its list has it: twice in one list is a slip of the pen. */
static int add_rule(const struct ini_where *at, struct filter *f, const struct rule *rule,
		    struct error *e)
{
	size_t n = 0, same = 0;

	for (size_t i = 0; i < f->n_rules; i++) {
		n += f->rules[i].key == rule->key;
		if (rule_equal(&f->rules[i], rule))
			same = n;
	}
	if (same)
		return ini_complain(at, e,
				    "value number %zu of the list stands in it already, as number "
				    "%zu",
				    n + 1, same);
	*(struct rule *)array_add(&f->rules, &f->n_rules, sizeof(*rule)) = *rule;
	return 0;
}

/* The protocols that have ports. */
static const struct enum_name port_names[] = {
	{ "udp", IPPROTO_UDP },
	{ "tcp", IPPROTO_TCP },
	{ NULL, 0 },
};

static int check_port_proto(const struct ini_where *at, const char *word, struct error *e)
{
	uint32_t value;

	if (enum_value(port_names, word, &value))
		return 0;
	return enum_value(proto_names, word, &value)
		       ? ini_refuse(at, e, "%s has no ports", word)
		       : ini_misspelt(at, e, "a protocol", word, enum_next, (void *)port_names);
}

/* A value of the key, behind a ! one that it does not match. */
static int add_value(const struct ini_where *at, const char *word, void *filter, struct error *e)
{
	struct filter *f = filter;
	const struct match_key *key = find_key(f, at->key->name);
	struct rule rule = { .key = (uint8_t)(key - f->keys), .except = *word == '!' };
	char *FREE_AUTO why = NULL;

	word += rule.except;
	if (!*word)
		return ini_refuse(at, e, "the value behind a ! is missing");
	if (f->program == PROGRAM_PORT && key->field == XLAB_FIELD_NET_PROTO &&
	    check_port_proto(at, word, e))
		return -EINVAL;
	if (field_read(key->field, word, &rule.span, &why))
		return ini_complain(at, e, "%s", why);
	return add_rule(at, f, &rule, e);
}

int match_read_values(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	const struct filter_reading *r = object;

	if (at->ini)
		find_key(r->filter, at->key->name)->read_from = at->key;
	return labfile_read_list(at, value, r->filter, e, add_value);
}
