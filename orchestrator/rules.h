/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULES_H
#define XLAB_RULES_H

/*
 * The built-in programs' objects, and their rules in maps. A rule is one value
 * of a key (src=10.0.0.0/8). The maps are those of bpf/<program>.bpf.c.
 */

#include <stdint.h>

#include "orchestrator/suite.h"

struct bpf_object;
struct error;
struct lab;

/* The embedded object of a built-in and its function's name; -EINVAL for PROGRAM_OBJECT. */
int program_object(enum program_kind kind, const void **bytes, size_t *size, const char **function);

/* The same for a filter: a malloc'ed copy, with room for its rules behind the variable "rules". */
int program_bytes(const struct filter *filter, void **bytes, size_t *size, const char **function);

/* Bytes of the map of "rules"; 0: the program has none. */
size_t rules_size(const struct filter *filter);

/* Before the load: constants (action, which keys are given) and map sizes. */
int rules_prepare(struct bpf_object *obj, const struct filter *filter, struct error *e);

/* After the load, when the maps are new: put the filter's rules into them. For
 * redirect: enters the target's namespace to fill the devmap.
 */
int rules_fill(struct bpf_object *obj, const struct lab *lab, size_t filter, struct error *e);

/* Live: each of @rules, which end in NULL, is "dst=9999". All of them are changed, or none:
 * -EEXIST, -ENOENT, -ENOSPC with what to do in @e.
 */
int rules_add(const struct lab *lab, size_t filter, char *const *rules, struct error *e);
int rules_del(const struct lab *lab, size_t filter, char *const *rules, struct error *e);

struct rule_row {
	char *rule;    /* "dst=9999" */
	uint64_t hits; /* packets that the whole filter matched, this key by this value */
};
/* malloc'ed rows, freed by rules_free(). */
int rules_list(const struct lab *lab, size_t filter, struct rule_row **rows, size_t *n,
	       struct error *e);
void rules_free(struct rule_row *rows, size_t n);

#endif
