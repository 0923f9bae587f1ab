// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lab/error.h"
#include "lab/inifile.h"
#include "orchestrator/columns.h"
#include "orchestrator/command.h"
#include "orchestrator/suite.h"

static void print_keys(const struct ini_section_spec *section)
{
	struct columns rows = { .n_columns = 2 };
	const struct ini_key_spec *key;

	for (key = section->keys; key->name; key++) {
		columns_add(&rows, NULL, "%s%s%s", key->name,
			    key->name[strlen(key->name) - 1] == '.' ? "NAME" : "",
			    key->repeats ? " *" : "");
		columns_add(&rows, NULL, "%s", key->help);
		columns_add(&rows, NULL, "%s", "");
		columns_add(&rows, NULL, "= %s", key->allowed);
	}
	columns_print(&rows, 2, stdout);
}

/* From the tables that read the file. */
static void print_file(void)
{
	struct columns rows = { .n_columns = 2 };
	size_t i;

	(void)fputs("A lab file is INI; ; and # start comments. Keys marked * may be repeated.\n",
		    stdout);
	for (i = 0; suite_tables[i]; i++) {
		const struct ini_section_spec *s = suite_tables[i];

		/* Tables of one kind follow each other. */
		if (i == 0 || strcmp(s->kind, suite_tables[i - 1]->kind) != 0)
			printf("\n[%s%s%s]\n", s->kind, s->argument ? " " : "",
			       s->argument ? s->argument : "");
		printf("  ; %s\n", s->help);
		print_keys(s);
	}
	(void)fputs("\nprograms:\n", stdout);
	for (i = 0; i < PROGRAM_OBJECT; i++) {
		columns_add(&rows, NULL, "%s", program_name(i));
		columns_add(&rows, NULL, "%s", program_help(i));
	}
	columns_print(&rows, 2, stdout);
}

static int help_run(const struct invocation *in, int *status, struct error *e)
{
	const char *word = in->argv[0];
	const struct command *c;

	(void)status;
	if (!word) {
		usage_print(stdout);
		return 0;
	}
	if (strcmp(word, "file") == 0) {
		print_file();
		return 0;
	}
	c = command_find(word);
	if (!c)
		return command_unknown(word, e);
	usage_print_command(c, stdout);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND | file]",
	.summary = "Tell about a command, or what a lab file may hold",
	.max_args = 1,
	.run = help_run,
};
