// SPDX-License-Identifier: GPL-2.0-or-later
/* as PACKET except FIELD…, which stands behind a step, and the names of packets. */
#include "orchestrator/model/step_as.h"

#include "lab/alloc.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_values.h"
#include "orchestrator/model/layers.h"

#define WORD_SIZE 64 /* longer than any field's name */

int step_read_packet(const struct ini_where *at, const char *name, const struct labfile *labfile,
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

int step_read_as(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		 struct step *step, struct error *e)
{
	if (step_is_nc_or_ping(step) && step->expect == EXPECT_PASS)
		return ini_complain(at, e,
				    "what a %s arrives as nobody sees: as goes with frame, or with "
				    "tx and redirect",
				    enum_name(step_names, step->kind));
	return step_read_packet(at, name, r->labfile, &step->as, e);
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
