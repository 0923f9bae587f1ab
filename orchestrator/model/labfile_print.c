// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab file in canonical form: defaults left out, one form for each value. */
#include "orchestrator/model/labfile_print.h"

#include <linux/bpf.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/field.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/program.h"
#include "orchestrator/model/rule.h"
#include "orchestrator/model/step_tail.h"
#include "orchestrator/model/step_words.h"

static void print_lab(const struct labfile *labfile, FILE *out)
{
	const struct topology *topo = &labfile->topo;

	(void)fprintf(out, "[lab]\nname = %s\n", topo->name);
	if (*topo->about)
		(void)fprintf(out, "about = %s\n", topo->about);
	if (labfile->engine != ENGINE_AUTO)
		(void)fprintf(out, "engine = %s\n", enum_name(engine_names, labfile->engine));
}

static void print_bridge(const struct topology *topo, size_t bridge, FILE *out)
{
	const struct bridge *b = &topo->bridges[bridge];
	char buf[PREFIX_TEXT];

	(void)fprintf(out, "\n[bridge %s]\n", b->name);
	if (b->stp)
		(void)fputs("stp = yes\n", out);
	for (size_t i = 0; i < topo->n_uplinks; i++)
		if (topo->uplinks[i].bridges[0] == bridge)
			(void)fprintf(out, "uplink = %s\n",
				      topo->bridges[topo->uplinks[i].bridges[1]].name);
	for (size_t i = 0; i < b->n_addresses; i++)
		(void)fprintf(out, "address = %s\n", prefix_text(&b->addresses[i], buf));
}

static void print_node(const struct topology *topo, const struct node *n, FILE *out)
{
	char buf[PREFIX_TEXT];

	(void)fprintf(out, "\n[node %s]\n", n->name);
	if (n->forward)
		(void)fputs("forward = yes\n", out);
	for (size_t i = 0; i < n->n_routes; i++) {
		const struct route *r = &n->routes[i];

		(void)fprintf(out, "route = %s", prefix_text(&r->to, buf));
		if (r->has_via)
			(void)fprintf(out, " via %s", address_text(&r->via, buf));
		if (r->dev != NONE)
			(void)fprintf(out, " dev %s", topo->ifaces[r->dev].name);
		(void)fputc('\n', out);
	}
	for (size_t i = 0; i < n->n_sysctls; i++)
		(void)fprintf(out, "sysctl = %s = %s\n", n->sysctls[i].name, n->sysctls[i].value);
}

static void print_chain(const struct chain_config *chain, FILE *out)
{
	for (size_t i = 0; i < chain->n_filters; i++)
		(void)fprintf(out, " %s", chain->filters[i]);
	(void)fputc('\n', out);
}

static void print_iface(const struct labfile *labfile, size_t i, FILE *out)
{
	const struct topology *topo = &labfile->topo;
	const struct iface *f = &topo->ifaces[i];
	const struct chain_config *chain = labfile_chain(labfile, NULL, i);
	char *FREE_AUTO impairment = NULL;
	char buf[PREFIX_TEXT];

	(void)fprintf(out, "\n[iface %s]\n", f->id);
	if (f->bridge != NONE)
		(void)fprintf(out, "bridge = %s\nport = %s\n", topo->bridges[f->bridge].name,
			      f->port);
	else if (f->peer != NONE)
		(void)fprintf(out, "peer = %s\n", topo->ifaces[f->peer].id);
	else if (f->vlan)
		(void)fprintf(out, "vlan = %u\nlink = %s\n", f->vlan, topo->ifaces[f->link].name);
	for (size_t j = 0; j < f->n_addresses; j++)
		(void)fprintf(out, "address = %s\n", prefix_text(&f->addresses[j], buf));
	if (f->has_mac)
		(void)fprintf(out, "mac = %s\n", mac_text(f->mac, buf));
	if (f->mtu)
		(void)fprintf(out, "mtu = %u\n", f->mtu);
	impairment = impairment_text(&f->impairment, " = ", "\n");
	if (*impairment)
		(void)fprintf(out, "%s\n", impairment);
	if (labfile->modes[i] != XDP_MODE_CHOICE_NATIVE)
		(void)fprintf(out, "mode = %s\n", enum_name(mode_names, labfile->modes[i]));
	if (chain) {
		(void)fputs("chain =", out);
		print_chain(chain, out);
	}
}

