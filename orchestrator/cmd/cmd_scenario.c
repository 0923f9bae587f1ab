// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/cmd/session.h"
#include "orchestrator/cmd/target.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/columns.h"

/* What runs is the lab as it is up, whatever its file says by now. */
static void warn_stale(const struct suite *suite)
{
	char FREE_AUTO *stale = target_stale(suite);

	if (stale)
		(void)fprintf(stderr, "xlab: %s\n", stale);
}

static int list(const char *lab_name, bool hint, struct error *e)
{
	struct columns rows = { .n_columns = 2 };
	struct lab lab = { 0 };
	size_t i;
	int err = lab_open(&lab, lab_name, STATE_READ, "scenario", e);

	if (err)
		return err;
	for (i = 0; i < lab.suite.n_scenarios; i++) {
		const struct scenario *s = &lab.suite.scenarios[i];

		columns_add(&rows, NULL, "%s", s->name);
		columns_add(&rows, NULL, "%s", s->about ? s->about : "");
	}
	columns_print(&rows, 0, stdout);
	warn_stale(&lab.suite);
	if (hint)
		(void)fputs("xlab: `xlab scenario NAME...` runs some, `xlab scenario --all` all\n",
			    stderr);
	lab_close(&lab);
	return 0;
}

static int run_some(const struct invocation *in, struct session *s, int *status, struct error *e)
{
	struct lab lab = { 0 };
	int err = target_open(&lab, invocation_option(in, "--lab"), STATE_LOCKED, "scenario", e);

	if (err)
		return err;
	err = session_pick(s, &lab.suite, in->argv, e);
	if (!err)
		warn_stale(&lab.suite);
	if (!err)
		err = chain_restore_all(&lab, e);
	if (!err)
		err = session_run(s, &lab, status, e);
	lab_close(&lab);
	return err;
}

static int scenario_command(const struct invocation *in, int *status, struct error *e)
{
	bool all = invocation_option(in, "--all"), only_list = invocation_option(in, "--list");
	struct session s = { 0 };
	INTERRUPT_HOLD hold;
	int err;

	if ((in->argc > 0) + all + only_list > 1)
		return error_input(e, "scenario: names, --all or --list: one of the three");
	if (only_list && (invocation_option(in, "--format") || invocation_option(in, "--timeout")))
		return error_input(
			e, "scenario: --format and --timeout are of runs; --list runs none");
	if (only_list || (!all && !in->argc))
		return list(invocation_option(in, "--lab"), !only_list, e);
	interrupt_hold(&hold);
	err = session_options(&s, in, e);
	if (!err)
		err = run_some(in, &s, status, e);
	session_clear(&s);
	return err;
}

const struct command cmd_scenario = {
	.name = "scenario",
	.arguments = "[NAME...]",
	.summary = "Run scenarios of the lab that is up, and prove their verdicts",
	.details = "Without a name and without --all it lists them. A drop is ok only when a\n"
		   "filter says that it dropped this very packet.",
	.options = {
		{ "--all", NULL, "all of the lab file, in its order" },
		{ "--list", NULL, "list them" },
		{ "--lab", "LAB", "of this lab, where several are up" },
		SESSION_OPTIONS,
	},
	.max_args = -1,
	.completes = { "SCENARIO" },
	.needs_root = true,
	.run = scenario_command,
};
