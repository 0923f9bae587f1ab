/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULES_H
#define XLAB_RULES_H

/* The rules of a filter that is there, changed while packets come. A rule is one value of a key
 * (src=10.0.0.0/8).
 */

#include <stddef.h>
#include <stdint.h>

struct error;
struct lab;

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

/* The rules as they are now, and which of them has been hit since the last look: the first one from
 * number @from on, or their number.
 */
struct rules_watch;
int rules_watch_open(const struct lab *lab, size_t filter, struct rules_watch **watch,
		     struct error *e);
void rules_watch_close(struct rules_watch *watch); /* NULL is none */
size_t rules_watch_next(struct rules_watch *watch, size_t from);
const struct rule_row *rules_watch_rows(const struct rules_watch *watch, size_t *n);

#endif
