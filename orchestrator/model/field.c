// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of packets at work: one reader and one writer of words for each kind of them, and one
 * way in and out of a header for all. The fields themselves are bpf/fields.h's.
 */
#include "orchestrator/model/field.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"

/* EITHER looks as one of its two does. */
enum {
#define FIELD(id, name, of, at, n_bytes, from, n_bits, as, help)                  \
	LAYER_##id = XLAB_LAYER_##of, OFFSET_##id = (at), BYTES_##id = (n_bytes), \
	SHIFT_##id = (from), BITS_##id = (n_bits), KIND_##id = XLAB_KIND_##as,
#include "bpf/fields.h"
};

/* Names are pasted here, where they are not yet expanded: netinet/in.h has an IP_TTL, too. */
#define FIELD(id, called, of, at, n_bytes, from, n_bits, as, says)                 \
	[XLAB_FIELD_##id] = { called,  says, XLAB_LAYER_##of, XLAB_KIND_##as,  at, \
			      n_bytes, from, n_bits,	      XLAB_FIELD_##id, XLAB_FIELD_##id },
#define EITHER(id, called, a, b, says)                    \
	[XLAB_FIELD_##id] = { called,                     \
			      says,                       \
			      (enum xlab_layer)LAYER_##a, \
			      (enum xlab_kind)KIND_##a,   \
			      OFFSET_##a,                 \
			      BYTES_##a,                  \
			      SHIFT_##a,                  \
			      BITS_##a,                   \
			      XLAB_FIELD_##a,             \
			      XLAB_FIELD_##b },
const struct field fields[XLAB_FIELDS] = {
#include "bpf/fields.h"
};

const char *const layer_names[XLAB_LAYERS] = {
	[XLAB_LAYER_FRAME] = "frame", [XLAB_LAYER_ETH] = "eth",	      [XLAB_LAYER_VLAN] = "vlan",
	[XLAB_LAYER_ARP] = "arp",     [XLAB_LAYER_IP] = "ip",	      [XLAB_LAYER_IPV6] = "ipv6",
	[XLAB_LAYER_ICMP] = "icmp",   [XLAB_LAYER_ICMPV6] = "icmpv6", [XLAB_LAYER_TCP] = "tcp",
	[XLAB_LAYER_UDP] = "udp",     [XLAB_LAYER_DATA] = "data",
};

/* --- Names ---------------------------------------------------------------------------------- */

enum xlab_field field_find(const char *name)
{
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++)
		if (layer_names[fields[i].layer] && !strcmp(fields[i].name, name))
			return i;
	return XLAB_FIELDS;
}

enum xlab_field field_find_in(enum xlab_layer layer, const char *name)
{
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++) {
		const char *dot = strchr(fields[i].name, '.');

		if (fields[i].layer == layer && fields[i].one == fields[i].other &&
		    !strcmp(dot ? dot + 1 : fields[i].name, name))
			return i;
	}
	return XLAB_FIELDS;
}

const char *field_next(void *unused, size_t i)
{
	(void)unused;
	for (size_t field = 0; field < XLAB_FIELDS; field++)
		if (layer_names[fields[field].layer] && i-- == 0)
			return fields[field].name;
	return NULL;
}

/* --- Values --------------------------------------------------------------------------------- */

uint64_t field_number(const struct field_value *value)
{
	uint64_t number = 0;

	for (size_t i = FIELD_VALUE - sizeof(number); i < FIELD_VALUE; i++)
		number = number << 8 | value->bytes[i];
	return number;
}

struct field_value field_value_of(uint64_t number)
{
	struct field_value value = { { 0 } };

	for (size_t i = FIELD_VALUE; number; number >>= 8)
		value.bytes[--i] = (uint8_t)number;
	return value;
}

struct address field_address(enum xlab_field field, const struct field_value *value)
{
	const enum xlab_kind kind = fields[field].kind;
	bool v4 = kind == XLAB_KIND_IPV4 || (kind == XLAB_KIND_ADDRESS && field_is_ipv4(value));
	struct address a = { .family = v4 ? AF_INET : AF_INET6 };

	memcpy(&a.v6, value->bytes + FIELD_VALUE - address_size(&a), address_size(&a));
	return a;
}

/* @bits ones at the right end. */
static struct field_value ones(unsigned int bits)
{
	struct field_value value = { { 0 } };

	for (unsigned int i = 0; i < bits; i++)
		value.bytes[FIELD_VALUE - 1 - i / 8] |= (uint8_t)(1U << i % 8);
	return value;
}

