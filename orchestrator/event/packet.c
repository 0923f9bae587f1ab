// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what the wire has, which may be cut short or hostile: bytes are reached through a cursor
 * only. Prints it in the article's words; judges nothing.
 */
#include "orchestrator/event/packet.h"

#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/cleanup.h"

#define ARP_REQUEST   1
#define ARP_REPLY     2
#define ARP_ETH_IPV4  28 /* bytes of an ARP message for Ethernet and IPv4 */
#define ICMP6_NS      135
#define ICMP6_NA      136
#define EXTENSION_MAX 8 /* IPv6 extension headers stepped over; more is hostile */

/* The bytes that are left, and where the reader stands: the only way to them. */
struct cursor {
	const uint8_t *bytes;
	size_t size, at;
	size_t ip_end; /* where the IP packet says that it ends: beyond @size if it is cut off */
};

/* The next @n bytes, stepped over; NULL (and no step) if they are not all there. */
static const uint8_t *take(struct cursor *c, size_t n)
{
	if (c->size - c->at < n)
		return NULL;
	c->at += n;
	return c->bytes + c->at - n;
}

static const uint8_t *peek(const struct cursor *c, size_t n)
{
	return c->size - c->at < n ? NULL : c->bytes + c->at;
}

static uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)be16(b) << 16 | be16(b + 2);
}

static void read_address(struct address *a, int family, const uint8_t *b)
{
	a->family = family;
	memcpy(&a->v6, b, address_size(a));
}

static bool read_ether(struct cursor *c, struct packet *p)
{
	const uint8_t *b = take(c, ETH_HLEN);

	if (!b)
		return false;
	p->has_ether = true;
	memcpy(p->dst_mac, b, ETH_ALEN);
	memcpy(p->src_mac, b + ETH_ALEN, ETH_ALEN);
	p->type = p->ether_type = be16(b + 12);
	while (p->n_vlans < ARRAY_SIZE(p->vlans) &&
	       (p->type == ETH_P_8021Q || p->type == ETH_P_8021AD) && (b = take(c, 4))) {
		p->type = be16(b + 2);
		p->vlans[p->n_vlans++] = (struct packet_vlan){ be16(b) & 0xfff, p->type };
	}
	return true;
}

