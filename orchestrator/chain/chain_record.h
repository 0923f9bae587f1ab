/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_RECORD_H
#define XLAB_CHAIN_RECORD_H

/*
 * The file chains/NETNS:IFACE: which of xlab's programs may stand on an
 * interface. It is written before the kernel is asked for a change and names
 * what stands there before and after it, so it is right at every instant: the id
 * of what is attached tells which of the two it is.
 *
 *   now inline 5 native 1234 scenario      engine, generation, mode, program id
 *   why asked for                          this engine; not there for a pass program
 *   filters headers udp-8888               none: a pass program for the other end's sake
 *   before inline 4 native 1200 own
 *   filters
 *   pending                                the kernel may not have been asked yet
 *   restore headers                        what the scenario's chain stands in for;
 *                                          not there: the lab file's chain
 *   gen 5                                  the last generation that was given out there
 *   past inline 3 native 1190 own          what stood there earlier, the latest first: events
 *   filters udp-8888                       of it may still have to be read
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/labfile.h"

struct error;
struct lab;

/* Which chain stands on an interface: the file chains/NODE:IFACE. */
struct chain_record {
	enum engine_choice engine; /* libxdp or inline */
	char *why;		   /* this engine, in words on one line; NULL for a pass program */
	uint32_t gen;
	enum xdp_mode mode;
	uint32_t prog_id; /* of what is attached: the linked program, or libxdp's dispatcher */
	char **filters;	  /* names, first to last */
	size_t n_filters;
	bool scenario; /* stands there for the time of a scenario only */
};
void chain_record_clear(struct chain_record *record);
#define RECORD_AUTO __attribute__((cleanup(chain_record_clear)))
void chain_record_copy(struct chain_record *to, const struct chain_record *from);

/* That filter stands in it. */
bool chain_record_has(const struct chain_record *record, const char *filter);

/* A chain's filter counts and tells its verdicts, whatever @program it is. */
bool chain_tells(const struct chain_record *record, enum program_kind program);

#define CHAIN_PAST 8

struct chain_file {
	struct chain_record now, before;
	bool pending;
	uint32_t gen;
	struct chain_record past[CHAIN_PAST];
	size_t n_past;
	bool has_restore;
	char **restore;
	size_t n_restore;
};

void chain_file_clear(struct chain_file *file);
#define CHAIN_FILE_AUTO __attribute__((cleanup(chain_file_clear)))

/* @point is "NETNS:IFACE". No file: an empty one. */
int chain_file_read(const struct lab *lab, const char *point, struct chain_file *file,
		    struct error *e);
int chain_file_write(struct lab *lab, const char *point, const struct chain_file *file,
		     struct error *e);

/* Which of the two @prog_id is, or NULL: neither, it is another tool's. 0: nothing is attached. */
const struct chain_record *chain_file_match(const struct chain_file *file, uint32_t prog_id);

/* For a new chain: no event of another one has had it, as long as the lab is there, and it counts
 * in another bank of the counters than @current (may be NULL), which counts on until it is
 * replaced.
 */
uint32_t chain_file_next_gen(const struct chain_file *file, const struct chain_record *current);

/* The chain of generation @gen, or NULL: it stood there too long ago. */
const struct chain_record *chain_file_of_gen(const struct chain_file *file, uint32_t gen);

/* The file that says that @next comes in place of @current (NULL: nothing), to be cleared by
 * chain_file_clear(). And, once that is done, the file that says so.
 */
void chain_file_plan(struct chain_file *to, const struct chain_file *from,
		     const struct chain_record *current, const struct chain_record *next);
void chain_file_settle(struct chain_file *file);

/* Let the chain of @record be what comes back after a scenario. */
void chain_file_keep_for_good(struct chain_file *file, const struct chain_record *record);

/* Attach points that have a file, for STRINGS_AUTO: also of an error. */
int chain_file_names(const struct lab *lab, char ***names, struct error *e);

char **chain_names_copy(char *const *from, size_t n);

#endif
