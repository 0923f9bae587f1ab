/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULE_H
#define XLAB_RULE_H

/* A rule: one value of one key of ether, ip or port. */

#include <stdbool.h>
#include <stdint.h>

#include "bpf/rules.h"
#include "lab/text.h"

enum rule_kind {
	RULE_MAC,
	RULE_NET,
	RULE_SPAN, /* EtherTypes (host order), protocols, ports */
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

extern const char *const rule_key_names[XLAB_KEYS];

bool rule_equal(const struct rule *a, const struct rule *b);

/* As it is written in a lab file, malloc'ed: "10.0.0.0/8", "8000-8999", … */
char *rule_value(const struct rule *rule);
/* "src=10.0.0.0/8" */
char *rule_text(const struct rule *rule);

#endif
