// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "lab/error.h"
#include "orchestrator/command.h"

static void print_options(const struct command *c)
{
	const struct option_spec *o;

	printf("\t%s)\n\t\tfiles=%s\n\t\toptions='--help", c->name,
	       strncmp(c->arguments, "FILE", 4) == 0 ? "yes" : "");
	for (o = c->options; o->name; o++)
		printf(" %s", o->name);
	puts("'\n\t\tcase $before in");
	for (o = c->options; o->name; o++) {
		const char *at;

		if (!o->argument)
			continue;
		printf("\t\t%s) options='", o->name);
		/* "auto|libxdp" are words to choose from, "NAME" is not */
		for (at = strchr(o->argument, '|') ? o->argument : ""; *at; at++)
			putchar(*at == '|' ? ' ' : *at);
		puts("' files= ;;");
	}
	puts("\t\tesac ;;");
}

static void print_bash(void)
{
	size_t i;

	puts("# bash completion of xlab: made by `xlab completion bash`\n"
	     "_xlab()\n"
	     "{\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal options= files= command=\n"
	     "\tif [ \"$COMP_CWORD\" -gt 1 ]; then command=${COMP_WORDS[1]}; fi\n"
	     "\tcase $command in");
	(void)fputs("\t'') options='--help --version", stdout);
	for (i = 0; commands[i]; i++)
		printf(" %s", commands[i]->name);
	puts("' ;;");
	for (i = 0; commands[i]; i++)
		print_options(commands[i]);
	puts("\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	     "\tif [ -n \"$files\" ] && [ \"${word#-}\" = \"$word\" ]; then\n"
	     "\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\")\n"
	     "\tfi\n"
	     "}\n"
	     "complete -o filenames -F _xlab xlab");
}

static int completion_run(const struct invocation *in, int *status, struct error *e)
{
	(void)status;
	if (strcmp(in->argv[0], "bash") != 0)
		return error_input(e, "completion: there is one for bash, none for %s",
				   in->argv[0]);
	print_bash();
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.arguments = "bash",
	.summary = "Print the completion script of a shell",
	.details = "For this shell alone: `. <(xlab completion bash)`.",
	.min_args = 1,
	.max_args = 1,
	.wants = { "the shell" },
	.run = completion_run,
};
