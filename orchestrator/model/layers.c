// SPDX-License-Identifier: GPL-2.0-or-later
/* Which layers a frame has. Bytes are reached through a cursor only: they may be cut or hostile. */
#include "orchestrator/model/layers.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define EXTENSION_MAX 8 /* IPv6 extension headers stepped over, as by filters */

static const uint8_t headers[XLAB_LAYERS] = {
	[XLAB_LAYER_ETH] = 14,	  [XLAB_LAYER_VLAN] = 4,   [XLAB_LAYER_ARP] = 28,
	[XLAB_LAYER_IP] = 20,	  [XLAB_LAYER_IPV6] = 40,  [XLAB_LAYER_ICMP] = 8,
	[XLAB_LAYER_TCP] = 20,	  [XLAB_LAYER_ICMPV6] = 8, [XLAB_LAYER_UDP] = 8,
	[XLAB_LAYER_FRAGHDR] = 8,
};

size_t layer_header(enum xlab_layer layer)
{
	return headers[layer];
}

enum xlab_field layer_next(enum xlab_layer layer)
{
	switch (layer) {
	case XLAB_LAYER_ETH:
		return XLAB_FIELD_ETH_TYPE;
	case XLAB_LAYER_VLAN:
		return XLAB_FIELD_VLAN_TYPE;
	case XLAB_LAYER_IP:
		return XLAB_FIELD_IP_PROTO;
	case XLAB_LAYER_IPV6:
		return XLAB_FIELD_IPV6_NXT;
	default:
		return XLAB_FIELDS;
	}
}

struct cursor {
	const uint8_t *bytes;
	size_t at, end; /* @end: of the packet, by what its headers say */
	struct layers *layers;
};

static const uint8_t *peek(const struct cursor *c, enum xlab_layer layer)
{
	return c->end - c->at < layer_header(layer) ? NULL : c->bytes + c->at;
}

/* @size bytes are a layer; NULL: they are not there, or one layer must be left for the data. */
static struct layer *take(struct cursor *c, enum xlab_layer layer, size_t size)
{
	struct layer *taken = &c->layers->layer[c->layers->n];

	if (c->end - c->at < size)
		c->layers->cut = layer;
	if (c->end - c->at < size || c->layers->n == LAYERS_MAX - 1)
		return NULL;
	*taken = (struct layer){ .layer = layer, .at = c->at, .size = size };
	c->layers->n++;
	c->at += size;
	return taken;
}

/* Of a header that is there. */
static size_t number(enum xlab_field field, const uint8_t *header)
{
	return field_get_number(field, header, layer_header(fields[field].layer));
}

/* What comes next, as the last header says. */
struct next {
	enum { NEXT_FRAME, NEXT_TYPE, NEXT_NETWORK, NEXT_PROTO, NEXT_DATA } kind;
	uint16_t number; /* EtherType, of NETWORK no VLAN's; or protocol */
	bool v6;	 /* whose protocol it is */
};

static const struct next data = { .kind = NEXT_DATA };

static void limit(struct cursor *c, size_t end)
{
	if (end < c->end)
		c->end = end > c->at ? end : c->at;
}

static struct next read_arp(struct cursor *c)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *b = peek(c, XLAB_LAYER_ARP);

	if (b && !memcmp(b, ethernet_ipv4, sizeof(ethernet_ipv4)))
		(void)take(c, XLAB_LAYER_ARP, layer_header(XLAB_LAYER_ARP));
	return data;
}

static struct next read_ip(struct cursor *c)
{
	const uint8_t *b = peek(c, XLAB_LAYER_IP);
	size_t words = b ? number(XLAB_FIELD_IP_HDR_LEN, b) : 0;
	struct layer *ip;

	if (!b || b[0] >> 4 != 4 || words < 5 || !(ip = take(c, XLAB_LAYER_IP, words * 4)))
		return data;
	ip->end = ip->at + number(XLAB_FIELD_IP_LEN, b);
	limit(c, ip->end);
	ip->proto = (uint8_t)number(XLAB_FIELD_IP_PROTO, b);
	ip->later_fragment = number(XLAB_FIELD_IP_FRAG_OFFSET, b);
	ip->fragmented = ip->later_fragment || number(XLAB_FIELD_IP_MF, b);
	ip->fragment_id = (uint32_t)number(XLAB_FIELD_IP_ID, b);
	if (ip->later_fragment)
		return data;
	return (struct next){ NEXT_PROTO, ip->proto, false };
}

