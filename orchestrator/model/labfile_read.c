// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/model/labfile_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/topology_read.h"
#include "orchestrator/model/filter.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/scenario_read.h"

/*
 * A lab file as a whole: the topology, then filters, chains and scenarios, each
 * kind when all that it can name is known. Errors never end the reading early,
 * so that all of a file's are reported at once.
 */

static int read_engine(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	uint32_t engine;
	int err = labfile_read_enum(at, "an engine", value, engine_names, &engine, e);

	if (!err)
		r->labfile->engine = (enum engine_choice)engine;
	return err;
}

static int read_mode(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	uint32_t mode;
	int err = labfile_read_enum(at, "a mode", value, mode_names, &mode, e);

	if (!err && r->current != NONE)
		r->labfile->modes[r->current] = (enum xdp_mode)mode;
	return err;
}

static int read_chain(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	struct labfile *labfile = r->labfile;
	struct chain_config *chain;
	int err;

	if (r->current == NONE)
		return -EINVAL;
	chain = array_add(&labfile->chains, &labfile->n_chains, sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	*chain = (struct chain_config){ .iface = r->current, .line = at->key->line };
	err = chain_read_filters(at, value, labfile, chain, e);
	r->chains_doubtful |= err != 0;
	return err;
}

static const struct ini_key_spec lab_keys[] = {
	{ .name = "engine",
	  .allowed = "auto, libxdp or inline",
	  .help = "what carries the chains; default auto",
	  .read = read_engine },
	{ 0 },
};

static const struct ini_key_spec iface_keys[] = {
	{ .name = "mode",
	  .allowed = "native or generic",
	  .help = "XDP in the driver, or behind it; default native",
	  .read = read_mode },
	{ .name = "chain",
	  .allowed = "names of [filter]s, first to last",
	  .help = "filters, first to last, attached by up",
	  .read = read_chain },
	{ 0 },
};

static const struct ini_section_spec lab_table = {
	.kind = "lab",
	.help = "how its chains are carried",
	.keys = lab_keys,
};

static const struct ini_section_spec iface_table = {
	.kind = "iface",
	.argument = "NODE:NAME",
	.help = "the interface's chain",
	.keys = iface_keys,
};

const struct ini_section_spec *const labfile_tables[] = {
	&topology_lab_table,
	&lab_table,
	&topology_node_table,
	&topology_bridge_table,
	&topology_iface_table,
	&iface_table,
	&filter_table,
	&program_tables[0],
	&program_tables[1],
	&program_tables[2],
	&program_tables[3],
	&program_tables[4],
	&scenario_table,
	&steps_table,
	NULL,
};

static int check_heading(const struct ini_where *at, const char *what, size_t n, size_t max,
			 struct error *e)
{
	const char *why;

	if (n == max) {
		(void)ini_complain(at, e, "a lab has at most %zu %ss; what follows was not read",
				   max, what);
		return -E2BIG;
	}
	if (text_name(at->section->name, NAME_MAX_LEN, &why))
		return ini_complain(at, e, "\"%.100s\" is no name for a %s: %s", at->section->name,
				    what, why);
	return 0;
}

static int add_filter(struct labfile *labfile, const struct ini_where *at, struct error *e)
{
	const struct ini_section *s = at->section;
	int err = check_heading(at, "filter", labfile->n_filters, LABFILE_FILTERS_MAX, e);

	if (err == -E2BIG)
		return err;
	return filter_add(labfile, s->name, s->line) ? err : -ENOMEM;
}

static int add_scenario(struct labfile *labfile, const struct ini_where *at, struct error *e)
{
	const struct ini_section *s = at->section;
	int err = check_heading(at, "scenario", labfile->n_scenarios, LABFILE_SCENARIOS_MAX, e);
	struct scenario *scenario;

	if (err == -E2BIG)
		return err;
	scenario = array_add(&labfile->scenarios, &labfile->n_scenarios, sizeof(*scenario));
	if (!scenario)
		return -ENOMEM;
	*scenario = (struct scenario){
		.name = strdup(s->name),
		.about = strdup(""),
		.line = s->line,
	};
	if (!scenario->name || !scenario->about ||
	    names_add(&labfile->scenario_names, s->name, labfile->n_scenarios - 1, NULL))
		return -ENOMEM;
	return err;
}

static int read_headings(struct labfile *labfile, struct error *e)
{
	int err = 0, one = 0;

	for (size_t i = 0; i < labfile->ini.n_sections; i++) {
		const struct ini_section *s = &labfile->ini.sections[i];
		const struct ini_where at = { .ini = &labfile->ini, .section = s };

		if (!strcmp(s->kind, "filter"))
			one = add_filter(labfile, &at, e);
		else if (!strcmp(s->kind, "scenario"))
			one = add_scenario(labfile, &at, e);
		if (one == -ENOMEM || one == -E2BIG)
			return one;
		err = one ? one : err;
	}
	one = filter_add_builtins(labfile);
	return one ? one : err;
}

static int read_lab(struct labfile_reading *r, const struct ini_section *s, struct error *e)
{
	return ini_section_read(&r->labfile->ini, s, lab_keys, r, e);
}

static int read_iface(struct labfile_reading *r, const struct ini_section *s, struct error *e)
{
	r->current = topology_iface(&r->labfile->topo, s->name);
	r->chains_doubtful |= s->broken;
	return ini_section_read(&r->labfile->ini, s, iface_keys, r, e);
}

static int read_sections(struct labfile_reading *r, const char *kind,
			 int (*read)(struct labfile_reading *r, const struct ini_section *s,
				     struct error *e),
			 struct error *e)
{
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < r->labfile->ini.n_sections && !ini_gave_up(e); i++) {
		const struct ini_section *s = &r->labfile->ini.sections[i];
		int one;

		if (strcmp(s->kind, kind) != 0)
			continue;
		r->current = n++;
		one = read(r, s, e);
		if (one == -ENOMEM)
			return one;
		err = one ? one : err;
	}
	return err;
}

