// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands on an interface and what it has counted, put together from its record and its
 * counters. Changes nothing, and prints nothing.
 */
#include "orchestrator/chain/chain_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/program.h"

static void add(struct xlab_count *to, struct xlab_count more)
{
	to->packets += more.packets;
	to->bytes += more.bytes;
}

/* A packet that is under way while we read may be counted at its end and not yet elsewhere. */
static struct xlab_count minus(struct xlab_count from, struct xlab_count less)
{
	return (struct xlab_count){
		.packets = from.packets > less.packets ? from.packets - less.packets : 0,
		.bytes = from.bytes > less.bytes ? from.bytes - less.bytes : 0,
	};
}

void chain_view_clear(struct chain_view *view)
{
	/* Not by the record's count: a caller may have taken that for itself. */
	for (size_t i = 0; view->rows && view->rows[i].filter; i++)
		free(view->rows[i].filter);
	free(view->rows);
	free(view->drift);
	chain_record_clear(&view->record);
	*view = (struct chain_view){ 0 };
}

struct filters {
	const struct filter *of[XLAB_CHAIN_MAX];
	bool all_count;
};

static int find_filters(const struct lab *lab, const struct chain_record *r, struct filters *f,
			struct error *e)
{
	if (r->n_filters > XLAB_CHAIN_MAX)
		return error_state(e, -E2BIG, "the record of its chain has %zu filters",
				   r->n_filters);
	for (size_t i = 0; i < r->n_filters; i++) {
		size_t filter = labfile_filter(&lab->labfile, r->filters[i]);

		if (filter == NONE)
			return error_state(e, -ENOENT, "filter %s of its chain is not in the lab",
					   r->filters[i]);
		f->of[i] = &lab->labfile.filters[filter];
		f->all_count &= chain_tells(r, f->of[i]->program);
	}
	return 0;
}

/* The verdicts as they are in the counters; silent ones are not there. */
static void read_rows(const struct counters *counters, struct chain_view *view,
		      const struct filters *f)
{
	uint32_t gen = view->record.gen;
	size_t n = view->record.n_filters;

	for (size_t i = 0; i < n && f->of[i]; i++) {
		view->rows[i].known = chain_tells(&view->record, f->of[i]->program);
		for (size_t a = 0; a < XLAB_ACTIONS; a++)
			view->rows[i].verdicts[a] = counters_get(counters, gen, i, a);
	}
	for (size_t a = 0; a < XLAB_ACTIONS; a++)
		add(&view->passed, counters_get(counters, gen, n, a));
}

static bool goes_on(const struct filter *f, size_t slot)
{
	return f->continues >> (slot == XLAB_SLOT_NEXT ? XLAB_NEXT : slot) & 1;
}

static size_t silent_slot(const struct filter *f)
{
	uint32_t verdict = program_silent(f->program);

	return verdict == XLAB_NEXT ? XLAB_SLOT_NEXT : verdict;
}

/* From the end back: what came on to the next filter and is not in a filter's row was silent there.
 */
static void derive_silent(struct chain_view *view, const struct filters *f)
{
	struct xlab_count came_on = view->passed;

	for (size_t i = view->record.n_filters; i-- > 0;) {
		struct chain_row *row = &view->rows[i];
		size_t silent = silent_slot(f->of[i]);

		if (goes_on(f->of[i], silent)) {
			row->verdicts[silent] = came_on;
			for (size_t a = 0; a < XLAB_ACTIONS; a++)
				if (a != silent && goes_on(f->of[i], a))
					row->verdicts[silent] =
						minus(row->verdicts[silent], row->verdicts[a]);
		}
		for (size_t a = 0; a < XLAB_ACTIONS; a++)
			if (!goes_on(f->of[i], a))
				add(&came_on, row->verdicts[a]);
	}
}

static int fill_rows(const struct lab *lab, size_t iface, struct chain_view *view, struct error *e)
{
	int FD_AUTO counters_fd = -1, rings_fd = -1;
	struct filters f = { .all_count = true };
	struct counters counters = { 0 };
	int err = find_filters(lab, &view->record, &f, e);

	if (!err)
		err = counters_open(lab, iface, &counters_fd, &rings_fd, e);
	if (!err)
		err = counters_map(&counters, counters_fd, counters_row(lab, iface), e);
	if (err)
		return err;
	read_rows(&counters, view, &f);
	counters_unmap(&counters);
	view->passed_known = view->rows[view->record.n_filters - 1].known;
	/* Otherwise each that counts has counted its silent ones as well. */
	if (f.all_count)
		derive_silent(view, &f);
	return 0;
}

/* "headers udp-8888", or @none for an empty chain; malloc'ed. */
static char *names_text(char *const *names, size_t n, const char *none)
{
	char *text = NULL;

	for (size_t i = 0; i < n; i++)
		text_add(&text, " ", "%s", names[i]);
	return text ? text : xstrdup(none);
}

static char *describe_drift(const struct attach_point *s, const struct chain_config *chain,
			    const char *command)
{
	bool scenario = s->file.now.scenario || s->file.before.scenario;
	char *FREE_AUTO wanted = names_text(chain->filters, chain->n_filters, "no chain");
	char *FREE_AUTO there =
		s->current ? names_text(s->current->filters, s->current->n_filters, "no chain")
			   : xstrdup("no chain");

	return text_format("%s: there is %s instead of %s: a %s was killed; `%s` puts it right",
			   s->name, there, wanted, scenario ? "scenario" : "command", command);
}

static int compare(const struct lab *lab, const struct attach_point *s, struct chain_view *view,
		   struct error *e)
{
	char *FREE_AUTO filters = NULL, *FREE_AUTO command = NULL;
	struct chain_config chain;
	int err = chain_wanted(lab, s, &chain, e);

	if (err)
		return err;
	/* Which puts there what is to stand there. */
	filters = names_text(chain.filters, chain.n_filters, "--off");
	command = text_format("xlab chain %s/%s %s", state_journal(lab->state)->lab, s->name,
			      filters);
	/* Ours is recorded but not attached: somebody took it off. */
	if (!s->current && !s->file.pending && s->file.now.prog_id && s->file.now.n_filters)
		return error_state(
			e, -ESTALE,
			"%s: xlab's chain was taken off by another tool; put it back with `%s`",
			s->name, command);
	if (!chain_stands(s, &chain))
		view->drift = describe_drift(s, &chain, command);
	return 0;
}

int chain_read(const struct lab *lab, size_t iface, struct chain_view *view, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, iface);
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err;

	*view = (struct chain_view){ 0 };
	err = attach_point_open(&s, lab, &id, e);
	if (!err)
		err = compare(lab, &s, view, e);
	if (!err && s.current)
		chain_record_copy(&view->record, s.current);
	view->rows = xcalloc(view->record.n_filters + 1, sizeof(*view->rows));
	for (size_t i = 0; i < view->record.n_filters; i++)
		view->rows[i].filter = xstrdup(view->record.filters[i]);
	if (!err && view->record.n_filters)
		err = fill_rows(lab, iface, view, e);
	if (err)
		chain_view_clear(view);
	return err;
}

int chain_recall(const struct lab *lab, size_t iface, uint32_t gen, struct chain_record *record,
		 struct error *e)
{
	const struct chain_record *found;
	struct chain_file CHAIN_FILE_AUTO file;
	int err = chain_file_read(lab, lab->labfile.topo.ifaces[iface].id, &file, e);

	*record = (struct chain_record){ 0 };
	if (err)
		return err;
	found = chain_file_of_gen(&file, gen);
	if (found)
		chain_record_copy(record, found);
	return found ? 0 : -ENOENT;
}
