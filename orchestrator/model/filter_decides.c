// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model alone tells of a filter: the packets that it cannot match, the verdicts that it
 * cannot give.
 */
#include "orchestrator/model/filter_decides.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/program.h"
#include "orchestrator/model/rule.h"

#define ALL_ACTIONS                                                              \
	(ACTION_BIT(XDP_ABORTED) | ACTION_BIT(XDP_DROP) | ACTION_BIT(XDP_PASS) | \
	 ACTION_BIT(XDP_TX) | ACTION_BIT(XDP_REDIRECT))

uint32_t filter_endings(const struct filter *f)
{
	/* Those that show have no opinion, and unchecked never runs. */
	if (programs[f->program].shows || f->program == PROGRAM_UNCHECKED)
		return 0;
	return (f->program == PROGRAM_OBJECT ? ALL_ACTIONS : ACTION_BIT(f->action)) & ~f->continues;
}

bool filter_decides_all(const struct filter *f)
{
	return f->program != PROGRAM_OBJECT && !f->expr &&
	       !program_matches(&programs[f->program]) && filter_endings(f);
}

/* Packets by the headers they have: a bit for each pair of what Ethernet carries and what that
 * does. What a key of a filter asks for leaves some of them.
 */
enum network { NOT_IP, ARP, IPV4, IPV6, NETWORKS };
enum transport { NO_TRANSPORT, ICMP, ICMPV6, TCP, UDP, TRANSPORTS };
typedef uint32_t kinds_of_packets;

static const uint16_t types[NETWORKS] = { 0, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 };
static const uint16_t protos[TRANSPORTS] = { 0, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP,
					     IPPROTO_UDP };

static kinds_of_packets kind_bit(enum network net, enum transport transport)
{
	return UINT32_C(1) << (net * TRANSPORTS + transport);
}

static bool is_ip(enum network net)
{
	return net == IPV4 || net == IPV6;
}

/* No packet of that family has this as the protocol that it carries. Headers of IPv6 that extend it
 * are stepped over; but for AH, IPv4 has none of them.
 */
static bool is_foreign(enum network net, uint32_t proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	case IPPROTO_AH:
	case IPPROTO_ICMP:
		return net == IPV6;
	case IPPROTO_ICMPV6:
		return net == IPV4;
	default:
		return false;
	}
}

static bool may_be(enum network net, enum transport transport)
{
	return transport == NO_TRANSPORT || (is_ip(net) && !is_foreign(net, protos[transport]));
}

/* Such packets have that header. */
static bool has_layer(enum xlab_layer layer, enum network net, enum transport transport)
{
	switch (layer) {
	case XLAB_LAYER_ARP:
		return net == ARP;
	case XLAB_LAYER_IP:
		return net == IPV4;
	case XLAB_LAYER_IPV6:
		return net == IPV6;
	case XLAB_LAYER_NET:
		return is_ip(net);
	case XLAB_LAYER_ICMP:
		return transport == ICMP;
	case XLAB_LAYER_ICMPV6:
		return transport == ICMPV6;
	case XLAB_LAYER_TCP:
		return transport == TCP;
	case XLAB_LAYER_UDP:
		return transport == UDP;
	case XLAB_LAYER_PORTS:
		return transport == TCP || transport == UDP;
	default:
		return true;
	}
}

/* The span has a number of that kind of packets: of types and protocols, those without a name here
 * may be any.
 */
static bool span_fits(const struct field_span *span, enum xlab_field field, enum network net,
		      enum transport transport)
{
	uint64_t first = field_number(&span->first), last = field_number(&span->last);
	bool type = fields[field].kind == XLAB_KIND_TYPE;
	uint64_t own = type ? types[net] : protos[transport];

	if (fields[field].kind == XLAB_KIND_ADDRESS)
		return field_is_ipv4(&span->first) == (net == IPV4);
	/* As a type it means that there is a tag, whatever else. */
	if (type && ((first <= ETH_P_8021Q && ETH_P_8021Q <= last) ||
		     (first <= ETH_P_8021AD && ETH_P_8021AD <= last)))
		return true;
	if (own)
		return first <= own && own <= last;
	return type || first != last || !is_foreign(net, (uint32_t)first);
}

/* It tells kinds of packets apart by its value, and not only by being there. */
static bool tells_kinds(enum xlab_field field)
{
	return field == XLAB_FIELD_ETH_TYPE || fields[field].kind == XLAB_KIND_PROTO ||
	       fields[field].kind == XLAB_KIND_ADDRESS;
}

