// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames made layer by layer. What one is made of, packet_config.c reads. */
#include "orchestrator/model/frame_make.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "lab/cleanup.h"
#include "lab/text.h"

#define OPTIONS_MAX 40 /* bytes that an IPv4 or TCP header has room for */

#define LAYER(name)  (1U << XLAB_LAYER_##name)
#define BEHIND_ETHER (LAYER(VLAN) | LAYER(ARP) | LAYER(IP) | LAYER(IPV6) | LAYER(DATA))
#define BEHIND_IP(icmp) \
	(LAYER(IP) | LAYER(IPV6) | LAYER(icmp) | LAYER(TCP) | LAYER(UDP) | LAYER(DATA))

/* What may stand behind a layer, and the values that its header begins with. */
static const struct {
	unsigned int carries;
	uint8_t usual[LAYER_HEADER_MAX];
} rules[XLAB_LAYERS] = {
	[XLAB_LAYER_FRAME] = { .carries = LAYER(ETH) },
	[XLAB_LAYER_ETH] = { .carries = BEHIND_ETHER },
	[XLAB_LAYER_VLAN] = { .carries = BEHIND_ETHER },
	[XLAB_LAYER_ARP] = { LAYER(DATA), { 0, 1, 8, 0, 6, 4, 0, 1 } },
	[XLAB_LAYER_IP] = { BEHIND_IP(ICMP), { [0] = 0x45, [8] = 64 } },
	[XLAB_LAYER_IPV6] = { BEHIND_IP(ICMPV6), { [0] = 0x60, [7] = 64 } },
	[XLAB_LAYER_ICMP] = { LAYER(IP) | LAYER(DATA), { 8 } },
	[XLAB_LAYER_ICMPV6] = { LAYER(IPV6) | LAYER(DATA), { 128 } },
	[XLAB_LAYER_TCP] = { LAYER(DATA), { [12] = 0x50, [14] = 0xff, 0xff } },
	[XLAB_LAYER_UDP] = { .carries = LAYER(DATA) },
	[XLAB_LAYER_DATA] = { .carries = LAYER(DATA) },
};

static uint8_t *header_of(struct frame_make *f, const struct frame_layer *l)
{
	return f->bytes + l->at;
}

static struct frame_layer *last(struct frame_make *f)
{
	return &f->layers[f->n - 1];
}

static int check_order(struct frame_make *f, enum xlab_layer layer, char **why)
{
	enum xlab_layer before = f->n ? last(f)->layer : XLAB_LAYER_FRAME;
	char *FREE_AUTO list = NULL;

	if (!(rules[before].carries & 1U << layer)) {
		for (enum xlab_layer i = 0; i < XLAB_LAYERS; i++)
			if (rules[before].carries & 1U << i)
				text_list_add(&list, "%s", layer_names[i]);
		*why = f->n ? text_format("%s cannot stand behind %s; what can: %s",
					  layer_names[layer], layer_names[before], list)
			    : text_format("a packet begins with eth, not with %s",
					  layer_names[layer]);
		return -EINVAL;
	}
	if (layer == XLAB_LAYER_DATA)
		return 0;
	if (before == XLAB_LAYER_IP &&
	    field_get_number(XLAB_FIELD_IP_FRAG_OFFSET, header_of(f, last(f)), last(f)->size)) {
		*why = text_format("behind a later fragment (frag_offset) only data can stand: the "
				   "%s header is in the first one",
				   layer_names[layer]);
		return -EINVAL;
	}
	if ((before == XLAB_LAYER_ICMP || before == XLAB_LAYER_ICMPV6) &&
	    !layer_is_icmp_error(before, header_of(f, last(f))[0])) {
		*why = text_format("only an error has the packet behind it that it is of: give %s "
				   "a type, as type=%d",
				   layer_names[before], before == XLAB_LAYER_ICMP ? 3 : 1);
		return -EINVAL;
	}
	return 0;
}

/* @n bytes more, which are 0. */
static int grow(struct frame_make *f, size_t n, char **why)
{
	if (n > FRAME_MAX - f->size) {
		*why = text_format("the packet is longer than %d bytes", FRAME_MAX);
		return -E2BIG;
	}
	f->size += n;
	return 0;
}

