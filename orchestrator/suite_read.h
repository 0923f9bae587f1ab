/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SUITE_READ_H
#define XLAB_SUITE_READ_H

/* What the files that read a suite share while they do; nobody else includes it. */

#include "lab/inikeys.h"
#include "orchestrator/suite.h"
#include "orchestrator/words.h"

/* The object that the key tables' readers get. */
struct suite_reading {
	struct suite *suite;
	size_t current;	   /* the iface, filter or scenario being read */
	bool *stands;	   /* by filter: in a chain of the current scenario */
	bool own_doubtful; /* a chain of an [iface] was refused */
	bool doubtful;	   /* or one of the current scenario: what stands where is not known */
	size_t n_steps;	   /* of all scenarios */
	size_t n_probes;   /* ping, udp and tcp steps of the current one */
};

extern const struct ini_section_spec suite_filter_table, suite_scenario_table, suite_steps_table;

#define SUITE_PROGRAM_TABLES 5 /* programs that have keys of their own */
extern const struct ini_section_spec suite_program_tables[SUITE_PROGRAM_TABLES];

/* Everything behind the reading of the file, of which @ini_err is what it said: whatever could be
 * read is checked all the same.
 */
int suite_check(struct suite *suite, int ini_err, struct error *e);

/* Append a filter of that name; NULL without memory. */
struct filter *filter_add(struct suite *suite, const char *name, int line);

/* A built-in that needs no key is a filter of its own name, unless the file has one of that name.
 */
int filter_add_builtins(struct suite *suite);

/* Sections of one kind each; @r->current is its index. */
int filter_read(struct suite_reading *r, const struct ini_section *section, struct error *e);
int scenario_read(struct suite_reading *r, const struct ini_section *section, struct error *e);

/* A list of filters, to the value's end: what @at->key says from *@rest on. */
int chain_read_filters(const struct ini_where *at, const char *rest, const struct suite *suite,
		       struct chain_config *chain, struct error *e);

/* The next word as an interface or a filter; *@rest moves on. */
int suite_read_iface(const struct ini_where *at, const char **rest, const struct suite *suite,
		     size_t *iface, struct error *e);
int suite_read_filter(const struct ini_where *at, const char **rest, const struct suite *suite,
		      size_t *filter, struct error *e);

const char *suite_name_filter(void *suite, size_t i); /* candidates for text_nearest() */

/* A word of the table, which are @what: "an engine". */
int suite_read_word(const struct ini_where *at, const char *what, const char *value,
		    const struct word *table, uint32_t *out, struct error *e);

#endif
