// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/filters/model.h"

#include <netinet/in.h>
#include <string.h>

#include "lab/text.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/rule.h"
#include "tests/filters/subject.h"

struct packet {
	const uint8_t *bytes;
	size_t len;
	size_t at;     /* the header that is looked at */
	uint16_t type; /* behind the tags */
	struct address src, dst;
	unsigned int proto;
	bool later; /* a fragment that is not the first */
	long end;   /* of the datagram, by the IP header's own length */
};

static unsigned int get16(const struct packet *p, size_t at)
{
	return p->bytes[at] << 8 | p->bytes[at + 1];
}

static bool is_tag(unsigned int type)
{
	return type == 0x8100 || type == 0x88a8;
}

static bool step_ether(struct packet *p)
{
	if (p->len < 14)
		return false;
	p->type = get16(p, 12);
	p->at = 14;
	for (int tags = 0; tags < 2 && is_tag(p->type); tags++) {
		if (p->len < p->at + 4)
			return false;
		p->type = get16(p, p->at + 2);
		p->at += 4;
	}
	return true;
}

static bool step_ipv4(struct packet *p)
{
	const uint8_t *h = p->bytes + p->at;
	size_t size;

	if (p->len < p->at + 20 || h[0] >> 4 != 4)
		return false;
	size = (h[0] & 15) * 4;
	if (size < 20 || p->len < p->at + size)
		return false;
	p->later = get16(p, p->at + 6) & 0x1fff;
	p->end = (long)p->at + get16(p, p->at + 2);
	p->src.family = p->dst.family = AF_INET;
	memcpy(&p->src.v4, h + 12, 4);
	memcpy(&p->dst.v4, h + 16, 4);
	p->proto = h[9];
	p->at += size;
	return true;
}

/* -1: not an extension header. */
static long extension_size(unsigned int kind, unsigned int length)
{
	switch (kind) {
	case 0:
	case 43:
	case 60:
		return 8L * (length + 1);
	case 44:
		return 8;
	case 51:
		return 4L * (length + 2);
	default:
		return -1;
	}
}

static bool step_ipv6(struct packet *p)
{
	const uint8_t *h = p->bytes + p->at;

	if (p->len < p->at + 40 || h[0] >> 4 != 6)
		return false;
	p->src.family = p->dst.family = AF_INET6;
	memcpy(&p->src.v6, h + 8, 16);
	memcpy(&p->dst.v6, h + 24, 16);
	p->proto = h[6];
	p->at += 40;
	p->end = (long)p->at + get16(p, p->at - 36);
	for (int n = 0; extension_size(p->proto, 0) >= 0; n++) {
		unsigned int kind = p->proto;

		if (n == 8 || p->len < p->at + 4)
			return false;
		p->proto = p->bytes[p->at];
		if (kind == 44 && get16(p, p->at + 2) & 0xfff8)
			return p->later = true;
		p->at += extension_size(kind, p->bytes[p->at + 1]);
	}
	return p->at <= p->len;
}

typedef bool rule_holds(const struct rule *rule, const struct packet *p);

static bool is_given(const struct filter *f, size_t key)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key)
			return true;
	return false;
}

/* A key that is not given holds. */
static bool key_holds(const struct filter *f, size_t key, rule_holds *holds, const struct packet *p)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key && holds(&f->rules[i], p))
			return true;
	return !is_given(f, key);
}

static bool mac_holds(const struct rule *r, const struct packet *p)
{
	return !memcmp(r->span.first.bytes + 10, p->bytes + (r->key == KEY_SRC ? 6 : 0), 6);
}

static bool type_holds(const struct rule *r, const struct packet *p)
{
	unsigned int first = get16(p, 12), type = (unsigned int)field_number(&r->span.first);

	return type == p->type || (is_tag(first) && (type == 0x8100 || type == first));
}

static bool net_holds(const struct rule *r, const struct packet *p)
{
	const struct address *a = r->key == KEY_SRC ? &p->src : &p->dst;

	struct field_value value = { { 0 } };

	memcpy(value.bytes + FIELD_VALUE - address_size(a), &a->v6, address_size(a));
	if (a->family == AF_INET)
		value.bytes[10] = value.bytes[11] = 0xff;
	return field_span_holds(XLAB_FIELD_NET_SRC, &r->span, &value);
}

static bool proto_holds(const struct rule *r, const struct packet *p)
{
	return field_number(&r->span.first) == p->proto;
}

static bool port_holds(const struct rule *r, const struct packet *p)
{
	unsigned int port = get16(p, p->at + (r->key == KEY_SRC ? 0 : 2));

	return field_number(&r->span.first) <= port && port <= field_number(&r->span.last);
}

static bool ether_matches(const struct filter *f, struct packet *p)
{
	if (p->len < 14 || !f->n_rules)
		return false;
	if (is_given(f, KEY_TYPE) && !step_ether(p))
		return false;
	return key_holds(f, KEY_TYPE, type_holds, p) && key_holds(f, KEY_SRC, mac_holds, p) &&
	       key_holds(f, KEY_DST, mac_holds, p);
}

static bool step_network(struct packet *p)
{
	if (!step_ether(p))
		return false;
	if (p->type == 0x0800)
		return step_ipv4(p);
	return p->type == 0x86dd && step_ipv6(p);
}

static bool ip_matches(const struct filter *f, struct packet *p)
{
	if (!f->n_rules || !step_network(p))
		return false;
	return key_holds(f, KEY_PROTO, proto_holds, p) && key_holds(f, KEY_SRC, net_holds, p) &&
	       key_holds(f, KEY_DST, net_holds, p);
}

static bool port_matches(const struct filter *f, struct packet *p)
{
	if (!f->n_rules || !step_network(p))
		return false;
	if ((p->proto != 6 && p->proto != 17) || p->later)
		return false;
	if (p->len < p->at + 4 || p->end < (long)p->at + 4)
		return false;
	return key_holds(f, KEY_PROTO, proto_holds, p) && key_holds(f, KEY_SRC, port_holds, p) &&
	       key_holds(f, KEY_DST, port_holds, p);
}

bool model_matches(const struct filter *f, const uint8_t *frame, size_t len)
{
	struct packet p = { .bytes = frame, .len = len };

	switch (f->program) {
	case PROGRAM_ETHER:
		return ether_matches(f, &p);
	case PROGRAM_IP:
		return ip_matches(f, &p);
	default:
		return port_matches(f, &p);
	}
}
