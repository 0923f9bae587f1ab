/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_READ_H
#define XLAB_STEP_READ_H

/* A step's line, cut into words and read. */

#include <stdbool.h>

#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

/* The rest of a see or reject line, malloc'ed: as it stands, or if it begins with quotes, what is
 * in them. @what is missing if there is none: "the TEXT".
 */
int step_read_rest(const struct ini_where *at, const char *what, const char *rest, char **text,
		   struct error *e);

/* True if such a rest must be quoted to be read again. */
bool step_rest_needs_quotes(const char *text);

/* True if @text must be quoted to be one word again, and no keyword. */
bool step_needs_quotes(const char *text);

/* Read a whole pass or drop step into @r's current scenario. */
struct labfile_reading;
int step_read(const struct ini_where *at, const char *value, enum step_expect expect,
	      struct labfile_reading *r, struct error *e);

#endif
