/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/model/suite.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/xlab.h"

static void filter_clear(struct filter *f)
{
	for (size_t i = 0; i < f->n_settings; i++) {
		free(f->settings[i].name);
		free(f->settings[i].value);
	}
	free(f->settings);
	free(f->name);
	free(f->object);
	free(f->function);
	free(f->src_macs);
	free(f->dst_macs);
	free(f->types);
	free(f->src_nets);
	free(f->dst_nets);
	free(f->protos);
	free(f->src_ports);
	free(f->dst_ports);
}

static void scenario_clear(struct scenario *s)
{
	for (size_t i = 0; i < s->n_steps; i++) {
		free(s->steps[i].text);
		free(s->steps[i].line_text);
	}
	for (size_t i = 0; i < s->n_chains; i++)
		free(s->chains[i].filters);
	free(s->steps);
	free(s->chains);
	free(s->name);
	free(s->about);
}

void suite_clear(struct suite *suite)
{
	for (size_t i = 0; i < suite->n_filters; i++)
		filter_clear(&suite->filters[i]);
	for (size_t i = 0; i < suite->n_scenarios; i++)
		scenario_clear(&suite->scenarios[i]);
	for (size_t i = 0; i < suite->n_chains; i++)
		free(suite->chains[i].filters);
	free(suite->filters);
	free(suite->scenarios);
	free(suite->chains);
	free(suite->modes);
	names_clear(&suite->filter_names);
	names_clear(&suite->scenario_names);
	topology_clear(&suite->topo);
	inifile_clear(&suite->ini);
	*suite = (struct suite){ 0 };
}

size_t suite_filter(const struct suite *suite, const char *name)
{
	return names_find(&suite->filter_names, name);
}

size_t suite_scenario(const struct suite *suite, const char *name)
{
	return names_find(&suite->scenario_names, name);
}

const char *suite_name_filter(void *suite, size_t i)
{
	const struct suite *s = suite;

	return i < s->n_filters ? s->filters[i].name : NULL;
}

static const char *name_scenario(void *suite, size_t i)
{
	const struct suite *s = suite;

	return i < s->n_scenarios ? s->scenarios[i].name : NULL;
}

const char *suite_nearest_scenario(const struct suite *suite, const char *name)
{
	return text_nearest(name, name_scenario, (void *)suite);
}

const char *suite_nearest_filter(const struct suite *suite, const char *name)
{
	return text_nearest(name, suite_name_filter, (void *)suite);
}

char *suite_iface_name(const struct suite *suite, size_t iface)
{
	return strdup(suite->topo.ifaces[iface].id);
}

static const struct chain_config *find_chain(const struct chain_config *chains, size_t n,
					     size_t iface)
{
	for (size_t i = 0; i < n; i++)
		if (chains[i].iface == iface)
			return &chains[i];
	return NULL;
}

const struct chain_config *suite_chain(const struct suite *suite, const struct scenario *scenario,
				       size_t iface)
{
	const struct chain_config *chain = NULL;

	if (scenario)
		chain = find_chain(scenario->chains, scenario->n_chains, iface);
	return chain ? chain : find_chain(suite->chains, suite->n_chains, iface);
}
