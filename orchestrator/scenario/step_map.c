// SPDX-License-Identifier: GPL-2.0-or-later
/* Looks up what a map holds. What a packet changes there is done when its verdict is known, so
 * nothing is awaited.
 */
#include "orchestrator/scenario/step_map.h"

#include <stdbool.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/step_result.h"

/* "second.seen[7].count" */
static char *place_text(const struct lab *lab, const struct step *step)
{
	const struct map_expectation *m = &step->map;

	return text_format("%s.%s[%s]%s%s", lab->labfile.filters[step->by].name, m->map, m->key,
			   m->field ? "." : "", m->field ? m->field : "");
}

int step_map(const struct lab *lab, const struct step *step, struct step_result *result,
	     struct error *e)
{
	char *FREE_AUTO place = place_text(lab, step), *FREE_AUTO is = NULL;
	struct filter_object in;
	int FD_AUTO fd = -1;
	bool holds = false;
	int err = filter_object_open(lab, step->by, &in, e);

	if (err)
		return err;
	err = filter_maps_open(lab, step->by, step->map.map, &fd, e);
	if (!err)
		err = map_value_compare(in.obj, &step->map, fd, &holds, &is, e);
	filter_object_close(&in);
	if (err)
		return error_wrap(e, "%s", place);
	if (holds)
		step_result_set(result, OUTCOME_OK, text_format("%s is %s", place, is));
	else if (is)
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("%s is %s, and not %s %s", place, is, step->map.op,
					    step->map.value));
	else
		step_result_set(result, OUTCOME_NOT_OK,
				text_format("%s: the map has no such element", place));
	return 0;
}