static int compare(const struct field_value *a, const struct field_value *b)
{
	return memcmp(a->bytes, b->bytes, FIELD_VALUE);
}

bool field_is_ipv4(const struct field_value *value)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	return !memcmp(value->bytes, mapped, sizeof(mapped));
}

/* IPv4 ends where the mapped ones do: ::/0 holds none of them. */
static bool is_ipv4_span(const struct field_span *span)
{
	return field_is_ipv4(&span->first) && field_is_ipv4(&span->last);
}

static bool takes_families(enum xlab_field field)
{
	return fields[field].kind == XLAB_KIND_ADDRESS;
}

bool field_span_holds(enum xlab_field field, const struct field_span *span,
		      const struct field_value *value)
{
	if (span->masked)
		return (field_number(value) & field_number(&span->last)) ==
		       field_number(&span->first);
	if (takes_families(field) && is_ipv4_span(span) != field_is_ipv4(value))
		return false;
	return compare(&span->first, value) <= 0 && compare(value, &span->last) <= 0;
}

bool field_span_equal(const struct field_span *a, const struct field_span *b)
{
	return !compare(&a->first, &b->first) && !compare(&a->last, &b->last) &&
	       a->masked == b->masked && a->bytes == b->bytes;
}

bool field_span_prefix(enum xlab_field field, const struct field_span *span, unsigned int *len)
{
	unsigned int bits = takes_families(field) && is_ipv4_span(span) ? 32 : fields[field].bits;
	unsigned int free_bits = 0;
	struct field_value host;

	if (span->masked)
		return false;
	for (unsigned int i = 0; i < bits; i++)
		if ((span->first.bytes[FIELD_VALUE - 1 - i / 8] ^
		     span->last.bytes[FIELD_VALUE - 1 - i / 8]) >>
			    i % 8 &
		    1)
			free_bits = i + 1;
	host = ones(free_bits);
	for (size_t i = 0; i < FIELD_VALUE; i++)
		if (span->first.bytes[i] & host.bytes[i] || ~span->last.bytes[i] & host.bytes[i])
			return false;
	*len = bits - free_bits;
	return true;
}

/* --- Words read ----------------------------------------------------------------------------- */

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

/* By the order of their bits. */
static const char flag_letters[] = "FSRPAUEC";

const char *const kind_names[XLAB_KINDS] = {
	[XLAB_KIND_NUMBER] = "number",	   [XLAB_KIND_HEX] = "number",
	[XLAB_KIND_TYPE] = "EtherType",	   [XLAB_KIND_PROTO] = "protocol",
	[XLAB_KIND_PORT] = "port",	   [XLAB_KIND_FLAGS] = "flags",
	[XLAB_KIND_MAC] = "MAC",	   [XLAB_KIND_IPV4] = "IPv4 address",
	[XLAB_KIND_IPV6] = "IPv6 address", [XLAB_KIND_ADDRESS] = "address",
	[XLAB_KIND_BYTES] = "bytes",
};

const char *const kind_allowed[XLAB_KINDS] = {
	[XLAB_KIND_TYPE] = ALLOWED_TYPE,
	[XLAB_KIND_PROTO] = ALLOWED_PROTO,
	[XLAB_KIND_PORT] = ALLOWED_PORT,
	[XLAB_KIND_FLAGS] =
		"letters of FSRPAUEC: just these are set; S/SA: of S and A only S is; or none",
	[XLAB_KIND_MAC] = ALLOWED_MAC,
	[XLAB_KIND_IPV4] = "addresses, CIDRs or ranges A-B, of IPv4",
	[XLAB_KIND_IPV6] = "addresses, CIDRs or ranges A-B, of IPv6",
	[XLAB_KIND_ADDRESS] = ALLOWED_ADDRESS,
	[XLAB_KIND_BYTES] = "\"text\", or hex:00ff in pairs of digits",
};

