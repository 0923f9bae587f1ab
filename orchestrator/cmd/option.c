// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An option's words become a value of its kind, within its bounds. What a value means is the
 * command's affair.
 */
#include "orchestrator/cmd/option.h"

#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

char *option_argument(const struct option_spec *o)
{
	char *text = o->argument ? xstrdup(o->argument) : NULL;

	for (const struct enum_name *word = o->words; word && word->name; word++)
		text_add(&text, "|", "%s", word->name);
	return text ? text : xstrdup("");
}

static const char *next_option(void *specs, size_t i)
{
	return ((const struct option_spec *)specs)[i].name; /* NULL ends them */
}

static int set_number(const struct option_spec *o, const char *value, uint32_t *field,
		      struct error *e)
{
	if (text_u32(value, o->min, o->max, field) == 0)
		return 0;
	if (o->max == UINT32_MAX)
		return error_input(e, "%s %s: it is a number of %s, at least %u", o->name, value,
				   o->unit, o->min);
	return error_input(e, "%s %s: it is a number of %s, %u to %u", o->name, value, o->unit,
			   o->min, o->max);
}

static int set_word(const struct option_spec *o, const char *value, const struct enum_name **field,
		    struct error *e)
{
	char *FREE_AUTO offer = NULL;

	for (const struct enum_name *word = o->words; word->name; word++) {
		if (strcmp(word->name, value) == 0) {
			*field = word;
			return 0;
		}
	}
	offer = text_offer(value, enum_next, (void *)o->words);
	return error_input(e, "%s has no value \"%s\"%s", o->name, value, offer);
}

/* A flag has no @value. */
static int set_field(const struct option_spec *o, const char *value, void *field, struct error *e)
{
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_TEXT:
		*(const char **)field = value;
		break;
	case OPTION_NUMBER:
		return set_number(o, value, field, e);
	case OPTION_WORD:
		return set_word(o, value, field, e);
	}
	return 0;
}

int option_read(const struct option_spec *specs, char *const *words, void *options, uint32_t *given,
		struct error *e)
{
	const char *equals = strchrnul(words[0], '=');
	const char *value = *equals ? equals + 1 : words[1];
	char *FREE_AUTO name = xstrndup(words[0], (size_t)(equals - words[0]));
	const struct option_spec *o = specs;
	char *FREE_AUTO hint = NULL;
	bool flag;
	int err;

	while (o->name && strcmp(o->name, name) != 0)
		o++;
	if (!o->name) {
		hint = text_offer(name, next_option, (void *)specs);
		return error_input(e, "there is no option %s%s", name, hint);
	}
	if (*given & 1U << (o - specs))
		return error_input(e, "%s is given twice", name);
	*given |= 1U << (o - specs);
	flag = o->kind == OPTION_FLAG;
	if (flag && *equals)
		return error_input(e, "%s takes no value", name);
	if (!flag && (!value || !*value)) {
		hint = option_argument(o);
		return error_input(e, "%s needs a value: %s", name, hint);
	}
	err = set_field(o, value, (char *)options + o->field, e);
	return err ? err : flag || *equals ? 1 : 2;
}
