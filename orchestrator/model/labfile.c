// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab file's model: freed, and looked up in. It is made by labfile_read.c. */
#include "orchestrator/model/labfile.h"

#include <stdlib.h>

#include "lab/text.h"

static void filter_clear(struct filter *f)
{
	for (size_t i = 0; i < f->n_settings; i++) {
		free(f->settings[i].name);
		free(f->settings[i].value);
	}
	free(f->settings);
	for (size_t i = 0; i < f->n_presets; i++) {
		free(f->presets[i].name);
		free(f->presets[i].key);
		free(f->presets[i].value);
	}
	free(f->presets);
	free(f->name);
	free(f->object);
	free(f->function);
	free(f->keys);
	free(f->expr);
	free(f->rules);
	names_clear(&f->values);
}

static void step_clear(struct step *step)
{
	for (char **word = step->argv; word && *word; word++)
		free(*word);
	free(step->argv);
	free(step->receivers);
	free(step->except);
	free(step->map.map);
	free(step->map.key);
	free(step->map.value);
	free(step->map.field);
	free(step->change.rule);
	free(step->change.chain.filters);
	free(step->text);
	free(step->line_text);
}

static void scenario_clear(struct scenario *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		step_clear(&s->steps[i]);
	for (size_t i = 0; i < s->n_chains; i++)
		free(s->chains[i].filters);
	free(s->steps);
	free(s->chains);
	free(s->name);
	free(s->about);
}

void labfile_clear(struct labfile *labfile)
{
	for (size_t i = 0; i < labfile->n_filters; i++)
		filter_clear(&labfile->filters[i]);
	for (size_t i = 0; i < labfile->n_scenarios; i++)
		scenario_clear(&labfile->scenarios[i]);
	for (size_t i = 0; i < labfile->n_chains; i++)
		free(labfile->chains[i].filters);
	for (size_t i = 0; i < labfile->n_packets; i++) {
		free(labfile->packets[i].name);
		free(labfile->packets[i].bytes);
		free(labfile->packets[i].capture);
	}
	free(labfile->packets);
	free(labfile->filters);
	free(labfile->scenarios);
	free(labfile->chains);
	free(labfile->modes);
	names_clear(&labfile->filter_names);
	names_clear(&labfile->scenario_names);
	names_clear(&labfile->packet_names);
	topology_clear(&labfile->topo);
	inifile_clear(&labfile->ini);
	*labfile = (struct labfile){ 0 };
}

size_t labfile_filter(const struct labfile *labfile, const char *name)
{
	return names_find(&labfile->filter_names, name);
}

size_t labfile_scenario(const struct labfile *labfile, const char *name)
{
	return names_find(&labfile->scenario_names, name);
}

size_t labfile_packet(const struct labfile *labfile, const char *name)
{
	return names_find(&labfile->packet_names, name);
}

const char *labfile_next_filter(void *labfile, size_t i)
{
	const struct labfile *s = labfile;

	return i < s->n_filters ? s->filters[i].name : NULL;
}

const char *labfile_next_scenario(void *labfile, size_t i)
{
	const struct labfile *s = labfile;

	return i < s->n_scenarios ? s->scenarios[i].name : NULL;
}

const char *labfile_next_packet(void *labfile, size_t i)
{
	const struct labfile *s = labfile;

	return i < s->n_packets ? s->packets[i].name : NULL;
}

bool step_is_nc_or_ping(const struct step *step)
{
	return step->kind == STEP_PING || step->kind == STEP_UDP || step->kind == STEP_TCP;
}

bool step_is_traffic(const struct step *step)
{
	return step_is_nc_or_ping(step) || step->kind == STEP_FRAME;
}

bool step_arrives_at(const struct step *step)
{
	return step->kind == STEP_FRAME && step->expect == EXPECT_PASS;
}

bool step_names_receiver(const struct step *step, size_t node)
{
	for (size_t i = 0; i < step->n_receivers; i++)
		if (step->receivers[i] == node)
			return true;
	return false;
}

static const struct chain_config *find_chain(const struct chain_config *chains, size_t n,
					     size_t iface)
{
	for (size_t i = 0; i < n; i++)
		if (chains[i].iface == iface)
			return &chains[i];
	return NULL;
}

bool labfile_chain_stays(const struct scenario *scenario, const struct chain_config *chain)
{
	return !find_chain(scenario->chains, scenario->n_chains, chain->iface);
}

const struct chain_config *labfile_chain(const struct labfile *labfile,
					 const struct scenario *scenario, size_t iface)
{
	const struct chain_config *chain = NULL;

	if (scenario)
		chain = find_chain(scenario->chains, scenario->n_chains, iface);
	return chain ? chain : find_chain(labfile->chains, labfile->n_chains, iface);
}

char *labfile_why_not(const struct labfile *labfile, size_t iface, size_t filter)
{
	const struct filter *f = &labfile->filters[filter];
	const struct iface *to =
		f->redirect_to == NONE ? NULL : &labfile->topo.ifaces[f->redirect_to];

	if (!to || to->peer != iface)
		return NULL;
	return text_format("filter %s sends every packet to %s, from where it comes back to %s, "
			   "round and round",
			   f->name, to->id, labfile->topo.ifaces[iface].id);
}
