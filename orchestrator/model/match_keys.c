// SPDX-License-Identifier: GPL-2.0-or-later
/* What filters match by: the keys of the short forms, and their values as a lab file or a live rule
 * writes them.
 */
#include "orchestrator/model/match_keys.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/field_read.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_values.h"

const struct match_key match_ether[] = {
	{ .name = "src", .field = XLAB_FIELD_ETH_SRC },
	{ .name = "dst", .field = XLAB_FIELD_ETH_DST },
	{ .name = "addr", .field = XLAB_FIELD_ETH_ADDR },
	{ .name = "type", .field = XLAB_FIELD_ETH_TYPE },
	{ .name = "" },
};
const struct match_key match_ip[] = {
	{ .name = "src", .field = XLAB_FIELD_NET_SRC },
	{ .name = "dst", .field = XLAB_FIELD_NET_DST },
	{ .name = "addr", .field = XLAB_FIELD_NET_ADDR },
	{ .name = "proto", .field = XLAB_FIELD_NET_PROTO },
	{ .name = "" },
};
const struct match_key match_port[] = {
	{ .name = "src", .field = XLAB_FIELD_PORT_SRC },
	{ .name = "dst", .field = XLAB_FIELD_PORT_DST },
	{ .name = "port", .field = XLAB_FIELD_PORT_EITHER },
	{ .name = "proto", .field = XLAB_FIELD_NET_PROTO },
	{ .name = "" },
};

/* data[OFFSET:LENGTH] */
static int read_place(const char *name, struct match_key *key, char **why)
{
	const char *open = strchr(name, '['), *colon = open ? strchr(open, ':') : NULL;
	const char *close = colon ? strchr(colon, ']') : NULL;
	char *FREE_AUTO offset = colon ? xstrndup(open + 1, (size_t)(colon - open - 1)) : NULL;
	char *FREE_AUTO length = close ? xstrndup(colon + 1, (size_t)(close - colon - 1)) : NULL;
	uint32_t at = 0, n = 0;

	if (!close || close[1] || text_u32(offset, 0, MATCH_DATA_OFFSET, &at) ||
	    text_u32(length, 1, FIELD_VALUE, &n)) {
		*why = text_format(
			"write data[OFFSET:LENGTH]: LENGTH bytes, 1 to %d, from byte OFFSET of the "
			"payload on, 0 to %d",
			FIELD_VALUE, MATCH_DATA_OFFSET);
		return -EINVAL;
	}
	key->field = XLAB_FIELD_DATA;
	key->offset = (uint16_t)at;
	key->length = (uint8_t)n;
	(void)snprintf(key->name, sizeof(key->name), "data[%u:%u]", at, n);
	return 0;
}

static bool is_data(const char *name)
{
	return !strcmp(name, "data") || !strncmp(name, "data[", 5);
}

bool match_takes(const char *name)
{
	return is_data(name) || field_find(name) != XLAB_FIELDS;
}

static int read_name(const char *name, struct match_key *key, char **why)
{
	char *FREE_AUTO offer = NULL;

	*key = (struct match_key){ .field = field_find(name) };
	if (is_data(name))
		return read_place(name, key, why);
	if (key->field == XLAB_FIELDS) {
		offer = text_offer(name, field_next, NULL);
		*why = text_format("there is no field \"%s\"%s (xlab help fields)", name, offer);
		return -EINVAL;
	}
	(void)snprintf(key->name, sizeof(key->name), "%s", name);
	return 0;
}

static struct match_key *find_key(struct filter *f, const char *name)
{
	for (size_t i = 0; i < f->n_keys; i++)
		if (!strcmp(f->keys[i].name, name))
			return &f->keys[i];
	return NULL;
}

/* The keys of a live filter, for which its program was made. */
static int not_made_for(const struct ini_where *at, const struct filter *f, const char *name,
			struct error *e)
{
	char *FREE_AUTO list = NULL;

	for (size_t i = 0; i < f->n_keys; i++)
		text_list_add(&list, "%s", f->keys[i].name);
	return ini_complain(at, e,
			    "the program of filter %s was made for the keys of the lab file (%s): "
			    "give it %s there",
			    f->name, list, name);
}

/* Of match: of a file it may be new, of a live rule it is there. */
static int match_key(const struct ini_where *at, struct filter *f, struct match_key **found,
		     struct error *e)
{
	struct match_key key;
	char *FREE_AUTO why = NULL;

	if (read_name(at->key->name, &key, &why))
		return ini_complain(at, e, "%s", why);
	*found = find_key(f, key.name);
	if (!at->ini)
		return *found ? 0 : not_made_for(at, f, key.name, e);
	if (*found)
		return 0;
	if (f->n_keys == MATCH_KEYS_MAX)
		return ini_complain(at, e, "a filter matches by %d keys at most", MATCH_KEYS_MAX);
	*found = array_add(&f->keys, &f->n_keys, sizeof(key));
	**found = key;
	return 0;
}

/* Append it unless it is there: twice the same is a slip of the pen. */
static int add_rule(const struct ini_where *at, struct filter *f, const struct rule *rule,
		    struct error *e)
{
	char *FREE_AUTO text = rule_text(f->keys, rule), *FREE_AUTO value = NULL;
	size_t line;

	if (!names_add(&f->values, text, (size_t)at->key->line, &line)) {
		*(struct rule *)array_add(&f->rules, &f->n_rules, sizeof(*rule)) = *rule;
		return 0;
	}
	value = rule_value(f->keys, rule);
	if (line == (size_t)at->key->line)
		return ini_complain(at, e, "%s is given twice", value);
	return ini_complain(at, e, "%s is given at line %zu already", value, line);
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

/* The list that is being read. */
struct list {
	struct filter_reading *reading;
	const struct match_key *key;
};

/* A value of the key, behind a ! one that it does not match. */
static int add_value(const struct ini_where *at, const char *word, void *object, struct error *e)
{
	struct list *list = object;
	const struct match_key *key = list->key;
	struct filter *f = list->reading->filter;
	struct rule rule = { .key = (uint8_t)(key - f->keys), .except = *word == '!' };
	char *FREE_AUTO why = NULL;

	if (list->reading->full)
		return -EINVAL;
	if (f->n_rules == FILTER_RULES_MAX) {
		list->reading->full = true;
		return ini_complain(at, e, "a filter has at most %d values", FILTER_RULES_MAX);
	}
	word += rule.except;
	if (!*word)
		return ini_refuse(at, e, "the value behind a ! is missing");
	if (f->program == PROGRAM_PORT && key->field == XLAB_FIELD_NET_PROTO &&
	    check_port_proto(at, word, e))
		return -EINVAL;
	if (field_read(key->field, word, &rule.span, &why))
		return ini_complain(at, e, "%s", why);
	if (key->length && rule.span.bytes != key->length)
		return ini_complain(at, e, "%s has %u byte%s, and the key %u", word,
				    rule.span.bytes, rule.span.bytes == 1 ? "" : "s", key->length);
	return add_rule(at, f, &rule, e);
}

int match_read_values(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct filter_reading *r = object;
	struct filter *f = r->filter;
	struct match_key *key = find_key(f, at->key->name);
	struct list list = { .reading = r };

	if (at->spec->takes && match_key(at, f, &key, e))
		return -EINVAL;
	if (at->ini && !key->read_from)
		key->read_from = at->key;
	list.key = key;
	return labfile_read_list(at, value, &list, e, add_value);
}
