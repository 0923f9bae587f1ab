// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the wire has, which may be cut short or hostile: layers.c finds the headers, and the table
 * of fields tells what stands in them. Prints it in the article's words; judges nothing.
 */
#include "orchestrator/event/packet.h"

#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/layers.h"

#define TAGS_MAX 2 /* of VLANs: filters step over as many */

/* Where a header says that the packet comes from and goes to. */
static const struct {
	enum xlab_field src, dst;
} ends[XLAB_LAYERS] = {
	[XLAB_LAYER_ETH] = { XLAB_FIELD_ETH_SRC, XLAB_FIELD_ETH_DST },
	[XLAB_LAYER_ARP] = { XLAB_FIELD_ARP_SRC, XLAB_FIELD_ARP_DST },
	[XLAB_LAYER_IP] = { XLAB_FIELD_IP_SRC, XLAB_FIELD_IP_DST },
	[XLAB_LAYER_IPV6] = { XLAB_FIELD_IPV6_SRC, XLAB_FIELD_IPV6_DST },
	[XLAB_LAYER_TCP] = { XLAB_FIELD_TCP_SRCPORT, XLAB_FIELD_TCP_DSTPORT },
	[XLAB_LAYER_UDP] = { XLAB_FIELD_UDP_SRCPORT, XLAB_FIELD_UDP_DSTPORT },
};

static const struct enum_name icmp_names[] = {
	{ "echo reply", 0 },   { "destination unreachable", 3 }, { "redirect", 5 },
	{ "echo request", 8 }, { "time exceeded", 11 },		 { "parameter problem", 12 },
	{ NULL, 0 },
};

static const struct enum_name icmp6_names[] = {
	{ "destination unreachable", 1 },
	{ "packet too big", 2 },
	{ "time exceeded", 3 },
	{ "parameter problem", 4 },
	{ "echo request", 128 },
	{ "echo reply", 129 },
	{ "router solicitation", 133 },
	{ "router advertisement", 134 },
	{ "neighbour solicitation", 135 },
	{ "neighbour advertisement", 136 },
	{ "multicast listener report", 143 },
	{ NULL, 0 },
};

/* Of either family the same. */
static const struct icmp_fields {
	enum xlab_field type, code, ident, seq;
	unsigned int request, reply;
	const struct enum_name *names;
} icmps[XLAB_LAYERS] = {
	[XLAB_LAYER_ICMP] = { XLAB_FIELD_ICMP_TYPE, XLAB_FIELD_ICMP_CODE, XLAB_FIELD_ICMP_IDENT,
			      XLAB_FIELD_ICMP_SEQ, ICMP_ECHO, ICMP_ECHOREPLY, icmp_names },
	[XLAB_LAYER_ICMPV6] = { XLAB_FIELD_ICMPV6_TYPE, XLAB_FIELD_ICMPV6_CODE,
				XLAB_FIELD_ICMPV6_IDENT, XLAB_FIELD_ICMPV6_SEQ, ICMP6_ECHO_REQUEST,
				ICMP6_ECHO_REPLY, icmp6_names },
};

static const struct enum_name arp_names[] = {
	{ "request", ARPOP_REQUEST },
	{ "reply", ARPOP_REPLY },
	{ NULL, 0 },
};

/* A header that is cut short has those of its fields that are there whole. */
static bool has(const struct layer *l, enum xlab_field field)
{
	return l->size >= (size_t)fields[field].offset + fields[field].bytes;
}

static unsigned int number(const uint8_t *bytes, const struct layer *l, enum xlab_field field)
{
	return (unsigned int)layer_number(bytes, l, field);
}

static struct address address(const uint8_t *bytes, const struct layer *l, enum xlab_field field)
{
	struct field_value v;

	(void)field_get(field, bytes + l->at, l->size, &v);
	return field_address(field, &v);
}

/* The layers of the packet itself, none of one that it carries or tells an error of. A TCP or UDP
 * header that is cut short is one, too: it tells the ports all the same.
 */
static void keep_own(struct layers *layers)
{
	size_t n = 0, tags = 0, networks = 0;
	struct layer *last;

	for (; n < layers->n; n++) {
		enum xlab_layer layer = layers->layer[n].layer;

		tags += layer == XLAB_LAYER_VLAN;
		networks += layer == XLAB_LAYER_IP || layer == XLAB_LAYER_IPV6;
		if (tags > TAGS_MAX || networks > 1)
			break;
	}
	layers->n = n;
	last = n ? &layers->layer[n - 1] : NULL;
	if (!last || last->layer != XLAB_LAYER_DATA)
		return;
	last->size -= layers->padding;
	if ((layers->cut == XLAB_LAYER_TCP || layers->cut == XLAB_LAYER_UDP) &&
	    has(last, ends[layers->cut].dst))
		last->layer = layers->cut;
}

static void read_ip(const uint8_t *bytes, const struct layer *l, struct packet *p)
{
	p->has_ip = true;
	p->src = address(bytes, l, ends[l->layer].src);
	p->dst = address(bytes, l, ends[l->layer].dst);
	p->proto = l->proto;
	p->fragmented = l->fragmented;
	p->fragment = l->later_fragment;
	p->fragment_id = l->fragment_id;
}

