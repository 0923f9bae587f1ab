/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_REFUSAL_H
#define XLAB_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

struct linker;
struct error;
struct link_output;

/* The verifier's log in words. */
int refusal_explain(const struct link_output *out, const struct linker *c, const char *log, int err,
		    struct error *e);
/* The filter whose instruction the log ends at, or c->n_filters. */
size_t refusal_filter(const struct linker *c, const char *log);
/* Mark those of @n instructions that the log shows. */
void refusal_seen(const char *log, bool *seen, size_t n);

#endif
