// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/columns.h"
#include "orchestrator/command.h"

void usage_print(FILE *out)
{
	struct columns rows = { .n_columns = 2 };
	size_t i;

	(void)fputs("usage: xlab COMMAND [ARGUMENT...]\n\n", out);
	for (i = 0; commands[i]; i++) {
		columns_add(&rows, NULL, "%s", commands[i]->name);
		columns_add(&rows, NULL, "%s", commands[i]->summary);
	}
	columns_print(&rows, 2, out);
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
	struct columns rows = { .n_columns = 2 };
	const struct option_spec *o;

	print_synopsis(c, out);
	(void)fprintf(out, "\n%s.%s\n", c->summary, c->needs_root ? " Needs root." : "");
	if (c->details)
		(void)fprintf(out, "\n%s\n", c->details);
	for (o = c->options; o->name; o++) {
		columns_add(&rows, NULL, "%s %s", o->name, o->argument ? o->argument : "");
		columns_add(&rows, NULL, "%s", o->help);
	}
	if (rows.n_cells)
		(void)fputs("\noptions:\n", out);
	columns_print(&rows, 2, out);
}