/* Bytes of the extension header at @at, 0: it is none, or not there whole. */
static size_t extension_size(const struct cursor *c, size_t at, uint8_t proto)
{
	const uint8_t *b = c->bytes + at;
	size_t size = 0;

	if (c->end - at < 8)
		return 0;
	if (proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_DSTOPTS)
		size = ((size_t)b[1] + 1) * 8;
	else if (proto == IPPROTO_AH)
		size = ((size_t)b[1] + 2) * 4;
	else if (proto == IPPROTO_FRAGMENT)
		size = 8;
	return size <= c->end - at ? size : 0;
}

static void read_fragment(struct layer *ip, const uint8_t *header)
{
	ip->later_fragment = number(XLAB_FIELD_FRAG_OFFSET, header);
	ip->fragmented = ip->later_fragment || number(XLAB_FIELD_FRAG_MORE, header);
	ip->fragment_id = (uint32_t)number(XLAB_FIELD_FRAG_IDENT, header);
}

static struct next read_ipv6(struct cursor *c)
{
	const uint8_t *b = peek(c, XLAB_LAYER_IPV6);
	struct layer *ip;

	if (!b || b[0] >> 4 != 6 || !(ip = take(c, XLAB_LAYER_IPV6, 40)))
		return data;
	ip->end = c->at + number(XLAB_FIELD_IPV6_PLEN, b);
	limit(c, ip->end);
	ip->proto = (uint8_t)number(XLAB_FIELD_IPV6_NXT, b);
	for (int i = 0; i < EXTENSION_MAX && !ip->later_fragment; i++) {
		size_t size = extension_size(c, c->at, ip->proto);

		if (!size || ip->size + size > LAYER_HEADER_MAX + LAYER_OPTIONS_MAX)
			break;
		b = c->bytes + c->at;
		if (ip->proto == IPPROTO_FRAGMENT)
			read_fragment(ip, b);
		ip->proto = b[0];
		ip->size += size;
		c->at += size;
	}
	if (ip->later_fragment)
		return data;
	return (struct next){ NEXT_PROTO, ip->proto, true };
}

