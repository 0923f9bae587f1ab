/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_MAP_H
#define XLAB_STEP_MAP_H

/* What a filter's map must hold. */

#include "lab/inikeys.h"

struct error;
struct labfile_reading;

/* map = F.MAP[KEY] OP VALUE, or F.MAP[KEY].FIELD OP VALUE */
int step_read_map(const struct ini_where *at, const char *value, struct labfile_reading *r,
		  struct error *e);

#endif
