// SPDX-License-Identifier: GPL-2.0-or-later
/* Spans of values: addresses by their prefixes, flags by masks, all else from one to another. */
#include "orchestrator/model/field_span.h"

#include <string.h>

struct field_value field_ones(unsigned int bits)
{
	struct field_value value = { { 0 } };

	for (unsigned int i = 0; i < bits; i++)
		value.bytes[FIELD_VALUE - 1 - i / 8] |= (uint8_t)(1U << i % 8);
	return value;
}

int field_compare(const struct field_value *a, const struct field_value *b)
{
	return memcmp(a->bytes, b->bytes, FIELD_VALUE);
}

/* IPv4 ends where the mapped ones do: ::/0 holds none of them. */
static bool is_ipv4_span(const struct field_span *span)
{
	return field_is_ipv4(&span->first) && field_is_ipv4(&span->last);
}

bool field_takes_families(enum xlab_field field)
{
	return fields[field].kind == XLAB_KIND_ADDRESS;
}

bool field_span_holds(enum xlab_field field, const struct field_span *span,
		      const struct field_value *value)
{
	if (span->masked)
		return (field_number(value) & field_number(&span->last)) ==
		       field_number(&span->first);
	if (field_takes_families(field) && is_ipv4_span(span) != field_is_ipv4(value))
		return false;
	return field_compare(&span->first, value) <= 0 && field_compare(value, &span->last) <= 0;
}

bool field_span_equal(const struct field_span *a, const struct field_span *b)
{
	return !field_compare(&a->first, &b->first) && !field_compare(&a->last, &b->last) &&
	       a->masked == b->masked && a->bytes == b->bytes;
}

bool field_span_prefix(enum xlab_field field, const struct field_span *span, unsigned int *len)
{
	unsigned int bits =
		field_takes_families(field) && is_ipv4_span(span) ? 32 : fields[field].bits;
	unsigned int free_bits = 0;
	struct field_value host;

	if (span->masked)
		return false;
	for (unsigned int i = 0; i < bits; i++)
		if ((span->first.bytes[FIELD_VALUE - 1 - i / 8] ^
		     span->last.bytes[FIELD_VALUE - 1 - i / 8]) >>
			    i % 8 &
		    1)
			free_bits = i + 1;
	host = field_ones(free_bits);
	for (size_t i = 0; i < FIELD_VALUE; i++)
		if (span->first.bytes[i] & host.bytes[i] || ~span->last.bytes[i] & host.bytes[i])
			return false;
	*len = bits - free_bits;
	return true;
}

bool field_has_prefixes(enum xlab_field field)
{
	switch (fields[field].kind) {
	case XLAB_KIND_MAC:
	case XLAB_KIND_IPV4:
	case XLAB_KIND_IPV6:
	case XLAB_KIND_ADDRESS:
		return true;
	default:
		return false;
	}
}
