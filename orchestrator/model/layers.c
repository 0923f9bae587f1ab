// SPDX-License-Identifier: GPL-2.0-or-later
/* Which layers a frame has. Bytes are reached through a cursor only: they may be cut or hostile. */
#include "orchestrator/model/layers.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define EXTENSION_MAX 8 /* IPv6 extension headers stepped over, as by filters */

static const uint8_t headers[XLAB_LAYERS] = {
	[XLAB_LAYER_ETH] = 14, [XLAB_LAYER_VLAN] = 4,	[XLAB_LAYER_ARP] = 28,
	[XLAB_LAYER_IP] = 20,  [XLAB_LAYER_IPV6] = 40,	[XLAB_LAYER_ICMP] = 8,
	[XLAB_LAYER_TCP] = 20, [XLAB_LAYER_ICMPV6] = 8, [XLAB_LAYER_UDP] = 8,
};

size_t layer_header(enum xlab_layer layer)
{
	return headers[layer];
}

struct cursor {
	const uint8_t *bytes;
	size_t at, end; /* @end: of the packet, by what its headers say */
	struct layers *layers;
};

static uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static const uint8_t *peek(const struct cursor *c, size_t n)
{
	return c->end - c->at < n ? NULL : c->bytes + c->at;
}

/* @size bytes are a layer; false: they are not there, or one layer must be left for the data. */
static bool take(struct cursor *c, enum xlab_layer layer, size_t size)
{
	if (c->end - c->at < size || c->layers->n == LAYERS_MAX - 1)
		return false;
	c->layers->layer[c->layers->n++] = (struct layer){ layer, c->at, size };
	c->at += size;
	return true;
}

/* What the last header says comes behind it. */
enum carried { CARRIES_TYPE, CARRIES_PROTO, CARRIES_DATA };

struct next {
	enum carried carried;
	uint16_t number; /* EtherType, or protocol */
	bool v6;	 /* whose protocol it is */
};

static const struct next data = { CARRIES_DATA, 0, false };

static void limit(struct cursor *c, size_t end)
{
	if (end < c->end)
		c->end = end > c->at ? end : c->at;
}

static struct next read_arp(struct cursor *c)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *b = peek(c, sizeof(ethernet_ipv4));

	if (b && !memcmp(b, ethernet_ipv4, sizeof(ethernet_ipv4)))
		(void)take(c, XLAB_LAYER_ARP, layer_header(XLAB_LAYER_ARP));
	return data;
}

static struct next read_ip(struct cursor *c)
{
	const uint8_t *b = peek(c, 20);
	size_t at = c->at;

	if (!b || b[0] >> 4 != 4 || (b[0] & 0xf) < 5 ||
	    !take(c, XLAB_LAYER_IP, (size_t)(b[0] & 0xf) * 4))
		return data;
	limit(c, at + be16(b + 2));
	if (be16(b + 6) & 0x1fff)
		return data;
	return (struct next){ CARRIES_PROTO, b[9], false };
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

static struct next read_ipv6(struct cursor *c)
{
	const uint8_t *b = peek(c, 40);
	struct next next = { CARRIES_PROTO, 0, true };
	struct layer *layer;

	if (!b || b[0] >> 4 != 6 || !take(c, XLAB_LAYER_IPV6, 40))
		return data;
	layer = &c->layers->layer[c->layers->n - 1];
	limit(c, c->at + be16(b + 4));
	next.number = b[6];
	for (int i = 0; i < EXTENSION_MAX && next.carried == CARRIES_PROTO; i++) {
		size_t size = extension_size(c, c->at, (uint8_t)next.number);

		if (!size)
			break;
		b = c->bytes + c->at;
		if (next.number == IPPROTO_FRAGMENT && be16(b + 2) & 0xfff8)
			next.carried = CARRIES_DATA;
		next.number = b[0];
		layer->size += size;
		c->at += size;
	}
	return next;
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
	const uint8_t *b = peek(c, 8);

	if (!take(c, layer, 8) || !layer_is_icmp_error(layer, b[0]))
		return data;
	return (struct next){ CARRIES_TYPE, layer == XLAB_LAYER_ICMP ? ETH_P_IP : ETH_P_IPV6,
			      false };
}

static struct next read_tcp(struct cursor *c)
{
	const uint8_t *b = peek(c, 20);
	size_t size = b && b[12] >> 4 > 5 ? (size_t)(b[12] >> 4) * 4 : 20;

	(void)take(c, XLAB_LAYER_TCP, size);
	return data;
}

static struct next read_proto(struct cursor *c, const struct next *next)
{
	switch (next->number) {
	case IPPROTO_ICMP:
		return next->v6 ? data : read_icmp(c, XLAB_LAYER_ICMP);
	case IPPROTO_ICMPV6:
		return next->v6 ? read_icmp(c, XLAB_LAYER_ICMPV6) : data;
	case IPPROTO_TCP:
		return read_tcp(c);
	case IPPROTO_UDP:
		(void)take(c, XLAB_LAYER_UDP, 8);
		return data;
	case IPPROTO_IPIP:
		return (struct next){ CARRIES_TYPE, ETH_P_IP, false };
	case IPPROTO_IPV6:
		return (struct next){ CARRIES_TYPE, ETH_P_IPV6, false };
	default:
		return data;
	}
}

static struct next read_type(struct cursor *c, const struct next *next)
{
	const uint8_t *b;

	switch (next->number) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		b = peek(c, 4);
		if (!take(c, XLAB_LAYER_VLAN, 4))
			return data;
		return (struct next){ CARRIES_TYPE, be16(b + 2), false };
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

void layers_read(const uint8_t *bytes, size_t size, struct layers *layers)
{
	struct cursor c = { .bytes = bytes, .end = size, .layers = layers };
	struct next next = data;

	*layers = (struct layers){ 0 };
	if (take(&c, XLAB_LAYER_ETH, ETH_HLEN))
		next = (struct next){ CARRIES_TYPE, be16(bytes + 12), false };
	while (next.carried != CARRIES_DATA)
		next = next.carried == CARRIES_TYPE ? read_type(&c, &next) : read_proto(&c, &next);
	layers->padding = size - c.end;
	if (c.at < size)
		layers->layer[layers->n++] = (struct layer){ XLAB_LAYER_DATA, c.at, size - c.at };
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
		return !echo && !be16(header + 4);
	case XLAB_FIELD_ICMP_SEQ:
		return mtu || (!echo && !be16(header + 6));
	case XLAB_FIELD_ICMPV6_MTU:
		return !v6_mtu;
	case XLAB_FIELD_ICMPV6_IDENT:
		return v6_mtu || (!v6_echo && !be16(header + 4));
	case XLAB_FIELD_ICMPV6_SEQ:
		return v6_mtu || (!v6_echo && !be16(header + 6));
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
