/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_DST_H
#define XLAB_STEP_DST_H

/* The destination of a step: DST, or DST:PORT. */

#include <stdbool.h>

#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

/* Read it into @step, of which all else has been read: what it may be depends on that.
 * @says_control: control= stands there.
 */
int step_read_dst(const struct ini_where *at, const char *word, const struct topology *topo,
		  struct step *step, bool says_control, struct error *e);

#endif
