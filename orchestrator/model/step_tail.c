// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What may stand behind a ping, udp or tcp step, a row each: how often it is sent, who decides and
 * who receives it, what its control run must do. What cannot be meant together is refused.
 */
#include "orchestrator/model/step_tail.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_as.h"

#define KIND(kind)     (1U << STEP_##kind)
#define EXPECT(expect) (1U << EXPECT_##expect)
#define ANY	       (~0U)
#define SENT	       (KIND(PING) | KIND(UDP) | KIND(TCP) | KIND(FRAME))
#define COMES_OUT      (EXPECT(PASS) | EXPECT(TX) | EXPECT(REDIRECT))

#define SENT_WORDS "ping, udp, tcp and frame"

typedef int tail_fn(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		    struct step *step, struct error *e);
static tail_fn read_count, read_size, read_by, read_at, read_arrive, read_flows, read_each,
	read_control, read_warm;

static const struct tail {
	const char *word;     /* with its value behind it where it ends in = */
	const char *argument; /* that is the next word, else NULL */
	unsigned int kinds, expects;
	const char *only; /* what it goes with, in words, where not with all */
	bool repeats;
	tail_fn *read;
} tails[] = {
	{ "count=", NULL, KIND(PING) | KIND(FRAME), ANY, "ping and frame", false, read_count },
	{ "size=", NULL, KIND(PING), ANY, "ping", false, read_size },
	{ "by", "filter", ANY, ANY, NULL, false, read_by },
	{ "at", "interface NODE:IFACE or the nodes NODE|NODE", SENT, ANY, SENT_WORDS, true,
	  read_at },
	{ "as", "packet", SENT | KIND(GIVE), COMES_OUT, "pass, tx and redirect", false,
	  step_read_as },
	{ "except", "field", SENT | KIND(GIVE), COMES_OUT, "pass, tx and redirect", false,
	  step_read_except },
	{ "arrive=", NULL, KIND(PING) | KIND(FRAME), EXPECT(PASS), "pass and ping or frame", false,
	  read_arrive },
	{ "flows=", NULL, KIND(UDP) | KIND(TCP), EXPECT(PASS), "pass and udp or tcp", false,
	  read_flows },
	{ "each>=", NULL, KIND(UDP) | KIND(TCP), EXPECT(PASS), "pass and udp or tcp", false,
	  read_each },
	{ "control=", NULL, SENT, ANY, SENT_WORDS, false, read_control },
	{ "warm", NULL, SENT, ANY, SENT_WORDS, false, read_warm },
};

static bool has_value(const struct tail *tail)
{
	return tail->word[strlen(tail->word) - 1] == '=';
}

static const struct tail *find_tail(const char *word)
{
	for (const struct tail *t = tails; t < tails + ARRAY_SIZE(tails); t++)
		if (has_value(t) ? !strncmp(t->word, word, strlen(t->word))
				 : !strcmp(t->word, word))
			return t;
	return NULL;
}

bool step_tail_begins(const struct step_words *w, size_t i)
{
	return !w->quoted[i] && find_tail(w->word[i]);
}

bool step_text_needs_quotes(const char *text)
{
	return find_tail(text) || step_word_needs_quotes(text);
}

static int read_number(const struct ini_where *at, const char *what, const char *value,
		       uint32_t min, uint32_t max, uint32_t *out, struct error *e)
{
	return text_u32(value, min, max, out) ? ini_complain(at, e, "\"%s=%s\": a %s is %u-%u",
							     what, value, what, min, max)
					      : 0;
}

static int read_count(const struct ini_where *at, const char *value,
		      const struct labfile_reading *r, struct step *step, struct error *e)
{
	(void)r;
	return read_number(at, "count", value, 1, PING_COUNT_MAX, &step->count, e);
}

static int read_size(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		     struct step *step, struct error *e)
{
	(void)r;
	return read_number(at, "size", value, 0, PING_SIZE_MAX, &step->size, e);
}

static int read_by(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		   struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;

	step->by = labfile_filter(labfile, name);
	if (step->by == NONE)
		return ini_unknown(at, e, "filter", name, labfile_next_filter, (void *)labfile);
	if (!r->stands[step->by] && !r->doubtful)
		return ini_complain(at, e, "filter %s stands in no chain of this scenario", name);
	return 0;
}