#define RULES_WIDTH 1000 /* bytes of a line, at which a key begins another */

/* A line a key, in whose order the rules came, or more. */
static void print_rules(const struct filter *f, FILE *out)
{
	for (size_t key = 0; key < f->n_keys; key++) {
		int width = 0;

		for (size_t i = 0; i < f->n_rules; i++) {
			char *FREE_AUTO value = NULL;

			if (f->rules[i].key != key)
				continue;
			if (width > RULES_WIDTH) {
				(void)fputc('\n', out);
				width = 0;
			}
			value = rule_value(f->keys, &f->rules[i]);
			width += fprintf(out, "%s%s%s", width ? "" : f->keys[key].name,
					 width ? " " : " = ", value);
		}
		if (width)
			(void)fputc('\n', out);
	}
}

static void print_continue(const struct filter *f, FILE *out)
{
	bool none = f->continues == FILTER_CONTINUES_NONE;

	if (f->continues == program_continues(f->program))
		return;
	(void)fputs(none ? "continue = none" : "continue =", out);
	for (const struct enum_name *w = action_names; w->name; w++)
		if (f->continues & UINT32_C(1) << w->value)
			(void)fprintf(out, " %s", w->name);
	(void)fputc('\n', out);
}

/* Relative to the lab file where it lies below its folder, and always recognisable as a path. */
static void print_object(const struct labfile *labfile, const struct filter *f, FILE *out)
{
	size_t len = strlen(labfile->ini.dir);
	const char *path = f->object;
	bool below = !strncmp(path, labfile->ini.dir, len) && path[len] == '/';

	if (below)
		path += len + 1;
	(void)fprintf(out, "program = %s%s%s%s\n", below && strncmp(path, "./", 2) != 0 ? "./" : "",
		      path, f->function ? ":" : "", f->function ? f->function : "");
	for (size_t i = 0; i < f->n_settings; i++)
		(void)fprintf(out, "set.%s = %s\n", f->settings[i].name, f->settings[i].value);
	for (size_t i = 0; i < f->n_presets; i++)
		(void)fprintf(out, "map.%s = %s -> %s\n", f->presets[i].name, f->presets[i].key,
			      f->presets[i].value);
}

static void print_filter(const struct labfile *labfile, const struct filter *f, FILE *out)
{
	(void)fprintf(out, "\n[filter %s]\n", f->name);
	if (f->program == PROGRAM_OBJECT)
		print_object(labfile, f, out);
	else
		(void)fprintf(out, "program = %s\n", programs[f->program].name);
	print_rules(f, out);
	if (f->expr)
		(void)fprintf(out, "expr = %s\n", f->expr);
	if (f->redirect_to != NONE)
		(void)fprintf(out, "to = %s\n", labfile->topo.ifaces[f->redirect_to].id);
	if (f->action != programs[f->program].action)
		(void)fprintf(out, "action = %s\n", action_name(f->action));
	print_continue(f, out);
}

/* As it is written, with its layers in their order. */
static void print_packet(const struct packet_config *p, FILE *out)
{
	const struct ini_section *s = p->read_from;

	(void)fprintf(out, "\n[packet %s]\n", p->name);
	for (size_t i = 0; i < s->n_keys; i++)
		(void)fprintf(out, "%s = %s\n", s->keys[i].name, s->keys[i].value);
}

static void print_text(const char *text, bool quotes, FILE *out)
{
	if (!quotes) {
		(void)fprintf(out, " %s", text);
		return;
	}
	(void)fputs(" \"", out);
	for (; *text; text++)
		(void)fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	(void)fputc('"', out);
}

