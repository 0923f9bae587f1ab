// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/plan.h"
#include "lab/plan_text.h"
#include "orchestrator/chain/chain_end.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/filter/suite_load.h"
#include "orchestrator/model/suite.h"
#include "orchestrator/model/words.h"

struct printed {
	const struct suite *suite;
	FILE *out;
};

static bool has_chain(const struct suite *suite, size_t iface)
{
	for (size_t i = 0; i < suite->n_chains && iface != NONE; i++)
		if (suite->chains[i].iface == iface && suite->chains[i].n_filters)
			return true;
	return false;
}

static int print_pass(void *cookie, const struct chain_end *end)
{
	const struct printed *p = cookie;

	/* A chain is a program as well. */
	if (!has_chain(p->suite, end->iface))
		(void)fprintf(p->out,
			      "%-8s %s:%s native: so that veth delivers what a chain sends there\n",
			      "pass", end->netns, end->name);
	return 0;
}

/* The lines for chains and pass programs. */
static void print_chains(const struct suite *suite, FILE *out)
{
	struct printed p = { suite, out };

	for (size_t i = 0; i < suite->n_chains; i++) {
		const struct chain_config *c = &suite->chains[i];
		FREE_AUTO char *name = suite_iface_name(suite, c->iface);

		if (!c->n_filters || !name)
			continue;
		(void)chain_needs(suite, c->iface, c->filters, c->n_filters, print_pass, &p);
		(void)fprintf(out, "%-8s %s %s:", "chain", name, mode_name(suite->modes[c->iface]));
		for (size_t f = 0; f < c->n_filters; f++)
			(void)fprintf(out, " %s", suite->filters[c->filters[f]].name);
		(void)fprintf(out, "\n");
	}
}

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
		print_chains(suite, stdout);
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