/* Of kinds whose words may be names. */
static const struct enum_name *const names_of[XLAB_KINDS] = {
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

/* The sentence, with what is allowed at its end. */
__attribute__((format(printf, 4, 5))) static int refuse(enum xlab_field field, int err, char **why,
							const char *fmt, ...)
{
	char *FREE_AUTO what = NULL, *FREE_AUTO allowed = field_allowed(field);
	va_list args;

	va_start(args, fmt);
	what = text_vformat(fmt, args);
	va_end(args);
	*why = text_format("%s; allowed: %s", what, allowed);
	return err;
}

/* "a port", "an address", "flags" */
static const char *article(enum xlab_kind kind)
{
	if (kind == XLAB_KIND_FLAGS || kind == XLAB_KIND_BYTES)
		return "";
	return strchr("AEIaei", kind_names[kind][0]) ? "an " : "a ";
}

static int misspelt(enum xlab_field field, const char *word, char **why)
{
	const enum xlab_kind kind = fields[field].kind;
	char *FREE_AUTO allowed = field_allowed(field), *FREE_AUTO offer = NULL;

	if (names_of[kind])
		offer = text_offer_of(word, enum_next, (void *)names_of[kind], allowed);
	else
		offer = text_format("; allowed: %s", allowed);
	*why = text_format("\"%s\" is not %s%s%s", word, article(kind), kind_names[kind], offer);
	return -EINVAL;
}

static int read_number(enum xlab_field field, const char *word, struct field_value *value,
		       char **why)
{
	const enum xlab_kind kind = fields[field].kind;
	uint32_t most = (uint32_t)(UINT64_MAX >> (64 - fields[field].bits)), number = 0;
	/* Smaller types are lengths (IEEE 802.3). */
	uint32_t least = kind == XLAB_KIND_TYPE ? ETH_P_802_3_MIN : 0;
	int err = 0;

	if (!names_of[kind] || !enum_value(names_of[kind], word, &number))
		err = text_u32(word, least, most, &number);
	if (err == -ERANGE && text_u32(word, 0, most, &number) != 0)
		return refuse(field, err, why, "\"%s\" is beyond %u, the last one", word, most);
	if (err == -ERANGE)
		return refuse(field, err, why, "\"%s\" is a length and no type: types begin at %#x",
			      word, least);
	if (err)
		return misspelt(field, word, why);
	*value = field_value_of(number);
	return 0;
}

static int read_flags(enum xlab_field field, const char *word, struct field_value *value,
		      char **why)
{
	uint32_t flags = 0;

	if (strcmp(word, "none") != 0 && text_u32(word, 0, UINT8_MAX, &flags))
		for (const char *c = word; *c || c == word; c++) {
			const char *letter = *c ? strchr(flag_letters, *c) : NULL;

			if (!letter)
				return misspelt(field, word, why);
			flags |= 1U << (letter - flag_letters);
		}
	*value = field_value_of(flags);
	return 0;
}

static int read_mac(enum xlab_field field, const char *word, struct field_value *value, char **why)
{
	*value = field_value_of(0);
	return text_mac(word, value->bytes + FIELD_VALUE - ETH_ALEN) ? misspelt(field, word, why)
								     : 0;
}

static int read_address(enum xlab_field field, const char *word, struct field_value *value,
			char **why)
{
	const enum xlab_kind kind = fields[field].kind;
	struct address a;

	if (text_address(word, &a))
		return misspelt(field, word, why);
	if ((kind == XLAB_KIND_IPV4 && a.family != AF_INET) ||
	    (kind == XLAB_KIND_IPV6 && a.family != AF_INET6))
		return refuse(field, -EINVAL, why, "%s is of the other family", word);
	*value = field_value_of(0);
	memcpy(value->bytes + FIELD_VALUE - address_size(&a), &a.v6, address_size(&a));
	if (kind != XLAB_KIND_ADDRESS)
		return 0;
	if (a.family == AF_INET6 && field_is_ipv4(value))
		return refuse(field, -EINVAL, why,
			      "%s is no address of packets: write the one of IPv4 that it means",
			      word);
	if (a.family == AF_INET)
		value->bytes[10] = value->bytes[11] = 0xff;
	return 0;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* hex:00ff or "text": *@n bytes of them, FIELD_VALUE at most. */
static int bytes_of(const char *word, uint8_t bytes[static FIELD_VALUE], size_t *n)
{
	size_t len = strlen(word);
	bool hex = !strncmp(word, "hex:", 4);

	if (!hex && (len < 2 || word[0] != '"' || word[len - 1] != '"'))
		return -EINVAL;
	*n = hex ? (len - 4) / 2 : len - 2;
	if (!*n || (hex && len % 2))
		return -EINVAL;
	if (*n > FIELD_VALUE)
		return -ERANGE;
	for (size_t i = 0; !hex && i < *n; i++)
		bytes[i] = (uint8_t)word[1 + i];
	for (size_t i = 0; hex && i < *n; i++) {
		int high = hex_digit(word[4 + 2 * i]), low = hex_digit(word[5 + 2 * i]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int read_bytes(enum xlab_field field, const char *word, struct field_value *value, size_t *n,
		      char **why)
{
	uint8_t bytes[FIELD_VALUE];
	int err = bytes_of(word, bytes, n);

	if (err == -ERANGE)
		return refuse(field, err, why, "%s has more than %d bytes", word, FIELD_VALUE);
	if (err)
		return misspelt(field, word, why);
	*value = field_value_of(0);
	memcpy(value->bytes + FIELD_VALUE - *n, bytes, *n);
	return 0;
}

int field_read_value(enum xlab_field field, const char *word, struct field_value *value, char **why)
{
	size_t n;

	switch (fields[field].kind) {
	case XLAB_KIND_FLAGS:
		return read_flags(field, word, value, why);
	case XLAB_KIND_MAC:
		return read_mac(field, word, value, why);
	case XLAB_KIND_IPV4:
	case XLAB_KIND_IPV6:
	case XLAB_KIND_ADDRESS:
		return read_address(field, word, value, why);
	case XLAB_KIND_BYTES:
		return read_bytes(field, word, value, &n, why);
	default:
		return read_number(field, word, value, why);
	}
}

/* VALUE/MASK of flags. */
static int read_masked(enum xlab_field field, const char *word, const char *slash,
		       struct field_span *span, char **why)
{
	char *FREE_AUTO set = xstrndup(word, (size_t)(slash - word));
	int err = read_flags(field, set, &span->first, why);

	err = err ? err : read_flags(field, slash + 1, &span->last, why);
	if (err)
		return err;
	span->masked = true;
	if (!field_number(&span->last))
		return refuse(field, -EINVAL, why, "%s names no flag behind the /", word);
	if (field_number(&span->first) & ~field_number(&span->last))
		return refuse(field, -EINVAL, why,
			      "%s sets a flag that is not among those behind the /", word);
	return 0;
}

/* ADDRESS/LENGTH, MAC/LENGTH. */
static int read_prefix(enum xlab_field field, const char *word, const char *slash,
		       struct field_span *span, char **why)
{
	char *FREE_AUTO first = xstrndup(word, (size_t)(slash - word)), *FREE_AUTO text = NULL;
	struct field_value host;
	unsigned int bits;
	bool rest = false;
	uint32_t len;
	int err = field_read_value(field, first, &span->first, why);

	if (err)
		return err;
	bits = takes_families(field) && field_is_ipv4(&span->first) ? 32 : fields[field].bits;
	err = slash[1] == '0' && slash[2] ? -EINVAL : text_u32(slash + 1, 0, bits, &len);
	if (err == -ERANGE)
		return refuse(field, err, why, "the prefix length of \"%s\" is too great", word);
	if (err)
		return misspelt(field, word, why);
	host = ones(bits - len);
	span->last = span->first;
	for (size_t i = 0; i < FIELD_VALUE; i++) {
		rest |= span->first.bytes[i] & host.bytes[i];
		span->first.bytes[i] &= ~host.bytes[i];
		span->last.bytes[i] |= host.bytes[i];
	}
	if (!rest)
		return 0;
	text = field_span_text(field, span);
	*why = text_format("%s has bits behind its length; the %s is %s", word,
			   fields[field].kind == XLAB_KIND_MAC ? "prefix" : "network", text);
	return -EINVAL;
}

static int read_range(enum xlab_field field, const char *word, const char *dash,
		      struct field_span *span, char **why)
{
	char *FREE_AUTO text = xstrndup(word, (size_t)(dash - word));
	char first[FIELD_TEXT], last[FIELD_TEXT];
	int err = field_read_value(field, text, &span->first, why);

	err = err ? err : field_read_value(field, dash + 1, &span->last, why);
	if (err)
		return err;
	if (takes_families(field) && field_is_ipv4(&span->first) != field_is_ipv4(&span->last))
		return refuse(field, -EINVAL, why, "%s begins in one family and ends in the other",
			      word);
	if (compare(&span->first, &span->last) <= 0)
		return 0;
	return refuse(field, -ERANGE, why, "the range is upside down: write %s-%s",
		      field_value_text(field, &span->last, last),
		      field_value_text(field, &span->first, first));
}

/* Where FIRST-LAST is parted; NULL: it is a single value, though a service's name may have one. */
static const char *range_dash(enum xlab_field field, const char *word)
{
	const struct enum_name *names = names_of[fields[field].kind];
	const char *dash = strchr(word, '-');
	uint32_t unused;

	if (fields[field].kind == XLAB_KIND_FLAGS || (names && enum_value(names, word, &unused)))
		return NULL;
	if (dash && names && !(*word >= '0' && *word <= '9')) {
		char *FREE_AUTO first = xstrndup(word, (size_t)(dash - word));

		return enum_value(names, first, &unused) ? dash : NULL;
	}
	return dash;
}

static bool has_prefixes(enum xlab_field field)
{
	switch (fields[field].kind) {
	case XLAB_KIND_MAC:
	case XLAB_KIND_IPV4:
	case XLAB_KIND_IPV6:
	case XLAB_KIND_ADDRESS:
		return true;
	default:
		return false;
	}
}

int field_read(enum xlab_field field, const char *word, struct field_span *span, char **why)
{
	const char *slash = strchr(word, '/'), *dash = range_dash(field, word);
	size_t n = 0;
	int err;

	*span = (struct field_span){ 0 };
	if (fields[field].kind == XLAB_KIND_BYTES) {
		err = read_bytes(field, word, &span->first, &n, why);
		span->bytes = (uint8_t)n;
	} else if (slash && fields[field].kind == XLAB_KIND_FLAGS) {
		return read_masked(field, word, slash, span, why);
	} else if (slash && has_prefixes(field)) {
		return read_prefix(field, word, slash, span, why);
	} else if (dash && !slash) {
		return read_range(field, word, dash, span, why);
	} else {
		err = field_read_value(field, word, &span->first, why);
	}
	span->last = span->first;
	return err;
}

/* --- Words written -------------------------------------------------------------------------- */

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
	const char *name = kind == XLAB_KIND_PORT || !names_of[kind]
				   ? NULL
				   : enum_name(names_of[kind], (uint32_t)number);
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
		plain &= bytes[i] >= ' ' && bytes[i] <= '~' && !strchr("\"\\;#", bytes[i]);
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
	case XLAB_KIND_BYTES:
		return bytes_text(value->bytes, FIELD_VALUE, buf);
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
	if (!span->masked && !compare(&span->first, &span->last))
		return xstrdup(first);
	if (has_prefixes(field) && field_span_prefix(field, span, &len))
		return text_format("%s/%u", first, len);
	return text_format("%s%c%s", first, span->masked ? '/' : '-',
			   field_value_text(field, &span->last, last));
}

/* --- Headers -------------------------------------------------------------------------------- */

/* The field's bits in the value of its bytes, as a number: none is wider than 32 but those that are
 * whole bytes.
 */
static uint64_t bits_of(const struct field *f)
{
	return UINT64_MAX >> (64 - f->bits);
}

static bool is_whole(const struct field *f)
{
	return f->bits == f->bytes * 8;
}

static bool is_there(const struct field *f, size_t room)
{
	return room >= (size_t)f->offset + f->bytes;
}

/* All of the bytes that it is in, 8 at most. */
static uint64_t load(const struct field *f, const uint8_t *header)
{
	uint64_t number = 0;

	for (size_t i = 0; i < f->bytes; i++)
		number = number << 8 | header[f->offset + i];
	return number;
}

uint64_t field_get_number(enum xlab_field field, const uint8_t *header, size_t room)
{
	const struct field *f = &fields[field];

	if (f->layer == XLAB_LAYER_FRAME)
		return room;
	return is_there(f, room) ? load(f, header) >> f->shift & bits_of(f) : 0;
}

bool field_get(enum xlab_field field, const uint8_t *header, size_t room, struct field_value *value)
{
	const struct field *f = &fields[field];
	bool wide = f->bytes > sizeof(uint64_t);

	*value = field_value_of(wide ? 0 : field_get_number(field, header, room));
	if (f->layer != XLAB_LAYER_FRAME && !is_there(f, room))
		return false;
	if (wide)
		memcpy(value->bytes + FIELD_VALUE - f->bytes, header + f->offset, f->bytes);
	return true;
}

bool field_set(enum xlab_field field, uint8_t *header, size_t room, const struct field_value *value)
{
	const struct field *f = &fields[field];
	struct field_value whole = *value;
	uint64_t mask;

	if (f->layer == XLAB_LAYER_FRAME || !is_there(f, room))
		return false;
	if (!is_whole(f)) {
		mask = bits_of(f) << f->shift;
		whole = field_value_of((load(f, header) & ~mask) |
				       (field_number(value) << f->shift & mask));
	}
	memcpy(header + f->offset, whole.bytes + FIELD_VALUE - f->bytes, f->bytes);
	return true;
}

bool field_get_data(const uint8_t *payload, size_t room, size_t offset, size_t length,
		    struct field_value *value)
{
	*value = field_value_of(0);
	if (length > FIELD_VALUE || room < length || room - length < offset)
		return false;
	memcpy(value->bytes + FIELD_VALUE - length, payload + offset, length);
	return true;
}
