/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_VALUES_H
#define XLAB_LABFILE_VALUES_H

/* What the files that read a lab file share while they do. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/inikeys.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile.h"

struct error;
struct program;

/* The object that the key tables' readers get. */
struct labfile_reading {
	struct labfile *labfile;
	size_t current;	      /* the iface, filter or scenario being read */
	bool *stands;	      /* by filter: in a chain of the current scenario */
	bool chains_doubtful; /* a chain of an [iface] was refused */
	bool doubtful;	      /* or one of the current scenario: what stands where is not known */
	size_t n_steps;	      /* of all scenarios */
	size_t n_probes;      /* ping, udp, tcp and exec steps of the current one */
	size_t *changed;      /* by iface: 1 + the step that put another chain there, or 0 */
};

/* The same of the keys of a [filter]. */
struct filter_reading {
	const struct labfile *labfile;
	struct filter *filter;
	const struct program *program; /* NULL until it is read */
	bool full;		       /* it has too many values, which was told */
};

/* A step more of the current scenario, with what its line has in common with all others. */
struct step *step_add(const struct ini_where *at, struct labfile_reading *r);

/* Its filters stand in a chain of the current scenario. */
void reading_stands(struct labfile_reading *r, const struct chain_config *chain);

/* The chain on an interface at this point of the current scenario; NULL if none. */
const struct chain_config *reading_chain(const struct labfile_reading *r, size_t iface);

/* A list of filters, to the value's end: what @at->key says from *@rest on. */
int chain_read_filters(const struct ini_where *at, const char *rest, const struct labfile *labfile,
		       struct chain_config *chain, struct error *e);

/* The next word as an interface or a filter; *@rest moves on. */
int labfile_read_iface(const struct ini_where *at, const char **rest, const struct labfile *labfile,
		       size_t *iface, struct error *e);
int labfile_read_filter(const struct ini_where *at, const char **rest,
			const struct labfile *labfile, size_t *filter, struct error *e);

/* Each word of a list, with the function's @object; "a text" is one with its quotes. */
typedef int word_reader(const struct ini_where *at, const char *word, void *object,
			struct error *e);
int labfile_read_list(const struct ini_where *at, const char *value, void *object, struct error *e,
		      word_reader *read);

/* A word of the table, which are @what: "an engine". */
int labfile_read_enum(const struct ini_where *at, const char *what, const char *value,
		      const struct enum_name *table, uint32_t *out, struct error *e);

#endif
