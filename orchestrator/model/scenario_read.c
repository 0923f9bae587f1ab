// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [scenario S]: its chains first, then its steps, because a step names filters
 * and interfaces that must have a part in a chain of the scenario. The words of
 * a step are step_read.c's.
 */
#include "orchestrator/model/scenario_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/topology.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/program.h"
#include "orchestrator/model/step_change.h"
#include "orchestrator/model/step_command.h"
#include "orchestrator/model/step_frame.h"
#include "orchestrator/model/step_map.h"
#include "orchestrator/model/step_read.h"
#include "orchestrator/model/step_words.h"

static int read_about(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	struct scenario *s = &r->labfile->scenarios[r->current];

	(void)at;
	(void)e;
	free(s->about);
	s->about = xstrdup(value);
	return 0;
}

static int read_chain(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	struct scenario *s = &r->labfile->scenarios[r->current];
	struct chain_config *chain;
	size_t iface = NONE;
	int err = labfile_read_iface(at, &value, r->labfile, &iface, e);

	for (size_t i = 0; !err && i < s->n_chains; i++)
		if (s->chains[i].iface == iface)
			return ini_complain(at, e,
					    "%s has a chain in this scenario already, at "
					    "line %d",
					    r->labfile->topo.ifaces[iface].id,
					    s->chains[i].read_from->line);
	if (err)
		return err;
	chain = array_add(&s->chains, &s->n_chains, sizeof(*chain));
	*chain = (struct chain_config){ .iface = iface, .read_from = at->key };
	return chain_read_filters(at, value, r->labfile, chain, e);
}

static int read_control(const struct ini_where *at, const char *value, void *object,
			struct error *e)
{
	struct labfile_reading *r = object;
	uint32_t control;
	int err = labfile_read_enum(at, "a control", value, control_names, &control, e);

	if (!err)
		r->labfile->scenarios[r->current].control = (enum step_control)control;
	return err;
}

/* What the ends of a step know of their neighbours before it. */
static const struct enum_name neighbour_names[] = {
	{ "cold", false },
	{ "warm", true },
	{ NULL, 0 },
};

static int read_neighbours(const struct ini_where *at, const char *value, void *object,
			   struct error *e)
{
	struct labfile_reading *r = object;
	uint32_t warm;
	int err = labfile_read_enum(at, "a word for neighbours", value, neighbour_names, &warm, e);

	if (!err)
		r->labfile->scenarios[r->current].warm = warm;
	return err;
}

static int read_probe(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	uint32_t expect = EXPECT_PASS;

	(void)enum_value(expect_names, at->key->name, &expect); /* the keys are those names */
	return step_read(at, value, (enum step_expect)expect, object, e);
}

static bool shows_packets(const struct labfile *labfile, const struct chain_config *chain)
{
	for (size_t i = 0; chain && i < chain->n_filters; i++) {
		size_t f = labfile_filter(labfile, chain->filters[i]);

		if (programs[labfile->filters[f].program].shows)
			return true;
	}
	return false;
}

static int read_see(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	const struct labfile *labfile = r->labfile;
	struct step *step = step_add(at, r);
	int err;

	step->kind = STEP_SEE;
	err = labfile_read_iface(at, &value, labfile, &step->at, e);
	err = err ? err : step_read_rest(at, "the TEXT to be seen", value, &step->text, e);
	if (err)
		return err;
	if (!r->n_probes)
		return ini_complain(at, e, "nothing was sent before it: put it behind a step");
	if (!r->doubtful && !shows_packets(labfile, reading_chain(r, step->at))) {
		char *FREE_AUTO list = NULL;

		for (int i = 0; i < PROGRAM_OBJECT; i++)
			if (programs[i].shows)
				text_list_add(&list, "%s", programs[i].name);
		return ini_complain(at, e,
				    "no filter on %s shows packets in this scenario: its chain "
				    "needs one with one of the programs %s",
				    labfile->topo.ifaces[step->at].id, list);
	}
	return 0;
}

static int read_reject(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct labfile_reading *r = object;
	struct step *step = step_add(at, r);
	int err;

	step->kind = STEP_REJECT;
	err = labfile_read_filter(at, &value, r->labfile, &step->by, e);
	return err ? err
		   : step_read_rest(at, "the TEXT of the verifier's log", value, &step->text, e);
}

static int read_map(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return step_read_map(at, value, object, e);
}

static int read_serve(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return step_read_serve(at, value, object, e);
}

static int read_give(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return step_read_give(at, value, object, e);
}

static int read_change(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	return step_read_change(at, value, object, e);
}

static const struct ini_key_spec scenario_keys[] = {
	{ .name = "about", .allowed = "text", .help = "one line for people", .read = read_about },
	{ .name = "chain",
	  .repeats = true,
	  .allowed = "NODE:IFACE F F …",
	  .help = "this chain stands on that interface instead of its own meanwhile",
	  .read = read_chain },
	{ .name = "control",
	  .allowed = "pass, fail or none",
	  .help = "what each step must do before the scenario's chains are attached; default pass",
	  .read = read_control },
	{ .name = "neighbours",
	  .allowed = "cold or warm",
	  .help = "before each step link addresses are forgotten, or kept; default cold",
	  .read = read_neighbours },
	{ 0 },
};

#define EXEC "exec NODE CMD ARGUMENT…"
#define STEPS                                                                                \
	"ping SRC DST [count=N] [size=N], udp SRC DST:PORT [TEXT], tcp SRC DST:PORT [TEXT] " \
	"or frame NODE:IFACE PACKET [count=N]"
