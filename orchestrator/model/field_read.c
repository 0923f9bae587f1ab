// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the words of lab files that are values of fields: one reader for each kind of them. */
#include "orchestrator/model/field_read.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/field_text.h"

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

	if (kind_words[kind])
		offer = text_offer_of(word, enum_next, (void *)kind_words[kind], allowed);
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

	if (!kind_words[kind] || !enum_value(kind_words[kind], word, &number))
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
	switch (fields[field].kind) {
	case XLAB_KIND_FLAGS:
		return read_flags(field, word, value, why);
	case XLAB_KIND_MAC:
		return read_mac(field, word, value, why);
	case XLAB_KIND_IPV4:
	case XLAB_KIND_IPV6:
	case XLAB_KIND_ADDRESS:
		return read_address(field, word, value, why);
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
	bits = field_takes_families(field) && field_is_ipv4(&span->first) ? 32 : fields[field].bits;
	err = slash[1] == '0' && slash[2] ? -EINVAL : text_u32(slash + 1, 0, bits, &len);
	if (err == -ERANGE)
		return refuse(field, err, why, "the prefix length of \"%s\" is too great", word);
	if (err)
		return misspelt(field, word, why);
	host = field_ones(bits - len);
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
	/* It may be no range, but a MAC that is written otherwise, or a name; of addresses more is
	 * said.
	 */
	if (err == -EINVAL && fields[field].kind <= XLAB_KIND_MAC) {
		free(*why);
		return misspelt(field, word, why);
	}
	if (err)
		return err;
	if (field_takes_families(field) &&
	    field_is_ipv4(&span->first) != field_is_ipv4(&span->last))
		return refuse(field, -EINVAL, why, "%s begins in one family and ends in the other",
			      word);
	if (field_compare(&span->first, &span->last) <= 0)
		return 0;
	return refuse(field, -ERANGE, why, "the range is upside down: write %s-%s",
		      field_value_text(field, &span->last, last),
		      field_value_text(field, &span->first, first));
}

/* Where FIRST-LAST is parted; NULL: it is a single value, though a service's name may have one. */
static const char *range_dash(enum xlab_field field, const char *word)
{
	const struct enum_name *names = kind_words[fields[field].kind];
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
	} else if (slash && field_has_prefixes(field)) {
		return read_prefix(field, word, slash, span, why);
	} else if (dash && !slash) {
		return read_range(field, word, dash, span, why);
	} else {
		err = field_read_value(field, word, &span->first, why);
	}
	span->last = span->first;
	return err;
}