static int read_at_iface(const struct ini_where *at, const char *name,
			 const struct labfile_reading *r, struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;
	const struct chain_config *chain;

	if (step->at != NONE)
		return ini_complain(at, e, "\"at\" stands twice with an interface");
	step->at = topology_iface(&labfile->topo, name);
	if (step->at == NONE)
		return topology_complain(at, e, "interface", name, &labfile->topo);
	chain = reading_chain(r, step->at);
	if ((!chain || !chain->n_filters) && !r->doubtful && !step_arrives_at(step))
		return ini_complain(at, e, "no chain stands on %s in this scenario", name);
	return 0;
}

static int add_receiver(const struct ini_where *at, const char *name, const struct topology *topo,
			struct step *step, struct error *e)
{
	size_t node = topology_node(topo, name);

	if (node == NONE)
		return topology_complain(at, e, "node", name, topo);
	if (step_names_receiver(step, node))
		return ini_complain(at, e, "\"at\" names the node %s twice", name);
	*(size_t *)array_add(&step->receivers, &step->n_receivers, sizeof(size_t)) = node;
	return 0;
}

/* "NODE:IFACE" says where it is decided, "NODE|NODE" who receives it. */
static int read_at(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		   struct step *step, struct error *e)
{
	char *FREE_AUTO copy = xstrdup(value);
	char *rest = copy, *name;
	int err = 0;

	if (strchr(value, ':'))
		return read_at_iface(at, value, r, step, e);
	if (step->n_receivers)
		return ini_complain(at, e,
				    "\"at\" stands twice with nodes; write those that may receive "
				    "it as NODE|NODE");
	while (!err && (name = strsep(&rest, "|")))
		err = *name ? add_receiver(at, name, &r->labfile->topo, step, e)
			    : ini_complain(at, e,
					   "\"%s\" is neither an interface NODE:IFACE nor nodes "
					   "NODE|NODE",
					   value);
	return err;
}

static int read_arrive(const struct ini_where *at, const char *value,
		       const struct labfile_reading *r, struct step *step, struct error *e)
{
	char *FREE_AUTO copy = xstrdup(value);
	char *dots = strstr(copy, "..");

	(void)r;
	if (dots)
		*dots = '\0';
	if (text_u32(copy, 0, PING_COUNT_MAX, &step->arrive_min) ||
	    text_u32(dots ? dots + 2 : copy, 0, PING_COUNT_MAX, &step->arrive_max))
		return ini_complain(at, e,
				    "\"arrive=%s\" is neither arrive=N nor arrive=A..B with "
				    "numbers up to %d",
				    value, PING_COUNT_MAX);
	if (step->arrive_min > step->arrive_max)
		return ini_complain(at, e, "the range is upside down: write arrive=%u..%u",
				    step->arrive_max, step->arrive_min);
	if (!step->arrive_max)
		return ini_complain(at, e, "that none arrives is what a drop step proves");
	return 0;
}

static int read_flows(const struct ini_where *at, const char *value,
		      const struct labfile_reading *r, struct step *step, struct error *e)
{
	(void)r;
	return text_u32(value, 1, FLOWS_MAX, &step->flows)
		       ? ini_complain(at, e, "\"flows=%s\": flows are 1-%d", value, FLOWS_MAX)
		       : 0;
}

static int read_each(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		     struct step *step, struct error *e)
{
	size_t len = strlen(value);
	char *FREE_AUTO number = xstrndup(value, len ? len - 1 : 0);

	(void)r;
	return !len || value[len - 1] != '%' || text_u32(number, 1, 100, &step->each)
		       ? ini_complain(at, e, "\"each>=%s\" is not each>=P%% with a P of 1-100",
				      value)
		       : 0;
}

static int read_control(const struct ini_where *at, const char *value,
			const struct labfile_reading *r, struct step *step, struct error *e)
{
	uint32_t control;

	(void)r;
	if (!enum_value(control_names, value, &control))
		return ini_unknown(at, e, "control", value, enum_next, (void *)control_names);
	step->control = (enum step_control)control;
	return 0;
}

static int read_warm(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		     struct step *step, struct error *e)
{
	(void)at;
	(void)value;
	(void)r;
	(void)e;
	step->warm = true;
	return 0;
}

