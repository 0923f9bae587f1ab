/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROGRAMS_H
#define XLAB_PROGRAMS_H

/*
 * The built-in programs' objects, and the rules of the lab file in their maps, which are those of
 * bpf/<program>.bpf.c.
 */

#include <stddef.h>

#include "orchestrator/model/labfile.h"

struct bpf_object;
struct error;
struct lab;

/* The embedded object of a built-in and its function's name; -EINVAL for PROGRAM_OBJECT. */
int program_object(enum program_kind kind, const void **bytes, size_t *size, const char **function);

/* The same for a filter: a malloc'ed copy, made for its keys and its action or with the code of its
 * expression, and with room for its rules behind the variable "rules".
 */
int program_bytes(const struct filter *filter, void **bytes, size_t *size, const char **function,
		  struct error *e);

/* Before the load: its constants. */
int program_prepare(struct bpf_object *obj, const struct filter *filter, struct error *e);

/* After the load, when the maps are new: put the filter's rules into them. For
 * redirect: enters the target's namespace to fill the devmap.
 */
int program_fill_rules(struct bpf_object *obj, const struct lab *lab, size_t filter,
		       struct error *e);

#endif
