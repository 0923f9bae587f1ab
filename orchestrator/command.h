/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMMAND_H
#define XLAB_COMMAND_H

/*
 * One const table declares a command: its name, arguments, options, help,
 * whether it needs root, and its function. Usage, --help, completion and
 * dispatch come from it. One command each in cmd_*.c.
 */

#include <stdbool.h>
#include <stddef.h>

struct error;

struct option_spec {
	const char *name;     /* "--as" */
	const char *argument; /* "NAME", or NULL for a flag */
	const char *help;
};

#define COMMAND_OPTIONS_MAX 8

struct invocation {
	const struct command *command;
	int argc; /* words that are no options */
	char **argv;
	/* by the index of the command's options: the argument, "" for a flag, NULL if absent */
	const char *options[COMMAND_OPTIONS_MAX];
};

struct command {
	const char *name;
	const char *arguments; /* "FILE", "[LAB/]NODE -- CMD…" */
	const char *summary;   /* one line */
	const char *details;   /* more lines for `xlab help NAME`, or NULL */
	struct option_spec options[COMMAND_OPTIONS_MAX + 1];
	int min_args, max_args; /* max -1: any number */
	bool needs_root;
	bool rest_is_command; /* words after the first (or after --) are a command's, not options */
	/* 0, or a negative errno with @e set; e->kind becomes the exit status. A command of its
	 * own exit status (exec) sets *status.
	 */
	int (*run)(const struct invocation *in, int *status, struct error *e);
};

extern const struct command *const commands[]; /* in commands.c; ends in NULL */

/* The option's argument, "" for a flag, or NULL; @name with its dashes. */
const char *invocation_option(const struct invocation *in, const char *name);

#endif
