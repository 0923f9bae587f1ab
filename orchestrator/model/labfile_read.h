/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_READ_H
#define XLAB_LABFILE_READ_H

/* A whole lab file, read. */

#include <stddef.h>

#include "lab/inikeys.h"

struct error;
struct labfile;

/* All that a lab file may hold, topology and all: for help. Ends in NULL; several
 * tables may speak of one kind: a [filter] has its program's keys, too.
 */
extern const struct ini_section_spec *const labfile_tables[];

/* Read and check a whole lab file, which holds no more than this; all its errors are in @e.
 * labfile_load() (labfile_load.h) looks into the objects that its filters name, too; this is pure.
 * Free with labfile_clear() in either case.
 */
int labfile_parse(struct labfile *labfile, const char *path, const char *dir, const char *text,
		  size_t len, struct error *e);

/* The topology alone, of a text that was a whole lab file before: no filters, chains and scenarios.
 */
int labfile_parse_topology(struct labfile *labfile, const char *path, const char *dir,
			   const char *text, size_t len, struct error *e);

/* Everything behind the reading of the file, of which @ini_err is what it said: whatever could be
 * read is checked all the same.
 */
int labfile_check(struct labfile *labfile, int ini_err, struct error *e);

#endif