/* What is excluded leaves others of the same kind, but where it is all of them. */
static bool key_takes(const struct filter *f, size_t key, enum network net,
		      enum transport transport)
{
	enum xlab_field field = f->keys[key].field;
	bool given = false, fits = false;

	if (!tells_kinds(field))
		return true;
	for (size_t i = 0; i < f->n_rules; i++) {
		const struct rule *rule = &f->rules[i];

		if (rule->key != key || rule->except)
			continue;
		given = true;
		fits |= span_fits(&rule->span, field, net, transport);
	}
	return !given || fits;
}

static bool is_given(const struct filter *f, size_t key)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key)
			return true;
	return false;
}

static kinds_of_packets key_leaves(const struct filter *f, size_t key)
{
	enum xlab_layer layer = fields[f->keys[key].field].layer;
	kinds_of_packets left = 0;

	for (enum network net = 0; net < NETWORKS; net++)
		for (enum transport t = 0; t < TRANSPORTS; t++)
			if (may_be(net, t) && has_layer(layer, net, t) && key_takes(f, key, net, t))
				left |= kind_bit(net, t);
	return left;
}

/* What all of its keys but @without leave. */
static kinds_of_packets filter_leaves(const struct filter *f, size_t without)
{
	kinds_of_packets left = ~UINT32_C(0);

	for (size_t key = 0; key < f->n_keys; key++)
		if (key != without)
			left &= key_leaves(f, key);
	/* Also by its protocol alone it looks at ports. */
	if (f->program == PROGRAM_PORT)
		left &= kind_bit(IPV4, TCP) | kind_bit(IPV4, UDP) | kind_bit(IPV6, TCP) |
			kind_bit(IPV6, UDP);
	return left;
}

/* Foreign to each family that the other keys leave. */
static bool is_dead_proto(const struct filter *f, const struct rule *rule)
{
	enum xlab_field field = f->keys[rule->key].field;
	kinds_of_packets left = filter_leaves(f, rule->key);
	uint64_t proto = field_number(&rule->span.first);
	bool any = false;

	if (fields[field].kind != XLAB_KIND_PROTO || rule->except ||
	    proto != field_number(&rule->span.last))
		return false;
	for (enum network net = 0; net < NETWORKS; net++) {
		bool there = has_layer(fields[field].layer, net, NO_TRANSPORT) &&
			     left >> net * TRANSPORTS & ((1U << TRANSPORTS) - 1);

		any |= there;
		if (there && !is_foreign(net, (uint32_t)proto))
			return false;
	}
	return any;
}

char *filter_dead_protos(const struct filter *f, const struct match_key **where)
{
	char *list = NULL;

	for (size_t i = 0; i < f->n_rules; i++) {
		const struct match_key *key = &f->keys[f->rules[i].key];

		if ((list && key != *where) || !is_dead_proto(f, &f->rules[i]))
			continue;
		text_list_add(&list, "%u", (unsigned int)field_number(&f->rules[i].span.first));
		*where = key;
	}
	return list;
}

static bool is_within(enum xlab_field field, const struct field_span *inner,
		      const struct field_span *outer)
{
	if (!inner->masked && !outer->masked)
		return field_span_holds(field, outer, &inner->first) &&
		       field_span_holds(field, outer, &inner->last);
	for (uint64_t flags = 0; flags <= UINT8_MAX; flags++) {
		struct field_value value = field_value_of(flags);

		if (field_span_holds(field, inner, &value) &&
		    !field_span_holds(field, outer, &value))
			return false;
	}
	return true;
}

static bool overlap(enum xlab_field field, const struct field_span *a, const struct field_span *b)
{
	if (!a->masked && !b->masked)
		return field_span_holds(field, a, &b->first) ||
		       field_span_holds(field, b, &a->first);
	for (uint64_t flags = 0; flags <= UINT8_MAX; flags++) {
		struct field_value value = field_value_of(flags);

		if (field_span_holds(field, a, &value) && field_span_holds(field, b, &value))
			return true;
	}
	return false;
}

/* Each of its values is excluded as a whole. */
static bool excludes_itself(const struct filter *f, size_t key)
{
	bool given = false;

	for (size_t i = 0; i < f->n_rules; i++) {
		bool excluded = false;

		if (f->rules[i].key != key || f->rules[i].except)
			continue;
		given = true;
		for (size_t j = 0; j < f->n_rules; j++)
			excluded |=
				f->rules[j].key == key && f->rules[j].except &&
				is_within(f->keys[key].field, &f->rules[i].span, &f->rules[j].span);
		if (!excluded)
			return false;
	}
	return given;
}

