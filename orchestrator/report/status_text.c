// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's status for people. What is in it is read by status.c. */
#include "orchestrator/report/status_text.h"

#include "lab/cleanup.h"
#include "lab/text.h"
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
	char *FREE_AUTO words = NULL;
	char prefix[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++)
		text_add(&words, " ", "%s", prefix_text(&addresses[i], prefix));
	table_add(t, NULL, "%s", words ? words : "");
}

static void add_iface(struct table *t, const struct status *s, size_t i, bool colour)
{
	const struct topology *topo = &s->lab.labfile.topo;
	const struct iface *iface = &topo->ifaces[i];
	char mac[MAC_TEXT] = "";

	table_add(t, NULL, "%s", iface->id);
	add_standing(t, s->ifaces[i].node_end, colour);
	table_add(t, NULL, "%s", s->ifaces[i].has_mac ? mac_text(s->ifaces[i].mac, mac) : "");
	add_addresses(t, iface->addresses, iface->n_addresses);
	if (iface->vlan)
		table_add(t, NULL, "VLAN %u of %s", iface->vlan, topo->ifaces[iface->link].name);
	else if (iface->bridge != NONE)
		table_add(t, NULL, "%s:%s", topo->bridges[iface->bridge].name, iface->port);
	else
		table_add(t, NULL, "%s", iface->peer == NONE ? "" : topo->ifaces[iface->peer].id);
}

static void print_nodes(const struct status *s, bool colour, FILE *out)
{
	const struct topology *topo = &s->lab.labfile.topo;
	struct table t = { .n_columns = 5 };

	table_add(&t, NULL, "interface");
	table_add(&t, NULL, "state");
	table_add(&t, NULL, "MAC");
	table_add(&t, NULL, "addresses");
	table_add(&t, NULL, "other end");
	for (size_t i = 0; i < topo->n_nodes; i++) {
		size_t iface = topology_next_iface(topo, i, NONE);

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
static void add_port(char **words, const char *port, enum standing standing)
{
	if (standing == STANDING_UP)
		text_add(words, " ", "%s", port);
	else
		text_add(words, " ", "%s(%s)", port, standing_name(standing));
}

static void add_ports(struct table *t, const struct status *s, size_t bridge)
{
	const struct topology *topo = &s->lab.labfile.topo;
	char *FREE_AUTO words = NULL;

	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].bridge == bridge)
			add_port(&words, topo->ifaces[i].port, s->ifaces[i].port_end);
	table_add(t, NULL, "%s", words ? words : "");
}

static void add_uplinks(struct table *t, const struct status *s, size_t bridge)
{
	const struct topology *topo = &s->lab.labfile.topo;
	char *FREE_AUTO words = NULL;

	for (size_t i = 0; i < topo->n_uplinks * 2; i++)
		if (topo->uplinks[i / 2].bridges[i % 2] == bridge)
			add_port(&words, topo->uplinks[i / 2].ports[i % 2], s->uplinks[i]);
	table_add(t, NULL, "%s", words ? words : "");
}

static void print_bridges(const struct status *s, bool colour, FILE *out)
{
	const struct topology *topo = &s->lab.labfile.topo;
	struct table t = { .n_columns = 5 };
	bool addressed = false;

	if (!topo->n_bridges)
		return;
	for (size_t i = 0; i < topo->n_bridges; i++)
		addressed |= topo->bridges[i].n_addresses > 0;
	(void)fputc('\n', out);
	table_add(&t, NULL, "bridge");
	table_add(&t, NULL, "state");
	table_add(&t, NULL, "ports");
	table_add(&t, NULL, "%s", topo->n_uplinks ? "uplinks" : "");
	table_add(&t, NULL, "%s", addressed ? "addresses" : "");
	for (size_t i = 0; i < topo->n_bridges; i++) {
		table_add(&t, NULL, "%s", topo->bridges[i].name);
		add_standing(&t, s->bridges[i], colour);
		add_ports(&t, s, i);
		add_uplinks(&t, s, i);
		add_addresses(&t, topo->bridges[i].addresses, topo->bridges[i].n_addresses);
	}
	table_print(&t, 2, out);
}

void status_print_text(const struct status *s, bool colour, FILE *out)
{
	const struct journal *journal = state_journal(s->lab.state);
	const struct topology *topo = &s->lab.labfile.topo;
	char *FREE_AUTO advice = lab_trouble(&s->lab);

	title_print(journal->lab, topo->about, colour, out);
	if (advice) {
		(void)fprintf(out, "  %s\n", advice);
		return;
	}
	sanitize_print(out, "  %s; engine %s: %s%s%s\n", journal->path, engine_name(s->engine),
		       s->why, *journal->self ? "; self is " : "", journal->self);
	if (s->stale)
		sanitize_print(out, "  %s\n", s->stale);
	(void)fputc('\n', out);
	print_nodes(s, colour, out);
	print_bridges(s, colour, out);
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		if (!s->ifaces[i].chain.record.n_filters)
			continue;
		(void)fputs("\n  ", out);
		chain_print(topo->ifaces[i].id, &s->ifaces[i].chain, 4, colour, out);
	}
	if (s->n_differences)
		(void)fputs("\n  not as the lab file has it:\n", out);
	for (size_t i = 0; i < s->n_differences; i++) {
		(void)fprintf(out, "    %s", colour ? COLOUR_BAD : "");
		sanitize_print(out, "%s", s->differences[i]);
		(void)fprintf(out, "%s\n", colour ? COLOUR_END : "");
	}
}
