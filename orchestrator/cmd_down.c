// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/command.h"
#include "orchestrator/lab.h"
#include "orchestrator/signals.h"

/* @name may be NULL: the lab that is up, or half of one. */
static int down_one(const char *name, bool wait, struct error *e)
{
	char FREE_AUTO *label = NULL;
	struct lab lab = { 0 };
	int err = lab_open(&lab, name, STATE_LOCKED, "down", e);

	if (err)
		return err;
	/* The state's own goes with the lab. */
	label = text_format("%s", state_intent(lab.state)->lab);
	err = lab_down(&lab, wait, e);
	lab_close(&lab);
	if (!err)
		printf("%s is down\n", label ? label : "the lab");
	return err;
}

static int down_all(bool wait, struct error *e)
{
	char **names = NULL;
	size_t i;
	int err = state_list(&names, e);

	if (err)
		return err;
	for (i = 0; names[i]; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (down_one(names[i], wait, &one) == 0)
			continue;
		err = error_join(e, &one);
	}
	state_list_free(names);
	return err;
}

static int down_run(const struct invocation *in, int *status, struct error *e)
{
	bool wait = invocation_option(in, "--wait");
	SIGNALS_HOLD hold;

	(void)status;
	signals_hold(&hold);
	if (!invocation_option(in, "--all"))
		return down_one(in->argv[0], wait, e);
	if (in->argc)
		return error_input(e, "down: either --all or a lab's name");
	return down_all(wait, e);
}

const struct command cmd_down = {
	.name = "down",
	.arguments = "[LAB]",
	.summary = "Take a lab down, and what a killed command left of it",
	.details = "With several labs up, name one, or all by --all.",
	.options = {
		{ "--all", NULL, "every lab; none is fine" },
		{ "--wait", NULL, "until the kernel has destroyed the namespaces too" },
	},
	.max_args = 1,
	.completes = { "LAB", "" },
	.needs_root = true,
	.run = down_run,
};