/* Candidates for text_nearest(): the words that this step may have. */
static const char *next_tail(void *step, size_t i)
{
	const struct step *s = step;

	for (const struct tail *t = tails; t < tails + ARRAY_SIZE(tails); t++)
		if (t->kinds & 1U << s->kind && t->expects & 1U << s->expect && i-- == 0)
			return t->word;
	return NULL;
}

static int unknown(const struct ini_where *at, const char *word, bool quoted,
		   const struct step *step, struct error *e)
{
	size_t len = strcspn(word, "=");
	char *FREE_AUTO name = xstrndup(word, word[len] ? len + 1 : len);
	const char *nearest = quoted ? NULL : text_nearest(name, next_tail, (void *)step);

	if (nearest)
		return ini_complain(at, e, "\"%s\" says nothing here; did you mean \"%s\"?", word,
				    nearest);
	if (step->kind != STEP_UDP && step->kind != STEP_TCP)
		return ini_refuse(at, e, "\"%s\" says nothing here", word);
	return ini_refuse(at, e, "\"%s\" is too much; put a TEXT of several words in quotes", word);
}

static int read_word(const struct ini_where *at, struct step_words *w,
		     const struct labfile_reading *r, struct step *step,
		     bool given[static ARRAY_SIZE(tails)], struct error *e)
{
	bool quoted = w->quoted[w->next];
	const char *word = step_words_next(w), *value;
	const struct tail *tail = quoted ? NULL : find_tail(word);
	int err;

	if (!tail)
		return unknown(at, word, quoted, step, e);
	if (!(tail->kinds & 1U << step->kind) || !(tail->expects & 1U << step->expect))
		return ini_complain(at, e, "\"%s\" goes with %s only", tail->word, tail->only);
	if (given[tail - tails] && !tail->repeats)
		return ini_complain(at, e, "\"%s\" stands twice", tail->word);
	given[tail - tails] = true;
	value = tail->argument ? step_words_next(w) : word + strlen(tail->word);
	if (!value)
		return ini_complain(at, e, "%s: the %s is missing", tail->word, tail->argument);
	err = tail->read(at, value, r, step, e);
	/* FIELD…: up to the next word that begins something */
	while (!err && tail->read == step_read_except && w->next < w->n &&
	       !step_tail_begins(w, w->next))
		err = tail->read(at, step_words_next(w), r, step, e);
	return err;
}

/* The filter named must stand at the interface named. */
static int check_place(const struct ini_where *at, const struct labfile_reading *r,
		       const struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;
	const struct chain_config *chain;

	if (step->by == NONE || step->at == NONE || r->doubtful || step_arrives_at(step))
		return 0;
	chain = reading_chain(r, step->at);
	for (size_t i = 0; i < chain->n_filters; i++)
		if (!strcmp(chain->filters[i], labfile->filters[step->by].name))
			return 0;
	return ini_complain(at, e, "filter %s stands in the chain of another interface, not of %s",
			    labfile->filters[step->by].name, labfile->topo.ifaces[step->at].id);
}

static int check_numbers(const struct ini_where *at, const struct step *step, struct error *e)
{
	if (step->arrive_max > step->count)
		return ini_complain(at, e, "count=%u sends %u, so %u cannot arrive", step->count,
				    step->count, step->arrive_max);
	if (step->except && step->as == NONE)
		return ini_complain(at, e, "except needs as PACKET: the one of which it is");
	if (step->flows && !step->n_receivers)
		return ini_complain(at, e,
				    "flows= needs at NODE|NODE: those among which the flows are "
				    "shared out");
	if (step->each && !step->flows)
		return ini_complain(at, e,
				    "each>= needs flows=N, of which each is to have a share");
	if (step->each * step->n_receivers > 100)
		return ini_complain(at, e, "%zu nodes cannot have %u%% each", step->n_receivers,
				    step->each);
	return 0;
}

int step_read_tail(const struct ini_where *at, struct step_words *w,
		   const struct labfile_reading *r, struct step *step, struct error *e)
{
	bool given[ARRAY_SIZE(tails)] = { 0 };
	int err = 0;

	while (!err && w->next < w->n)
		err = read_word(at, w, r, step, given, e);
	err = err ? err : check_place(at, r, step, e);
	return err ? err : check_numbers(at, step, e);
}
