// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/filters/model.h"

#include <netinet/in.h>
#include <string.h>

#include "lab/text.h"
#include "orchestrator/model/labfile.h"

struct packet {
	const uint8_t *bytes;
	size_t len;
	size_t at;     /* the header that is looked at */
	uint16_t type; /* behind the tags */
	struct address src, dst;
	unsigned int proto;
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
	if (get16(p, p->at + 6) & 0x1fff)
		return false;
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
	for (int n = 0; extension_size(p->proto, 0) >= 0; n++) {
		unsigned int kind = p->proto;

		if (n == 8 || p->len < p->at + 4)
			return false;
		if (kind == 44 && get16(p, p->at + 2) & 0xfff8)
			return false;
		p->proto = p->bytes[p->at];
		p->at += extension_size(kind, p->bytes[p->at + 1]);
	}
	return p->at <= p->len;
}

static bool mac_in(const struct mac_rule *macs, size_t n, const uint8_t *mac)
{
	bool found = n == 0;

	for (size_t i = 0; i < n; i++)
		found |= memcmp(macs[i].mac, mac, 6) == 0;
	return found;
}

static bool net_in(const struct prefix *nets, size_t n, const struct address *a)
{
	bool found = n == 0;

	for (size_t i = 0; i < n; i++)
		found |= nets[i].address.family == a->family && prefix_covers(&nets[i], a);
	return found;
}

static bool port_in(const struct range *ranges, size_t n, unsigned int port)
{
	bool found = n == 0;

	for (size_t i = 0; i < n; i++)
		found |= ranges[i].first <= port && port <= ranges[i].last;
	return found;
}

static bool proto_in(const struct filter *f, unsigned int proto)
{
	bool found = f->n_protos == 0;

	for (size_t i = 0; i < f->n_protos; i++)
		found |= f->protos[i] == proto;
	return found;
}

static bool type_in(const struct filter *f, const struct packet *p)
{
	unsigned int first = get16(p, 12);
	bool found = false;

	for (size_t i = 0; i < f->n_types; i++)
		found |= f->types[i] == p->type ||
			 (is_tag(first) && (f->types[i] == 0x8100 || f->types[i] == first));
	return found;
}

static bool ether_matches(const struct filter *f, struct packet *p)
{
	if (p->len < 14 || f->n_types + f->n_src_macs + f->n_dst_macs == 0)
		return false;
	if (f->n_types && !(step_ether(p) && type_in(f, p)))
		return false;
	return mac_in(f->src_macs, f->n_src_macs, p->bytes + 6) &&
	       mac_in(f->dst_macs, f->n_dst_macs, p->bytes);
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
	if (f->n_src_nets + f->n_dst_nets + f->n_protos == 0 || !step_network(p))
		return false;
	return proto_in(f, p->proto) && net_in(f->src_nets, f->n_src_nets, &p->src) &&
	       net_in(f->dst_nets, f->n_dst_nets, &p->dst);
}

static bool port_matches(const struct filter *f, struct packet *p)
{
	if (f->n_src_ports + f->n_dst_ports + f->n_protos == 0 || !step_network(p))
		return false;
	if ((p->proto != 6 && p->proto != 17) || p->len < p->at + 4)
		return false;
	return proto_in(f, p->proto) && port_in(f->src_ports, f->n_src_ports, get16(p, p->at)) &&
	       port_in(f->dst_ports, f->n_dst_ports, get16(p, p->at + 2));
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
