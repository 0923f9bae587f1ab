// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "lab/error.h"
#include "lab/plan.h"
#include "lab/plan_text.h"
#include "orchestrator/chain.h"
#include "orchestrator/command.h"
#include "orchestrator/suite.h"

static int plan_suite(const struct invocation *in, const struct suite *suite, struct error *e)
{
	const struct plan_options options = {
		.as = invocation_option(in, "--as"),
		.self = invocation_option(in, "--self"),
	};
	struct plan plan = { 0 };
	int err = plan_make(&plan, &suite->topo, &options, e);

	if (!err) {
		plan_print(&plan, stdout);
		chain_plan_print(suite, stdout);
	}
	plan_clear(&plan);
	return err;
}

static int plan_run(const struct invocation *in, int *status, struct error *e)
{
	struct suite suite = { 0 };
	int err = suite_load(&suite, in->argv[0], e);

	(void)status;
	if (!err)
		err = plan_suite(in, &suite, e);
	suite_clear(&suite);
	return err;
}

const struct command cmd_plan = {
	.name = "plan",
	.arguments = "FILE",
	.summary = "Tell what `up` would do, in its order, and do nothing",
	.options = {
		{ "--as", "NAME", "as with `up`" },
		{ "--self", "NODE", "as with `up`" },
	},
	.min_args = 1,
	.max_args = 1,
	.wants = { "the lab file" },
	.completes = { "FILE", "" },
	.run = plan_run,
};
