/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_READ_H
#define XLAB_SCENARIO_READ_H

/* [scenario] sections: chains first, then steps. */

#include "lab/inikeys.h"

struct error;
struct suite_reading;

extern const struct ini_section_spec suite_scenario_table, suite_steps_table;

/* The section of scenario @r->current. */
int scenario_read(struct suite_reading *r, const struct ini_section *section, struct error *e);

#endif