#define TAIL ", then [by F] [at NODE:IFACE] [at NODE|NODE…] [control=pass|fail|none] [warm]"
#define AS   " [as PACKET [except FIELD…]]"

static const struct ini_key_spec step_keys[] = {
	{ .name = "pass",
	  .repeats = true,
	  .allowed = STEPS TAIL AS " [arrive=N|A..B] [flows=N [each>=P%]]; or " EXEC,
	  .help = "a step whose packet must arrive, or a command that must end with status 0",
	  .read = read_probe },
	{ .name = "drop",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must drop",
	  .read = read_probe },
	{ .name = "fail",
	  .repeats = true,
	  .allowed = EXEC,
	  .help = "a command that must end with another status than 0",
	  .read = read_probe },
	{ .name = "tx",
	  .repeats = true,
	  .allowed = STEPS TAIL AS,
	  .help = "a step whose packet a filter must send back",
	  .read = read_probe },
	{ .name = "redirect",
	  .repeats = true,
	  .allowed = STEPS TAIL AS,
	  .help = "a step whose packet a filter must send elsewhere",
	  .read = read_probe },
	{ .name = "aborted",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must abort",
	  .read = read_probe },
	{ .name = "give",
	  .repeats = true,
	  .allowed = "NODE:IFACE PACKET => pass|drop|tx|redirect|aborted [by F]" AS,
	  .help = "what the chain there must say of the packet, which is given to it without a "
		  "wire",
	  .read = read_give },
	{ .name = "see",
	  .repeats = true,
	  .allowed = "NODE:IFACE TEXT",
	  .help = "a header line shown there since the step before; * matches anything",
	  .read = read_see },
	{ .name = "map",
	  .repeats = true,
	  .allowed = "F.MAP[KEY] OP VALUE or F.MAP[KEY].FIELD OP VALUE, OP one of == != < <= > >=",
	  .help = "what a map of filter F must hold there, by the map's BTF",
	  .read = read_map },
	{ .name = "serve",
	  .repeats = true,
	  .allowed = "NODE CMD ARGUMENT… until tcp:PORT, or … until udp:PORT",
	  .help = "a command that runs from here to the scenario's end; ready when the port is "
		  "bound",
	  .read = read_serve },
	{ .name = "do",
	  .repeats = true,
	  .allowed = "filter F add RULE, filter F del RULE or chain NODE:IFACE F F …",
	  .help = "a change between steps, undone at the scenario's end",
	  .read = read_change },
	{ .name = "reject",
	  .repeats = true,
	  .allowed = "F TEXT",
	  .help = "the verifier must refuse filter F with a log that contains TEXT",
	  .read = read_reject },
	{ 0 },
};

const struct ini_section_spec scenario_table = {
	.kind = "scenario",
	.argument = "SCENARIO",
	.help = "an experiment: chains, then steps with the outcome each must have",
	.keys = scenario_keys,
};
const struct ini_section_spec steps_table = {
	.kind = "scenario",
	.argument = "SCENARIO",
	.help = "its steps, run in the file's order",
	.keys = step_keys,
};

/* Of all scenarios together; told once, where there are too many. */
static int count_steps(struct labfile_reading *r, const struct ini_section *section,
		       struct error *e)
{
	struct ini_where at = { .ini = &r->labfile->ini, .section = section };
	int err = 0;

	for (size_t i = 0; i < section->n_keys; i++) {
		at.key = &section->keys[i];
		if (ini_find_spec(step_keys, at.key->name) && r->n_steps++ == LABFILE_STEPS_MAX)
			err = ini_complain(&at, e, "a lab has at most %d steps", LABFILE_STEPS_MAX);
	}
	return err;
}

/* Which filters stand somewhere while the scenario runs. */
static void mark_standing(struct labfile_reading *r, const struct scenario *s)
{
	const struct labfile *labfile = r->labfile;

	memset(r->stands, 0, labfile->n_filters * sizeof(*r->stands));
	memset(r->changed, 0, labfile->topo.n_ifaces * sizeof(*r->changed));
	for (size_t i = 0; i < s->n_chains; i++)
		reading_stands(r, &s->chains[i]);
	for (size_t i = 0; i < labfile->n_chains; i++)
		if (labfile_chain_stays(s, &labfile->chains[i]))
			reading_stands(r, &labfile->chains[i]);
}

int scenario_read(struct labfile_reading *r, const struct ini_section *section, struct error *e)
{
	const struct inifile *ini = &r->labfile->ini;
	const struct scenario *s = &r->labfile->scenarios[r->current];
	const struct ini_where at = { .ini = ini, .section = section };
	char *FREE_AUTO list = NULL;
	int err = ini_section_read(ini, section, scenario_keys, r, e);
	bool proves = false;

	mark_standing(r, s);
	r->doubtful = err || section->broken || r->chains_doubtful || ini->broken;
	r->n_probes = 0;
	if (ini_section_read(ini, section, step_keys, r, e) || count_steps(r, section, e))
		err = -EINVAL;
	for (const struct ini_key_spec *k = step_keys; k->name; k++)
		if (k->read != read_serve && k->read != read_change) {
			proves |= ini_find_key(section, k->name) != NULL;
			text_list_add(&list, "%s", k->name);
		}
	return proves || section->broken
		       ? err
		       : ini_complain(&at, e, "it has no step that proves anything: none of %s",
				      list);
}
