// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/cmd/command.h"

#include <string.h>

#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/util/table.h"

const struct command *command_find(const struct command *const *all, const char *name)
{
	size_t i;

	for (i = 0; all[i]; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

static const char *command_name(void *cookie, size_t i)
{
	const struct command *const *all = cookie;

	return all[i] ? all[i]->name : NULL;
}

int command_unknown(const struct command *const *all, const char *name, struct error *e)
{
	const char *nearest = text_nearest(name, command_name, (void *)all);

	if (nearest)
		return error_input(e, "there is no command \"%s\"; did you mean \"%s\"?", name,
				   nearest);
	return error_input(e, "there is no command \"%s\" (`xlab help` lists them)", name);
}

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

int invocation_read(struct invocation *in, const struct command *const *all,
		    const struct command *command, char **words, bool *help, struct error *e)
{
	bool plain = false; /* no more options */
	char **at = words;
	int taken;

	*in = (struct invocation){ .all = all, .command = command, .argv = words };
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

void usage_print(const struct command *const *all, FILE *out)
{
	struct table rows = { .n_columns = 2 };
	size_t i;

	(void)fputs("usage: xlab COMMAND [ARGUMENT...]\n\n", out);
	for (i = 0; all[i]; i++) {
		table_add(&rows, NULL, "%s", all[i]->name);
		table_add(&rows, NULL, "%s", all[i]->summary);
	}
	table_print(&rows, 2, out);
	(void)fputs("\n`xlab help COMMAND` tells what a command takes, `xlab help file` what a lab "
		    "file "
		    "may\nhold. "
		    "Exit status: 0 all as expected, 1 an expectation failed, 2 the input is\n"
		    "wrong, 3 this machine or its present state refuses.\n",
		    out);
}

static void print_synopsis(const struct command *c, FILE *out)
{
	const struct option_spec *o;

	(void)fprintf(out, "usage: xlab %s", c->name);
	for (o = c->options; o->name; o++)
		(void)fprintf(out, o->argument ? " [%s %s]" : " [%s]", o->name, o->argument);
	(void)fprintf(out, "%s%s\n", *c->arguments ? " " : "", c->arguments);
}

void usage_print_command(const struct command *c, FILE *out)
{
	struct table rows = { .n_columns = 2 };
	const struct option_spec *o;

	print_synopsis(c, out);
	(void)fprintf(out, "\n%s.%s\n", c->summary, c->needs_root ? " Needs root." : "");
	if (c->details)
		(void)fprintf(out, "\n%s\n", c->details);
	for (o = c->options; o->name; o++) {
		table_add(&rows, NULL, "%s %s", o->name, o->argument ? o->argument : "");
		table_add(&rows, NULL, "%s", o->help);
	}
	if (rows.n_cells)
		(void)fputs("\noptions:\n", out);
	table_print(&rows, 2, out);
}
