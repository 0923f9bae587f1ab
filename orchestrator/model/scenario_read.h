/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_READ_H
#define XLAB_SCENARIO_READ_H

/* [scenario] sections: chains first, then steps. */

#include "lab/inikeys.h"

struct error;
struct labfile_reading;

extern const struct ini_section_spec scenario_table, steps_table;

/* The section of scenario @r->current. */
int scenario_read(struct labfile_reading *r, const struct ini_section *section, struct error *e);

#endif
