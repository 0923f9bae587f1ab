/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SUITE_READ_H
#define XLAB_SUITE_READ_H

/* A whole lab file, read. */

#include <stddef.h>

#include "lab/inikeys.h"

struct error;
struct suite;

/* All that a lab file may hold, topology and all: for help. Ends in NULL; several
 * tables may speak of one kind: a [filter] has its program's keys, too.
 */
extern const struct ini_section_spec *const suite_tables[];

/* Read and check a whole lab file, which holds no more than this; all its errors are in @e.
 * suite_load() (suite_load.h) looks into the objects that its filters name, too; this is pure. Free
 * with suite_clear() in either case.
 */
int suite_parse(struct suite *suite, const char *path, const char *dir, const char *text,
		size_t len, struct error *e);

/* Everything behind the reading of the file, of which @ini_err is what it said: whatever could be
 * read is checked all the same.
 */
int suite_check(struct suite *suite, int ini_err, struct error *e);

#endif