static bool is_address(const struct filter *f, size_t key)
{
	return fields[f->keys[key].field].kind == XLAB_KIND_ADDRESS;
}

char *filter_why_dead(const struct filter *f, const struct match_key **where)
{
	for (size_t a = 0; a < f->n_keys; a++) {
		*where = &f->keys[a];
		if (excludes_itself(f, a))
			return text_format("%s excludes all that it names", f->keys[a].name);
		if (!key_leaves(f, a))
			return text_format("no packet has such a %s", f->keys[a].name);
	}
	for (size_t a = 0; a < f->n_keys; a++)
		for (size_t b = 0; b < a; b++) {
			*where = &f->keys[a];
			if (!(key_leaves(f, a) & key_leaves(f, b)))
				return text_format("no packet has both this %s and this %s%s",
						   f->keys[b].name, f->keys[a].name,
						   is_address(f, a) ? ": they are of two families"
								    : "");
		}
	*where = NULL;
	return filter_leaves(f, f->n_keys) ? NULL : text_format("no packet has all of these");
}

bool filter_is_dead(const struct filter *f)
{
	const struct match_key *where;
	char *FREE_AUTO why = filter_why_dead(f, &where);

	return why;
}

uint32_t filter_kinds(const struct filter *f)
{
	kinds_of_packets kinds = 0;

	for (enum network net = 0; net < NETWORKS; net++)
		for (enum transport t = 0; t < TRANSPORTS; t++)
			if (may_be(net, t))
				kinds |= kind_bit(net, t);
	return filter_is_dead(f) ? 0 : kinds & filter_leaves(f, f->n_keys);
}

bool filter_is_symmetric(const struct filter *f)
{
	/* An object and an expression may look at anything. */
	bool symmetric = f->program != PROGRAM_OBJECT && !f->expr;

	for (size_t key = 0; key < f->n_keys; key++)
		if (is_given(f, key) && (f->keys[key].field == XLAB_FIELD_ETH_SRC ||
					 f->keys[key].field == XLAB_FIELD_ETH_DST))
			symmetric = false;
	return symmetric;
}

const struct rule *filter_idle_exception(const struct filter *f, const struct rule *after)
{
	for (size_t i = after ? (size_t)(after - f->rules) + 1 : 0; i < f->n_rules; i++) {
		const struct rule *rule = &f->rules[i];
		bool given = false, idle = true;

		for (size_t j = 0; rule->except && j < f->n_rules; j++) {
			if (f->rules[j].key != rule->key || f->rules[j].except)
				continue;
			given = true;
			idle &= !overlap(f->keys[rule->key].field, &f->rules[j].span, &rule->span);
		}
		if (given && idle)
			return rule;
	}
	return NULL;
}

static bool takes(const struct filter *f, enum network net, enum transport transport)
{
	return filter_leaves(f, f->n_keys) & kind_bit(net, transport);
}

bool filter_takes_arp(const struct filter *f)
{
	return f->program == PROGRAM_OBJECT || takes(f, ARP, NO_TRANSPORT);
}

bool filter_takes_discovery(const struct filter *f)
{
	return f->program == PROGRAM_OBJECT || takes(f, IPV6, ICMPV6);
}

/* A port of @span is among the values of that field, or the filter has none of it. */
static bool takes_port(const struct filter *f, enum xlab_field field, struct range span)
{
	bool given = false;

	for (size_t i = 0; i < f->n_rules; i++) {
		const struct rule *rule = &f->rules[i];

		if (f->keys[rule->key].field != field || rule->except)
			continue;
		given = true;
		if (field_number(&rule->span.first) <= span.last &&
		    field_number(&rule->span.last) >= span.first)
			return true;
	}
	return !given;
}

bool filter_takes_tcp(const struct filter *f, struct range src, struct range dst)
{
	if (!takes(f, IPV4, TCP) && !takes(f, IPV6, TCP))
		return false;
	return takes_port(f, XLAB_FIELD_PORT_SRC, src) && takes_port(f, XLAB_FIELD_PORT_DST, dst) &&
	       takes_port(f, XLAB_FIELD_TCP_SRCPORT, src) &&
	       takes_port(f, XLAB_FIELD_TCP_DSTPORT, dst) &&
	       (takes_port(f, XLAB_FIELD_PORT_EITHER, src) ||
		takes_port(f, XLAB_FIELD_PORT_EITHER, dst)) &&
	       (takes_port(f, XLAB_FIELD_TCP_PORT, src) || takes_port(f, XLAB_FIELD_TCP_PORT, dst));
}
