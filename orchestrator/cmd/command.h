/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMMAND_H
#define XLAB_COMMAND_H

/*
 * One const table declares a command: its name, arguments, typed options, help, whether it needs
 * root, and its function. Usage, --help, completion and dispatch come from it. One command each in
 * cmd_*.c; commands.c lists them, and what is here is handed that list, so that help and
 * completion, which are commands, can print it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "orchestrator/cmd/option.h"

struct error;

struct invocation {
	const struct command *const *all; /* commands there are; ends in NULL */
	const struct command *command;
	int argc;      /* words that are no options */
	char **argv;   /* ends in NULL */
	void *options; /* the command's own struct; zero is an option that was not given */
};

struct command {
	const char *name;
	const char *arguments; /* "FILE", "[LAB/]NODE -- CMD…" */
	const char *summary;   /* one line */
	const char *details;   /* more lines for `xlab help NAME`, or NULL */
	struct option_spec options[OPTIONS_MAX + 1];
	int min_args, max_args; /* max -1: any number */
	const char *wants[2];	/* what each of the min_args is: "the node" */
	/* What completes the words at each place, the last one those behind, too: a kind that
	 * complete_print() knows ("NODE"), "FILE", "COMMAND", or words to choose from. Ends in
	 * NULL.
	 */
	const char *completes[4];
	bool needs_root;
	/* From the second word, or from --, all words are a command's: none is an option. */
	bool rest_is_command;
	/* 0, or a negative errno with @e set; e->kind becomes the exit status. A command of its
	 * own exit status (exec) sets *status.
	 */
	int (*run)(const struct invocation *in, int *status, struct error *e);
};

const struct command *command_find(const struct command *const *all,
				   const char *name); /* or NULL */
/* -EINVAL, nearest name offered */
int command_unknown(const struct command *const *all, const char *name, struct error *e);

/* Read the words behind the command's name into @in, to be freed with invocation_clear() in either
 * case; they are moved about in @words, which ends in NULL. *@help: --help was among them.
 */
int invocation_read(struct invocation *in, const struct command *const *all,
		    const struct command *command, char **words, bool *help, struct error *e);
void invocation_clear(struct invocation *in);

void usage_print(const struct command *const *all, FILE *out);
void usage_print_command(const struct command *command, FILE *out); /* one, in full */

#endif
