// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain's table for people and its object for programs. Its counters are read by chain_read.c. */
#include "orchestrator/report/chain_table.h"

#include <inttypes.h>
#include <linux/bpf.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/util/json.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

/* Verdicts in the order in which people think of them. */
static const struct verdict {
	size_t slot;
	const char *name;
	bool always; /* has a column though it is 0 everywhere */
	bool bad;
} verdicts[] = {
	{ XLAB_SLOT_NEXT, "next", true, false },
	{ XDP_PASS, "pass", true, false },
	{ XDP_DROP, "drop", true, true },
	{ XDP_TX, "tx", false, true },
	{ XDP_REDIRECT, "redirect", false, true },
	{ XDP_ABORTED, "aborted", false, true },
	{ XLAB_SLOT_INVALID, "invalid", false, true },
};

static struct xlab_count count_of(const struct chain_row *row, const struct verdict *v)
{
	return row->verdicts[v->slot];
}

static bool has_column(const struct chain_view *view, const struct verdict *v)
{
	if (v->always)
		return true;
	for (size_t i = 0; i < view->record.n_filters; i++)
		if (view->rows[i].known && count_of(&view->rows[i], v).packets)
			return true;
	return false;
}

static void add_row(struct table *t, const struct chain_view *view, size_t i, bool colour)
{
	const struct chain_row *row = &view->rows[i];

	table_add(t, NULL, "%zu", i + 1);
	table_add(t, NULL, "%s", row->filter);
	for (size_t v = 0; v < ARRAY_SIZE(verdicts); v++) {
		uint64_t n = count_of(row, &verdicts[v]).packets;
		const char *paint = colour && n && verdicts[v].bad ? COLOUR_BAD : NULL;

		if (!has_column(view, &verdicts[v]))
			continue;
		if (row->known)
			table_add(t, paint, "%" PRIu64, n);
		else
			table_add(t, NULL, "?");
	}
}

static void print_rows(const struct chain_view *view, int indent, bool colour, FILE *out)
{
	struct table t = { .n_columns = 2, .right = { true, false } };

	table_add(&t, NULL, "#");
	table_add(&t, NULL, "filter");
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (!has_column(view, &verdicts[i]))
			continue;
		t.right[t.n_columns++] = true;
		table_add(&t, NULL, "%s", verdicts[i].name);
	}
	for (size_t i = 0; i < view->record.n_filters; i++)
		add_row(&t, view, i, colour);
	table_print(&t, indent, out);
}

/* What only the other engine can do for this chain (malloc'ed), or NULL. */
static char *note_of(const struct chain_view *view)
{
	char *FREE_AUTO filters = NULL;

	for (size_t i = 0; i < view->record.n_filters; i++)
		if (!view->rows[i].known)
			text_list_add(&filters, "%s", view->rows[i].filter);
	return filters ? text_format("libxdp neither counts nor tells what %s decides; "
				     "engine = inline does",
				     filters)
		       : NULL;
}

void chain_print(const char *name, const struct chain_view *view, int indent, bool colour,
		 FILE *out)
{
	const struct xlab_count *passed = &view->passed;
	const struct chain_record *r = &view->record;
	char *FREE_AUTO note = note_of(view);

	if (!r->n_filters) {
		(void)fprintf(out, "%s has no chain\n", name);
		return;
	}
	(void)fprintf(out, "%s: %s, %s XDP%s\n", name, engine_name(r->engine), mode_name(r->mode),
		      r->scenario ? ", put on by a scenario" : "");
	print_rows(view, indent, colour, out);
	if (view->passed_known)
		(void)fprintf(out, "%*scame through: %llu packet%s, %llu byte%s\n", indent, "",
			      passed->packets, passed->packets == 1 ? "" : "s", passed->bytes,
			      passed->bytes == 1 ? "" : "s");
	else
		(void)fprintf(out, "%*scame through: ?\n", indent, "");
	sanitize_print(out, "%*swhy %s: %s\n", indent, "", engine_name(r->engine),
		       r->why ? r->why : "");
	if (note)
		(void)fprintf(out, "%*s%s\n", indent, "", note);
}

static void json_count(struct json *j, const char *key, struct xlab_count count)
{
	json_open(j, key, '{');
	json_number(j, "packets", count.packets);
	json_number(j, "bytes", count.bytes);
	json_close(j, '}');
}

void chain_json_print(const struct chain_view *view, struct json *j)
{
	char *FREE_AUTO note = note_of(view);

	if (!view->record.n_filters) {
		json_text(j, "chain", NULL);
		return;
	}
	json_open(j, "chain", '{');
	json_text(j, "engine", engine_name(view->record.engine));
	json_text(j, "why", view->record.why ? view->record.why : "");
	json_text(j, "note", note);
	json_text(j, "mode", mode_name(view->record.mode));
	json_number(j, "generation", view->record.gen);
	json_number(j, "program", view->record.prog_id);
	json_bool(j, "scenario", view->record.scenario);
	json_open(j, "filters", '[');
	for (size_t i = 0; i < view->record.n_filters; i++) {
		const struct chain_row *row = &view->rows[i];

		json_open(j, NULL, '{');
		json_text(j, "filter", row->filter);
		json_bool(j, "counted", row->known);
		json_open(j, "verdicts", '{');
		for (size_t v = 0; v < ARRAY_SIZE(verdicts) && row->known; v++)
			json_count(j, verdicts[v].name, count_of(row, &verdicts[v]));
		json_close(j, '}');
		json_close(j, '}');
	}
	json_close(j, ']');
	if (view->passed_known)
		json_count(j, "passed", view->passed);
	else
		json_text(j, "passed", NULL);
	json_close(j, '}');
}