int frame_add_layer(struct frame_make *f, enum xlab_layer layer, char **why)
{
	struct frame_layer *l;
	int err;

	if (layer == XLAB_LAYER_DATA && f->n && last(f)->layer == layer)
		return 0;
	if (f->n == LAYERS_MAX) {
		*why = text_format("a packet has at most %d layers", LAYERS_MAX);
		return -E2BIG;
	}
	err = grow(f, layer_header(layer), why);
	if (err)
		return err;
	err = check_order(f, layer, why);
	l = &f->layers[f->n++];
	*l = (struct frame_layer){ .layer = layer,
				   .at = f->size - layer_header(layer),
				   .size = layer_header(layer) };
	memcpy(header_of(f, l), rules[layer].usual, l->size);
	return err;
}

void frame_set(struct frame_make *f, enum xlab_field field, const struct field_value *value)
{
	struct frame_layer *l = last(f);

	(void)field_set(field, header_of(f, l), l->size, value);
	l->given[field] = true;
}

/* The field that has the length of the layer's header, in words of four bytes; or XLAB_FIELDS. */
static enum xlab_field header_length(enum xlab_layer layer)
{
	return layer == XLAB_LAYER_IP	 ? XLAB_FIELD_IP_HDR_LEN
	       : layer == XLAB_LAYER_TCP ? XLAB_FIELD_TCP_HDR_LEN
					 : XLAB_FIELDS;
}

static int check_options(const struct frame_layer *l, size_t n, char **why)
{
	bool v6 = l->layer == XLAB_LAYER_IPV6;

	if (!v6 && header_length(l->layer) == XLAB_FIELDS)
		*why = text_format("%s has no options", layer_names[l->layer]);
	else if (v6 && (n % 4 || n < 8)) /* an authentication header's length counts words */
		*why = text_format("extension headers are 8, 12, … bytes, not %zu", n);
	else if (!v6 && (n % 4 || n > OPTIONS_MAX))
		*why = text_format("options are 4, 8, … or %d bytes, not %zu", OPTIONS_MAX, n);
	else if (v6 && !l->given[XLAB_FIELD_IPV6_NXT])
		*why = text_format("give nxt= as well: which the first extension header is");
	else
		return 0;
	return -EINVAL;
}

int frame_end_layer(struct frame_make *f, const uint8_t *options, size_t n, char **why)
{
	struct frame_layer *l = last(f);
	enum xlab_field length = header_length(l->layer);
	struct field_value words;
	int err = n ? check_options(l, n, why) : 0;

	if (!n && length != XLAB_FIELDS) { /* its usual one, or as it was given */
		size_t given = field_get_number(length, header_of(f, l), l->size) * 4;

		n = given > l->size ? given - l->size : 0;
	}
	err = err ? err : grow(f, n, why);
	if (err)
		return err;
	if (options)
		memcpy(f->bytes + f->size - n, options, n);
	l->size += n;
	words = field_value_of(l->size / 4);
	if (length != XLAB_FIELDS && !l->given[length])
		(void)field_set(length, header_of(f, l), l->size, &words);
	return 0;
}

int frame_add_data(struct frame_make *f, const uint8_t *bytes, size_t n, char **why)
{
	int err = grow(f, n, why);

	if (err)
		return err;
	if (bytes)
		memcpy(f->bytes + f->size - n, bytes, n);
	last(f)->size += n;
	return 0;
}

/* What the header before says of the layer @next. */
static unsigned int ether_type(const struct frame_make *f, const struct frame_layer *next)
{
	switch (next->layer) {
	case XLAB_LAYER_VLAN:
		/* The inner one is 802.1Q's, those around it are 802.1ad's. */
		return next + 1 < f->layers + f->n && next[1].layer == XLAB_LAYER_VLAN
			       ? ETH_P_8021AD
			       : ETH_P_8021Q;
	case XLAB_LAYER_ARP:
		return ETH_P_ARP;
	case XLAB_LAYER_IP:
		return ETH_P_IP;
	default:
		return ETH_P_IPV6;
	}
}

static unsigned int protocol(enum xlab_layer layer)
{
	switch (layer) {
	case XLAB_LAYER_IP:
		return IPPROTO_IPIP;
	case XLAB_LAYER_IPV6:
		return IPPROTO_IPV6;
	case XLAB_LAYER_ICMP:
		return IPPROTO_ICMP;
	case XLAB_LAYER_ICMPV6:
		return IPPROTO_ICMPV6;
	case XLAB_LAYER_TCP:
		return IPPROTO_TCP;
	default:
		return IPPROTO_UDP;
	}
}

