// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Warnings: filters that match nothing, filters that nobody asks, steps that no filter can meet.
 * The file's sections are walked, each beside its part of the model, which is in the same order.
 */
#include "orchestrator/model/labfile_warn.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/filter_decides.h"
#include "orchestrator/model/program.h"

#define ARRIVES (ACTION_BIT(XDP_PASS) | ACTION_BIT(XDP_TX) | ACTION_BIT(XDP_REDIRECT))

/* Several nodes, where one is asked for. */
#define MANY (NONE - 1)

/* What is being walked. */
struct walk {
	const struct labfile *labfile;
	struct error *warnings;
	struct ini_where at;
	uint32_t *kinds;		 /* by filter: filter_kinds() */
	const struct chain_config **own; /* by iface: the lab's chain, of the sections so far */
	/* Of the current scenario: */
	bool warm;	/* what is known of neighbours stays */
	size_t *stands; /* by filter: the node where it stands, MANY, or NONE */
	size_t chains;	/* the node with all its chains, MANY, or NONE */
	size_t turns;	/* the node where a filter may send a packet back or elsewhere */
	const struct chain_config **on; /* by iface: the chain that stands there, or NULL */
};

static const struct filter *filter_at(const struct labfile *labfile,
				      const struct chain_config *chain, size_t i)
{
	return &labfile->filters[labfile_filter(labfile, chain->filters[i])];
}

static void warn_filter(struct walk *w, const struct filter *f)
{
	const struct match_key *key = NULL, *unused;
	const struct rule *idle = NULL;
	char *FREE_AUTO protos = filter_dead_protos(f, &key);
	char *FREE_AUTO why = filter_why_dead(f, protos ? &unused : &key);

	w->at.key = key ? key->read_from : NULL;
	if (protos)
		ini_warn(&w->at, w->warnings,
			 "no packet has a protocol of %s here: icmp is IPv4's alone, icmpv6 is "
			 "IPv6's, "
			 "and headers that extend IPv6 are stepped over%s",
			 protos, why ? "; the filter never matches" : "");
	else if (why)
		ini_warn(&w->at, w->warnings, "it never matches: %s", why);
	while ((idle = filter_idle_exception(f, idle))) {
		char *FREE_AUTO value = rule_value(f->keys, idle);

		w->at.key = f->keys[idle->key].read_from;
		ini_warn(&w->at, w->warnings, "%s excludes nothing: no other value has any of it",
			 value);
	}
}

/* Whoever stands behind one that decides everything is never asked. */
static void warn_unasked(struct walk *w, const struct chain_config *chain)
{
	for (size_t i = 0; i + 1 < chain->n_filters; i++) {
		const struct filter *f = filter_at(w->labfile, chain, i);

		if (!filter_decides_all(f))
			continue;
		ini_warn(&w->at, w->warnings,
			 "%s decides every packet, so %s behind it is never asked", f->name,
			 chain->filters[i + 1]);
		return;
	}
}

/* Some packets are let by, all others dropped, and among them the question for the address. */
static void warn_neighbours(struct walk *w, const struct chain_config *chain)
{
	const struct iface *iface = &w->labfile->topo.ifaces[chain->iface];
	bool v4 = iface_has_family(iface, AF_INET), accepts = false, found = false;

	for (size_t i = 0; i < chain->n_filters; i++) {
		const struct filter *f = filter_at(w->labfile, chain, i);
		uint32_t endings = filter_endings(f);

		if (filter_decides_all(f) && !(endings & ARRIVES)) {
			if (accepts && !found && iface->n_addresses && !w->warm)
				ini_warn(&w->at, w->warnings,
					 "%s drops what is left, and nothing before it lets %s by: "
					 "nobody comes to know the link address of %s; put %s with "
					 "action = pass before it",
					 f->name, v4 ? "ARP" : "neighbour discovery", iface->id,
					 v4 ? "an ether filter of type = arp"
					    : "an ip filter of proto = icmpv6");
			return;
		}
		accepts |= (endings & ARRIVES) != 0;
		found |= (endings & ARRIVES) &&
			 (v4 ? filter_takes_arp(f) : filter_takes_discovery(f));
	}
}

