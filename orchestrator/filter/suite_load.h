/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SUITE_LOAD_H
#define XLAB_SUITE_LOAD_H

struct error;
struct suite;

/* As suite_parse(), of a file, whose filters' objects it looks into. */
int suite_load(struct suite *suite, const char *path, struct error *e);

#endif
