/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FIELD_H
#define XLAB_FIELD_H

/* The fields of packets (bpf/fields.h): found by name, taken out of bytes, and put into bytes.
 * Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"

enum xlab_field {
#define FIELD(id, ...)	XLAB_FIELD_##id,
#define EITHER(id, ...) XLAB_FIELD_##id,
#include "bpf/fields.h"
	XLAB_FIELDS,
};

/* Headers, from the frame inwards. */
enum xlab_layer {
	XLAB_LAYER_FRAME, /* the frame as a whole, which has no bytes of its own */
	XLAB_LAYER_ETH,
	XLAB_LAYER_VLAN,
	XLAB_LAYER_ARP,
	XLAB_LAYER_IP,
	XLAB_LAYER_IPV6,
	XLAB_LAYER_ICMP,
	XLAB_LAYER_ICMPV6,
	XLAB_LAYER_TCP,
	XLAB_LAYER_UDP,
	XLAB_LAYER_DATA,    /* what the last header that is known carries */
	XLAB_LAYER_NET,	    /* IPv4 or IPv6: only to match */
	XLAB_LAYER_PORTS,   /* UDP or TCP: only to match */
	XLAB_LAYER_FRAGHDR, /* IPv6's fragment header: only to read */
	XLAB_LAYER_GRE,	    /* only to read */
	XLAB_LAYERS,
};

enum xlab_kind {
	XLAB_KIND_NUMBER,
	XLAB_KIND_HEX,	/* a number shown as 0x… */
	XLAB_KIND_TYPE, /* EtherType */
	XLAB_KIND_PROTO,
	XLAB_KIND_PORT,	 /* or a service's name */
	XLAB_KIND_FLAGS, /* of TCP, by letters */
	XLAB_KIND_MAC,
	XLAB_KIND_IPV4,
	XLAB_KIND_IPV6,
	XLAB_KIND_ADDRESS, /* of either family; IPv4 ones as in ::ffff:0:0/96 */
	XLAB_KIND_BYTES,
	XLAB_KINDS,
};

struct field {
	const char *name, *help;
	enum xlab_layer layer;
	enum xlab_kind kind;
	uint8_t offset, bytes, shift, bits;
	enum xlab_field one, other; /* EITHER: the two; else both its own */
};
extern const struct field fields[XLAB_FIELDS];

/* "frame", "eth", …; NULL of those only to match or to read. A field's name begins with it. */
extern const char *const layer_names[XLAB_LAYERS];

#define FIELD_VALUE 16 /* bytes of the longest */

/* A value of a field: a number big-endian at the right end of the array, so that values of one
 * field are in the order of memcmp(). An address, a MAC and bytes, too.
 */
struct field_value {
	uint8_t bytes[FIELD_VALUE];
};

/* XLAB_FIELDS: there is none of that name, "ip.ttl". */
enum xlab_field field_find(const char *name);
/* Of a layer: "ttl" or "src" of XLAB_LAYER_IP; XLAB_FIELDS: it has none. EITHER is none. */
enum xlab_field field_find_in(enum xlab_layer layer, const char *name);
/* Candidates for text_nearest(): all that may be named, without those of the short forms. */
const char *field_next(void *unused, size_t i);

/* Of ADDRESS: it lies in ::ffff:0:0/96. */
bool field_is_ipv4(const struct field_value *value);

/* Out of or into a header's bytes, of which @room are there; false: it ends before. frame.len is
 * the room.
 */
bool field_get(enum xlab_field field, const uint8_t *header, size_t room,
	       struct field_value *value);
/* As a number, of a field that has 8 bytes at most; 0: the header ends before. */
uint64_t field_get_number(enum xlab_field field, const uint8_t *header, size_t room);
bool field_set(enum xlab_field field, uint8_t *header, size_t room,
	       const struct field_value *value);
/* data[OFFSET:LENGTH] of a payload; @length is FIELD_VALUE at most. */
bool field_get_data(const uint8_t *payload, size_t room, size_t offset, size_t length,
		    struct field_value *value);

struct address field_address(enum xlab_field field, const struct field_value *value);
uint64_t field_number(const struct field_value *value);
struct field_value field_value_of(uint64_t number);

#endif