static void warn_chain(struct walk *w, const struct chain_config *chain)
{
	warn_unasked(w, chain);
	warn_neighbours(w, chain);
}

/* The next filter of the chain, behind @after (NULL: its first), that sends back what it matches;
 * @kinds are those of it that no filter before it has a say in.
 */
static const struct filter *next_back(const struct walk *w, const struct chain_config *chain,
				      const struct filter *after, uint32_t *kinds)
{
	uint32_t taken = 0;

	for (size_t i = 0; i < chain->n_filters; i++) {
		const struct filter *f = filter_at(w->labfile, chain, i);
		uint32_t own = w->kinds[f - w->labfile->filters];

		*kinds = own & ~taken;
		if (filter_endings(f))
			taken |= own;
		if (after)
			after = f == after ? NULL : after;
		else if (*kinds && filter_endings(f) == ACTION_BIT(XDP_TX))
			return f;
	}
	return NULL;
}

/* What one sends back the other one sends back: tx changes nothing but the addresses of Ethernet.
 * Two filters may match different packets of a kind, unless one of them matches all.
 */
static bool play_ping_pong(const struct walk *w, const struct chain_config *a,
			   const struct chain_config *b)
{
	const struct filter *f = NULL, *g;
	uint32_t of_f, of_g;

	while ((f = next_back(w, a, f, &of_f)))
		for (g = NULL; (g = next_back(w, b, g, &of_g));)
			if (of_f & of_g && filter_is_symmetric(f) && filter_is_symmetric(g) &&
			    (f == g || filter_decides_all(f) || filter_decides_all(g)))
				return true;
	return false;
}

/* Beside the chains that are @on interfaces already. */
static void warn_ping_pong(struct walk *w, const struct chain_config *chain,
			   const struct chain_config **on)
{
	const struct topology *topo = &w->labfile->topo;
	size_t segment = topology_segment(topo, chain->iface), i = 0;
	uint32_t kinds;

	if (!next_back(w, chain, NULL, &kinds))
		return;
	while (i < topo->n_ifaces &&
	       (!on[i] || i == chain->iface || topology_segment(topo, i) != segment ||
		!play_ping_pong(w, chain, on[i])))
		i++;
	if (i < topo->n_ifaces)
		ini_warn(&w->at, w->warnings,
			 "%s and %s send the same packets back (tx): the first of them goes back "
			 "and forth for ever, which keeps a CPU busy; send them back at one end "
			 "only",
			 topo->ifaces[i].id, topo->ifaces[chain->iface].id);
}

static void add_node(size_t *at, size_t node)
{
	*at = *at == NONE || *at == node ? node : MANY;
}

/* Whose filters stand where, from here on. */
static void place(struct walk *w, const struct chain_config *chain)
{
	size_t node = w->labfile->topo.ifaces[chain->iface].node;

	w->on[chain->iface] = chain;
	for (size_t i = 0; i < chain->n_filters; i++) {
		const struct filter *f = filter_at(w->labfile, chain, i);

		add_node(&w->stands[f - w->labfile->filters], node);
		add_node(&w->chains, node);
		if (filter_endings(f) & (ACTION_BIT(XDP_TX) | ACTION_BIT(XDP_REDIRECT)))
			add_node(&w->turns, node);
	}
}

static void warn_own_chain(struct walk *w, const struct chain_config *chain)
{
	warn_chain(w, chain);
	warn_ping_pong(w, chain, w->own);
	w->own[chain->iface] = chain;
}

static void warn_scenario_chain(struct walk *w, const struct chain_config *chain)
{
	warn_chain(w, chain);
	warn_ping_pong(w, chain, w->on);
	place(w, chain);
}

/* An MTU that not all ports of the bridge, and of those that are joined to it, have: told once for
 * each, and where it was given. */
