// SPDX-License-Identifier: GPL-2.0-or-later
/* The script for a shell, from the commands' tables. The names it asks for are complete.c's. */
#include <stdio.h>
#include <string.h>

#include "lab/error.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/complete.h"

/* What completes a word: names that xlab is asked for, or words that are there. */
static void print_source(const char *source)
{
	if (strcmp(source, "FILE") == 0)
		(void)fputs("kind=-f", stdout);
	else if (strcmp(source, "COMMAND") == 0)
		(void)fputs("kind=-c", stdout);
	else if (strcmp(source, "USER") == 0)
		(void)fputs("kind=-u", stdout);
	else if (strcmp(source, "HELP") == 0)
		(void)fputs("words=\"$commands file fields\"", stdout);
	else if (*source >= 'A' && *source <= 'Z')
		printf("words=$(\"$1\" completion words %s 2>/dev/null)", source);
	else
		printf("words='%s'", source);
}

/* An option's argument: words to choose from, a LAB or USER that is there, or anything. */
static void print_argument(const struct option_spec *o)
{
	bool there = o->argument && (!strcmp(o->argument, "LAB") || !strcmp(o->argument, "USER"));

	printf("\t\t%s) ", o->name);
	if (o->kind == OPTION_WORD) {
		printf("words='%s", o->words[0].name);
		for (const struct enum_name *word = o->words + 1; word->name; word++)
			printf(" %s", word->name);
		putchar('\'');
	} else {
		print_source(there ? o->argument : "");
	}
	puts(" ;;");
}

/* In bash: with an option in front its argument, else the words of this place and the options. */
static void print_command(const struct command *c)
{
	printf("\t%s)\n\t\tcase $before in\n", c->name);
	for (const struct option_spec *o = c->options; o->name; o++)
		if (o->kind != OPTION_FLAG)
			print_argument(o);
	puts("\t\t*)");
	(void)fputs("\t\t\toptions='--help", stdout);
	for (const struct option_spec *o = c->options; o->name; o++)
		printf(" %s", o->name);
	puts("'\n\t\t\tcase $place in");
	for (size_t i = 0; c->completes[i]; i++) {
		printf(c->completes[i + 1] ? "\t\t\t%zu) " : "\t\t\t*) ", i);
		print_source(c->completes[i]);
		puts(" ;;");
	}
	puts("\t\t\tesac ;;\n\t\tesac ;;");
}

/* bash cuts words at : and =, too: they are put together here, and a reply is the last piece. */
static const char script_words[] =
	"\tlocal all=() i place=0 before='' word='' command='' kind='' words='' options=''\n"
	"\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
	"\t\tif [[ ${#all[@]} -gt 0 && (${COMP_WORDS[i]} == [:=]* || ${all[-1]} == *[:=]) ]]; "
	"then\n"
	"\t\t\tall[-1]+=${COMP_WORDS[i]}\n"
	"\t\telse\n"
	"\t\t\tall+=(\"${COMP_WORDS[i]}\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tword=${all[-1]}\n"
	"\tif [ ${#all[@]} -gt 1 ]; then command=${all[0]} before=${all[-2]}; fi\n"
	"\tfor ((i = 1; i < ${#all[@]} - 1; i++)); do\n"
	"\t\tif [[ ${all[i]} != -* && $valued != *\" ${all[i-1]} \"* ]]; then place=$((place + "
	"1)); fi\n"
	"\tdone\n"
	"\tif [[ $word == --*=* ]]; then before=${word%%=*} word=${word#*=}; fi\n";

static const char script_reply[] =
	"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	"\tif [ -n \"$kind\" ] && [[ $word != -* ]]; then\n"
	"\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen \"$kind\" -- \"$word\")\n"
	"\tfi\n"
	"\tif [[ -z $word || $word == -* ]] && [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	"\tfi\n"
	"\tif [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
	"\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${word%\"${word##*:}\"}\"}\")\n"
	"\tfi\n";

static void print_bash(const struct command *const *all)
{
	(void)fputs("# bash completion of xlab: made by `xlab completion bash`\n"
		    "_xlab()\n"
		    "{\n"
		    "\tlocal commands='",
		    stdout);
	for (size_t i = 0; all[i]; i++)
		printf("%s%s", i ? " " : "", all[i]->name);
	/* The options that take a word, of which the place of the others is not counted. */
	(void)fputs("'\n\tlocal valued='", stdout);
	for (size_t i = 0; all[i]; i++)
		for (const struct option_spec *o = all[i]->options; o->name; o++)
			if (o->kind != OPTION_FLAG)
				printf(" %s", o->name);
	puts(" '");
	printf("%s\tcase $command in\n", script_words);
	puts("\t'') words=$commands options='--help --version' ;;");
	for (size_t i = 0; all[i]; i++)
		print_command(all[i]);
	printf("\tesac\n%s}\ncomplete -o filenames -F _xlab xlab\n", script_reply);
}

/* `completion words KIND` is the script's own. */
static int completion_run(const struct invocation *in, int *status, struct error *e)
{
	bool words = in->argc == 2 && strcmp(in->argv[0], "words") == 0;

	(void)status;
	if (words)
		complete_print(in->argv[1]);
	else if (strcmp(in->argv[0], "bash") != 0)
		return error_input(e, "completion: there is one for bash, none for %s",
				   in->argv[0]);
	else if (in->argc == 2)
		return error_input(e, "completion: \"%s\" is too much", in->argv[1]);
	else
		print_bash(in->all);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.arguments = "bash",
	.summary = "Print the completion script of a shell",
	.details = "For this shell alone: `. <(xlab completion bash)`.",
	.min_args = 1,
	.max_args = 2,
	.wants = { "the shell" },
	.completes = { "bash", "" },
	.run = completion_run,
};
