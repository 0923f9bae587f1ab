/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_REPORT_H
#define XLAB_REPORT_H

/* What scenarios led to, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "orchestrator/model/enum_names.h"

struct scenario_result;

enum report_format { REPORT_TEXT, REPORT_TAP, REPORT_JUNIT, REPORT_JSON };
extern const struct enum_name report_formats[]; /* enum report_format */

/* Text reports each scenario as soon as it is done, the others as their form
 * allows. report_end returns true if all were ok.
 */
struct report;
struct report *report_begin(enum report_format format, const char *lab, size_t n_scenarios,
			    FILE *out, bool colour);
void report_scenario(struct report *report, const struct scenario_result *result);
bool report_end(struct report *report);

#endif
