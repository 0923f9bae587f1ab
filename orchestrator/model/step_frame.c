// SPDX-License-Identifier: GPL-2.0-or-later
/* frame NODE:IFACE PACKET, give = NODE:IFACE PACKET => VERDICT, and as PACKET except FIELD… */
#include "orchestrator/model/step_frame.h"

#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/layers.h"
#include "orchestrator/model/step_tail.h"

#define WORD_SIZE 64 /* longer than any field's name */

static int read_packet(const struct ini_where *at, const char *name, const struct labfile *labfile,
		       size_t *packet, struct error *e)
{
	*packet = labfile_packet(labfile, name);
	if (*packet != NONE)
		return 0;
	if (!labfile->n_packets)
		return ini_complain(at, e,
				    "there is no packet \"%s\", nor any other: add a section "
				    "[packet %s]",
				    name, name);
	return ini_unknown(at, e, "packet", name, labfile_next_packet, (void *)labfile);
}

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
	return name ? read_packet(at, name, labfile, packet, e)
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

int step_read_as(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		 struct step *step, struct error *e)
{
	if (step_is_nc_or_ping(step) && step->expect == EXPECT_PASS)
		return ini_complain(at, e,
				    "what a %s arrives as nobody sees: as goes with frame, or with "
				    "tx and redirect",
				    enum_name(step_names, step->kind));
	return read_packet(at, name, r->labfile, &step->as, e);
}

static int except_field(const struct ini_where *at, const char *word, struct step *step,
			struct error *e)
{
	enum xlab_field field = field_find(word);

	if (field == XLAB_FIELDS)
		return ini_unknown(at, e, "field", word, field_next, NULL);
	if (field_whole(field) != field)
		return ini_complain(at, e, "%s is told as a part of %s: except that", word,
				    fields[field_whole(field)].name);
	if (!step->except)
		step->except = xcalloc(XLAB_FIELDS, sizeof(*step->except));
	step->except[fields[field].one] = step->except[fields[field].other] = true;
	return 0;
}

int step_read_except(const struct ini_where *at, const char *words, const struct labfile_reading *r,
		     struct step *step, struct error *e)
{
	char word[WORD_SIZE];
	int err = 0, more;

	(void)r;
	while (!err && (more = text_word(&words, word, sizeof(word))))
		err = more < 0 ? ini_complain(at, e, "a field's name is too long")
			       : except_field(at, word, step, e);
	return err;
}
