// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One step: `udp lb host:8888 coucou by udp-8888`. Whether the network can carry it is asked of
 * the topology; what a step does when it runs is not known here.
 */
#include "orchestrator/model/step_read.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"

#define DEFAULT_TEXT "xlab"

/* A line cut into words: "quoted strings" are one, with \" and \\ in them. */
#define STEP_WORDS_MAX 12

struct step_words {
	char *copy;	/* owned: what the words point into */
	size_t n, next; /* words, and the first that nobody has read */
	const char *word[STEP_WORDS_MAX];
	bool quoted[STEP_WORDS_MAX];
};

/* One word from *@from, written to *@to (the same memory, never ahead of it). */
static const char *take_word(char **from, char **to, bool *quoted)
{
	const char *word = *to;
	char *s = *from, *out = *to;

	*quoted = *s == '"';
	if (*quoted) {
		for (s++; *s != '"'; *out++ = *s++) {
			if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
				s++;
			if (!*s)
				return NULL;
		}
		s++;
		if (*s && *s != ' ' && *s != '\t')
			return NULL;
	} else {
		while (*s && *s != ' ' && *s != '\t')
			*out++ = *s++;
	}
	if (*s)
		s++;
	*out++ = '\0';
	*from = s;
	*to = out;
	return word;
}

static int split(const struct ini_where *at, const char *value, struct step_words *w,
		 struct error *e)
{
	char *from, *to;

	*w = (struct step_words){ .copy = xstrdup(value) };
	from = to = w->copy;
	while (*(from += strspn(from, " \t"))) {
		if (w->n == STEP_WORDS_MAX)
			return ini_refuse(at, e, "too many words; put a TEXT of several in quotes");
		w->word[w->n] = take_word(&from, &to, &w->quoted[w->n]);
		if (!w->word[w->n])
			return ini_complain(
				at, e,
				"the quotes are not closed by \" and white space (a ; "
				"or # behind white space starts a comment in them, too)");
		w->n++;
	}
	return 0;
}

int step_read_rest(const struct ini_where *at, const char *what, const char *rest, char **text,
		   struct error *e)
{
	struct step_words w = { 0 };
	int err = *rest == '"' ? split(at, rest, &w, e) : 0;

	if (!err && w.n > 1)
		err = ini_refuse(at, e, "\"%s\" stands behind the quotes", w.word[1]);
	if (!err && !*(w.n ? w.word[0] : rest))
		err = ini_refuse(at, e, "%s is missing", what);
	if (!err)
		*text = xstrdup(w.n ? w.word[0] : rest);
	free(w.copy);
	return err;
}

bool step_rest_needs_quotes(const char *text)
{
	return strchr("\";# \t", text[0]) || strchr(" \t", text[strlen(text) - 1]);
}

typedef int tail_fn(const struct ini_where *at, const char *value, const struct labfile_reading *r,
		    struct step *step, struct error *e);
static tail_fn read_by, read_at;

/* What may stand at a step's end: a word and its argument. */
static const struct tail {
	const char *word;
	const char *argument;
	tail_fn *read;
} tails[] = {
	{ "by", "filter", read_by },
	{ "at", "interface NODE:IFACE", read_at },
};

static const struct tail *find_tail(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++)
		if (!strcmp(tails[i].word, word))
			return &tails[i];
	return NULL;
}

bool step_needs_quotes(const char *text)
{
	return find_tail(text) ||
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-.:,+/=@%!?")];
}

static const char *next_word(struct step_words *w)
{
	return w->next < w->n ? w->word[w->next++] : NULL;
}

static int read_kind(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	const char *word = next_word(w);
	uint32_t kind;

	if (!word)
		return ini_refuse(at, e, "the step is empty");
	if (!enum_value(step_names, word, &kind))
		return ini_unknown(at, e, "step", word, enum_next, (void *)step_names);
	step->kind = (enum step_kind)kind;
	return 0;
}

static int read_by(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		   struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;

	if (step->by != NONE)
		return ini_refuse(at, e, "\"by\" stands twice");
	step->by = labfile_filter(labfile, name);
	if (step->by == NONE)
		return ini_unknown(at, e, "filter", name, labfile_next_filter, (void *)labfile);
	if (!r->stands[step->by] && !r->doubtful)
		return ini_complain(at, e, "filter %s stands in no chain of this scenario", name);
	return 0;
}

static int read_at(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		   struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;
	const struct chain_config *chain;

	if (step->at != NONE)
		return ini_refuse(at, e, "\"at\" stands twice");
	step->at = topology_iface(&labfile->topo, name);
	if (step->at == NONE)
		return topology_complain(at, e, "interface", name, &labfile->topo);
	chain = labfile_chain(labfile, &labfile->scenarios[r->current], step->at);
	if ((!chain || !chain->n_filters) && !r->doubtful)
		return ini_complain(at, e, "no chain stands on %s in this scenario", name);
	return 0;
}

