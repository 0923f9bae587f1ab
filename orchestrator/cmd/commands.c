// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands there are: a new one is its cmd_*.c and its name here, twice. */
#include "orchestrator/cmd/commands.h"

extern const struct command cmd_up, cmd_down, cmd_status, cmd_scenario, cmd_run, cmd_check,
	cmd_packet, cmd_plan, cmd_exec, cmd_shell, cmd_chain, cmd_watch, cmd_filter, cmd_explain,
	cmd_help, cmd_completion;

const struct command *const commands[] = {
	&cmd_check,  &cmd_packet,  &cmd_plan, &cmd_up,	       &cmd_status, &cmd_scenario,
	&cmd_run,    &cmd_down,	   &cmd_exec, &cmd_shell,      &cmd_chain,  &cmd_watch,
	&cmd_filter, &cmd_explain, &cmd_help, &cmd_completion, NULL,
};
