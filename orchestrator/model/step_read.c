// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One step: `udp lb host:8888 coucou by udp-8888`. Whether the network can carry it is asked of
 * the topology; what a step does when it runs is not known here.
 */
#include "orchestrator/model/step_read.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_command.h"
#include "orchestrator/model/step_dst.h"
#include "orchestrator/model/step_frame.h"
#include "orchestrator/model/step_tail.h"
#include "orchestrator/model/step_words.h"

#define DEFAULT_TEXT "xlab"

static int read_kind(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	const char *word = step_words_next(w);
	uint32_t kind;

	if (!enum_value(step_names, word, &kind))
		return ini_unknown(at, e, "step", word, enum_next, (void *)step_names);
	step->kind = (enum step_kind)kind;
	if (step->kind == STEP_EXEC)
		return step->expect == EXPECT_PASS || step->expect == EXPECT_FAIL
			       ? 0
			       : ini_complain(at, e, "exec goes with pass and fail only");
	if (step->expect == EXPECT_FAIL)
		return ini_complain(at, e,
				    "a packet does not fail: say which filter drops it, or aborts "
				    "it, with the key drop or aborted");
	return 0;
}

/* It stands in front of what else there is. */
static int read_text(const struct ini_where *at, struct step_words *w, struct step *step,
		     struct error *e)
{
	bool any = w->next < w->n && !step_tail_begins(w, w->next);
	const char *word = any ? step_words_next(w) : DEFAULT_TEXT;

	step->text = xstrdup(word);
	return *word ? 0 : ini_refuse(at, e, "an empty TEXT cannot be seen to arrive");
}

/* Its own control=, which no name of a node or filter can be. */
static bool says_control(const struct step_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->quoted[i] && !strncmp(w->word[i], "control=", strlen("control=")))
			return true;
	return false;
}

/* Those that are to receive it start a server, for which the port must be free. */
static int check_ports(const struct ini_where *at, const struct labfile_reading *r,
		       const struct step *step, struct error *e)
{
	const struct topology *topo = &r->labfile->topo;
	uint8_t proto = step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	size_t owner = step->owner == NONE ? NONE : owner_node(topo, &topo->owners[step->owner]);
	int err = 0;

	if (step->kind == STEP_PING)
		return 0;
	for (size_t i = 0; i < step->n_receivers && !err; i++)
		err = step_check_port(at, r, step->receivers[i], proto, step->port, e);
	if (!step->n_receivers && owner != NONE)
		err = step_check_port(at, r, owner, proto, step->port, e);
	return err;
}

/* DST comes last: what it may be depends on what stands behind it. */
static int read_traffic(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
			struct step *step, struct error *e)
{
	const struct topology *topo = &r->labfile->topo;
	const char *dst = step_words_next(w);
	int err = 0;

	if (!dst)
		return ini_refuse(at, e, "the destination DST is missing");
	if (step->kind != STEP_PING)
		err = read_text(at, w, step, e);
	err = err ? err : step_read_tail(at, w, r, step, e);
	err = err ? err : step_read_dst(at, dst, topo, step, says_control(w), e);
	return err ? err : check_ports(at, r, step, e);
}

static int read_words(const struct ini_where *at, struct step_words *w, struct labfile_reading *r,
		      struct step *step, struct error *e)
{
	int err = read_kind(at, w, step, e);

	if (!err && step->kind == STEP_FRAME)
		return step_read_frame(at, w, r, step, e);
	err = err ? err
		  : step_read_node(at, w, &r->labfile->topo,
				   step->kind == STEP_EXEC ? "NODE" : "SRC", &step->src, e);
	if (err)
		return err;
	return step->kind == STEP_EXEC ? step_read_command(at, w, w->n, step, e)
				       : read_traffic(at, w, r, step, e);
}

int step_read(const struct ini_where *at, const char *value, enum step_expect expect,
	      struct labfile_reading *r, struct error *e)
{
	struct step *step = step_add(at, r);
	struct step_words w;
	int err;

	step->expect = expect;
	step->count = 1;
	step->size = 56; /* iputils' own default */
	r->n_probes++;
	err = step_words_cut(at, value, &w, e);
	err = err ? err : read_words(at, &w, r, step, e);
	free(w.copy);
	return err;
}
