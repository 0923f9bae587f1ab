// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of packets at work: one way in and out of a header for all of them. The fields
 * themselves are bpf/fields.h's.
 */
#include "orchestrator/model/field.h"

#include <string.h>

/* EITHER looks as one of its two does. */
enum {
#define FIELD(id, name, of, at, n_bytes, from, n_bits, as, help)                  \
	LAYER_##id = XLAB_LAYER_##of, OFFSET_##id = (at), BYTES_##id = (n_bytes), \
	SHIFT_##id = (from), BITS_##id = (n_bits), KIND_##id = XLAB_KIND_##as,
#include "bpf/fields.h"
};

/* Names are pasted here, where they are not yet expanded: netinet/in.h has an IP_TTL, too. */
#define FIELD(id, called, of, at, n_bytes, from, n_bits, as, says)                 \
	[XLAB_FIELD_##id] = { called,  says, XLAB_LAYER_##of, XLAB_KIND_##as,  at, \
			      n_bytes, from, n_bits,	      XLAB_FIELD_##id, XLAB_FIELD_##id },
#define EITHER(id, called, a, b, says)                    \
	[XLAB_FIELD_##id] = { called,                     \
			      says,                       \
			      (enum xlab_layer)LAYER_##a, \
			      (enum xlab_kind)KIND_##a,   \
			      OFFSET_##a,                 \
			      BYTES_##a,                  \
			      SHIFT_##a,                  \
			      BITS_##a,                   \
			      XLAB_FIELD_##a,             \
			      XLAB_FIELD_##b },
const struct field fields[XLAB_FIELDS] = {
#include "bpf/fields.h"
};

const char *const layer_names[XLAB_LAYERS] = {
	[XLAB_LAYER_FRAME] = "frame", [XLAB_LAYER_ETH] = "eth",	      [XLAB_LAYER_VLAN] = "vlan",
	[XLAB_LAYER_ARP] = "arp",     [XLAB_LAYER_IP] = "ip",	      [XLAB_LAYER_IPV6] = "ipv6",
	[XLAB_LAYER_ICMP] = "icmp",   [XLAB_LAYER_ICMPV6] = "icmpv6", [XLAB_LAYER_TCP] = "tcp",
	[XLAB_LAYER_UDP] = "udp",     [XLAB_LAYER_DATA] = "data",
};

/* --- Names ---------------------------------------------------------------------------------- */

enum xlab_field field_find(const char *name)
{
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++)
		if (layer_names[fields[i].layer] && !strcmp(fields[i].name, name))
			return i;
	return XLAB_FIELDS;
}

enum xlab_field field_find_in(enum xlab_layer layer, const char *name)
{
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++) {
		const char *dot = strchr(fields[i].name, '.');

		if (fields[i].layer == layer && fields[i].one == fields[i].other &&
		    !strcmp(dot ? dot + 1 : fields[i].name, name))
			return i;
	}
	return XLAB_FIELDS;
}

const char *field_next(void *unused, size_t i)
{
	(void)unused;
	for (size_t field = 0; field < XLAB_FIELDS; field++)
		if (layer_names[fields[field].layer] && i-- == 0)
			return fields[field].name;
	return NULL;
}

/* --- Values --------------------------------------------------------------------------------- */

uint64_t field_number(const struct field_value *value)
{
	uint64_t number = 0;

	for (size_t i = FIELD_VALUE - sizeof(number); i < FIELD_VALUE; i++)
		number = number << 8 | value->bytes[i];
	return number;
}

struct field_value field_value_of(uint64_t number)
{
	struct field_value value = { { 0 } };

	for (size_t i = FIELD_VALUE; number; number >>= 8)
		value.bytes[--i] = (uint8_t)number;
	return value;
}

struct address field_address(enum xlab_field field, const struct field_value *value)
{
	const enum xlab_kind kind = fields[field].kind;
	bool v4 = kind == XLAB_KIND_IPV4 || (kind == XLAB_KIND_ADDRESS && field_is_ipv4(value));
	struct address a = { .family = v4 ? AF_INET : AF_INET6 };

	memcpy(&a.v6, value->bytes + FIELD_VALUE - address_size(&a), address_size(&a));
	return a;
}

bool field_is_ipv4(const struct field_value *value)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	return !memcmp(value->bytes, mapped, sizeof(mapped));
}

/* --- Headers -------------------------------------------------------------------------------- */

/* The field's bits in the value of its bytes, as a number: none is wider than 32 but those that are
 * whole bytes.
 */
static uint64_t bits_of(const struct field *f)
{
	return UINT64_MAX >> (64 - f->bits);
}

static bool is_whole(const struct field *f)
{
	return f->bits == f->bytes * 8;
}

static bool is_there(const struct field *f, size_t room)
{
	return room >= (size_t)f->offset + f->bytes;
}

/* All of the bytes that it is in, 8 at most. */
static uint64_t load(const struct field *f, const uint8_t *header)
{
	uint64_t number = 0;

	for (size_t i = 0; i < f->bytes; i++)
		number = number << 8 | header[f->offset + i];
	return number;
}

uint64_t field_get_number(enum xlab_field field, const uint8_t *header, size_t room)
{
	const struct field *f = &fields[field];

	if (f->layer == XLAB_LAYER_FRAME)
		return room;
	return is_there(f, room) ? load(f, header) >> f->shift & bits_of(f) : 0;
}

bool field_get(enum xlab_field field, const uint8_t *header, size_t room, struct field_value *value)
{
	const struct field *f = &fields[field];
	bool wide = f->bytes > sizeof(uint64_t);

	*value = field_value_of(wide ? 0 : field_get_number(field, header, room));
	if (f->layer != XLAB_LAYER_FRAME && !is_there(f, room))
		return false;
	if (wide)
		memcpy(value->bytes + FIELD_VALUE - f->bytes, header + f->offset, f->bytes);
	return true;
}

bool field_set(enum xlab_field field, uint8_t *header, size_t room, const struct field_value *value)
{
	const struct field *f = &fields[field];
	struct field_value whole = *value;
	uint64_t mask;

	if (f->layer == XLAB_LAYER_FRAME || !is_there(f, room))
		return false;
	if (!is_whole(f)) {
		mask = bits_of(f) << f->shift;
		whole = field_value_of((load(f, header) & ~mask) |
				       (field_number(value) << f->shift & mask));
	}
	memcpy(header + f->offset, whole.bytes + FIELD_VALUE - f->bytes, f->bytes);
	return true;
}

bool field_get_data(const uint8_t *payload, size_t room, size_t offset, size_t length,
		    struct field_value *value)
{
	*value = field_value_of(0);
	if (length > FIELD_VALUE || room < length || room - length < offset)
		return false;
	memcpy(value->bytes + FIELD_VALUE - length, payload + offset, length);
	return true;
}