/* What is behind the layer is said in it, or given. */
static int finish_next(struct frame_make *f, struct frame_layer *l, char **why)
{
	const struct frame_layer *next = l + 1 < f->layers + f->n ? l + 1 : NULL;
	enum xlab_field field = layer_next(l->layer);
	struct field_value value;

	if (field == XLAB_FIELDS || l->given[field])
		return 0;
	if (!next && l->layer == XLAB_LAYER_IPV6) {
		value = field_value_of(IPPROTO_NONE);
	} else if (!next || next->layer == XLAB_LAYER_DATA) {
		*why = text_format("what %s carries no layer says: give it %s=",
				   layer_names[l->layer], strrchr(fields[field].name, '.') + 1);
		return -EINVAL;
	} else {
		value = field_value_of(l->layer == XLAB_LAYER_ETH || l->layer == XLAB_LAYER_VLAN
					       ? ether_type(f, next)
					       : protocol(next->layer));
	}
	(void)field_set(field, header_of(f, l), l->size, &value);
	return 0;
}

/* Of a packet, header and all, or of what is behind the header: to the frame's end. */
static void finish_length(struct frame_make *f, struct frame_layer *l)
{
	static const enum xlab_field lengths[XLAB_LAYERS] = {
		[XLAB_LAYER_IP] = XLAB_FIELD_IP_LEN,
		[XLAB_LAYER_IPV6] = XLAB_FIELD_IPV6_PLEN,
		[XLAB_LAYER_UDP] = XLAB_FIELD_UDP_LENGTH,
	};
	enum xlab_field field = lengths[l->layer];
	size_t length = f->size - l->at - (l->layer == XLAB_LAYER_IPV6 ? 40 : 0);
	const struct field_value value = field_value_of(length);

	if (field != 0 && !l->given[field])
		(void)field_set(field, header_of(f, l), l->size, &value);
}

static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		so_far += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return so_far;
}

static uint16_t fold(uint32_t so_far)
{
	while (so_far >> 16)
		so_far = (so_far & 0xffff) + (so_far >> 16);
	return (uint16_t)~so_far;
}

/* Of the addresses, the length and the protocol, which a transport's checksum is of, too. */
static uint32_t sum_pseudo(struct frame_make *f, const struct frame_layer *l)
{
	const struct frame_layer *ip = l;
	uint32_t length = (uint32_t)(f->size - l->at);

	while (ip->layer != XLAB_LAYER_IP && ip->layer != XLAB_LAYER_IPV6)
		ip--;
	length += protocol(l->layer);
	return ip->layer == XLAB_LAYER_IP ? sum(length, header_of(f, ip) + 12, 8)
					  : sum(length, header_of(f, ip) + 8, 32);
}

/* Inner ones first: outer ones are of them, too. */
static void finish_checksum(struct frame_make *f, struct frame_layer *l)
{
	static const struct {
		enum xlab_field field;
		bool pseudo;
	} checksums[XLAB_LAYERS] = {
		[XLAB_LAYER_IP] = { XLAB_FIELD_IP_CHECKSUM, false },
		[XLAB_LAYER_ICMP] = { XLAB_FIELD_ICMP_CHECKSUM, false },
		[XLAB_LAYER_ICMPV6] = { XLAB_FIELD_ICMPV6_CHECKSUM, true },
		[XLAB_LAYER_TCP] = { XLAB_FIELD_TCP_CHECKSUM, true },
		[XLAB_LAYER_UDP] = { XLAB_FIELD_UDP_CHECKSUM, true },
	};
	enum xlab_field field = checksums[l->layer].field;
	size_t n = l->layer == XLAB_LAYER_IP ? l->size : f->size - l->at;
	struct field_value value;
	uint16_t checksum;

	if (field == 0 || l->given[field])
		return;
	checksum = fold(sum(checksums[l->layer].pseudo ? sum_pseudo(f, l) : 0, header_of(f, l), n));
	if (l->layer == XLAB_LAYER_UDP && !checksum)
		checksum = 0xffff; /* none at all is written as 0 */
	value = field_value_of(checksum);
	(void)field_set(field, header_of(f, l), l->size, &value);
}

int frame_finish(struct frame_make *f, char **why)
{
	int err = 0;

	if (!f->n) {
		*why = text_format("the packet is empty: it begins with eth");
		return -EINVAL;
	}
	for (size_t i = 0; i < f->n && !err; i++) {
		err = finish_next(f, &f->layers[i], why);
		finish_length(f, &f->layers[i]);
	}
	for (size_t i = f->n; i-- && !err;)
		finish_checksum(f, &f->layers[i]);
	return err;
}