static int read_labfile(struct labfile_reading *r, struct error *e)
{
	static const struct {
		const char *kind;
		int (*read)(struct labfile_reading *r, const struct ini_section *s,
			    struct error *e);
	} order[] = {
		{ "lab", read_lab },
		{ "filter", filter_read },
		{ "iface", read_iface },
		{ "scenario", scenario_read },
	};
	int err = read_headings(r->labfile, e);

	if (err == -ENOMEM || err == -E2BIG)
		return err;
	r->stands = calloc(r->labfile->n_filters + 1, sizeof(*r->stands));
	r->labfile->modes = calloc(r->labfile->topo.n_ifaces + 1, sizeof(*r->labfile->modes));
	if (!r->stands || !r->labfile->modes)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int one = read_sections(r, order[i].kind, order[i].read, e);

		if (one == -ENOMEM)
			return one;
		err = one ? one : err;
	}
	(void)ini_report_unknown(&r->labfile->ini, labfile_tables, e);
	return err;
}

int labfile_check(struct labfile *labfile, int ini_err, struct error *e)
{
	struct labfile_reading r = { .labfile = labfile };

	if (ini_err && !labfile->ini.n_sections)
		return ini_err;
	ini_mark_broken(&labfile->ini, labfile_tables);
	(void)topology_read(&labfile->topo, &labfile->ini, e);
	/* With too many nodes the rest would only be told of unknown names. */
	if (labfile->topo.name)
		(void)read_labfile(&r, e);
	free(r.stands);
	inifile_sort_errors(&labfile->ini, e);
	return e->kind == ERROR_NONE ? 0 : e->err;
}

int labfile_parse(struct labfile *labfile, const char *path, const char *dir, const char *text,
		  size_t len, struct error *e)
{
	*labfile = (struct labfile){ 0 };
	return labfile_check(labfile, inifile_parse(&labfile->ini, path, dir, text, len, e), e);
}
