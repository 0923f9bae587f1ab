// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the values of fields: one writer for each kind of them. */
#include "orchestrator/model/field_text.h"

#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#include "lab/alloc.h"
#include "orchestrator/model/enum_names.h"

/* Names that people give to ports: IANA's, as in Debian's /etc/services. A file of a lab means the
 * same on each machine, whatever stands there.
 */
static const struct enum_name service_names[] = {
	{ "echo", 7 },		 { "discard", 9 },	   { "daytime", 13 },
	{ "chargen", 19 },	 { "ftp-data", 20 },	   { "ftp", 21 },
	{ "ssh", 22 },		 { "telnet", 23 },	   { "smtp", 25 },
	{ "time", 37 },		 { "domain", 53 },	   { "bootps", 67 },
	{ "bootpc", 68 },	 { "tftp", 69 },	   { "http", 80 },
	{ "kerberos", 88 },	 { "pop3", 110 },	   { "sunrpc", 111 },
	{ "ntp", 123 },		 { "imap2", 143 },	   { "snmp", 161 },
	{ "snmp-trap", 162 },	 { "bgp", 179 },	   { "ldap", 389 },
	{ "https", 443 },	 { "submissions", 465 },   { "isakmp", 500 },
	{ "syslog", 514 },	 { "dhcpv6-client", 546 }, { "dhcpv6-server", 547 },
	{ "submission", 587 },	 { "ldaps", 636 },	   { "imaps", 993 },
	{ "pop3s", 995 },	 { "openvpn", 1194 },	   { "radius", 1812 },
	{ "radius-acct", 1813 }, { "nfs", 2049 },	   { "iscsi-target", 3260 },
	{ "mysql", 3306 },	 { "sip", 5060 },	   { "mdns", 5353 },
	{ "postgresql", 5432 },	 { "http-alt", 8080 },	   { NULL, 0 },
};

const char flag_letters[] = "FSRPAUEC";

const char *const kind_names[XLAB_KINDS] = {
	[XLAB_KIND_NUMBER] = "number",	   [XLAB_KIND_HEX] = "number",
	[XLAB_KIND_TYPE] = "EtherType",	   [XLAB_KIND_PROTO] = "protocol",
	[XLAB_KIND_PORT] = "port",	   [XLAB_KIND_FLAGS] = "flags",
	[XLAB_KIND_MAC] = "MAC",	   [XLAB_KIND_IPV4] = "IPv4 address",
	[XLAB_KIND_IPV6] = "IPv6 address", [XLAB_KIND_ADDRESS] = "address",
	[XLAB_KIND_BYTES] = "bytes",
};

static const char allowed_flags[] =
	"letters of FSRPAUEC (FIN SYN RST PSH ACK URG ECE CWR): just these are set; S/SA: "
	"of S and A only S is; or none";

const char *const kind_allowed[XLAB_KINDS] = {
	[XLAB_KIND_TYPE] = ALLOWED_TYPE,
	[XLAB_KIND_PROTO] = ALLOWED_PROTO,
	[XLAB_KIND_PORT] = ALLOWED_PORT,
	[XLAB_KIND_FLAGS] = allowed_flags,
	[XLAB_KIND_MAC] = ALLOWED_MAC,
	[XLAB_KIND_IPV4] = "addresses, CIDRs or ranges A-B, of IPv4",
	[XLAB_KIND_IPV6] = "addresses, CIDRs or ranges A-B, of IPv6",
	[XLAB_KIND_ADDRESS] = ALLOWED_ADDRESS,
	[XLAB_KIND_BYTES] = "\"text\", or hex:00ff in pairs of digits",
};

const struct enum_name *const kind_words[XLAB_KINDS] = {
	[XLAB_KIND_TYPE] = ethertype_names,
	[XLAB_KIND_PROTO] = proto_names,
	[XLAB_KIND_PORT] = service_names,
};

char *field_allowed(enum xlab_field field)
{
	const struct field *f = &fields[field];

	if (kind_allowed[f->kind])
		return xstrdup(kind_allowed[f->kind]);
	if (f->bits == 1)
		return xstrdup("0 or 1");
	return text_format("numbers up to %ju, or ranges A-B",
			   (uintmax_t)(UINT64_MAX >> (64 - f->bits)));
}

static const char *flags_text(uint64_t flags, char buf[static FIELD_TEXT])
{
	char *at = buf;

	for (size_t i = 0; flag_letters[i]; i++)
		if (flags >> i & 1)
			*at++ = flag_letters[i];
	(void)stpcpy(at, flags ? "" : "none");
	return buf;
}

static const char *number_text(enum xlab_kind kind, uint64_t number, char buf[static FIELD_TEXT])
{
	const char *name = kind == XLAB_KIND_PORT || !kind_words[kind]
				   ? NULL
				   : enum_name(kind_words[kind], (uint32_t)number);
	bool hex = kind == XLAB_KIND_HEX || kind == XLAB_KIND_TYPE;

	if (name)
		(void)stpcpy(buf, name);
	else
		(void)snprintf(buf, FIELD_TEXT, hex ? "0x%04jx" : "%ju", (uintmax_t)number);
	return buf;
}

static const char *bytes_text(const uint8_t *bytes, size_t n, char buf[static FIELD_TEXT])
{
	char *at = buf;
	bool plain = true;

	for (size_t i = 0; i < n; i++)
		plain &= bytes[i] >= ' ' && bytes[i] <= '~' && !strchr("\"\\", bytes[i]);
	if (plain) {
		(void)snprintf(buf, FIELD_TEXT, "\"%.*s\"", (int)n, (const char *)bytes);
		return buf;
	}
	at = stpcpy(at, "hex:");
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%02x", bytes[i]);
	return buf;
}

const char *field_value_text(enum xlab_field field, const struct field_value *value,
			     char buf[static FIELD_TEXT])
{
	const enum xlab_kind kind = fields[field].kind;
	struct address a;

	switch (kind) {
	case XLAB_KIND_FLAGS:
		return flags_text(field_number(value), buf);
	case XLAB_KIND_MAC:
		return mac_text(value->bytes + FIELD_VALUE - ETH_ALEN, buf);
	case XLAB_KIND_IPV4:
	case XLAB_KIND_IPV6:
	case XLAB_KIND_ADDRESS:
		a = field_address(field, value);
		return address_text(&a, buf);
	default:
		return number_text(kind, field_number(value), buf);
	}
}

char *field_span_text(enum xlab_field field, const struct field_span *span)
{
	char first[FIELD_TEXT], last[FIELD_TEXT];
	unsigned int len;

	if (fields[field].kind == XLAB_KIND_BYTES)
		return xstrdup(bytes_text(span->first.bytes + FIELD_VALUE - span->bytes,
					  span->bytes, first));
	field_value_text(field, &span->first, first);
	if (!span->masked && !field_compare(&span->first, &span->last))
		return xstrdup(first);
	if (field_has_prefixes(field) && field_span_prefix(field, span, &len))
		return text_format("%s/%u", first, len);
	return text_format("%s%c%s", first, span->masked ? '/' : '-',
			   field_value_text(field, &span->last, last));
}