/* The tail word at @i, which is none in quotes. */
static const struct tail *tail_at(const struct step_words *w, size_t i)
{
	return w->quoted[i] ? NULL : find_tail(w->word[i]);
}

/* `by F` and `at NODE:IFACE`, in either order, are the last words of a step. */
static int read_tail(const struct ini_where *at, struct step_words *w,
		     const struct labfile_reading *r, struct step *step, struct error *e)
{
	const struct tail *tail;
	int err = 0;

	/* Nodes may be called so: SRC and DST stand in front. */
	if (w->n >= w->next + 3 && (tail = tail_at(w, w->n - 1)))
		return ini_complain(at, e, "%s: the %s is missing", tail->word, tail->argument);
	while (!err && w->n >= w->next + 4 && (tail = tail_at(w, w->n - 2))) {
		if (step->expect == EXPECT_PASS)
			return ini_complain(at, e, "\"%s\" goes with drop only", tail->word);
		err = tail->read(at, w->word[w->n - 1], r, step, e);
		w->n -= 2;
	}
	return err;
}

/* Both are given: then that filter must stand there. */
static int check_tail(const struct ini_where *at, const struct labfile_reading *r,
		      const struct step *step, struct error *e)
{
	const struct labfile *labfile = r->labfile;
	const struct chain_config *chain;

	if (step->by == NONE || step->at == NONE || r->doubtful)
		return 0;
	chain = labfile_chain(labfile, &labfile->scenarios[r->current], step->at);
	for (size_t i = 0; i < chain->n_filters; i++)
		if (!strcmp(chain->filters[i], labfile->filters[step->by].name))
			return 0;
	return ini_complain(at, e, "filter %s stands in the chain of another interface, not of %s",
			    labfile->filters[step->by].name, labfile->topo.ifaces[step->at].id);
}

static int read_src(const struct ini_where *at, struct step_words *w, const struct topology *topo,
		    struct step *step, struct error *e)
{
	const char *word = next_word(w);

	if (!word)
		return ini_refuse(at, e, "the node SRC is missing");
	step->src = topology_node(topo, word);
	return step->src == NONE ? topology_complain(at, e, "node", word, topo) : 0;
}

/* "HOST:PORT" or "[fd00::1]:PORT": cut in place at the port. */
static int cut_port(const struct ini_where *at, char **host, uint16_t *port, struct error *e)
{
	char *colon = strrchr(*host, ':');
	uint32_t value;

	if (**host == '[') {
		char *close = strchr(*host, ']');

		if (!close || close[1] != ':')
			return ini_refuse(at, e, "\"%s\" is not [ADDRESS]:PORT", *host);
		*close = '\0';
		colon = close + 1;
		++*host;
	} else if (!colon) {
		return ini_refuse(at, e, "the port is missing: write %s:PORT", *host);
	} else if (strchr(*host, ':') != colon) {
		return ini_refuse(at, e, "write an IPv6 address and its port as [ADDRESS]:PORT");
	}
	*colon = '\0';
	if (text_u32(colon + 1, 1, UINT16_MAX, &value))
		return ini_refuse(at, e, "\"%s\" is not a port of 1-65535", colon + 1);
	*port = (uint16_t)value;
	return 0;
}

/* The node's address by which SRC reaches it, of a family that SRC has. */
static int resolve_node(const struct ini_where *at, const struct topology *topo, struct step *step,
			struct error *e)
{
	const struct prefix *p = topology_reach(topo, step->src, step->dst, AF_UNSPEC), *other;

	if (!p && topology_doubts(topo, step->dst))
		return -EINVAL;
	if (!p)
		return ini_complain(at, e, "node %s has no address", topo->nodes[step->dst].name);
	if (!topology_node_has_family(topo, step->src, p->address.family)) {
		other = topology_reach(topo, step->src, step->dst,
				       p->address.family == AF_INET ? AF_INET6 : AF_INET);
		p = other ? other : p;
	}
	step->address = p->address;
	return 0;
}

static int resolve_address(const struct ini_where *at, const char *host,
			   const struct topology *topo, struct step *step, struct error *e)
{
	if (text_address(host, &step->address))
		return ini_refuse(at, e, "\"%s\" is not an address", host);
	if (!topology_has_address(topo, &step->address) && topology_doubts(topo, NONE))
		return -EINVAL;
	if (!topology_has_address(topo, &step->address))
		return ini_complain(at, e, "nobody in this lab has the address %s", host);
	if (step->kind != STEP_PING && topology_address_node(topo, &step->address) == NONE)
		return ini_complain(at, e, "%s is a bridge's address; only ping can go there",
				    host);
	return 0;
}