static void read_arp(struct cursor *c, struct packet *p)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *b = take(c, ARP_ETH_IPV4);

	if (!b || memcmp(b, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
		return;
	p->has_arp = true;
	p->arp_op = be16(b + 6);
	read_address(&p->arp_sender, AF_INET, b + 14);
	read_address(&p->arp_target, AF_INET, b + 24);
}

static void read_tcp(struct cursor *c, struct packet *p)
{
	const uint8_t *b = peek(c, 14);
	size_t length;

	if (!b)
		return;
	length = (size_t)(b[12] >> 4) * 4;
	p->has_tcp_flags = true;
	p->tcp_flags = b[13];
	p->tcp_seq = be32(b + 4);
	p->tcp_length = c->ip_end > c->at + length ? c->ip_end - c->at - length : 0;
	take(c, length);
}

static void read_ports(struct cursor *c, struct packet *p)
{
	const uint8_t *b = peek(c, 4);

	if (!b)
		return;
	p->has_ports = true;
	p->src_port = be16(b);
	p->dst_port = be16(b + 2);
	if (p->proto == IPPROTO_UDP)
		take(c, 8);
	else
		read_tcp(c, p);
}

static void read_icmp(struct cursor *c, struct packet *p)
{
	bool v4 = p->src.family == AF_INET;
	const uint8_t *b = take(c, 8);

	if (!b)
		return;
	p->has_icmp = true;
	p->icmp_type = b[0];
	p->icmp_code = b[1];
	if (v4 ? b[0] == 8 || b[0] == 0 : b[0] == 128 || b[0] == 129) {
		p->has_echo = true;
		p->icmp_id = be16(b + 4);
		p->icmp_seq = be16(b + 6);
	}
	if (!v4 && (b[0] == ICMP6_NS || b[0] == ICMP6_NA)) {
		b = take(c, 16);
		if (b)
			read_address(&p->nd_target, AF_INET6, b);
	}
}

static void read_transport(struct cursor *c, struct packet *p)
{
	bool v4 = p->src.family == AF_INET;

	if (p->fragment)
		return;
	if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP)
		read_ports(c, p);
	else if (p->proto == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		read_icmp(c, p);
}

/* Behind the end that the IP header tells there is Ethernet's padding. */
static void leave_padding(struct cursor *c)
{
	if (c->ip_end < c->size)
		c->size = c->ip_end > c->at ? c->ip_end : c->at;
}

static void read_ipv4(struct cursor *c, struct packet *p)
{
	const uint8_t *b = peek(c, 20);
	size_t length;

	if (!b || b[0] >> 4 != 4)
		return;
	length = (size_t)(b[0] & 0xf) * 4;
	if (length < 20 || !take(c, length))
		return;
	c->ip_end = c->at - length + be16(b + 2);
	p->has_ip = true;
	read_address(&p->src, AF_INET, b + 12);
	read_address(&p->dst, AF_INET, b + 16);
	p->proto = b[9];
	p->fragmented = (be16(b + 6) & 0x3fff) != 0;
	p->fragment = (be16(b + 6) & 0x1fff) != 0;
	p->fragment_id = be16(b + 4);
	leave_padding(c);
	read_transport(c, p);
}

/* Step over one extension header; false: there is none, or it is cut short. */
static bool read_extension(struct cursor *c, struct packet *p)
{
	const uint8_t *b = peek(c, 8);
	size_t length = 8;

	if (!b)
		return false;
	switch (p->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		length = ((size_t)b[1] + 1) * 8;
		break;
	case IPPROTO_AH:
		length = ((size_t)b[1] + 2) * 4;
		break;
	case IPPROTO_FRAGMENT:
		p->fragmented = (be16(b + 2) & 0xfff9) != 0;
		p->fragment = (be16(b + 2) & 0xfff8) != 0;
		p->fragment_id = be32(b + 4);
		break;
	default:
		return false;
	}
	if (!take(c, length))
		return false;
	p->proto = b[0];
	return true;
}

static void read_ipv6(struct cursor *c, struct packet *p)
{
	const uint8_t *b = take(c, 40);

	if (!b || b[0] >> 4 != 6)
		return;
	c->ip_end = c->at + be16(b + 4);
	p->has_ip = true;
	read_address(&p->src, AF_INET6, b + 8);
	read_address(&p->dst, AF_INET6, b + 24);
	p->proto = b[6];
	leave_padding(c);
	for (int i = 0; i < EXTENSION_MAX && !p->fragment; i++)
		if (!read_extension(c, p))
			break;
	read_transport(c, p);
}

static void read_network(struct cursor *c, struct packet *p)
{
	if (p->type == ETH_P_ARP)
		read_arp(c, p);
	else if (p->type == ETH_P_IP)
		read_ipv4(c, p);
	else if (p->type == ETH_P_IPV6)
		read_ipv6(c, p);
	p->payload = c->at;
}

void packet_read(const uint8_t *bytes, size_t size, struct packet *p)
{
	struct cursor c = { .bytes = bytes, .size = size };

	memset(p, 0, sizeof(*p));
	if (read_ether(&c, p))
		read_network(&c, p);
}

void packet_read_network(const uint8_t *bytes, size_t size, uint16_t type, struct packet *p)
{
	struct cursor c = { .bytes = bytes, .size = size };

	memset(p, 0, sizeof(*p));
	p->type = type;
	read_network(&c, p);
}

/* Step over GRE's header: what it carries, or 0. */
static uint16_t read_gre(struct cursor *c)
{
	const uint8_t *b = take(c, 4);
	size_t options;

	/* Version 0; a checksum, a key and a number of 4 bytes each. */
	if (!b || (b[1] & 7))
		return 0;
	options = (size_t) !!(b[0] & 0x80) + !!(b[0] & 0x20) + !!(b[0] & 0x10);
	return take(c, options * 4) ? be16(b + 2) : 0;
}

bool packet_read_inner(const uint8_t *bytes, size_t size, const struct packet *p,
		       struct packet *inner)
{
	struct cursor c = { .bytes = bytes, .size = size, .at = p->payload };
	uint16_t type = 0;

	if (!p->has_ip || p->fragment || p->payload > size)
		return false;
	if (p->proto == IPPROTO_IPIP)
		type = ETH_P_IP;
	else if (p->proto == IPPROTO_IPV6)
		type = ETH_P_IPV6;
	else if (p->proto == IPPROTO_GRE)
		type = read_gre(&c);
	if (type == ETH_P_TEB)
		packet_read(bytes + c.at, size - c.at, inner);
	else
		packet_read_network(bytes + c.at, size - c.at, type, inner);
	return inner->has_ip;
}

struct name {
	unsigned int number;
	const char *text;
};

static const struct name icmp_names[] = {
	{ 0, "echo reply" },   { 3, "destination unreachable" }, { 5, "redirect" },
	{ 8, "echo request" }, { 11, "time exceeded" },		 { 12, "parameter problem" },
};

static const struct name icmp6_names[] = {
	{ 1, "destination unreachable" },
	{ 2, "packet too big" },
	{ 3, "time exceeded" },
	{ 4, "parameter problem" },
	{ 128, "echo request" },
	{ 129, "echo reply" },
	{ 133, "router solicitation" },
	{ 134, "router advertisement" },
	{ 135, "neighbour solicitation" },
	{ 136, "neighbour advertisement" },
	{ 143, "multicast listener report" },
};

static const struct name arp_names[] = {
	{ ARP_REQUEST, "request" },
	{ ARP_REPLY, "reply" },
};

static const char *name_of(const struct name *names, size_t n, unsigned int number)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].number == number)
			return names[i].text;
	return NULL;
}

