// SPDX-License-Identifier: GPL-2.0-or-later
/* frame NODE:IFACE PACKET, and give = NODE:IFACE PACKET => VERDICT. */
#include "orchestrator/model/step_frame.h"

#include <stdlib.h>
#include <string.h>

#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/step_as.h"
#include "orchestrator/model/step_tail.h"

static int read_iface(const struct ini_where *at, const char *word, const struct topology *topo,
		      size_t *iface, struct error *e)
{
	if (!word)
		return ini_refuse(at, e, "the interface NODE:IFACE is missing");
	*iface = topology_iface(topo, word);
	return *iface == NONE ? topology_complain(at, e, "interface", word, topo) : 0;
}

static int read_both(const struct ini_where *at, struct step_words *w,
		     const struct labfile *labfile, size_t *iface, size_t *packet, struct error *e)
{
	int err = read_iface(at, step_words_next(w), &labfile->topo, iface, e);
	const char *name = step_words_next(w);

	if (err)
		return err;
	return name ? step_read_packet(at, name, labfile, packet, e)
		    : ini_refuse(at, e, "the PACKET is missing");
}

int step_read_frame(const struct ini_where *at, struct step_words *w,
		    const struct labfile_reading *r, struct step *step, struct error *e)
{
	int err = read_both(at, w, r->labfile, &step->from, &step->packet, e);

	if (err)
		return err;
	step->src = r->labfile->topo.ifaces[step->from].node;
	return step_read_tail(at, w, r, step, e);
}

static int check_chain(const struct ini_where *at, const struct labfile_reading *r,
		       const struct step *step, struct error *e)
{
	const struct chain_config *chain = reading_chain(r, step->at);

	if (r->doubtful || (chain && chain->n_filters))
		return 0;
	return ini_complain(at, e, "no chain stands on %s in this scenario",
			    r->labfile->topo.ifaces[step->at].id);
}

static int read_verdict(const struct ini_where *at, struct step_words *w, struct step *step,
			struct error *e)
{
	const char *arrow = step_words_next(w), *word = step_words_next(w);
	uint32_t expect;

	if (!arrow || strcmp(arrow, "=>") != 0 || !word)
		return ini_refuse(at, e, "behind the PACKET the => and its VERDICT are missing");
	if (!enum_value(expect_names, word, &expect) || expect == EXPECT_FAIL)
		return ini_refuse(at, e, "\"%s\" is not a verdict", word);
	step->expect = (enum step_expect)expect;
	return 0;
}

static int read_give(const struct ini_where *at, struct step_words *w,
		     const struct labfile_reading *r, struct step *step, struct error *e)
{
	int err = read_both(at, w, r->labfile, &step->at, &step->packet, e);

	err = err ? err : check_chain(at, r, step, e);
	err = err ? err : read_verdict(at, w, step, e);
	return err ? err : step_read_tail(at, w, r, step, e);
}

int step_read_give(const struct ini_where *at, const char *value, struct labfile_reading *r,
		   struct error *e)
{
	struct step *step = step_add(at, r);
	struct step_words w;
	int err;

	step->kind = STEP_GIVE;
	step->count = 1;
	err = step_words_cut(at, value, &w, e);
	err = err ? err : read_give(at, &w, r, step, e);
	free(w.copy);
	return err;
}
