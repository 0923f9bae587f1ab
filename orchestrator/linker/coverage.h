/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COVERAGE_H
#define XLAB_COVERAGE_H

/* What ran of the source of all programs that were loaded, in lcov's form. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct coverage;
struct error;
struct linker;
struct trace;

struct coverage *coverage_new(void);
void coverage_free(struct coverage *c); /* NULL is none */

/* Count what @trace counts of @linker's program, which was loaded with it; it is the coverage's
 * from now on. @programs: of each filter the object and function that it is (copied).
 */
void coverage_add(struct coverage *c, struct trace *trace, const struct linker *linker,
		  const char *const *programs);
/* Something that is not counted, for people (malloc'ed; the coverage's from now on). */
void coverage_lacks(struct coverage *c, char *what);

/* An lcov tracefile (geninfo(1)) of all of it. @name: of the test. */
void coverage_write(const struct coverage *c, const char *name, FILE *out);

/* What is not in it, each thing once. NULL at the end. */
const char *coverage_lacking(const struct coverage *c, size_t i);

#endif