/* "[SYN,ACK]", in the order of the bits. */
static void flags_text(uint8_t flags, char buf[static 48])
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	size_t len = 0;

	buf[len++] = '[';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & 1 << i))
			continue;
		if (len > 1)
			buf[len++] = ',';
		memcpy(buf + len, names[i], 3);
		len += 3;
	}
	buf[len++] = ']';
	buf[len] = '\0';
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

static void say_arp(const struct printer *out, const struct packet *p)
{
	const char *name = name_of(arp_names, ARRAY_SIZE(arp_names), p->arp_op);
	char src[ADDRESS_TEXT], dst[ADDRESS_TEXT];

	address_text(&p->arp_sender, src);
	address_text(&p->arp_target, dst);
	if (name)
		say(out, "ArpHdr: src: %s => dst: %s (%s)", src, dst, name);
	else
		say(out, "ArpHdr: src: %s => dst: %s (%u)", src, dst, p->arp_op);
}

static void say_ports(const struct printer *out, const struct packet *p)
{
	char flags[48];

	if (!p->has_tcp_flags) {
		say(out, "%s: src: %u => dst: %u", p->proto == IPPROTO_UDP ? "UdpHdr" : "TcpHdr",
		    p->src_port, p->dst_port);
		return;
	}
	flags_text(p->tcp_flags, flags);
	say(out, "TcpHdr: src: %u => dst: %u %s", p->src_port, p->dst_port, flags);
}

static void say_icmp(const struct printer *out, const struct packet *p)
{
	const char *name = p->src.family == AF_INET
				   ? name_of(icmp_names, ARRAY_SIZE(icmp_names), p->icmp_type)
				   : name_of(icmp6_names, ARRAY_SIZE(icmp6_names), p->icmp_type);

	say(out, "IcmpHdr: type: %u code: %u%s%s%s", p->icmp_type, p->icmp_code, name ? " (" : "",
	    name ? name : "", name ? ")" : "");
}

void packet_print(const uint8_t *bytes, size_t size, void (*line)(void *cookie, const char *text),
		  void *cookie)
{
	struct printer out = { line, cookie };
	char src[ADDRESS_TEXT], dst[ADDRESS_TEXT];
	struct packet p;

	packet_read(bytes, size, &p);
	if (!p.has_ether) {
		say(&out, "EthHdr: cut short, %zu of %d bytes", size, ETH_HLEN);
		return;
	}
	say(&out, "EthHdr: src: %s => dst: %s (0x%04x)", mac_text(p.src_mac, src),
	    mac_text(p.dst_mac, dst), p.ether_type);
	for (size_t i = 0; i < p.n_vlans; i++)
		say(&out, "VlanHdr: id: %u (0x%04x)", p.vlans[i].id, p.vlans[i].type);
	if (p.has_arp)
		say_arp(&out, &p);
	if (p.has_ip)
		say(&out, "Ipv%cHdr: src: %s => dst: %s (%u)", p.src.family == AF_INET ? '4' : '6',
		    address_text(&p.src, src), address_text(&p.dst, dst), p.proto);
	if (p.has_ports)
		say_ports(&out, &p);
	if (p.has_icmp)
		say_icmp(&out, &p);
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
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
