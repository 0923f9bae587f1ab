// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a command's table says: which words it takes, and its usage. What the commands do is in
 * cmd_*.c.
 */
#include "orchestrator/cmd/command.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/util/table.h"

const struct command *command_find(const struct command *const *all, const char *name)
{
	for (size_t i = 0; all[i]; i++)
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
	char *FREE_AUTO offer = text_offer(name, command_name, (void *)all);

	return error_input(e, "there is no command \"%s\"%s%s", name, offer,
			   *offer ? "" : " (`xlab help` lists them)");
}

static int check_count(const struct invocation *in, struct error *e)
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
	uint32_t given = 0;
	char **at = words;

	*in = (struct invocation){
		.all = all,
		.command = command,
		.argv = words,
		.options = xcalloc(1, OPTIONS_SIZE),
	};
	while (*at) {
		int taken;

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
		taken = option_read(command->options, at, in->options, &given, e);
		if (taken < 0)
			return error_wrap(e, "%s", command->name);
		at += taken;
	}
	in->argv[in->argc] = NULL;
	return check_count(in, e);
}

void invocation_clear(struct invocation *in)
{
	free(in->options);
	*in = (struct invocation){ 0 };
}

void usage_print(const struct command *const *all, FILE *out)
{
	struct table rows = { .n_columns = 2 };

	(void)fputs("usage: xlab COMMAND [ARGUMENT...]\n\n", out);
	for (size_t i = 0; all[i]; i++) {
		table_add(&rows, NULL, "%s", all[i]->name);
		table_add(&rows, NULL, "%s", all[i]->summary);
	}
	table_print(&rows, 2, out);
	(void)fputs(
		"\n`xlab help COMMAND` tells what a command takes, `xlab help file` what a lab "
		"file may\nhold. Exit status: 0 all as expected, 1 an expectation failed, 2 the "
		"input is\nwrong, 3 this machine or its present state refuses.\n",
		out);
}

void usage_print_command(const struct command *c, FILE *out)
{
	struct table rows = { .n_columns = 2 };

	(void)fprintf(out, "usage: xlab %s", c->name);
	for (const struct option_spec *o = c->options; o->name; o++) {
		char *FREE_AUTO argument = option_argument(o);

		(void)fprintf(out, " [%s%s%s]", o->name, *argument ? " " : "", argument);
		table_add(&rows, NULL, "%s %s", o->name, argument);
		table_add(&rows, NULL, "%s", o->help);
	}
	(void)fprintf(out, "%s%s\n\n%s.%s\n", *c->arguments ? " " : "", c->arguments, c->summary,
		      c->needs_root ? " Needs root." : "");
	if (c->details)
		(void)fprintf(out, "\n%s\n", c->details);
	if (rows.n_cells)
		(void)fputs("\noptions:\n", out);
	table_print(&rows, 2, out);
}