static void print_destination(const struct topology *topo, const struct step *s, FILE *out)
{
	bool bracket = s->dst == NONE && s->kind != STEP_PING && s->address.family == AF_INET6;
	char buf[ADDRESS_TEXT];

	(void)fprintf(out, " %s%s", bracket ? "[" : "",
		      s->dst == NONE ? address_text(&s->address, buf) : topo->nodes[s->dst].name);
	if (s->dst == NONE && s->zone != NONE)
		(void)fprintf(out, "%%%s", topo->ifaces[s->zone].name);
	if (bracket)
		(void)fputc(']', out);
	if (s->kind != STEP_PING)
		(void)fprintf(out, ":%u", s->port);
}

/* As its options stand in a lab file, those at their default left out. */
static void print_tail(const struct labfile *labfile, const struct scenario *scenario,
		       const struct step *s, FILE *out)
{
	if (step_is_traffic(s) && s->count != 1)
		(void)fprintf(out, " count=%u", s->count);
	if (s->kind == STEP_PING && s->size != 56)
		(void)fprintf(out, " size=%u", s->size);
	if (s->by != NONE)
		(void)fprintf(out, " by %s", labfile->filters[s->by].name);
	if (s->at != NONE && s->kind != STEP_GIVE)
		(void)fprintf(out, " at %s", labfile->topo.ifaces[s->at].id);
	for (size_t i = 0; i < s->n_receivers; i++)
		(void)fprintf(out, "%s%s", i ? "|" : " at ",
			      labfile->topo.nodes[s->receivers[i]].name);
	if (s->as != NONE)
		(void)fprintf(out, " as %s", labfile->packets[s->as].name);
	if (s->except)
		(void)fputs(" except", out);
	for (enum xlab_field f = 0; s->except && f < XLAB_FIELDS; f++)
		if (s->except[f])
			(void)fprintf(out, " %s", fields[f].name);
	if (s->arrive_max)
		(void)fprintf(out, " arrive=%u", s->arrive_min);
	if (s->arrive_max != s->arrive_min)
		(void)fprintf(out, "..%u", s->arrive_max);
	if (s->flows)
		(void)fprintf(out, " flows=%u", s->flows);
	if (s->each)
		(void)fprintf(out, " each>=%u%%", s->each);
	if (s->control != scenario->control)
		(void)fprintf(out, " control=%s", enum_name(control_names, s->control));
	if (s->warm && !scenario->warm)
		(void)fputs(" warm", out);
	(void)fputc('\n', out);
}

static void print_traffic(const struct labfile *labfile, const struct scenario *scenario,
			  const struct step *s, FILE *out)
{
	(void)fprintf(out, "%s = %s %s", enum_name(expect_names, s->expect),
		      enum_name(step_names, s->kind), labfile->topo.nodes[s->src].name);
	print_destination(&labfile->topo, s, out);
	if (s->kind != STEP_PING)
		print_text(s->text, step_text_needs_quotes(s->text), out);
	print_tail(labfile, scenario, s, out);
}

static void print_frame(const struct labfile *labfile, const struct scenario *scenario,
			const struct step *s, FILE *out)
{
	const struct iface *ifaces = labfile->topo.ifaces;
	const char *expect = enum_name(expect_names, s->expect);
	const char *packet = labfile->packets[s->packet].name;

	if (s->kind == STEP_GIVE)
		(void)fprintf(out, "give = %s %s => %s", ifaces[s->at].id, packet, expect);
	else
		(void)fprintf(out, "%s = frame %s %s", expect, ifaces[s->from].id, packet);
	print_tail(labfile, scenario, s, out);
}

static void print_command(const struct labfile *labfile, const struct step *s, FILE *out)
{
	if (s->kind == STEP_EXEC)
		(void)fprintf(out, "%s = exec", enum_name(expect_names, s->expect));
	else
		(void)fputs("serve =", out);
	(void)fprintf(out, " %s", labfile->topo.nodes[s->src].name);
	for (char **word = s->argv; *word; word++)
		print_text(*word, step_word_needs_quotes(*word), out);
	if (s->kind == STEP_SERVE)
		(void)fprintf(out, " until %s:%u", enum_name(proto_names, s->proto), s->port);
	(void)fputc('\n', out);
}

