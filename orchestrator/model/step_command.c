// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands in a scenario. Their words are the command's own, without a shell. Whether it is there
 * is not asked: it may be another machine's that checks the file.
 */
#include "orchestrator/model/step_command.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/labfile_values.h"

int step_read_node(const struct ini_where *at, struct step_words *w, const struct topology *topo,
		   const char *name, size_t *node, struct error *e)
{
	const char *word = step_words_next(w);

	if (!word)
		return ini_refuse(at, e, "the node %s is missing", name);
	*node = topology_node(topo, word);
	return *node == NONE ? topology_complain(at, e, "node", word, topo) : 0;
}

int step_read_command(const struct ini_where *at, struct step_words *w, size_t end,
		      struct step *step, struct error *e)
{
	size_t n = 0;

	if (w->next >= end || !*w->word[w->next])
		return ini_refuse(at, e, "the command CMD is missing");
	step->argv = xcalloc(end - w->next + 1, sizeof(*step->argv));
	while (w->next < end)
		step->argv[n++] = xstrdup(step_words_next(w));
	return 0;
}

static int read_port(const struct ini_where *at, const char *word, struct step *step,
		     struct error *e)
{
	static const struct enum_name protos[] = {
		{ "tcp", IPPROTO_TCP },
		{ "udp", IPPROTO_UDP },
		{ NULL, 0 },
	};
	size_t len = strcspn(word, ":");
	char *FREE_AUTO name = xstrndup(word, len);
	uint32_t proto, port;

	if (!word[len] || !enum_value(protos, name, &proto) ||
	    text_u32(word + len + 1, 1, UINT16_MAX, &port))
		return ini_refuse(at, e, "\"%s\" is neither tcp:PORT nor udp:PORT", word);
	step->proto = (uint8_t)proto;
	step->port = (uint16_t)port;
	return 0;
}

int step_check_port(const struct ini_where *at, const struct labfile_reading *r, size_t node,
		    uint8_t proto, uint16_t port, struct error *e)
{
	const struct scenario *s = &r->labfile->scenarios[r->current];

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct step *step = &s->steps[i];

		/* Of a step that serves nothing there is no protocol. */
		if (step->line != at->key->line && step->src == node && step->proto == proto &&
		    step->port == port)
			return ini_complain(at, e,
					    "port %u of %s is taken by what line %d serves there",
					    port, r->labfile->topo.nodes[node].name, step->line);
	}
	return 0;
}

static int read_serve(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
		      struct step *step, struct error *e)
{
	int err = step_read_node(at, w, &r->labfile->topo, "NODE", &step->src, e);

	if (err)
		return err;
	if (w->n < w->next + 2 || w->quoted[w->n - 2] || strcmp(w->word[w->n - 2], "until") != 0)
		return ini_refuse(at, e,
				  "it must end in \"until tcp:PORT\" or \"until udp:PORT\", which "
				  "is bound when it is ready");
	err = read_port(at, w->word[w->n - 1], step, e);
	err = err ? err : step_read_command(at, w, w->n - 2, step, e);
	return err ? err : step_check_port(at, r, step->src, step->proto, step->port, e);
}

int step_read_serve(const struct ini_where *at, const char *value, struct labfile_reading *r,
		    struct error *e)
{
	struct step *step = step_add(at, r);
	struct step_words w;
	int err;

	step->kind = STEP_SERVE;
	err = step_words_cut(at, value, &w, e);
	err = err ? err : read_serve(at, &w, r, step, e);
	free(w.copy);
	return err;
}
