/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FILTER_H
#define XLAB_FILTER_H

/* The table of programs, and [filter] sections. */

#include <stddef.h>

#include "lab/inikeys.h"
#include "orchestrator/model/labfile.h"

struct error;
struct labfile_reading;

const char *program_name(enum program_kind kind); /* "ether", …, "object" */
const char *program_help(enum program_kind kind);
const struct ini_key_spec *program_keys(enum program_kind kind); /* its own, besides program
								    and continue */

extern const struct ini_section_spec filter_table;

#define PROGRAM_TABLES 5 /* programs that have keys of their own */
extern const struct ini_section_spec program_tables[PROGRAM_TABLES];

/* The section of filter @r->current. */
void filter_read(struct labfile_reading *r, const struct ini_section *section, struct error *e);

/* Append a filter of that name. */
struct filter *filter_add(struct labfile *labfile, const char *name, int line);

/* A built-in that needs no key is a filter of its own name, unless the file has one of that name.
 */
void filter_add_builtins(struct labfile *labfile);

/* "10.0.0.0/8", "8000-8999", … for live rules: read @value as @key of @filter's
 * program and append it to @filter's own lists. Errors as from a lab file without its position.
 */
int filter_read_key(struct filter *filter, const struct labfile *labfile, const char *key,
		    const char *value, struct error *e);

#endif