/* @end: of the IP packet. */
static void read_tcp(const uint8_t *bytes, const struct layer *l, size_t end, struct packet *p)
{
	size_t data = l->at + number(bytes, l, XLAB_FIELD_TCP_HDR_LEN) * 4;

	if (!has(l, XLAB_FIELD_TCP_FLAGS))
		return;
	p->tcp_flags = (uint8_t)number(bytes, l, XLAB_FIELD_TCP_FLAGS);
	p->tcp_seq = number(bytes, l, XLAB_FIELD_TCP_SEQ);
	p->tcp_length = end > data ? end - data : 0;
}

/* @last: what is behind its header, or that itself, which is too short for a target. */
static void read_icmp(const uint8_t *bytes, const struct layer *l, const struct layer *last,
		      struct packet *p)
{
	const struct icmp_fields *of = &icmps[l->layer];
	struct address *target = &p->nd_target;

	p->has_icmp = true;
	p->icmp_type = (uint8_t)number(bytes, l, of->type);
	p->has_echo = p->icmp_type == of->request || p->icmp_type == of->reply;
	if (p->has_echo) {
		p->icmp_id = (uint16_t)number(bytes, l, of->ident);
		p->icmp_seq = (uint16_t)number(bytes, l, of->seq);
	}
	if (l->layer == XLAB_LAYER_ICMPV6 &&
	    (p->icmp_type == ND_NEIGHBOR_SOLICIT || p->icmp_type == ND_NEIGHBOR_ADVERT) &&
	    last->size >= sizeof(target->v6)) {
		target->family = AF_INET6;
		memcpy(&target->v6, bytes + last->at, sizeof(target->v6));
	}
}

/* Of Ethernet, whose header is the first. */
static void read_mac(const uint8_t *bytes, enum xlab_field field, uint8_t mac[static ETH_ALEN])
{
	memcpy(mac, bytes + fields[field].offset, ETH_ALEN);
}

static void read_layer(const uint8_t *bytes, const struct layers *layers, size_t i,
		       struct packet *p)
{
	const struct layer *l = &layers->layer[i];

	switch (l->layer) {
	case XLAB_LAYER_ETH:
		p->has_ether = true;
		read_mac(bytes, XLAB_FIELD_ETH_SRC, p->src_mac);
		read_mac(bytes, XLAB_FIELD_ETH_DST, p->dst_mac);
		/* fallthrough */
	case XLAB_LAYER_VLAN:
		p->type = (uint16_t)number(bytes, l, layer_next(l->layer));
		break;
	case XLAB_LAYER_ARP:
		p->has_arp = true;
		p->arp_op = (uint16_t)number(bytes, l, XLAB_FIELD_ARP_OPCODE);
		p->arp_sender = address(bytes, l, XLAB_FIELD_ARP_SRC);
		p->arp_target = address(bytes, l, XLAB_FIELD_ARP_DST);
		break;
	case XLAB_LAYER_IP:
	case XLAB_LAYER_IPV6:
		read_ip(bytes, l, p);
		break;
	case XLAB_LAYER_ICMP:
	case XLAB_LAYER_ICMPV6:
		read_icmp(bytes, l, &layers->layer[layers->n - 1], p);
		break;
	case XLAB_LAYER_TCP:
		read_tcp(bytes, l, l[-1].end, p);
		/* fallthrough */
	case XLAB_LAYER_UDP:
		p->has_ports = true;
		p->src_port = (uint16_t)number(bytes, l, ends[l->layer].src);
		p->dst_port = (uint16_t)number(bytes, l, ends[l->layer].dst);
		break;
	default:
		return;
	}
	p->payload = l->at + l->size;
}

static void read_layers(const uint8_t *bytes, struct layers *layers, struct packet *p)
{
	keep_own(layers);
	for (size_t i = 0; i < layers->n; i++)
		read_layer(bytes, layers, i, p);
}

void packet_read(const uint8_t *bytes, size_t size, struct packet *p)
{
	struct layers layers;

	*p = (struct packet){ 0 };
	layers_read(bytes, size, &layers);
	read_layers(bytes, &layers, p);
}

void packet_read_network(const uint8_t *bytes, size_t size, uint16_t type, struct packet *p)
{
	struct layers layers;

	*p = (struct packet){ .type = type };
	layers_read_network(bytes, size, type, &layers);
	read_layers(bytes, &layers, p);
}

/* What GRE carries, behind its header, whose bytes are *@length; or 0. */
static uint16_t read_gre(const uint8_t *b, size_t size, size_t *length)
{
	/* Of 4 bytes each, behind 4 that are always there. */
	static const enum xlab_field parts[] = { XLAB_FIELD_GRE_CHECKSUM, XLAB_FIELD_GRE_KEY,
						 XLAB_FIELD_GRE_SEQUENCE };

	*length = 4;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		*length += 4 * field_get_number(parts[i], b, size);
	if (*length > size || field_get_number(XLAB_FIELD_GRE_VERSION, b, size))
		return 0;
	return (uint16_t)field_get_number(XLAB_FIELD_GRE_PROTO, b, size);
}