bool layer_is_icmp_error(enum xlab_layer layer, uint8_t type)
{
	if (layer == XLAB_LAYER_ICMPV6)
		return type >= 1 && type <= 4;
	return layer == XLAB_LAYER_ICMP &&
	       (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

static struct next read_icmp(struct cursor *c, enum xlab_layer layer)
{
	const uint8_t *b = c->bytes + c->at;

	if (!take(c, layer, layer_header(layer)) || !layer_is_icmp_error(layer, b[0]))
		return data;
	return (struct next){ NEXT_TYPE,
			      .number = layer == XLAB_LAYER_ICMP ? ETH_P_IP : ETH_P_IPV6 };
}

static struct next read_tcp(struct cursor *c)
{
	const uint8_t *b = peek(c, XLAB_LAYER_TCP);
	size_t words = b ? number(XLAB_FIELD_TCP_HDR_LEN, b) : 0;

	(void)take(c, XLAB_LAYER_TCP, words > 5 ? words * 4 : 20);
	return data;
}

static struct next read_proto(struct cursor *c, struct next next)
{
	switch (next.number) {
	case IPPROTO_ICMP:
		return next.v6 ? data : read_icmp(c, XLAB_LAYER_ICMP);
	case IPPROTO_ICMPV6:
		return next.v6 ? read_icmp(c, XLAB_LAYER_ICMPV6) : data;
	case IPPROTO_TCP:
		return read_tcp(c);
	case IPPROTO_UDP:
		(void)take(c, XLAB_LAYER_UDP, 8);
		return data;
	case IPPROTO_IPIP:
		return (struct next){ NEXT_TYPE, .number = ETH_P_IP };
	case IPPROTO_IPV6:
		return (struct next){ NEXT_TYPE, .number = ETH_P_IPV6 };
	default:
		return data;
	}
}

static struct next read_network(struct cursor *c, uint16_t type)
{
	switch (type) {
	case ETH_P_ARP:
		return read_arp(c);
	case ETH_P_IP:
		return read_ip(c);
	case ETH_P_IPV6:
		return read_ipv6(c);
	default:
		return data;
	}
}

/* A layer that has the EtherType of what comes behind it. */
static struct next read_link(struct cursor *c, enum xlab_layer layer)
{
	const uint8_t *b = c->bytes + c->at;

	if (!take(c, layer, layer_header(layer)))
		return data;
	return (struct next){ NEXT_TYPE, .number = (uint16_t)number(layer_next(layer), b) };
}

static struct next read_next(struct cursor *c, struct next next)
{
	bool tag = next.number == ETH_P_8021Q || next.number == ETH_P_8021AD;

	if (next.kind == NEXT_FRAME)
		return read_link(c, XLAB_LAYER_ETH);
	if (next.kind == NEXT_PROTO)
		return read_proto(c, next);
	if (next.kind == NEXT_TYPE && tag)
		return read_link(c, XLAB_LAYER_VLAN);
	return read_network(c, next.number);
}

static void read_all(const uint8_t *bytes, size_t size, struct next next, struct layers *layers)
{
	struct cursor c = { .bytes = bytes, .end = size, .layers = layers };

	/* What is behind the last layer is never read. */
	layers->n = 0;
	layers->cut = XLAB_LAYER_DATA;
	while (next.kind != NEXT_DATA)
		next = read_next(&c, next);
	layers->padding = size - c.end;
	if (c.at < size)
		layers->layer[layers->n++] =
			(struct layer){ .layer = XLAB_LAYER_DATA, .at = c.at, .size = size - c.at };
}

void layers_read(const uint8_t *bytes, size_t size, struct layers *layers)
{
	read_all(bytes, size, (struct next){ .kind = NEXT_FRAME }, layers);
}

void layers_read_network(const uint8_t *bytes, size_t size, uint16_t type, struct layers *layers)
{
	read_all(bytes, size, (struct next){ NEXT_NETWORK, .number = type }, layers);
}

uint64_t layer_number(const uint8_t *bytes, const struct layer *layer, enum xlab_field field)
{
	return field_get_number(field, bytes + layer->at, layer->size);
}

const char *layer_text(const uint8_t *bytes, const struct layer *layer, enum xlab_field field,
		       char buf[static FIELD_TEXT])
{
	struct field_value value;

	(void)field_get(field, bytes + layer->at, layer->size, &value);
	return field_value_text(field, &value, buf);
}

/* Of a header whose bytes are used twice: another field says what they are, or they are none's and
 * zero.
 */
static bool says_nothing(const uint8_t *header, enum xlab_field field)
{
	bool mtu = header[0] == 3 && header[1] == 4, echo = header[0] == 0 || header[0] == 8;
	bool v6_mtu = header[0] == 2, v6_echo = header[0] == 128 || header[0] == 129;

	switch (field) {
	case XLAB_FIELD_ICMP_MTU:
		return !mtu;
	case XLAB_FIELD_ICMP_IDENT:
		return !echo && !number(field, header);
	case XLAB_FIELD_ICMP_SEQ:
		return mtu || (!echo && !number(field, header));
	case XLAB_FIELD_ICMPV6_MTU:
		return !v6_mtu;
	case XLAB_FIELD_ICMPV6_IDENT:
	case XLAB_FIELD_ICMPV6_SEQ:
		return v6_mtu || (!v6_echo && !number(field, header));
	default:
		return false;
	}
}

enum xlab_field field_whole(enum xlab_field field)
{
	const struct field *f = &fields[field];

	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++) {
		const struct field *whole = &fields[i];

		if (whole->layer == f->layer && whole->one == i && whole->offset == f->offset &&
		    whole->bytes == f->bytes && whole->bits > f->bits && whole->shift <= f->shift &&
		    whole->shift + whole->bits >= f->shift + f->bits)
			return i;
	}
	return field;
}

bool layer_has_field(const uint8_t *bytes, const struct layer *layer, enum xlab_field field)
{
	return layer->layer != XLAB_LAYER_DATA && fields[field].layer == layer->layer &&
	       fields[field].one == field && field_whole(field) == field &&
	       !says_nothing(bytes + layer->at, field);
}

enum xlab_field layer_next_field(const uint8_t *bytes, const struct layer *layer,
				 enum xlab_field from)
{
	enum xlab_field field = from == XLAB_FIELDS ? 0 : from + 1;

	while (field < XLAB_FIELDS && !layer_has_field(bytes, layer, field))
		field++;
	return field;
}
