/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULE_H
#define XLAB_RULE_H

/* A rule: one value of one key of ether, ip or port. */

#include <stddef.h>
#include <stdint.h>

#include "bpf/rules.h"
#include "lab/text.h"

struct filter;

enum rule_kind {
	RULE_MAC,
	RULE_NET,
	RULE_SPAN, /* EtherTypes, protocols, ports */
};

struct rule {
	enum rule_kind kind;
	enum xlab_key key;
	union {
		uint8_t mac[6];
		struct prefix net; /* host bits are 0 */
		struct range span;
	};
};

/* The values that the filter's lists hold, spans first. */
size_t rule_count(const struct filter *filter);
struct rule rule_at(const struct filter *filter, size_t i);

/* "src=10.0.0.0/8", "dst=8000-8999", …, as it is written in a lab file; malloc'ed. */
char *rule_text(const struct rule *rule);

#endif