/* What can be known beforehand of whether the packet can go there at all. */
static int check_way(const struct ini_where *at, const struct topology *topo,
		     const struct step *step, struct error *e)
{
	const char *src = topo->nodes[step->src].name;
	bool v4 = step->address.family == AF_INET;
	char buf[ADDRESS_TEXT];

	if (topology_address_node(topo, &step->address) == step->src)
		return ini_complain(at, e, "it goes from %s to itself, over lo, where no chain is",
				    src);
	if (topology_doubts(topo, step->src))
		return 0;
	if (!topology_node_has_family(topo, step->src, step->address.family))
		return ini_complain(at, e, "%s has no %s address to send to %s from", src,
				    v4 ? "IPv4" : "IPv6", address_text(&step->address, buf));
	if (!topology_has_way(topo, step->src, &step->address))
		return ini_complain(at, e, "%s has no way to %s: no subnet and no route", src,
				    address_text(&step->address, buf));
	return 0;
}

static int read_dst(const struct ini_where *at, struct step_words *w, const struct topology *topo,
		    struct step *step, struct error *e)
{
	const char *word = next_word(w);
	char *FREE_AUTO copy = xstrdup(word ? word : "");
	char *host = copy;
	int err = 0;

	if (!word)
		return ini_refuse(at, e, "the destination DST is missing");
	if (step->kind != STEP_PING)
		err = cut_port(at, &host, &step->port, e);
	if (err)
		return err;
	if (strpbrk(host, ".:") || *copy == '[') {
		err = resolve_address(at, host, topo, step, e);
	} else {
		step->dst = topology_node(topo, host);
		err = step->dst == NONE ? topology_complain(at, e, "node", host, topo)
					: resolve_node(at, topo, step, e);
	}
	return err ? err : check_way(at, topo, step, e);
}

#define PING_COUNT_MAX 100
#define PING_SIZE_MAX  65507 /* what an IPv4 packet holds behind its headers */

/* The options of ping, each of which may stand once. */
static const struct ping_option {
	const char *name;
	size_t offset;
	uint32_t min, max;
} ping_options[] = {
	{ "count", offsetof(struct step, count), 1, PING_COUNT_MAX },
	{ "size", offsetof(struct step, size), 0, PING_SIZE_MAX },
};

static int read_ping_options(const struct ini_where *at, struct step_words *w, struct step *step,
			     struct error *e)
{
	bool given[ARRAY_SIZE(ping_options)] = { 0 };
	const char *word;

	while ((word = next_word(w))) {
		size_t len = strcspn(word, "="), i = 0;
		const struct ping_option *o = ping_options;

		for (; i < ARRAY_SIZE(ping_options); i++, o++)
			if (strlen(o->name) == len && !strncmp(o->name, word, len))
				break;
		if (i == ARRAY_SIZE(ping_options) || word[len] != '=')
			return ini_refuse(at, e, "\"%s\" is neither count=N nor size=N", word);
		if (given[i])
			return ini_complain(at, e, "\"%s\": the %s is given already", word,
					    o->name);
		given[i] = true;
		if (text_u32(word + len + 1, o->min, o->max,
			     (uint32_t *)((char *)step + o->offset)))
			return ini_refuse(at, e, "\"%s\": a %s is %u-%u", word, o->name, o->min,
					  o->max);
	}
	return 0;
}

static int read_text(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	const char *word = next_word(w), *more = next_word(w);

	if (more)
		return ini_refuse(at, e,
				  "\"%s\" is too much; put a TEXT of several words in "
				  "quotes",
				  more);
	if (word && !*word)
		return ini_refuse(at, e, "an empty TEXT cannot be seen to arrive");
	step->text = xstrdup(word ? word : DEFAULT_TEXT);
	return 0;
}

static int read_words(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
		      struct step *step, struct error *e)
{
	const struct topology *topo = &r->labfile->topo;
	int err = read_kind(at, w, step, e);

	err = err ? err : read_tail(at, w, r, step, e);
	err = err ? err : check_tail(at, r, step, e);
	err = err ? err : read_src(at, w, topo, step, e);
	err = err ? err : read_dst(at, w, topo, step, e);
	if (err)
		return err;
	return step->kind == STEP_PING ? read_ping_options(at, w, step, e)
				       : read_text(at, w, step, e);
}

int step_read(const struct ini_where *at, const char *value, enum step_expect expect,
	      struct labfile_reading *r, struct error *e)
{
	struct scenario *scenario = &r->labfile->scenarios[r->current];
	struct step_words w;
	struct step *step = array_add(&scenario->steps, &scenario->n_steps, sizeof(*step));
	int err;

	*step = (struct step){
		.expect = expect,
		.dst = NONE,
		.count = 1,
		.size = 56, /* iputils' own default */
		.by = NONE,
		.at = NONE,
		.line_text = xstrdup(value),
		.line = at->key->line,
	};
	r->n_probes++;
	err = split(at, value, &w, e);
	err = err ? err : read_words(at, &w, r, step, e);
	free(w.copy);
	return err;
}
