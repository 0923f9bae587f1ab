/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_CHANGE_H
#define XLAB_STEP_CHANGE_H

/* do = …: what a scenario changes between its steps. */

#include "lab/inikeys.h"

struct error;
struct labfile_reading;

/* do = filter F add|del RULE, or chain NODE:IFACE F… */
int step_read_change(const struct ini_where *at, const char *value, struct labfile_reading *r,
		     struct error *e);

#endif