static void warn_mtu(struct walk *w, size_t which)
{
	const struct topology *topo = &w->labfile->topo;
	const struct iface *iface = &topo->ifaces[which], *least = iface, *most = iface;
	size_t segment = iface->bridge == NONE ? NONE : topo->bridges[iface->bridge].segment;
	bool told = false;

	for (size_t i = 0; iface->mtu && iface->bridge != NONE && i < topo->n_ifaces; i++) {
		const struct iface *other = &topo->ifaces[i];

		if (other->bridge == NONE || topo->bridges[other->bridge].segment != segment)
			continue;
		if (i < which && other->mtu == iface->mtu)
			return;
		/* The longer one is to blame, unless nobody asked for it. */
		told |= other->mtu > iface->mtu;
		if (iface_mtu(other) < iface_mtu(least))
			least = other;
		if (iface_mtu(other) > iface_mtu(most))
			most = other;
	}
	if (least == most || (least == iface && told))
		return;
	most = least == iface ? most : least;
	w->at.key = ini_find_key(w->at.section, "mtu");
	ini_warn(&w->at, w->warnings,
		 "the port of %s at the bridge %s has an MTU of %u: the bridge drops frames that "
		 "are "
		 "longer than the port where they would leave",
		 most->id, topo->bridges[most->bridge].name, iface_mtu(most));
}

static void warn_iface(struct walk *w)
{
	size_t iface = topology_iface(&w->labfile->topo, w->at.section->name);
	const struct chain_config *chain;

	if (iface == NONE) /* a node's lo */
		return;
	chain = labfile_chain(w->labfile, NULL, iface);
	warn_mtu(w, iface);
	w->at.key = ini_find_key(w->at.section, "chain");
	if (chain)
		warn_own_chain(w, chain);
}

static const struct expected {
	uint32_t actions;
	const char *text;
} expected[] = {
	[EXPECT_PASS] = { ARRIVES, "lets a packet through" },
	[EXPECT_DROP] = { ACTION_BIT(XDP_DROP) | ACTION_BIT(XDP_ABORTED), "drops a packet" },
	[EXPECT_TX] = { ACTION_BIT(XDP_TX), "sends a packet back" },
	[EXPECT_REDIRECT] = { ACTION_BIT(XDP_REDIRECT), "sends a packet elsewhere" },
	[EXPECT_ABORTED] = { ACTION_BIT(XDP_ABORTED), "aborts a packet" },
};

/* The filter that is to decide can decide nothing of the kind. */
static void warn_by(struct walk *w, const struct step *step)
{
	const struct filter *f = &w->labfile->filters[step->by];
	const struct expected *want = &expected[step->expect];
	bool dead = filter_is_dead(f);
	char *FREE_AUTO why = NULL;

	if (!dead && filter_endings(f) & want->actions)
		return;
	if (dead)
		why = xstrdup("it matches none");
	else if (programs[f->program].shows)
		why = xstrdup("it has no opinion");
	else if (f->program == PROGRAM_OBJECT || ACTION_BIT(f->action) & want->actions)
		why = xstrdup("the chain goes on behind it (continue)");
	else
		why = text_format("its action is %s", action_name(f->action));
	ini_warn(&w->at, w->warnings, "filter %s never %s: %s", f->name, want->text, why);
}

/* What comes back to the sender may meet its chains, though what it sends does not. */
static bool may_answer(const struct step *step, const struct filter *f)
{
	const struct range own = { step->port, step->port }, ephemeral = { 32768, UINT16_MAX };

	return step->kind == STEP_PING ||
	       (step->kind == STEP_TCP && filter_takes_tcp(f, own, ephemeral));
}

