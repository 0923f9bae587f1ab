/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RESOLVE_H
#define XLAB_RESOLVE_H

/* The words by which the command line names things of a lab that is up:
 * [LAB/]NODE, [LAB/]NODE:IFACE, [LAB/]FILTER.
 */

#include <stddef.h>

#include "orchestrator/lab.h"

struct error;

/* As lab_open(), and refuse a lab that a killed command left half built or half removed. */
int resolve_lab(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		struct error *e);

/* Open the lab that @word names before its slash, or the one that is up; *rest,
 * what follows, points into @word. The caller frees with lab_close().
 */
int resolve_lab_word(struct lab *lab, const char *word, enum state_lock lock, const char *command,
		     const char **rest, struct error *e);

/* What a command that holds no lock ended with. If its lab is not up any more, that is why, and
 * what a command is told that comes now takes the place of @e's words, of whatever was not there
 * any more. Returns @err, or what stands in @e instead.
 */
int resolve_again(const struct lab *lab, int err, struct error *e);

/* The index, or -EINVAL with the nearest name offered. */
int resolve_node(const struct labfile *labfile, const char *name, size_t *node, struct error *e);
int resolve_iface(const struct labfile *labfile, const char *name, size_t *iface, struct error *e);
int resolve_filter(const struct labfile *labfile, const char *name, size_t *filter,
		   struct error *e);
int resolve_scenario(const struct labfile *labfile, const char *name, size_t *scenario,
		     struct error *e);

#endif
