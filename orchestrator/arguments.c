// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/command.h"

static size_t option_index(const struct command *c, const char *name, size_t len)
{
	size_t i;

	for (i = 0; c->options[i].name; i++)
		if (strlen(c->options[i].name) == len &&
		    strncmp(c->options[i].name, name, len) == 0)
			return i;
	return COMMAND_OPTIONS_MAX;
}

const char *invocation_option(const struct invocation *in, const char *name)
{
	size_t i = option_index(in->command, name, strlen(name));

	return i < COMMAND_OPTIONS_MAX ? in->options[i] : NULL;
}

static const char *option_name(void *cookie, size_t i)
{
	const struct command *c = cookie;

	return c->options[i].name ? c->options[i].name : NULL;
}

static int option_unknown(const struct command *c, const char *word, size_t len, struct error *e)
{
	char name[64];
	const char *nearest;

	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, word, len);
	name[len] = '\0';
	nearest = text_nearest(name, option_name, (void *)c);
	if (nearest)
		return error_input(e, "%s has no option %s; did you mean %s? (`xlab help %s`)",
				   c->name, name, nearest, c->name);
	return error_input(e, "%s has no option %s (`xlab help %s` tells those it has)", c->name,
			   name, c->name);
}

/* @next is the word after the option; returns how many words the option took. */
static int option_read(struct invocation *in, const char *word, const char *next, struct error *e)
{
	const struct command *c = in->command;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	size_t i = option_index(c, word, len);
	const struct option_spec *o = &c->options[i];

	if (i == COMMAND_OPTIONS_MAX)
		return option_unknown(c, word, len, e);
	if (in->options[i])
		return error_input(e, "%s: %s is given twice", c->name, o->name);
	if (!o->argument && equals)
		return error_input(e, "%s: %s takes no value", c->name, o->name);
	if (o->argument && !equals && !next)
		return error_input(e, "%s: %s needs a value: %s", c->name, o->name, o->argument);
	if (!o->argument)
		in->options[i] = "";
	else
		in->options[i] = equals ? equals + 1 : next;
	if (o->argument && !*in->options[i])
		return error_input(e, "%s: %s needs a value: %s", c->name, o->name, o->argument);
	return o->argument && !equals ? 2 : 1;
}

static int count_check(const struct invocation *in, struct error *e)
{
	const struct command *c = in->command;

	if (in->argc < c->min_args)
		return error_input(e, "%s: %s is missing; usage: xlab %s %s", c->name,
				   c->wants[in->argc], c->name, c->arguments);
	if (c->max_args >= 0 && in->argc > c->max_args)
		return error_input(e, "%s: \"%s\" is too much; usage: xlab %s%s%s", c->name,
				   in->argv[c->max_args], c->name, *c->arguments ? " " : "",
				   c->arguments);
	return 0;
}

int invocation_read(struct invocation *in, const struct command *command, char **words, bool *help,
		    struct error *e)
{
	bool plain = false; /* no more options */
	char **at = words;
	int taken;

	*in = (struct invocation){ .command = command, .argv = words };
	while (*at) {
		if (!plain && strcmp(*at, "--") == 0) {
			plain = true;
			at++;
			continue;
		}
		if (plain || at[0][0] != '-' || !at[0][1]) {
			plain |= command->rest_is_command && in->argc > 0;
			in->argv[in->argc++] = *at++;
			continue;
		}
		if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) {
			*help = true;
			return 0;
		}
		taken = option_read(in, at[0], at[1], e);
		if (taken < 0)
			return taken;
		at += taken;
	}
	in->argv[in->argc] = NULL;
	return count_check(in, e);
}
