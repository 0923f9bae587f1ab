// SPDX-License-Identifier: GPL-2.0-or-later
/* One lab or all of them, taken down. What that takes is lab_up.c's. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/state_list.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/lab.h"
#include "orchestrator/lab_up.h"

/* @name may be NULL: the lab that is up, or half of one. @listed: it was there a moment ago, and
 * somebody else may have taken it down since.
 */
static int down_one(const char *name, bool listed, bool wait, struct error *e)
{
	char *FREE_AUTO own_name = NULL;
	struct lab lab = { 0 };
	bool corrupt;
	int err = lab_down_open(&lab, name, wait, e);

	if (err)
		return listed && err == -ENOENT ? 0 : err;
	own_name = xstrdup(state_journal(lab.state)->lab); /* the journal's goes with the lab */
	corrupt = state_journal(lab.state)->phase == STATE_CORRUPT;
	err = lab_down(&lab, wait, e);
	lab_close(&lab);
	if (err)
		return err;
	printf("%s is down\n", own_name);
	/* What goes without being named goes with the namespaces at its other end. */
	if (corrupt)
		(void)fprintf(stderr,
			      "xlab: the journal of lab %s was lost: if it was started with "
			      "--self, its links here go when the kernel has destroyed its "
			      "namespaces; look for others with `ip link`\n",
			      own_name);
	return 0;
}

static int down_all(bool wait, struct error *e)
{
	char **STRINGS_AUTO names = NULL;
	int err = state_list(&names, e);

	if (err)
		return err;
	for (size_t i = 0; names[i]; i++) {
		struct error ERROR_AUTO one = ERROR_INIT;

		if (down_one(names[i], true, wait, &one))
			err = error_join(e, &one);
	}
	return err;
}

struct down_options {
	bool all, wait;
};

static int down_run(const struct invocation *in, int *status, struct error *e)
{
	const struct down_options *options = in->options;
	INTERRUPT_HOLD hold;

	(void)status;
	interrupt_hold(&hold);
	if (!options->all)
		return down_one(in->argv[0], false, options->wait, e);
	if (in->argc)
		return error_input(e, "down: either --all or a lab's name");
	return down_all(options->wait, e);
}

const struct command cmd_down = {
	.name = "down",
	.arguments = "[LAB]",
	.summary = "Take a lab down, and what a killed command left of it",
	.details = "With several labs up, name one, or all by --all.",
	.options = {
		{ "--all", "every lab; none is fine",
		  OPTION_INTO(struct down_options, all) },
		{ "--wait", "until the kernel has destroyed the namespaces too",
		  OPTION_INTO(struct down_options, wait) },
	},
	.max_args = 1,
	.completes = { "LAB", "" },
	.needs_root = true,
	.run = down_run,
};
