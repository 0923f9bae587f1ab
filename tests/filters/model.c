// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/filters/model.h"

#include <string.h>

#include "orchestrator/model/labfile.h"
#include "orchestrator/model/rule.h"

/* Where a packet's headers are. */
struct layer {
	bool there;
	const uint8_t *at;
	size_t room; /* bytes from there to the end of what holds it */
};

struct packet {
	struct layer layers[XLAB_LAYERS];
	unsigned int first, type; /* of the frame, and behind its tags */
	bool type_known;	  /* its tags are whole */
	unsigned int proto;
	struct layer carried; /* what IP carries; not there: a later fragment */
	const uint8_t *bytes;
	size_t len;
};

static unsigned int get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static bool is_tag(unsigned int type)
{
	return type == 0x8100 || type == 0x88a8;
}

static struct layer layer_at(const struct packet *p, size_t at, size_t end)
{
	return (struct layer){ true, p->bytes + at, end > at ? end - at : 0 };
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns where what is behind the tags begins, 0: they are cut off. */
static size_t step_ether(struct packet *p)
{
	size_t at = 14;

	p->layers[XLAB_LAYER_FRAME] = layer_at(p, 0, p->len);
	if (p->len < 14)
		return 0;
	p->layers[XLAB_LAYER_ETH] = layer_at(p, 0, p->len);
	p->first = p->type = get16(p->bytes + 12);
	if (is_tag(p->first) && p->len >= 18)
		p->layers[XLAB_LAYER_VLAN] = layer_at(p, 14, p->len);
	for (int tags = 0; tags < 2 && is_tag(p->type); tags++) {
		if (p->len < at + 4)
			return 0;
		p->type = get16(p->bytes + at + 2);
		at += 4;
	}
	p->type_known = true;
	return at;
}

static void step_ipv4(struct packet *p, size_t at)
{
	const uint8_t *h = p->bytes + at;
	size_t size;

	if (p->len < at + 20 || h[0] >> 4 != 4)
		return;
	size = (h[0] & 15) * 4;
	if (size < 20 || p->len < at + size)
		return;
	p->layers[XLAB_LAYER_IP] = p->layers[XLAB_LAYER_NET] = layer_at(p, at, p->len);
	p->proto = h[9];
	p->carried = layer_at(p, at + size, smaller(p->len, at + get16(h + 2)));
	p->carried.there = !(get16(h + 6) & 0x1fff);
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

static void step_ipv6(struct packet *p, size_t at)
{
	const uint8_t *h = p->bytes + at;
	size_t behind = at + 40, end;
	bool later = false;

	if (p->len < at + 40 || h[0] >> 4 != 6)
		return;
	p->proto = h[6];
	end = behind + get16(h + 4);
	for (int n = 0; extension_size(p->proto, 0) >= 0 && !later; n++) {
		unsigned int kind = p->proto;

		if (n == 8 || p->len < behind + 4)
			return;
		p->proto = p->bytes[behind];
		later = kind == 44 && get16(p->bytes + behind + 2) & 0xfff8;
		if (!later)
			behind += extension_size(kind, p->bytes[behind + 1]);
	}
	if (behind > p->len)
		return;
	if (later)
		behind = at + 40;
	p->layers[XLAB_LAYER_IPV6] = p->layers[XLAB_LAYER_NET] = layer_at(p, at, p->len);
	p->carried = layer_at(p, behind, smaller(p->len, end));
	p->carried.there = !later;
}

static void step_carried(struct packet *p)
{
	struct layer *l = p->layers;

	if (!p->carried.there)
		return;
	if (p->proto == 6)
		l[XLAB_LAYER_TCP] = l[XLAB_LAYER_PORTS] = p->carried;
	if (p->proto == 17)
		l[XLAB_LAYER_UDP] = l[XLAB_LAYER_PORTS] = p->carried;
	if (p->proto == 1 && l[XLAB_LAYER_IP].there)
		l[XLAB_LAYER_ICMP] = p->carried;
	if (p->proto == 58 && l[XLAB_LAYER_IPV6].there)
		l[XLAB_LAYER_ICMPV6] = p->carried;
}

/* The header that is carried is @size bytes long, and the payload behind it. */
static void behind_header(struct packet *p, size_t size, size_t room)
{
	if (room >= size)
		p->layers[XLAB_LAYER_DATA] =
			(struct layer){ true, p->carried.at + size, room - size };
}

static void step_payload_of_ip(struct packet *p)
{
	const uint8_t *h = p->carried.at;
	size_t room = p->carried.room;

	if (!p->carried.there ||
	    (p->proto != 6 && p->proto != 17 && p->proto != 1 && p->proto != 58)) {
		behind_header(p, 0, room);
	} else if (p->proto == 6) {
		if (room >= 20 && h[12] >> 4 >= 5)
			behind_header(p, (h[12] >> 4) * 4, room);
	} else if (p->proto == 17) {
		if (room >= 8 && get16(h + 4) >= 8)
			room = smaller(room, get16(h + 4));
		behind_header(p, 8, room);
	} else {
		behind_header(p, 8, room);
	}
}

static void step_network(struct packet *p, size_t at)
{
	struct layer *l = p->layers;

	if (p->type == 0x0800)
		step_ipv4(p, at);
	else if (p->type == 0x86dd)
		step_ipv6(p, at);
	else if (p->type == 0x0806 && p->len >= at + 28)
		l[XLAB_LAYER_ARP] = layer_at(p, at, p->len);
	if (l[XLAB_LAYER_NET].there) {
		step_carried(p);
		step_payload_of_ip(p);
	} else if (p->type == 0x0806) {
		if (p->len >= at + 28)
			l[XLAB_LAYER_DATA] = layer_at(p, at + 28, p->len);
	} else if (p->type != 0x0800 && p->type != 0x86dd) {
		l[XLAB_LAYER_DATA] =
			layer_at(p, at, p->type < 0x600 ? smaller(p->len, at + p->type) : p->len);
	}
}

#define VALUES 3 /* that a packet has of a key, at most */

/* The address that @field is, of either version. */
static bool get_address(const struct packet *p, enum xlab_field field, struct field_value *value)
{
	bool src = field == XLAB_FIELD_NET_SRC;
	const struct layer *v6 = &p->layers[XLAB_LAYER_IPV6], *v4 = &p->layers[XLAB_LAYER_IP];

	if (v6->there)
		return field_get(src ? XLAB_FIELD_IPV6_SRC : XLAB_FIELD_IPV6_DST, v6->at, v6->room,
				 value);
	if (!v4->there ||
	    !field_get(src ? XLAB_FIELD_IP_SRC : XLAB_FIELD_IP_DST, v4->at, v4->room, value))
		return false;
	value->bytes[10] = value->bytes[11] = 0xff;
	return true;
}

static bool get_one(const struct packet *p, enum xlab_field field, struct field_value *value)
{
	const struct layer *l = &p->layers[fields[field].layer];

	if (field == XLAB_FIELD_NET_SRC || field == XLAB_FIELD_NET_DST)
		return get_address(p, field, value);
	if (!l->there)
		return false;
	if (field == XLAB_FIELD_IPV6_NXT || field == XLAB_FIELD_NET_PROTO) {
		*value = field_value_of(p->proto);
		return true;
	}
	return field_get(field, l->at, l->room, value);
}

static size_t get_types(const struct packet *p, struct field_value values[VALUES])
{
	size_t n = 0;

	if (!p->type_known)
		return 0;
	values[n++] = field_value_of(p->type);
	if (p->first == 0x88a8)
		values[n++] = field_value_of(0x88a8);
	if (is_tag(p->first))
		values[n++] = field_value_of(0x8100);
	return n;
}

/* What the packet has of the key; 0: it has no such header, or it is cut off. */
static size_t get_values(const struct packet *p, const struct match_key *key,
			 struct field_value values[VALUES])
{
	const struct field *f = &fields[key->field];
	const struct layer *data = &p->layers[XLAB_LAYER_DATA];

	if (key->field == XLAB_FIELD_ETH_TYPE)
		return get_types(p, values);
	if (key->field == XLAB_FIELD_DATA)
		return data->there &&
		       field_get_data(data->at, data->room, key->offset, key->length, values);
	if (!get_one(p, f->one, &values[0]))
		return 0;
	return f->one == f->other ? 1 : get_one(p, f->other, &values[1]) ? 2 : 0;
}

/* It is enough that one of the values is among those of the key, but none may be excepted. */
static bool key_holds(const struct filter *f, size_t key, const struct packet *p)
{
	struct field_value values[VALUES];
	size_t n = get_values(p, &f->keys[key], values);
	bool positive = false, holds = false;

	for (size_t i = 0; i < f->n_rules; i++) {
		if (f->rules[i].key != key)
			continue;
		positive |= !f->rules[i].except;
		for (size_t v = 0; v < n; v++) {
			if (!field_span_holds(f->keys[key].field, &f->rules[i].span, &values[v]))
				continue;
			if (f->rules[i].except)
				return false;
			holds = true;
		}
	}
	return n && (holds || !positive);
}

static bool is_given(const struct filter *f, size_t key)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key)
			return true;
	return false;
}

/* Each program's keys are of certain headers, which must be there, whatever is asked of them. */
static bool has_headers(const struct filter *f, const struct packet *p)
{
	const uint8_t *end = p->bytes + p->len;

	switch (f->program) {
	case PROGRAM_ETHER:
		return p->layers[XLAB_LAYER_ETH].there;
	case PROGRAM_IP:
		return p->layers[XLAB_LAYER_NET].there;
	case PROGRAM_PORT:
		return p->layers[XLAB_LAYER_PORTS].there && p->layers[XLAB_LAYER_PORTS].room >= 4 &&
		       p->layers[XLAB_LAYER_PORTS].at + 4 <= end;
	default:
		return true;
	}
}

bool model_matches(const struct filter *f, const uint8_t *frame, size_t len)
{
	struct packet p = { .bytes = frame, .len = len };
	size_t at = step_ether(&p);

	if (at)
		step_network(&p, at);
	if (!f->n_rules || !has_headers(f, &p))
		return false;
	for (size_t key = 0; key < f->n_keys; key++)
		if (is_given(f, key) && !key_holds(f, key, &p))
			return false;
	return true;
}
