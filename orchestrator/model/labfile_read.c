// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lab file as a whole: the topology, then filters, chains and scenarios, each
 * kind when all that it can name is known. Errors never end the reading early,
 * so that all of a file's are reported at once. What each kind may hold is in
 * the files of its name.
 */
#include "orchestrator/model/labfile_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/topology_read.h"
#include "orchestrator/model/filter.h"
#include "orchestrator/model/labfile_common.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/packet_config.h"
#include "orchestrator/model/program.h"
#include "orchestrator/model/scenario_read.h"

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

	if (!err && mode == XDP_MODE_CHOICE_NATIVE && r->current != NONE &&
	    r->labfile->topo.ifaces[r->current].vlan)
		return ini_complain(
			at, e,
			"a VLAN interface takes no native XDP: mode = generic, which is "
			"the default there, or a chain at the interface it is over");
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
	*chain = (struct chain_config){ .iface = r->current, .read_from = at->key };
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
	  .help = "XDP in the driver, or behind it; default native, of a VLAN generic",
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
#define BUILTIN(id, ...) &programs[PROGRAM_##id].section,
#include "orchestrator/model/builtins.h"
	&programs[PROGRAM_OBJECT].section,
	&packet_table,
	&scenario_table,
	&steps_table,
	NULL,
};

/* A name that is none is told, and its section read all the same. -E2BIG: there are too many. */
static int check_heading(const struct ini_where *at, size_t n, size_t max, struct error *e)
{
	const struct ini_section *s = at->section;
	const char *why;

	if (n == max) {
		(void)ini_complain(at, e, "a lab has at most %zu %ss; what follows was not read",
				   max, s->kind);
		return -E2BIG;
	}
	if (text_name(s->name, NAME_MAX_LEN, &why))
		return ini_complain(at, e, "\"%.100s\" is no name for a %s: %s", s->name, s->kind,
				    why);
	return 0;
}

static void add_scenario(struct labfile *labfile, const struct ini_section *s)
{
	struct scenario *scenario =
		array_add(&labfile->scenarios, &labfile->n_scenarios, sizeof(*scenario));

	*scenario = (struct scenario){
		.name = xstrdup(s->name),
		.about = xstrdup(""),
		.read_from = s,
	};
	(void)names_add(&labfile->scenario_names, s->name, labfile->n_scenarios - 1, NULL);
}

static void add_packet(struct labfile *labfile, const struct ini_section *s)
{
	struct packet_config *packet =
		array_add(&labfile->packets, &labfile->n_packets, sizeof(*packet));

	*packet = (struct packet_config){ .name = xstrdup(s->name), .read_from = s };
	(void)names_add(&labfile->packet_names, s->name, labfile->n_packets - 1, NULL);
}

/* -E2BIG: there are too many of a kind. */
static int read_headings(struct labfile *labfile, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < labfile->ini.n_sections && err != -E2BIG; i++) {
		const struct ini_section *s = &labfile->ini.sections[i];
		const struct ini_where at = { .ini = &labfile->ini, .section = s };
		int one = 0;

		if (!strcmp(s->kind, "filter")) {
			one = check_heading(&at, labfile->n_filters, LABFILE_FILTERS_MAX, e);
			(void)filter_add(labfile, s->name, s->line);
		} else if (!strcmp(s->kind, "scenario")) {
			one = check_heading(&at, labfile->n_scenarios, LABFILE_SCENARIOS_MAX, e);
			add_scenario(labfile, s);
		} else if (!strcmp(s->kind, "packet")) {
			one = check_heading(&at, labfile->n_packets, LABFILE_PACKETS_MAX, e);
			add_packet(labfile, s);
		}
		err = one ? one : err;
	}
	filter_add_builtins(labfile);
	return err;
}

static int read_lab(struct labfile_reading *r, const struct ini_section *s, struct error *e)
{
	return ini_section_read(&r->labfile->ini, s, lab_keys, r, e);
}

static int read_iface(struct labfile_reading *r, const struct ini_section *s, struct error *e)
{
	const char *colon = strchr(s->name, ':');

	if (colon && !strcmp(colon, ":lo")) /* no chain stands there, as was told */
		return 0;
	r->current = topology_iface(&r->labfile->topo, s->name);
	r->chains_doubtful |= s->broken;
	return ini_section_read(&r->labfile->ini, s, iface_keys, r, e);
}

typedef int section_reader(struct labfile_reading *r, const struct ini_section *s, struct error *e);

static int read_sections(struct labfile_reading *r, const char *kind, section_reader *read,
			 struct error *e)
{
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < r->labfile->ini.n_sections && !ini_gave_up(e); i++) {
		const struct ini_section *s = &r->labfile->ini.sections[i];

		if (strcmp(s->kind, kind) != 0)
			continue;
		r->current = n++;
		if (read(r, s, e))
			err = -EINVAL;
	}
	return err;
}

static int read_labfile(struct labfile_reading *r, struct error *e)
{
	static const struct {
		const char *kind;
		section_reader *read;
	} order[] = {
		{ "lab", read_lab },	       { "filter", filter_read },
		{ "iface", read_iface },       { "packet", packet_config_read },
		{ "scenario", scenario_read },
	};
	int err = read_headings(r->labfile, e);

	if (err == -E2BIG)
		return err;
	r->stands = xcalloc(r->labfile->n_filters + 1, sizeof(*r->stands));
	r->changed = xcalloc(r->labfile->topo.n_ifaces + 1, sizeof(*r->changed));
	r->labfile->modes = xcalloc(r->labfile->topo.n_ifaces + 1, sizeof(*r->labfile->modes));
	for (size_t i = 0; i < r->labfile->topo.n_ifaces; i++)
		if (r->labfile->topo.ifaces[i].vlan)
			r->labfile->modes[i] = XDP_MODE_CHOICE_GENERIC;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (read_sections(r, order[i].kind, order[i].read, e))
			err = -EINVAL;
	return ini_report_unknown(&r->labfile->ini, labfile_tables, e) ? -EINVAL : err;
}

int labfile_check(struct labfile *labfile, int ini_err, struct error *e)
{
	struct labfile_reading r = { .labfile = labfile };
	int err = ini_err;

	if (ini_err && !labfile->ini.n_sections)
		return ini_err;
	ini_mark_broken(&labfile->ini, labfile_tables);
	if (topology_read(&labfile->topo, &labfile->ini, e))
		err = -EINVAL;
	/* With too many nodes the rest would only be told of unknown names. */
	if (labfile->topo.name && read_labfile(&r, e))
		err = -EINVAL;
	free(r.stands);
	free(r.changed);
	inifile_sort_errors(&labfile->ini, e);
	if (!err)
		labfile_find_common(labfile);
	return err;
}

int labfile_parse_topology(struct labfile *labfile, const char *path, const char *dir,
			   const char *text, size_t len, struct error *e)
{
	int err;

	*labfile = (struct labfile){ 0 };
	err = inifile_parse(&labfile->ini, path, dir, text, len, e);
	return err ? err : topology_read(&labfile->topo, &labfile->ini, e);
}

int labfile_parse(struct labfile *labfile, const char *path, const char *dir, const char *text,
		  size_t len, struct error *e)
{
	*labfile = (struct labfile){ 0 };
	return labfile_check(labfile, inifile_parse(&labfile->ini, path, dir, text, len, e), e);
}
