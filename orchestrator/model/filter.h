/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_H
#define XLAB_FILTER_H

/* [filter] sections. */

#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

struct error;
struct labfile_reading;

/* What every one may hold; its program's keys come besides (program.h). */
extern const struct ini_section_spec filter_table;

/* The section of filter @r->current. */
int filter_read(struct labfile_reading *r, const struct ini_section *section, struct error *e);

/* Append a filter of that name. */
struct filter *filter_add(struct labfile *labfile, const char *name, int line);

/* A built-in that needs no key is a filter of its own name, unless the file has one of that name.
 */
void filter_add_builtins(struct labfile *labfile);

/* "dst=8000-8999", "src=10.0.0.0/8,fd00::/8", … for live rules: read @text as a key of @filter's
 * program and its values, and append them to @filter's rules. Errors as from a lab file without
 * its position.
 */
int filter_read_rule(struct filter *filter, const struct labfile *labfile, const char *text,
		     struct error *e);

#endif