static void warn_sender(struct walk *w, const struct step *step)
{
	const struct topology *topo = &w->labfile->topo;
	const struct filter *f = step->by == NONE ? NULL : &w->labfile->filters[step->by];
	size_t node = step->at != NONE && !step_arrives_at(step) ? topo->ifaces[step->at].node
		      : f					 ? w->stands[step->by]
								 : w->chains;

	if (node != step->src || (w->turns != NONE && w->turns != node))
		return;
	if (f ? may_answer(step, f) : step->expect == EXPECT_PASS || step->kind != STEP_UDP)
		return;
	ini_warn(
		&w->at, w->warnings,
		"%s%s stands only at %s, which sends it: XDP sees what comes in, and not what goes "
		"out",
		f ? "filter " : "each chain", f ? f->name : "", topo->nodes[node].name);
}

/* As far as the file has its bytes, and the interface's MAC. */
static void warn_frame(struct walk *w, const struct step *step)
{
	const struct packet_config *p = &w->labfile->packets[step->packet];
	const struct iface *from = &w->labfile->topo.ifaces[step->from];

	if (!p->bytes || !from->has_mac || memcmp(p->bytes, from->mac, sizeof(from->mac)) != 0)
		return;
	ini_warn(&w->at, w->warnings,
		 "the destination MAC of packet %s is that of %s, out of which it goes: no other "
		 "node takes it",
		 p->name, from->id);
}

static void warn_step(struct walk *w, const struct step *step)
{
	w->at.key = step->read_from;
	if (step->kind == STEP_DO && step->change.kind == CHANGE_CHAIN) {
		warn_scenario_chain(w, &step->change.chain);
	} else if (step_is_traffic(step) || step->kind == STEP_GIVE) {
		if (step->by != NONE)
			warn_by(w, step);
		if (step_is_traffic(step))
			warn_sender(w, step);
		if (step->kind == STEP_FRAME)
			warn_frame(w, step);
	}
}

static void warn_scenario(struct walk *w, const struct scenario *s)
{
	const struct labfile *labfile = w->labfile;

	w->warm = s->warm;
	w->chains = w->turns = NONE;
	for (size_t i = 0; i < labfile->n_filters; i++)
		w->stands[i] = NONE;
	for (size_t i = 0; i < labfile->topo.n_ifaces; i++)
		w->on[i] = NULL;
	for (size_t i = 0; i < labfile->n_chains; i++)
		if (labfile_chain_stays(s, &labfile->chains[i]))
			place(w, &labfile->chains[i]);
	for (size_t i = 0; i < s->n_chains; i++) {
		w->at.key = s->chains[i].read_from;
		warn_scenario_chain(w, &s->chains[i]);
	}
	for (size_t i = 0; i < s->n_steps; i++)
		warn_step(w, &s->steps[i]);
}

void labfile_warn(const struct labfile *labfile, struct error *warnings)
{
	size_t *FREE_AUTO stands = xcalloc(labfile->n_filters + 1, sizeof(*stands));
	uint32_t *FREE_AUTO kinds = xcalloc(labfile->n_filters + 1, sizeof(*kinds));
	const struct chain_config **FREE_AUTO own =
		xcalloc(labfile->topo.n_ifaces + 1, sizeof(struct chain_config *));
	const struct chain_config **FREE_AUTO on =
		xcalloc(labfile->topo.n_ifaces + 1, sizeof(struct chain_config *));
	struct walk w = { .labfile = labfile,
			  .warnings = warnings,
			  .at = { .ini = &labfile->ini },
			  .kinds = kinds,
			  .own = own,
			  .stands = stands,
			  .on = on };
	size_t filter = 0, scenario = 0;

	for (size_t i = 0; i < labfile->n_filters; i++)
		kinds[i] = filter_kinds(&labfile->filters[i]);
	for (size_t i = 0; i < labfile->ini.n_sections && !ini_gave_up(warnings); i++) {
		w.at.section = &labfile->ini.sections[i];
		w.warm = false;
		if (!strcmp(w.at.section->kind, "filter"))
			warn_filter(&w, &labfile->filters[filter++]);
		else if (!strcmp(w.at.section->kind, "iface"))
			warn_iface(&w);
		else if (!strcmp(w.at.section->kind, "scenario"))
			warn_scenario(&w, &labfile->scenarios[scenario++]);
	}
	inifile_sort_errors(&labfile->ini, warnings);
}
