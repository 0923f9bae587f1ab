// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model alone tells of a filter: the packets that it cannot match, the verdicts that it
 * cannot give.
 */
#include "orchestrator/model/filter_decides.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

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

static enum xlab_field field_of(const struct filter *f, const struct rule *rule)
{
	return f->keys[rule->key].field;
}

/* Its addresses leave room for packets of that family. */
static bool takes_family(const struct filter *f, int family)
{
	for (size_t key = 0; key < f->n_keys; key++) {
		bool given = false, fits = false;

		for (size_t i = 0; i < f->n_rules; i++) {
			const struct rule *rule = &f->rules[i];

			if (rule->key != key || fields[field_of(f, rule)].kind != XLAB_KIND_ADDRESS)
				continue;
			given = true;
			fits |= rule->except ||
				field_is_ipv4(&rule->span.first) == (family == AF_INET);
		}
		if (given && !fits)
			return false;
	}
	return true;
}

/* No packet of that family has this as the protocol that it carries. Headers of IPv6 that extend it
 * are stepped over; but for AH, IPv4 has none of them.
 */
static bool is_foreign(int family, uint32_t proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	case IPPROTO_AH:
	case IPPROTO_ICMP:
		return family == AF_INET6;
	case IPPROTO_ICMPV6:
		return family == AF_INET;
	default:
		return false;
	}
}

static bool is_dead_proto(const struct filter *f, const struct rule *rule)
{
	uint32_t proto = (uint32_t)field_number(&rule->span.first);

	return field_of(f, rule) == XLAB_FIELD_NET_PROTO && !rule->except &&
	       proto == field_number(&rule->span.last) &&
	       (!takes_family(f, AF_INET) || is_foreign(AF_INET, proto)) &&
	       (!takes_family(f, AF_INET6) || is_foreign(AF_INET6, proto));
}

char *filter_dead_protos(const struct filter *f)
{
	char *list = NULL;

	for (size_t i = 0; f->program == PROGRAM_IP && i < f->n_rules; i++)
		if (is_dead_proto(f, &f->rules[i]))
			text_list_add(&list, "%u",
				      (unsigned int)field_number(&f->rules[i].span.first));
	return list;
}

bool filter_is_dead(const struct filter *f)
{
	bool any = false;

	if (f->program != PROGRAM_IP)
		return false;
	if (!takes_family(f, AF_INET) && !takes_family(f, AF_INET6))
		return true;
	for (size_t i = 0; i < f->n_rules; i++) {
		if (field_of(f, &f->rules[i]) != XLAB_FIELD_NET_PROTO)
			continue;
		any = true;
		if (!is_dead_proto(f, &f->rules[i]))
			return false;
	}
	return any;
}

/* A number of @span is among the values of that key, or the filter has none of it. */
static bool takes_span(const struct filter *f, enum xlab_field field, struct range span)
{
	bool given = false;

	for (size_t i = 0; i < f->n_rules; i++) {
		const struct rule *rule = &f->rules[i];

		if (field_of(f, rule) != field)
			continue;
		if (rule->except)
			return true;
		given = true;
		if (field_number(&rule->span.first) <= span.last &&
		    field_number(&rule->span.last) >= span.first)
			return true;
	}
	return !given;
}

static bool takes_number(const struct filter *f, enum xlab_field field, uint16_t number)
{
	return takes_span(f, field, (struct range){ number, number });
}

bool filter_takes_arp(const struct filter *f)
{
	if (f->program == PROGRAM_ETHER)
		return takes_number(f, XLAB_FIELD_ETH_TYPE, ETH_P_ARP);
	return !program_matches(&programs[f->program]);
}

bool filter_takes_discovery(const struct filter *f)
{
	if (f->program == PROGRAM_ETHER)
		return takes_number(f, XLAB_FIELD_ETH_TYPE, ETH_P_IPV6);
	if (f->program == PROGRAM_IP)
		return takes_family(f, AF_INET6) &&
		       takes_number(f, XLAB_FIELD_NET_PROTO, IPPROTO_ICMPV6);
	return !program_matches(&programs[f->program]);
}

bool filter_takes_ports(const struct filter *f, struct range src, struct range dst)
{
	return f->program != PROGRAM_PORT ||
	       (takes_span(f, XLAB_FIELD_PORT_SRC, src) && takes_span(f, XLAB_FIELD_PORT_DST, dst));
}
