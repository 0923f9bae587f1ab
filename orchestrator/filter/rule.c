// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/filter/rule.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "lab/cleanup.h"
#include "orchestrator/model/labfile.h"

size_t rule_count(const struct filter *f)
{
	return f->n_types + f->n_protos + f->n_src_ports + f->n_dst_ports + f->n_src_macs +
	       f->n_dst_macs + f->n_src_nets + f->n_dst_nets;
}

static struct rule span_rule(enum xlab_key key, uint16_t first, uint16_t last)
{
	return (struct rule){ .kind = RULE_SPAN, .key = key, .span = { first, last } };
}

static struct rule mac_rule(enum xlab_key key, const struct mac_rule *mac)
{
	struct rule rule = { .kind = RULE_MAC, .key = key };

	memcpy(rule.mac, mac->mac, sizeof(rule.mac));
	return rule;
}

static struct rule net_rule(enum xlab_key key, const struct prefix *net)
{
	struct rule rule = { .kind = RULE_NET, .key = key, .net = *net };
	bool v4 = net->address.family == AF_INET;
	uint8_t *bytes = v4 ? (void *)&rule.net.address.v4 : (void *)&rule.net.address.v6;

	for (unsigned int bit = net->len; bit < (v4 ? 32 : 128); bit++)
		bytes[bit / 8] &= ~(0x80 >> bit % 8);
	return rule;
}

/* Is *@i in a list of @n? If not, it counts from the list's end. */
static bool within(size_t *i, size_t n)
{
	if (*i < n)
		return true;
	*i -= n;
	return false;
}

struct rule rule_at(const struct filter *f, size_t i)
{
	if (within(&i, f->n_types))
		return span_rule(XLAB_KEY_TYPE, f->types[i], f->types[i]);
	if (within(&i, f->n_protos))
		return span_rule(XLAB_KEY_PROTO, f->protos[i], f->protos[i]);
	if (within(&i, f->n_src_ports))
		return span_rule(XLAB_KEY_SRC, f->src_ports[i].first, f->src_ports[i].last);
	if (within(&i, f->n_dst_ports))
		return span_rule(XLAB_KEY_DST, f->dst_ports[i].first, f->dst_ports[i].last);
	if (within(&i, f->n_src_macs))
		return mac_rule(XLAB_KEY_SRC, &f->src_macs[i]);
	if (within(&i, f->n_dst_macs))
		return mac_rule(XLAB_KEY_DST, &f->dst_macs[i]);
	if (within(&i, f->n_src_nets))
		return net_rule(XLAB_KEY_SRC, &f->src_nets[i]);
	return net_rule(XLAB_KEY_DST, &f->dst_nets[i]);
}

static const char *const key_names[XLAB_KEYS] = {
	[XLAB_KEY_SRC] = "src",
	[XLAB_KEY_DST] = "dst",
	[XLAB_KEY_TYPE] = "type",
	[XLAB_KEY_PROTO] = "proto",
};

/* What lab files call these numbers. */
static const struct {
	enum xlab_key key;
	uint16_t number;
	const char *name;
} number_names[] = {
	{ XLAB_KEY_TYPE, ETH_P_IP, "ipv4" },	      { XLAB_KEY_TYPE, ETH_P_IPV6, "ipv6" },
	{ XLAB_KEY_TYPE, ETH_P_ARP, "arp" },	      { XLAB_KEY_TYPE, ETH_P_8021Q, "vlan" },
	{ XLAB_KEY_PROTO, IPPROTO_ICMP, "icmp" },     { XLAB_KEY_PROTO, IPPROTO_TCP, "tcp" },
	{ XLAB_KEY_PROTO, IPPROTO_ICMPV6, "icmpv6" }, { XLAB_KEY_PROTO, IPPROTO_UDP, "udp" },
};

static char *span_text(const struct rule *rule)
{
	const char *key = key_names[rule->key];
	unsigned int first = rule->span.first, last = rule->span.last;

	for (size_t i = 0; i < ARRAY_SIZE(number_names); i++)
		if (number_names[i].key == rule->key && number_names[i].number == first)
			return text_format("%s=%s", key, number_names[i].name);
	if (rule->key == XLAB_KEY_TYPE)
		return text_format("%s=0x%04x", key, first);
	if (first != last)
		return text_format("%s=%u-%u", key, first, last);
	return text_format("%s=%u", key, first);
}

static char *net_text(const struct rule *rule)
{
	const struct prefix *net = &rule->net;
	bool whole = net->len == (net->address.family == AF_INET ? 32 : 128);
	char text[PREFIX_TEXT];

	return text_format("%s=%s", key_names[rule->key],
			   whole ? address_text(&net->address, text) : prefix_text(net, text));
}

char *rule_text(const struct rule *rule)
{
	char mac[MAC_TEXT];

	switch (rule->kind) {
	case RULE_MAC:
		return text_format("%s=%s", key_names[rule->key], mac_text(rule->mac, mac));
	case RULE_NET:
		return net_text(rule);
	default:
		return span_text(rule);
	}
}
