// SPDX-License-Identifier: GPL-2.0-or-later
/* A person's shell in a node. What `exec` does as well is in enter.c. */
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/enter.h"

/*
 * A shell's start-up files have the last word on its prompt. Debian's put $debian_chroot in
 * front of theirs; a shell without such files takes PS1 as it is.
 */
static void set_prompt(const char *lab, const char *node, const char *shell)
{
	char *FREE_AUTO place = text_format("%s/%s", lab, node);
	bool bash = strcmp(basename(shell), "bash") == 0;
	char *FREE_AUTO prompt = text_format("(%s) %s ", place, bash ? "\\w\\$" : "#");

	if (setenv("debian_chroot", place, 1) || setenv("PS1", prompt, 1) ||
	    setenv("XLAB_LAB", lab, 1) || setenv("XLAB_NODE", node, 1))
		out_of_memory();
}

static int shell_run(const struct invocation *in, int *status, struct error *e)
{
	const char *shell = getenv("SHELL");
	char *argv[] = { (char *)(shell && *shell ? shell : "/bin/sh"), NULL };
	struct lab lab = { 0 };
	const char *name;
	int err = enter_node(&lab, in->argv[0], "shell", &name, e);

	if (!err)
		set_prompt(state_journal(lab.state)->lab, name, argv[0]);
	lab_close(&lab);
	return err ? err : enter_exec(argv, status, e);
}

const struct command cmd_shell = {
	.name = "shell",
	.arguments = "[LAB/]NODE",
	.summary = "Open a shell in a node; its prompt names lab and node",
	.details = "$SHELL, else /bin/sh. As with `exec`, the exit status is the shell's.",
	.min_args = 1,
	.max_args = 1,
	.wants = { "the node" },
	.completes = { "NODE", "" },
	.needs_root = true,
	.run = shell_run,
};
