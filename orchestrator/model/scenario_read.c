// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [scenario S]: its chains first, then its steps, because a step names filters
 * and interfaces that must have a part in a chain of the scenario. The words of
 * a step are step_read.c's.
 */
#include "orchestrator/model/scenario_read.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/topology.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/program.h"
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
					    r->labfile->topo.ifaces[iface].id, s->chains[i].line);
	if (err)
		return err;
	chain = array_add(&s->chains, &s->n_chains, sizeof(*chain));
	*chain = (struct chain_config){ .iface = iface, .line = at->key->line };
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

static int count_step(const struct ini_where *at, struct labfile_reading *r, struct error *e)
{
	if (r->n_steps++ >= LABFILE_STEPS_MAX)
		return ini_complain(at, e, "a lab has at most %d steps", LABFILE_STEPS_MAX);
	return 0;
}

static int read_probe(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	uint32_t expect = EXPECT_PASS;
	int err = count_step(at, object, e);

	(void)enum_value(expect_names, at->key->name, &expect); /* the keys are those names */
	return err ? err : step_read(at, value, (enum step_expect)expect, object, e);
}

/* @text, which this takes over, is the rest of the line, in see and reject. */
static void add_step(const struct ini_where *at, struct labfile_reading *r,
		     const struct step *values, char *text)
{
	struct scenario *s = &r->labfile->scenarios[r->current];
	struct step *step = array_add(&s->steps, &s->n_steps, sizeof(*step));

	*step = *values;
	step->src = step->dst = NONE;
	step->text = text;
	step->line_text = xstrdup(at->key->value);
	step->line = at->key->line;
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
	struct step step = { .kind = STEP_SEE, .by = NONE, .at = NONE };
	struct labfile_reading *r = object;
	const struct labfile *labfile = r->labfile;
	char *FREE_AUTO text = NULL;
	int err = count_step(at, r, e);

	err = err ? err : labfile_read_iface(at, &value, labfile, &step.at, e);
	err = err ? err : step_read_rest(at, "the TEXT to be seen", value, &text, e);
	if (err)
		return err;
	if (!r->n_probes)
		return ini_complain(at, e, "nothing was sent before it: put it behind a step");
	if (!r->doubtful &&
	    !shows_packets(labfile,
			   labfile_chain(labfile, &labfile->scenarios[r->current], step.at))) {
		char *FREE_AUTO list = NULL;

		for (int i = 0; i < PROGRAM_OBJECT; i++)
			if (programs[i].shows)
				text_list_add(&list, "%s", programs[i].name);
		return ini_complain(at, e,
				    "no filter on %s shows packets in this scenario: its chain "
				    "needs one with one of the programs %s",
				    labfile->topo.ifaces[step.at].id, list);
	}
	add_step(at, r, &step, steal_pointer(&text));
	return 0;
}

static int read_reject(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	struct step step = { .kind = STEP_REJECT, .by = NONE, .at = NONE };
	struct labfile_reading *r = object;
	char *text;
	int err = count_step(at, r, e);

	err = err ? err : labfile_read_filter(at, &value, r->labfile, &step.by, e);
	err = err ? err : step_read_rest(at, "the TEXT of the verifier's log", value, &text, e);
	if (!err)
		add_step(at, r, &step, text);
	return err;
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

#define STEPS "ping SRC DST [count=N] [size=N], udp SRC DST:PORT [TEXT] or tcp SRC DST:PORT [TEXT]"
#define TAIL  ", then [by F] [at NODE:IFACE] [at NODE|NODE…] [control=pass|fail|none] [warm]"

static const struct ini_key_spec step_keys[] = {
	{ .name = "pass",
	  .repeats = true,
	  .allowed = STEPS TAIL " [arrive=N|A..B] [flows=N [each>=P%]]",
	  .help = "a step whose packet must arrive",
	  .read = read_probe },
	{ .name = "drop",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must drop",
	  .read = read_probe },
	{ .name = "tx",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must send back",
	  .read = read_probe },
	{ .name = "redirect",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must send elsewhere",
	  .read = read_probe },
	{ .name = "aborted",
	  .repeats = true,
	  .allowed = STEPS TAIL,
	  .help = "a step whose packet a filter must abort",
	  .read = read_probe },
	{ .name = "see",
	  .repeats = true,
	  .allowed = "NODE:IFACE TEXT",
	  .help = "a header line shown there since the step before; * matches anything",
	  .read = read_see },
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

static void mark(struct labfile_reading *r, const struct chain_config *chain)
{
	for (size_t i = 0; i < chain->n_filters; i++)
		r->stands[labfile_filter(r->labfile, chain->filters[i])] = true;
}

/* Which filters stand somewhere while the scenario runs. */
static void mark_standing(struct labfile_reading *r, const struct scenario *s)
{
	const struct labfile *labfile = r->labfile;

	memset(r->stands, 0, labfile->n_filters * sizeof(*r->stands));
	for (size_t i = 0; i < s->n_chains; i++)
		mark(r, &s->chains[i]);
	for (size_t i = 0; i < labfile->n_chains; i++)
		if (labfile_chain(labfile, s, labfile->chains[i].iface) == &labfile->chains[i])
			mark(r, &labfile->chains[i]);
}

void scenario_read(struct labfile_reading *r, const struct ini_section *section, struct error *e)
{
	const struct inifile *ini = &r->labfile->ini;
	const struct scenario *s = &r->labfile->scenarios[r->current];
	const struct ini_where at = { .ini = ini, .section = section };
	int err = ini_section_read(ini, section, scenario_keys, r, e);

	mark_standing(r, s);
	r->doubtful = err || section->broken || r->chains_doubtful || ini->broken;
	r->n_probes = 0;
	(void)ini_section_read(ini, section, step_keys, r, e);
	for (size_t i = 0; i < ARRAY_SIZE(step_keys) - 1; i++)
		if (ini_find_key(section, step_keys[i].name))
			return;
	if (!section->broken)
		(void)ini_complain(
			&at, e,
			"it has no step (pass, drop, tx, redirect, aborted, see or reject), and "
			"proves nothing");
}
