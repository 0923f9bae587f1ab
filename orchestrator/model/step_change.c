// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * do = filter F add dst=53, do = chain NODE:IFACE F…: in the words of the commands of that name.
 * What it changes stands from here to the scenario's end, for the steps that are read behind it,
 * too.
 */
#include "orchestrator/model/step_change.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/filter.h"
#include "orchestrator/model/labfile_values.h"

static const struct enum_name change_words[] = {
	{ "filter", CHANGE_RULE_ADD },
	{ "chain", CHANGE_CHAIN },
	{ NULL, 0 },
};

static const struct enum_name verbs[] = {
	{ "add", CHANGE_RULE_ADD },
	{ "del", CHANGE_RULE_DEL },
	{ NULL, 0 },
};

/* A word of the table, and what is blank behind it. */
static int read_word(const struct ini_where *at, const char **rest, const struct enum_name *words,
		     const char *what, enum change_kind *kind, struct error *e)
{
	size_t len = strcspn(*rest, " \t");
	char *FREE_AUTO word = xstrndup(*rest, len);
	uint32_t value;

	if (!enum_value(words, word, &value))
		return ini_refuse(at, e, "\"%s\" is not %s", word, what);
	*kind = (enum change_kind)value;
	*rest += len;
	*rest += strspn(*rest, " \t");
	return 0;
}

/* Blanks in the quotes of its value are part of it. */
static bool is_one_rule(const char *rule)
{
	bool quoted = false;

	for (; *rule && (quoted || !strchr(" \t", *rule)); rule++)
		quoted ^= *rule == '"';
	return !*rule;
}

static int read_rule(const struct ini_where *at, const char *rule, const struct labfile *labfile,
		     struct step *step, struct error *e)
{
	const struct filter *f = &labfile->filters[step->by];
	struct filter read = { .name = f->name,
			       .program = f->program,
			       .keys = f->keys,
			       .n_keys = f->n_keys,
			       .redirect_to = NONE };
	struct error ERROR_AUTO why = ERROR_INIT;
	int err;

	if (!*rule)
		return ini_refuse(at, e, "the RULE is missing, as dst=9999");
	if (!is_one_rule(rule))
		return ini_refuse(at, e, "\"%s\" is more than one rule", rule);
	err = filter_read_rule(&read, labfile, rule, &why);
	free(read.rules);
	names_clear(&read.values);
	if (err)
		return ini_complain(at, e, "%.*s", (int)strcspn(why.text, "\n"), why.text);
	step->change.rule = xstrdup(rule);
	return 0;
}

static int read_filter(const struct ini_where *at, const char *rest,
		       const struct labfile_reading *r, struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;
	int err = labfile_read_filter(at, &rest, labfile, &step->by, e);

	if (!err && !r->stands[step->by] && !r->doubtful)
		err = ini_complain(at, e, "filter %s stands in no chain of this scenario",
				   labfile->filters[step->by].name);
	err = err ? err : read_word(at, &rest, verbs, "add or del", &step->change.kind, e);
	return err ? err : read_rule(at, rest, labfile, step, e);
}

static int read_chain(const struct ini_where *at, const char *rest, struct labfile_reading *r,
		      struct step *step, struct error *e)
{
	struct chain_config *chain = &step->change.chain;
	int err = labfile_read_iface(at, &rest, r->labfile, &chain->iface, e);

	if (err)
		return err;
	err = chain_read_filters(at, rest, r->labfile, chain, e);
	reading_stands(r, chain);
	r->doubtful |= err != 0;
	r->changed[chain->iface] = r->labfile->scenarios[r->current].n_steps;
	return err;
}

int step_read_change(const struct ini_where *at, const char *value, struct labfile_reading *r,
		     struct error *e)
{
	struct step *step = step_add(at, r);
	const char *rest = value;
	int err;

	step->kind = STEP_DO;
	err = read_word(at, &rest, change_words, "filter or chain", &step->change.kind, e);
	if (err)
		return err;
	return step->change.kind == CHANGE_CHAIN ? read_chain(at, rest, r, step, e)
						 : read_filter(at, rest, r, step, e);
}
