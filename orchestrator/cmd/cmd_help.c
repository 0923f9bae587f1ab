// SPDX-License-Identifier: GPL-2.0-or-later
/* A command's usage, or what a lab file may hold: both from the tables that read them. */
#include <stdint.h>
#include <string.h>

#include "lab/error.h"
#include "lab/inikeys.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/model/field_text.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/program.h"
#include "orchestrator/util/table.h"

#define WRAP_WIDTH 76 /* beside the widest key it ends within 100 columns */

/* The text as cells of the second column, one below the other where it is long. */
static void add_wrapped(struct table *rows, const char *mark, const char *text)
{
	const char *indent = "";

	while (strlen(text) > WRAP_WIDTH) {
		size_t len = WRAP_WIDTH;

		while (len && text[len] != ' ')
			len--;
		if (!len)
			break;
		table_add(rows, NULL, "%s%s%.*s", indent, mark, (int)len, text);
		table_add(rows, NULL, "%s", "");
		indent = "  ";
		mark = "";
		text += len + 1;
	}
	table_add(rows, NULL, "%s%s%s", indent, mark, text);
}

static void print_keys(const struct ini_section_spec *section)
{
	struct table rows = { .n_columns = 2 };
	const struct ini_key_spec *key;

	for (key = section->keys; key->name; key++) {
		table_add(&rows, NULL, "%s%s%s", key->name,
			  key->name[strlen(key->name) - 1] == '.' ? "NAME" : "",
			  key->repeats ? " *" : "");
		add_wrapped(&rows, "", key->help);
		table_add(&rows, NULL, "%s", "");
		add_wrapped(&rows, "= ", key->allowed);
	}
	table_print(&rows, 2, stdout);
}

/* From the tables that read the file. */
static void print_file(void)
{
	struct table rows = { .n_columns = 2 };

	(void)fputs(
		"A lab file is INI; ; and # start comments. Keys marked * may be repeated.\n"
		"A range stands for many: [node h{1..9}] are h1 to h9. Values count with it:\n"
		"address = 10.8.0.0/16 + {n}, peer = h{n+1}:eth0, pass = ping h{i=1..8} h{i+1}.\n",
		stdout);
	for (size_t i = 0; labfile_tables[i]; i++) {
		const struct ini_section_spec *s = labfile_tables[i];

		if (!s->keys->name)
			continue;
		/* Tables of one kind follow each other. */
		if (i == 0 || strcmp(s->kind, labfile_tables[i - 1]->kind) != 0)
			printf("\n[%s%s%s]\n", s->kind, s->argument ? " " : "",
			       s->argument ? s->argument : "");
		printf("  ; %s\n", s->help);
		print_keys(s);
	}
	(void)fputs("\nprograms:\n", stdout);
	for (size_t i = 0; i < PROGRAM_OBJECT; i++) {
		table_add(&rows, NULL, "%s", programs[i].name);
		table_add(&rows, NULL, "%s", programs[i].help);
	}
	table_print(&rows, 2, stdout);
}

/* "0-255": what a field's numbers are, or its kind. */
static void add_field(struct table *rows, const struct field *f)
{
	table_add(rows, NULL, f->kind == XLAB_KIND_BYTES ? "%s[OFFSET:LENGTH]" : "%s", f->name);
	if (f->kind == XLAB_KIND_NUMBER || f->kind == XLAB_KIND_HEX)
		table_add(rows, NULL, "0-%ju", (uintmax_t)(UINT64_MAX >> (64 - f->bits)));
	else
		table_add(rows, NULL, "%s", kind_names[f->kind]);
	table_add(rows, NULL, "%s", f->help);
}

static void add_kind(struct table *rows, size_t kind)
{
	table_add(rows, NULL, "%s", kind_names[kind]);
	add_wrapped(rows, "", kind_allowed[kind]);
}

/* From the table that filters and packets take them from. */
static void print_fields(void)
{
	struct table rows = { .n_columns = 3 }, kinds = { .n_columns = 2 };

	(void)fputs("Fields of packets: keys of filters with program = match, and, without the "
		    "header's name,\nof packets.\n\n",
		    stdout);
	for (size_t i = 0; i < XLAB_FIELDS; i++)
		if (layer_names[fields[i].layer])
			add_field(&rows, &fields[i]);
	table_print(&rows, 2, stdout);
	(void)fputs("\nvalues:\n", stdout);
	for (size_t kind = 0; kind < XLAB_KIND_ADDRESS; kind++)
		if (kind_allowed[kind])
			add_kind(&kinds, kind);
	add_kind(&kinds, XLAB_KIND_BYTES);
	table_print(&kinds, 2, stdout);
	(void)fputs("\nNumbers are decimal, or hexadecimal as 0x1f, and may be ranges A-B. The "
		    "values of "
		    "a key are\na list; ! before one excludes it.\n",
		    stdout);
}

static int help_run(const struct invocation *in, int *status, struct error *e)
{
	const char *word = in->argv[0];
	const struct command *c;

	(void)status;
	if (!word) {
		usage_print(in->all, stdout);
		return 0;
	}
	if (strcmp(word, "file") == 0) {
		print_file();
		return 0;
	}
	if (strcmp(word, "fields") == 0) {
		print_fields();
		return 0;
	}
	c = command_find(in->all, word);
	if (!c)
		return command_unknown(in->all, word, e);
	usage_print_command(c, stdout);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND | file | fields]",
	.summary = "Tell about a command, what a lab file may hold, or fields of packets",
	.max_args = 1,
	.completes = { "HELP", "" },
	.run = help_run,
};
