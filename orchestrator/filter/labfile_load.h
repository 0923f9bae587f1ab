/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_LOAD_H
#define XLAB_LABFILE_LOAD_H

struct error;
struct labfile;

/* As labfile_parse(), of a file, whose filters' objects it looks into. */
int labfile_load(struct labfile *labfile, const char *path, struct error *e);

#endif
