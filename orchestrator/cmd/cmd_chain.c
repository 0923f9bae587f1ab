// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain as it stands, or another in its place. */
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/scenario/scenario.h"
#include "orchestrator/util/table.h"

static int show(const char *word, struct error *e)
{
	struct chain_view view = { 0 };
	struct lab LAB_AUTO lab = { 0 };
	int FD_AUTO still = -1;
	const char *name;
	size_t iface;
	int err = resolve_lab_word(&lab, word, STATE_READ, "chain", &name, e);

	if (err)
		return err;
	err = resolve_iface(&lab.labfile, name, &iface, e);
	still = state_still(lab.state);
	if (!err)
		err = resolve_again(&lab, chain_read(&lab, iface, &view, e), e);
	if (!err)
		chain_print(name, &view, 2, colour_wanted(stdout), stdout);
	if (!err && view.drift && still >= 0)
		(void)fprintf(stderr, "xlab: %s\n", view.drift);
	chain_view_clear(&view);
	return err;
}

/* No names: the chain is taken off. */
static int replace(const char *word, char *const *names, size_t n, struct error *e)
{
	struct chain_config chain = { .filters = (char **)names, .n_filters = n };
	struct lab LAB_AUTO lab = { 0 };
	const char *name;
	size_t filter;
	int err = resolve_lab_word(&lab, word, STATE_LOCKED, "chain", &name, e);

	if (!err)
		err = resolve_iface(&lab.labfile, name, &chain.iface, e);
	for (size_t i = 0; i < n && !err; i++) {
		char *FREE_AUTO why = NULL;

		err = resolve_filter(&lab.labfile, names[i], &filter, e);
		if (!err)
			why = labfile_why_not(&lab.labfile, chain.iface, filter);
		if (why)
			err = error_input(e, "%s", why);
	}
	if (!err)
		err = scenario_repair(&lab, e);
	return err ? err : chain_set(&lab, &chain, false, e);
}

struct chain_options {
	bool off;
};

static int chain_run(const struct invocation *in, int *status, struct error *e)
{
	const struct chain_options *options = in->options;
	INTERRUPT_HOLD hold;
	int err = 0;

	(void)status;
	if (options->off && in->argc > 1)
		return error_input(e, "chain: either filters or --off");
	interrupt_hold(&hold);
	if (!options->off && in->argc == 1)
		return show(in->argv[0], e);
	err = replace(in->argv[0], in->argv + 1, (size_t)in->argc - 1, e);
	if (!err && show(in->argv[0], e))
		err = error_wrap(e, "%s is changed, but cannot be shown", in->argv[0]);
	return err;
}

const struct command cmd_chain = {
	.name = "chain",
	.arguments = "[LAB/]NODE:IFACE [FILTER...]",
	.summary = "Show an interface's chain with its counters, or replace it in place",
	.details = "A replacement is atomic: no packet goes unfiltered, and rules and their hits\n"
		   "stay. Chains of VLAN interfaces over this one are off while it is replaced, for\n"
		   "the kernel changes none below them. \"?\" stands where the engine cannot count\n"
		   "somebody else's program.",
	.options = {
		{ "--off", "take the chain off",
		  OPTION_INTO(struct chain_options, off) },
	},
	.min_args = 1,
	.max_args = -1,
	.wants = { "the interface" },
	.completes = { "NODE:IFACE", "CHAIN" },
	.needs_root = true,
	.run = chain_run,
};
