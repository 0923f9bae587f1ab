// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets and frees results, and tells which of two is worse. */
#include "orchestrator/scenario/step_result.h"

#include <stdlib.h>

void step_result_set(struct step_result *result, enum outcome outcome, char *why)
{
	free(result->why);
	result->outcome = outcome;
	result->why = why;
}

void step_result_clear(struct step_result *result)
{
	free(result->why);
	free(result->details);
	*result = (struct step_result){ 0 };
}

enum outcome outcome_worse(enum outcome a, enum outcome b)
{
	static const int rank[] = {
		[OUTCOME_OK] = 0,     [OUTCOME_SKIPPED] = 1, [OUTCOME_INCONCLUSIVE] = 2,
		[OUTCOME_NOT_OK] = 3, [OUTCOME_LAB] = 4,     [OUTCOME_STOPPED] = 5,
	};

	return rank[a] >= rank[b] ? a : b;
}
