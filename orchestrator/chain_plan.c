// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "lab/cleanup.h"
#include "orchestrator/chain.h"
#include "orchestrator/chain_end.h"
#include "orchestrator/chain_pass.h"
#include "orchestrator/words.h"

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

void chain_plan_print(const struct suite *suite, FILE *out)
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
