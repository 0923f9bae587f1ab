// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's status for programs: the keys are in the man page. What is in it is read by status.c. */
#include "orchestrator/report/status_json.h"

#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/report/status.h"
#include "orchestrator/util/json.h"

static void json_addresses(struct json *j, const struct prefix *addresses, size_t n)
{
	char text[PREFIX_TEXT];

	json_open(j, "addresses", '[');
	for (size_t i = 0; i < n; i++)
		json_text(j, NULL, prefix_text(&addresses[i], text));
	json_close(j, ']');
}

static void json_vlan(struct json *j, const struct labfile *labfile, const struct iface *iface)
{
	char *FREE_AUTO netem = impairment_text(&iface->impairment, " ", " ");

	if (iface->vlan)
		json_number(j, "vlan", iface->vlan);
	else
		json_text(j, "vlan", NULL);
	json_text(j, "link", iface->vlan ? labfile->topo.ifaces[iface->link].name : NULL);
	json_text(j, "netem", *netem ? netem : NULL);
}

static void json_iface(struct json *j, const struct status *s, size_t i)
{
	const struct labfile *labfile = &s->lab.labfile;
	const struct iface *iface = &labfile->topo.ifaces[i];
	const struct iface_status *seen = &s->ifaces[i];
	bool plugged = iface->bridge != NONE;
	char mac[MAC_TEXT];

	json_open(j, NULL, '{');
	json_text(j, "name", iface->name);
	json_text(j, "state", standing_name(seen->node_end));
	json_text(j, "mac", seen->has_mac ? mac_text(seen->mac, mac) : NULL);
	if (iface->mtu)
		json_number(j, "mtu", iface->mtu);
	else
		json_text(j, "mtu", NULL);
	json_addresses(j, iface->addresses, iface->n_addresses);
	json_text(j, "bridge", plugged ? labfile->topo.bridges[iface->bridge].name : NULL);
	json_text(j, "port", plugged ? iface->port : NULL);
	json_text(j, "peer", iface->peer == NONE ? NULL : labfile->topo.ifaces[iface->peer].id);
	json_vlan(j, labfile, iface);
	json_text(j, "mode", mode_name(labfile->modes[i]));
	chain_json_print(&seen->chain, j);
	json_close(j, '}');
}

static void json_netns(struct json *j, const struct status *s, const char *name)
{
	char *FREE_AUTO netns = plan_netns_name(&s->lab.plan, name);

	json_text(j, "netns", netns);
}

static void json_nodes(struct json *j, const struct status *s)
{
	const struct topology *topo = &s->lab.labfile.topo;

	json_open(j, "nodes", '[');
	for (size_t i = 0; i < topo->n_nodes; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", topo->nodes[i].name);
		json_netns(j, s, topo->nodes[i].name);
		json_open(j, "interfaces", '[');
		for (size_t iface = topology_next_iface(topo, i, NONE); iface != NONE;
		     iface = topology_next_iface(topo, i, iface))
			json_iface(j, s, iface);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_uplinks(struct json *j, const struct status *s, size_t bridge)
{
	const struct topology *topo = &s->lab.labfile.topo;

	for (size_t i = 0; i < topo->n_uplinks * 2; i++) {
		const struct uplink *u = &topo->uplinks[i / 2];

		if (u->bridges[i % 2] != bridge)
			continue;
		json_open(j, NULL, '{');
		json_text(j, "name", u->ports[i % 2]);
		json_text(j, "interface", NULL);
		json_text(j, "bridge", topo->bridges[u->bridges[!(i % 2)]].name);
		json_text(j, "state", standing_name(s->uplinks[i]));
		json_close(j, '}');
	}
}

static void json_bridges(struct json *j, const struct status *s)
{
	const struct topology *topo = &s->lab.labfile.topo;

	json_open(j, "bridges", '[');
	for (size_t i = 0; i < topo->n_bridges; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", topo->bridges[i].name);
		json_netns(j, s, topo->bridges[i].name);
		json_text(j, "state", standing_name(s->bridges[i]));
		json_addresses(j, topo->bridges[i].addresses, topo->bridges[i].n_addresses);
		json_open(j, "ports", '[');
		for (size_t iface = 0; iface < topo->n_ifaces; iface++) {
			if (topo->ifaces[iface].bridge != i)
				continue;
			json_open(j, NULL, '{');
			json_text(j, "name", topo->ifaces[iface].port);
			json_text(j, "interface", topo->ifaces[iface].id);
			json_text(j, "bridge", NULL);
			json_text(j, "state", standing_name(s->ifaces[iface].port_end));
			json_close(j, '}');
		}
		json_uplinks(j, s, i);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

void status_print_json(const struct status *s, struct json *j)
{
	static const char *const phases[] = {
		[STATE_BUILDING] = "building", [STATE_UP] = "up",
		[STATE_LEAVING] = "leaving",   [STATE_VANISHED] = "vanished",
		[STATE_CORRUPT] = "corrupt",
	};
	const struct journal *journal = state_journal(s->lab.state);
	char *FREE_AUTO advice = lab_trouble(&s->lab);

	json_open(j, NULL, '{');
	json_text(j, "name", journal->lab);
	json_text(j, "about", s->lab.labfile.topo.about ? s->lab.labfile.topo.about : "");
	json_text(j, "file", journal->path);
	json_text(j, "phase", phases[journal->phase]);
	if (journal->phase != STATE_UP) {
		json_text(j, "advice", advice);
	} else {
		json_open(j, "engine", '{');
		json_text(j, "asked", journal->engine);
		json_text(j, "used", engine_name(s->engine));
		json_text(j, "why", s->why);
		json_close(j, '}');
		json_bool(j, "edited", s->stale != NULL);
		json_nodes(j, s);
		json_bridges(j, s);
		json_open(j, "differences", '[');
		for (size_t i = 0; i < s->n_differences; i++)
			json_text(j, NULL, s->differences[i]);
		json_close(j, ']');
	}
	json_close(j, '}');
}
