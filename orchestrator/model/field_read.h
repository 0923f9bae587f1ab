/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FIELD_READ_H
#define XLAB_FIELD_READ_H

/* Words of a lab file, without its `!`, as values of fields. 0, -EINVAL or -ERANGE with the whole
 * sentence about @word in *@why, malloc'ed: what it is not, what is allowed. Pure.
 */

#include "orchestrator/model/field_span.h"

int field_read(enum xlab_field field, const char *word, struct field_span *span, char **why);
/* A single value only, not of bytes: of packets that are made. */
int field_read_value(enum xlab_field field, const char *word, struct field_value *value,
		     char **why);

#endif