static void print_change(const struct labfile *labfile, const struct step *s, FILE *out)
{
	const struct change *c = &s->change;

	if (c->kind != CHANGE_CHAIN) {
		(void)fprintf(out, "do = filter %s %s %s\n", labfile->filters[s->by].name,
			      c->kind == CHANGE_RULE_ADD ? "add" : "del", c->rule);
		return;
	}
	(void)fprintf(out, "do = chain %s", labfile->topo.ifaces[c->chain.iface].id);
	print_chain(&c->chain, out);
}

static void print_map(const struct labfile *labfile, const struct step *s, FILE *out)
{
	const struct map_expectation *m = &s->map;

	(void)fprintf(out, "map = %s.%s[%s]%s%s %s", labfile->filters[s->by].name, m->map, m->key,
		      m->field ? "." : "", m->field ? m->field : "", m->op);
	print_text(m->value, step_rest_needs_quotes(m->value), out);
	(void)fputc('\n', out);
}

static void print_rest(const char *key, const char *where, const struct step *s, FILE *out)
{
	(void)fprintf(out, "%s = %s", key, where);
	print_text(s->text, step_rest_needs_quotes(s->text), out);
	(void)fputc('\n', out);
}

static void print_step(const struct labfile *labfile, const struct scenario *scenario,
		       const struct step *s, FILE *out)
{
	switch (s->kind) {
	case STEP_SEE:
		print_rest("see", labfile->topo.ifaces[s->at].id, s, out);
		break;
	case STEP_REJECT:
		print_rest("reject", labfile->filters[s->by].name, s, out);
		break;
	case STEP_EXEC:
	case STEP_SERVE:
		print_command(labfile, s, out);
		break;
	case STEP_MAP:
		print_map(labfile, s, out);
		break;
	case STEP_FRAME:
	case STEP_GIVE:
		print_frame(labfile, scenario, s, out);
		break;
	case STEP_DO:
		print_change(labfile, s, out);
		break;
	default:
		print_traffic(labfile, scenario, s, out);
	}
}

static void print_scenario(const struct labfile *labfile, const struct scenario *scenario,
			   FILE *out)
{
	(void)fprintf(out, "\n[scenario %s]\n", scenario->name);
	if (*scenario->about)
		(void)fprintf(out, "about = %s\n", scenario->about);
	for (size_t i = 0; i < scenario->n_chains; i++) {
		(void)fprintf(out, "chain = %s",
			      labfile->topo.ifaces[scenario->chains[i].iface].id);
		print_chain(&scenario->chains[i], out);
	}
	if (scenario->control != CONTROL_PASS)
		(void)fprintf(out, "control = %s\n", enum_name(control_names, scenario->control));
	if (scenario->warm)
		(void)fputs("neighbours = warm\n", out);
	for (size_t i = 0; i < scenario->n_steps; i++)
		print_step(labfile, scenario, &scenario->steps[i], out);
}

void labfile_print(const struct labfile *labfile, FILE *out)
{
	const struct topology *topo = &labfile->topo;

	print_lab(labfile, out);
	for (size_t i = 0; i < topo->n_bridges; i++)
		print_bridge(topo, i, out);
	for (size_t i = 0; i < topo->n_nodes; i++)
		print_node(topo, &topo->nodes[i], out);
	for (size_t i = 0; i < topo->n_ifaces; i++)
		print_iface(labfile, i, out);
	for (size_t i = 0; i < labfile->n_filters; i++)
		if (labfile->filters[i].line)
			print_filter(labfile, &labfile->filters[i], out);
	for (size_t i = 0; i < labfile->n_packets; i++)
		print_packet(&labfile->packets[i], out);
	for (size_t i = 0; i < labfile->n_scenarios; i++)
		print_scenario(labfile, &labfile->scenarios[i], out);
}
