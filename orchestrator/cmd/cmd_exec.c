// SPDX-License-Identifier: GPL-2.0-or-later
/* A command in a node. What `shell` does as well is in enter.c. */
#include "lab/error.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/enter.h"

struct exec_options {
	const char *user;
};

static int exec_run(const struct invocation *in, int *status, struct error *e)
{
	const struct exec_options *options = in->options;
	struct lab lab = { 0 };
	const char *name;
	int err = enter_node(&lab, in->argv[0], "exec", &name, e);

	if (!err && options->user)
		err = enter_user(options->user, e);
	lab_close(&lab);
	return err ? err : enter_exec(in->argv + 1, status, e);
}

const struct command cmd_exec = {
	.name = "exec",
	.arguments = "[LAB/]NODE -- CMD...",
	.summary = "Run a command in a node",
	.details = "With the node's network, its /sys, and its bpffs at /sys/fs/bpf. The exit status\n"
		   "is the command's; 127 if there is no such command, 126 if it cannot be run.",
	.options = {
		{ "--user", "as this user, without root's capabilities",
		  OPTION_INTO(struct exec_options, user), .argument = "USER" },
	},
	.min_args = 2,
	.max_args = -1,
	.wants = { "the node", "the command" },
	.completes = { "NODE", "COMMAND" },
	.needs_root = true,
	.rest_is_command = true,
	.run = exec_run,
};
