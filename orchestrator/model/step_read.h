/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_READ_H
#define XLAB_STEP_READ_H

/* A step that sends something: where to, and what else stands there. */

#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

/* Read a whole step of traffic into @r's current scenario. */
struct labfile_reading;
int step_read(const struct ini_where *at, const char *value, enum step_expect expect,
	      struct labfile_reading *r, struct error *e);

#endif
