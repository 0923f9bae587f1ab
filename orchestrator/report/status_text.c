// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/report/status_text.h"

#include <stdlib.h>

#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/report/status.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

static void add_standing(struct table *t, enum standing s, bool colour)
{
	const char *paint = s == STANDING_UP ? COLOUR_GOOD : COLOUR_BAD;

	table_add(t, colour ? paint : NULL, "%s", standing_name(s));
}

static void add_addresses(struct table *t, const struct prefix *addresses, size_t n)
{
	char *text = NULL;
	char prefix[PREFIX_TEXT];
	size_t i, size;
	FILE *line = open_memstream(&text, &size);

	for (i = 0; line && i < n; i++)
		(void)fprintf(line, "%s%s", i ? " " : "", prefix_text(&addresses[i], prefix));
	if (line)
		(void)fclose(line);
	table_add(t, NULL, "%s", text ? text : "");
	free(text);
}

static void add_iface(struct table *t, const struct status *s, size_t i, bool colour)
{
	const struct labfile *labfile = &s->lab.labfile;
	const struct iface *iface = &labfile->topo.ifaces[i];
	char mac[MAC_TEXT] = "";

	table_add(t, NULL, "%s", iface->id);
	add_standing(t, s->ifaces[i].node_end, colour);
	table_add(t, NULL, "%s", s->ifaces[i].has_mac ? mac_text(s->ifaces[i].mac, mac) : "");
	add_addresses(t, iface->addresses, iface->n_addresses);
	if (iface->bridge != NONE) {
		table_add(t, NULL, "%s:%s", labfile->topo.bridges[iface->bridge].name, iface->port);
	} else {
		table_add(t, NULL, "%s", labfile->topo.ifaces[iface->peer].id);
	}
}

static void print_nodes(const struct status *s, bool colour, FILE *out)
{
	const struct topology *topo = &s->lab.labfile.topo;
	struct table t = { .n_columns = 5 };
	size_t i, iface;

	table_add(&t, NULL, "interface");
	table_add(&t, NULL, "state");
	table_add(&t, NULL, "MAC");
	table_add(&t, NULL, "addresses");
	table_add(&t, NULL, "other end");
	for (i = 0; i < topo->n_nodes; i++) {
		iface = topology_next_iface(topo, i, NONE);
		if (iface == NONE) {
			table_add(&t, NULL, "%s", topo->nodes[i].name);
			table_add(&t, NULL, "no interface");
			table_add(&t, NULL, "%s", "");
			table_add(&t, NULL, "%s", "");
			table_add(&t, NULL, "%s", "");
		}
		for (; iface != NONE; iface = topology_next_iface(topo, i, iface))
			add_iface(&t, s, iface, colour);
	}
	table_print(&t, 2, out);
}

/* "veth1 veth3 veth5(down)": what is up needs no word. */
static void add_ports(struct table *t, const struct status *s, size_t bridge)
{
	const struct topology *topo = &s->lab.labfile.topo;
	char *text = NULL;
	size_t i, size;
	FILE *line = open_memstream(&text, &size);

	for (i = 0; line && i < topo->n_ifaces; i++) {
		enum standing standing = s->ifaces[i].port_end;

		if (topo->ifaces[i].bridge != bridge)
			continue;
		(void)fprintf(line, "%s%s", ftell(line) ? " " : "", topo->ifaces[i].port);
		if (standing != STANDING_UP)
			(void)fprintf(line, "(%s)", standing_name(standing));
	}
	if (line)
		(void)fclose(line);
	table_add(t, NULL, "%s", text ? text : "");
	free(text);
}

static void print_bridges(const struct status *s, bool colour, FILE *out)
{
	const struct topology *topo = &s->lab.labfile.topo;
	struct table t = { .n_columns = 4 };
	bool addressed = false;
	size_t i;

	if (!topo->n_bridges)
		return;
	for (i = 0; i < topo->n_bridges; i++)
		addressed |= topo->bridges[i].n_addresses > 0;
	(void)fputc('\n', out);
	table_add(&t, NULL, "bridge");
	table_add(&t, NULL, "state");
	table_add(&t, NULL, "ports");
	table_add(&t, NULL, "%s", addressed ? "addresses" : "");
	for (i = 0; i < topo->n_bridges; i++) {
		table_add(&t, NULL, "%s", topo->bridges[i].name);
		add_standing(&t, s->bridges[i], colour);
		add_ports(&t, s, i);
		add_addresses(&t, topo->bridges[i].addresses, topo->bridges[i].n_addresses);
	}
	table_print(&t, 2, out);
}

static void print_chains(const struct status *s, bool colour, FILE *out)
{
	size_t i;

	for (i = 0; i < s->lab.labfile.topo.n_ifaces; i++) {
		if (!s->ifaces[i].chain.record.n_filters)
			continue;
		(void)fputs("\n  ", out);
		chain_print(s->lab.labfile.topo.ifaces[i].id, &s->ifaces[i].chain, 4, colour, out);
	}
}

static void print_differences(const struct status *s, bool colour, FILE *out)
{
	size_t i;

	if (s->n_differences)
		(void)fputs("\n  not as the lab file has it:\n", out);
	for (i = 0; i < s->n_differences; i++)
		(void)fprintf(out, "    %s%s%s\n", colour ? COLOUR_BAD : "", s->differences[i],
			      colour ? COLOUR_END : "");
}

void status_print_text(const struct status *s, bool colour, FILE *out)
{
	const struct journal *journal = state_journal(s->lab.state);
	char *FREE_AUTO about =
		sanitize(s->lab.labfile.topo.about ? s->lab.labfile.topo.about : "");
	char *FREE_AUTO path = sanitize(journal->path);
	char FREE_AUTO *advice = lab_trouble(&s->lab);

	(void)fprintf(out, "%s%s%s%s%s\n", colour ? COLOUR_TITLE : "", journal->lab,
		      colour ? COLOUR_END : "", *about ? "  " : "", about);
	if (journal->phase != STATE_UP) {
		(void)fprintf(out, "  %s\n", advice ? advice : "");
		return;
	}
	(void)fprintf(out, "  %s; engine %s%s%s%s%s\n\n", path, engine_name(s->engine),
		      s->why ? ": " : "", s->why ? s->why : "", *journal->self ? "; self is " : "",
		      journal->self);
	print_nodes(s, colour, out);
	print_bridges(s, colour, out);
	print_chains(s, colour, out);
	print_differences(s, colour, out);
}