bool packet_read_inner(const uint8_t *bytes, size_t size, const struct packet *p,
		       struct packet *inner)
{
	size_t gre = 0;
	uint16_t type = 0;

	if (p->fragment || p->payload > size)
		return false;
	bytes += p->payload;
	size -= p->payload;
	if (p->proto == IPPROTO_IPIP)
		type = ETH_P_IP;
	else if (p->proto == IPPROTO_IPV6)
		type = ETH_P_IPV6;
	else if (p->proto == IPPROTO_GRE)
		type = read_gre(bytes, size, &gre);
	if (type == ETH_P_TEB)
		packet_read(bytes + gre, size - gre, inner);
	else if (type)
		packet_read_network(bytes + gre, size - gre, type, inner);
	return type && inner->has_ip;
}

#define FLAGS_TEXT sizeof(" [FIN,SYN,RST,PSH,ACK,URG,ECE,CWR]")

/* " [SYN,ACK]", in the order of the bits. */
static const char *flags_text(uint8_t flags, char buf[static FLAGS_TEXT])
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	char *at = stpcpy(buf, " [");

	for (size_t i = 0; flags >> i; i++)
		if (flags & 1U << i)
			at = stpcpy(stpcpy(at, at[-1] == '[' ? "" : ","), names[i]);
	(void)stpcpy(at, "]");
	return buf;
}

struct printer {
	void (*line)(void *cookie, const char *text);
	void *cookie;
};

__attribute__((format(printf, 2, 3))) static void say(const struct printer *out, const char *fmt,
						      ...)
{
	char text[192];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out->line(out->cookie, text);
}

static void say_icmp(const struct printer *out, const uint8_t *bytes, const struct layer *l)
{
	const struct icmp_fields *of = &icmps[l->layer];
	unsigned int type = number(bytes, l, of->type);
	const char *name = enum_name(of->names, type);

	say(out, "IcmpHdr: type: %u code: %u%s%s%s", type, number(bytes, l, of->code),
	    name ? " (" : "", name ? name : "", name ? ")" : "");
}

static void say_arp(const struct printer *out, const char *src, const char *dst, unsigned int op)
{
	const char *name = enum_name(arp_names, op);

	if (name)
		say(out, "ArpHdr: src: %s => dst: %s (%s)", src, dst, name);
	else
		say(out, "ArpHdr: src: %s => dst: %s (%u)", src, dst, op);
}

static void say_ends(const struct printer *out, const uint8_t *bytes, const struct layer *l)
{
	char src[FIELD_TEXT], dst[FIELD_TEXT], flags[FLAGS_TEXT] = "";

	layer_text(bytes, l, ends[l->layer].src, src);
	layer_text(bytes, l, ends[l->layer].dst, dst);
	switch (l->layer) {
	case XLAB_LAYER_ETH:
		say(out, "EthHdr: src: %s => dst: %s (0x%04x)", src, dst,
		    number(bytes, l, XLAB_FIELD_ETH_TYPE));
		return;
	case XLAB_LAYER_ARP:
		say_arp(out, src, dst, number(bytes, l, XLAB_FIELD_ARP_OPCODE));
		return;
	case XLAB_LAYER_IP:
		say(out, "Ipv4Hdr: src: %s => dst: %s (%u)", src, dst, l->proto);
		return;
	case XLAB_LAYER_IPV6:
		say(out, "Ipv6Hdr: src: %s => dst: %s (%u)", src, dst, l->proto);
		return;
	case XLAB_LAYER_TCP:
		if (has(l, XLAB_FIELD_TCP_FLAGS))
			flags_text((uint8_t)number(bytes, l, XLAB_FIELD_TCP_FLAGS), flags);
		say(out, "TcpHdr: src: %s => dst: %s%s", src, dst, flags);
		return;
	default:
		say(out, "UdpHdr: src: %s => dst: %s", src, dst);
	}
}

static void say_layer(const struct printer *out, const uint8_t *bytes, const struct layer *l)
{
	switch (l->layer) {
	case XLAB_LAYER_DATA:
		return;
	case XLAB_LAYER_VLAN:
		say(out, "VlanHdr: id: %u (0x%04x)", number(bytes, l, XLAB_FIELD_VLAN_ID),
		    number(bytes, l, XLAB_FIELD_VLAN_TYPE));
		return;
	case XLAB_LAYER_ICMP:
	case XLAB_LAYER_ICMPV6:
		say_icmp(out, bytes, l);
		return;
	default:
		say_ends(out, bytes, l);
	}
}

void packet_print(const uint8_t *bytes, size_t size, void (*line)(void *cookie, const char *text),
		  void *cookie)
{
	struct printer out = { line, cookie };
	struct layers layers;

	layers_read(bytes, size, &layers);
	keep_own(&layers);
	if (size < ETH_HLEN)
		say(&out, "EthHdr: cut short, %zu of %d bytes", size, ETH_HLEN);
	for (size_t i = 0; i < layers.n; i++)
		say_layer(&out, bytes, &layers.layer[i]);
}

bool packet_line_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			/* the last star swallows one more; earlier ones need not */
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
