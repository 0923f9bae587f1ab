/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FIELD_TEXT_H
#define XLAB_FIELD_TEXT_H

/* Values of fields as text, and what the words for them may be. Pure. */

#include "lab/text.h"
#include "orchestrator/model/field_span.h"

struct enum_name;

/* As field_read() takes it: "64", "10.0.0.1", "0x0800"; not of bytes. */
#define FIELD_TEXT ADDRESS_TEXT /* the longest of all */
const char *field_value_text(enum xlab_field field, const struct field_value *value,
			     char buf[static FIELD_TEXT]);
/* Likewise, but malloc'ed: "10.0.0.0/8", "S/SA", "8000-8999". */
char *field_span_text(enum xlab_field field, const struct field_span *span);

/* Of each kind what it is called, and what its words may be; NULL where the field's width says
 * that. */
extern const char *const kind_names[XLAB_KINDS], *const kind_allowed[XLAB_KINDS];
/* What the words of a field may be, malloc'ed, and of some kinds. */
char *field_allowed(enum xlab_field field);
#define ALLOWED_MAC	"MACs as in de:ad:be:ef:00:01, or their first bits as in de:ad:be:00:00:00/24"
#define ALLOWED_ADDRESS "addresses, CIDRs or ranges A-B, of either family"
#define ALLOWED_TYPE	"ipv4, ipv6, arp, vlan, or numbers from 0x600 to 0xffff"
#define ALLOWED_PROTO	"icmp, icmpv6, tcp, udp, or numbers up to 255"
#define ALLOWED_PORT	"ports, ranges as in 8000-8999, or services as ssh"

/* Of kinds whose words may be names; else NULL. */
extern const struct enum_name *const kind_words[XLAB_KINDS];
extern const char flag_letters[]; /* of TCP's flags, by the order of their bits */

#endif
