// SPDX-License-Identifier: GPL-2.0-or-later
/* Which chains of a lab file are equal but for their interface. What is made of it is chain/'s. */
#include "orchestrator/model/labfile_common.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/model/labfile.h"

static int compare_filters(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	int order = (n_a > n_b) - (n_a < n_b);

	for (size_t i = 0; i < n_a && !order; i++)
		order = strcmp(a[i], b[i]);
	return order;
}

struct sorted {
	struct chain_config *chain;
};

static int compare_chains(const void *a, const void *b)
{
	const struct chain_config *x = ((const struct sorted *)a)->chain;
	const struct chain_config *y = ((const struct sorted *)b)->chain;

	return compare_filters(x->filters, x->n_filters, y->filters, y->n_filters);
}

/* Of those that stand at the same time; @rows: by interface, that one of them is on it. */
static void find_common(struct chain_config *chains, size_t n, bool *rows)
{
	struct sorted *FREE_AUTO sorted = xcalloc(n + 1, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i].chain = &chains[i];
	qsort(sorted, n, sizeof(*sorted), compare_chains);
	for (size_t i = 1; i < n; i++)
		if (sorted[i].chain->n_filters && !compare_chains(&sorted[i - 1], &sorted[i]))
			sorted[i - 1].chain->common = sorted[i].chain->common = true;
	for (size_t i = 0; i < n; i++)
		rows[chains[i].iface] |= chains[i].common;
}

void labfile_find_common(struct labfile *labfile)
{
	bool *FREE_AUTO rows = xcalloc(labfile->topo.n_ifaces + 1, sizeof(*rows));
	struct common_ifaces *common = &labfile->common;

	find_common(labfile->chains, labfile->n_chains, rows);
	for (size_t i = 0; i < labfile->n_scenarios; i++)
		find_common(labfile->scenarios[i].chains, labfile->scenarios[i].n_chains, rows);
	for (size_t i = 0; i < labfile->topo.n_ifaces; i++) {
		if (!rows[i])
			continue;
		if (!common->n++)
			common->first = i;
		common->span = i - common->first + 1;
	}
}

static bool is_among(const struct chain_config *chains, size_t n_chains, size_t iface,
		     char *const *filters, size_t n)
{
	for (size_t i = 0; i < n_chains; i++)
		if (chains[i].iface == iface && chains[i].common &&
		    !compare_filters(chains[i].filters, chains[i].n_filters, filters, n))
			return true;
	return false;
}

bool labfile_is_common(const struct labfile *labfile, size_t iface, char *const *filters, size_t n)
{
	bool is = is_among(labfile->chains, labfile->n_chains, iface, filters, n);

	for (size_t i = 0; i < labfile->n_scenarios && !is; i++)
		is = is_among(labfile->scenarios[i].chains, labfile->scenarios[i].n_chains, iface,
			      filters, n);
	return is;
}
