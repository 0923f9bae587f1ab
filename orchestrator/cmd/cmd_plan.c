// SPDX-License-Identifier: GPL-2.0-or-later
/* What `up` would do, printed. The plan itself is lab/plan.c's. */
#include <stdio.h>

#include "lab/error.h"
#include "lab/plan.h"
#include "lab/plan_text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/filter/labfile_load.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile.h"

static int print_pass(void *cookie, const struct attach_point_id *id)
{
	const struct labfile *labfile = cookie;

	/* A chain is a program as well. */
	for (size_t i = 0; i < labfile->n_chains && id->iface != NONE; i++)
		if (labfile->chains[i].iface == id->iface && labfile->chains[i].n_filters)
			return 0;
	printf("%-8s %s:%s native: so that veth delivers what a chain sends there\n", "pass",
	       id->netns, id->name);
	return 0;
}

/* The lines for chains and pass programs. */
static void print_chains(struct labfile *labfile)
{
	for (size_t i = 0; i < labfile->n_chains; i++) {
		const struct chain_config *c = &labfile->chains[i];

		if (!c->n_filters)
			continue;
		(void)chain_needs(labfile, c->iface, c->filters, c->n_filters, print_pass, labfile);
		printf("%-8s %s %s:", "chain", labfile->topo.ifaces[c->iface].id,
		       mode_name(labfile->modes[c->iface]));
		for (size_t f = 0; f < c->n_filters; f++)
			printf(" %s", c->filters[f]);
		putchar('\n');
	}
}

static int plan_run(const struct invocation *in, int *status, struct error *e)
{
	struct labfile labfile = { 0 };
	struct plan plan = { 0 };
	int err = labfile_load(&labfile, in->argv[0], e);

	(void)status;
	if (!err)
		err = plan_make(&plan, &labfile.topo, in->options, e);
	if (!err) {
		plan_print(&plan, stdout);
		print_chains(&labfile);
	}
	plan_clear(&plan);
	labfile_clear(&labfile);
	return err;
}

const struct command cmd_plan = {
	.name = "plan",
	.arguments = "FILE",
	.summary = "Tell what `up` would do, in its order, and do nothing",
	.options = {
		{ "--as", "as with `up`",
		  OPTION_INTO(struct plan_options, as), .argument = "NAME" },
		{ "--self", "as with `up`",
		  OPTION_INTO(struct plan_options, self), .argument = "NODE" },
	},
	.min_args = 1,
	.max_args = 1,
	.wants = { "the lab file" },
	.completes = { "FILE", "" },
	.run = plan_run,
};
