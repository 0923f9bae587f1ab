// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/command.h"

extern const struct command cmd_up, cmd_down, cmd_status, cmd_scenario, cmd_run, cmd_check,
	cmd_plan, cmd_exec, cmd_shell, cmd_chain, cmd_watch, cmd_filter, cmd_help, cmd_completion;

/* In the order in which `xlab help` lists them. */
const struct command *const commands[] = {
	&cmd_check, &cmd_plan,	 &cmd_up,   &cmd_status,     &cmd_scenario,
	&cmd_run,   &cmd_down,	 &cmd_exec, &cmd_shell,	     &cmd_chain,
	&cmd_watch, &cmd_filter, &cmd_help, &cmd_completion, NULL,
};

const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static const char *command_name(void *cookie, size_t i)
{
	(void)cookie;
	return commands[i] ? commands[i]->name : NULL;
}

int command_unknown(const char *name, struct error *e)
{
	const char *nearest = text_nearest(name, command_name, NULL);

	if (nearest)
		return error_input(e, "there is no command \"%s\"; did you mean \"%s\"?", name,
				   nearest);
	return error_input(e, "there is no command \"%s\" (`xlab help` lists them)", name);
}
