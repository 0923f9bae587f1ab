/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FIELD_SPAN_H
#define XLAB_FIELD_SPAN_H

/* Values of a field from one to another, or by a mask: what words of a lab file stand for. Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/model/field.h"

/* Both included; what is a single value has both equal. Masks (S/SA) have @masked, and then last is
 * the mask.
 */
struct field_span {
	struct field_value first, last;
	bool masked;
	uint8_t bytes; /* XLAB_KIND_BYTES: so many, at the right end of the array */
};

/* The span holds the value; of ADDRESS only values of its own family. */
bool field_span_holds(enum xlab_field field, const struct field_span *span,
		      const struct field_value *value);
bool field_span_equal(const struct field_span *a, const struct field_span *b);
/* It is all that begins with the first @len bits of its field (of IPv4 of 32); else false. */
bool field_span_prefix(enum xlab_field field, const struct field_span *span, unsigned int *len);

/* Of whole values, as memcmp(). */
int field_compare(const struct field_value *a, const struct field_value *b);
/* @bits ones at the right end. */
struct field_value field_ones(unsigned int bits);
bool field_takes_families(enum xlab_field field); /* addresses of IPv4 and IPv6 */
bool field_has_prefixes(enum xlab_field field);	  /* VALUE/LENGTH is a span of it */

#endif
