// SPDX-License-Identifier: GPL-2.0-or-later
/* Small texts read strictly and written, and messages put together. */
#include "lab/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"

/* ctype.h without its locale and without its trap for negative chars. */
static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Below no base where it is no digit. */
static size_t digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";

	return (size_t)(strchrnul(digits, tolower((unsigned char)c)) - digits);
}

/* @len digits of @base, all of them, and at least one. */
static int read_digits(const char *s, size_t len, unsigned int base, uint32_t *out)
{
	uint64_t value = 0;
	bool over = false;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		size_t digit = digit_value(s[i]);

		if (digit >= base)
			return -EINVAL;
		value = value * base + digit;
		over |= value > UINT32_MAX;
		if (over)
			value = 0;
	}
	*out = (uint32_t)value;
	return over ? -ERANGE : 0;
}

static int read_decimal(const char *s, size_t len, uint32_t max, uint32_t *out)
{
	int err = read_digits(s, len, 10, out);

	return err ? err : *out > max ? -ERANGE : 0;
}

int text_u32(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : s;
	uint32_t value;
	int err = read_digits(digits, strlen(digits), hex ? 16 : 10, &value);

	if (err)
		return err;
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int text_bool(const char *s, bool *out)
{
	if (strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
		return -EINVAL;
	*out = s[0] == 'y';
	return 0;
}

int text_mac(const char *s, uint8_t mac[6])
{
	uint8_t bytes[6];

	for (int i = 0; i < 6; i++, s += 3) {
		uint32_t byte;

		if (read_digits(s, 2, 16, &byte) || s[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		bytes[i] = (uint8_t)byte;
	}
	memcpy(mac, bytes, sizeof(bytes));
	return 0;
}

int text_address(const char *s, struct address *out)
{
	struct address a = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(a.family, s, a.family == AF_INET ? (void *)&a.v4 : (void *)&a.v6) != 1)
		return -EINVAL;
	*out = a;
	return 0;
}

int text_prefix(const char *s, struct prefix *out)
{
	size_t slash = strcspn(s, "/");
	char host[ADDRESS_TEXT];
	struct prefix p;
	uint32_t len;
	int err;

	if (!s[slash] || slash >= sizeof(host))
		return -EINVAL;
	memcpy(host, s, slash);
	host[slash] = '\0';
	if (text_address(host, &p.address))
		return -EINVAL;
	s += slash + 1;
	err = read_decimal(s, strlen(s), p.address.family == AF_INET ? 32 : 128, &len);
	if (err)
		return err;
	p.len = len;
	*out = p;
	return 0;
}

int text_cidr(const char *s, struct prefix *out)
{
	struct prefix p;

	if (strchr(s, '/'))
		return text_prefix(s, out);
	if (text_address(s, &p.address))
		return -EINVAL;
	p.len = (unsigned int)address_size(&p.address) * 8;
	*out = p;
	return 0;
}

int text_port_range(const char *s, struct range *out)
{
	const char *dash = strchr(s, '-');
	size_t len = dash ? (size_t)(dash - s) : strlen(s);
	uint32_t first, last;
	int err = read_decimal(s, len, UINT16_MAX, &first);
	int err2 = dash ? read_decimal(dash + 1, strlen(dash + 1), UINT16_MAX, &last) : err;

	if (err == -EINVAL || err2 == -EINVAL)
		return -EINVAL;
	if (err || err2)
		return -ERANGE;
	last = dash ? last : first;
	*out = (struct range){ (uint16_t)first, (uint16_t)last };
	return first > last ? -ERANGE : 0;
}

int text_name(const char *s, size_t max, const char **why)
{
	*why = NULL;
	if (!s[0])
		*why = "it is empty";
	else if (!is_alnum(s[0]))
		*why = "a name begins with a letter or a digit";
	else if (!strcmp(s, "lo") || !strcmp(s, "all") || !strcmp(s, "default") ||
		 !strcmp(s, "self"))
		*why = "lo, all, default and self are reserved";
	else if (strlen(s) > max)
		*why = max == NAME_IFACE_MAX ? "it has more than 15 characters"
					     : "it has more than 63 characters";
	for (const char *c = s; !*why && *c; c++)
		if (!is_alnum(*c) && *c != '_' && *c != '-')
			*why = "a name consists of letters, digits, _ and -";
	return *why ? -EINVAL : 0;
}

static const uint8_t *address_bytes(const struct address *a)
{
	return a->family == AF_INET ? (const uint8_t *)&a->v4 : (const uint8_t *)&a->v6;
}

const char *address_text(const struct address *a, char buf[static ADDRESS_TEXT])
{
	if (!inet_ntop(a->family, address_bytes(a), buf, ADDRESS_TEXT))
		(void)snprintf(buf, ADDRESS_TEXT, "?");
	return buf;
}

const char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT])
{
	char host[ADDRESS_TEXT];

	(void)snprintf(buf, PREFIX_TEXT, "%s/%u", address_text(&p->address, host), p->len);
	return buf;
}

const char *mac_text(const uint8_t mac[6], char buf[static MAC_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = buf;

	/* Two in each packet that is shown: printf would be a third of what that costs. */
	for (size_t i = 0; i < 6; i++) {
		*at++ = digits[mac[i] >> 4];
		*at++ = digits[mac[i] & 0xf];
		*at++ = i < 5 ? ':' : '\0';
	}
	return buf;
}

size_t address_size(const struct address *a)
{
	return a->family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	       !memcmp(address_bytes(a), address_bytes(b), address_size(a));
}

bool address_is_link_local(const struct address *a)
{
	return a->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->v6);
}

bool address_is_group(const struct address *a)
{
	if (a->family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&a->v6);
	return IN_MULTICAST(ntohl(a->v4.s_addr)) || a->v4.s_addr == INADDR_BROADCAST;
}

bool prefix_is_broadcast(const struct prefix *net, const struct address *a)
{
	uint32_t host = net->len >= 31 ? 0 : UINT32_MAX >> net->len;

	return net->address.family == AF_INET && host && prefix_covers(net, a) &&
	       (ntohl(a->v4.s_addr) & host) == host;
}

bool prefix_covers(const struct prefix *net, const struct address *a)
{
	unsigned int whole = net->len / 8, rest = net->len % 8;
	const uint8_t *x = address_bytes(&net->address), *y = address_bytes(a);

	if (net->address.family != a->family || memcmp(x, y, whole) != 0)
		return false;
	return !rest || !((x[whole] ^ y[whole]) >> (8 - rest));
}

struct prefix prefix_network(const struct prefix *p)
{
	struct prefix net = *p;
	uint8_t *bytes = net.address.family == AF_INET ? (uint8_t *)&net.address.v4
						       : (uint8_t *)&net.address.v6;

	for (size_t bit = net.len; bit < address_size(&net.address) * 8; bit++)
		bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return net;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && address_equal(&a->address, &b->address);
}

bool prefixes_hold(const struct prefix *prefixes, size_t n, const struct address *a)
{
	for (size_t i = 0; i < n; i++)
		if (address_equal(&prefixes[i].address, a))
			return true;
	return false;
}

int text_word(const char **at, char *word, size_t size)
{
	static const char splits[] = ", \t\n\r\v\f";
	const char *start = *at + strspn(*at, splits);
	size_t len = strcspn(start, splits);

	*at = start + len;
	if (!len)
		return 0;
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(word, start, len);
	word[len] = '\0';
	return 1;
}

size_t text_utf8(const char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t length;

	if (s[0] < 0x80)
		length = 1;
	else if ((s[0] & 0xe0) == 0xc0)
		length = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3;
	else if ((s[0] & 0xf8) == 0xf0)
		length = 4;
	else
		return 0;
	*code = length == 1 ? s[0] : s[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fU);
	}
	return *code >= least[length] ? length : 0;
}

/* Longer names are no misspellings of ours; it also bounds the time spent. */
#define NEAREST_MAX 64

/* A name as it is compared: without its case, and behind a 0, which no character is. */
struct likeness {
	unsigned int len;
	unsigned char text[1 + NEAREST_MAX];
};

static bool likeness_of(struct likeness *l, const char *name)
{
	l->len = (unsigned int)strnlen(name, NEAREST_MAX + 1);
	if (l->len > NEAREST_MAX)
		return false;
	l->text[0] = 0;
	for (unsigned int i = 0; i < l->len; i++)
		l->text[1 + i] = (unsigned char)tolower((unsigned char)name[i]);
	return true;
}

/* Edit distance where swapped neighbours count as one edit. It ends early, with any number that is
 * not below @limit, where the distance is not.
 */
static unsigned int edit_distance(const struct likeness *a, const struct likeness *b,
				  unsigned int limit)
{
	unsigned int rows[3][NEAREST_MAX + 1];

	if (MAX(a->len, b->len) - MIN(a->len, b->len) >= limit)
		return limit;
	for (unsigned int j = 0; j <= b->len; j++)
		rows[0][j] = j;
	for (unsigned int i = 1; i <= a->len; i++) {
		unsigned int *now = rows[i % 3], *before = rows[(i + 2) % 3];
		unsigned int *two = rows[(i + 1) % 3], least = i;
		const unsigned char *x = a->text + i, *y = b->text + 1;

		now[0] = i;
		for (unsigned int j = 1; j <= b->len; j++, y++) {
			now[j] = MIN(MIN(before[j], now[j - 1]) + 1, before[j - 1] + (*x != *y));
			if (j > 1 && x[0] == y[-1] && x[-1] == y[0])
				now[j] = MIN(now[j], two[j - 2] + 1);
			least = MIN(least, now[j]);
		}
		/* no row below has less, for a swap counts one more than what is two above */
		if (least >= limit)
			return limit;
	}
	return rows[a->len % 3][b->len];
}

const char *text_nearest(const char *name, const char *(*next)(void *cookie, size_t i),
			 void *cookie)
{
	const char *nearest = NULL, *candidate;
	struct likeness wanted, offered;
	unsigned int best;

	if (!likeness_of(&wanted, name))
		return NULL;
	best = (wanted.len + 2) / 3 + 1;
	for (size_t i = 0; (candidate = next(cookie, i)); i++) {
		unsigned int limit, distance;

		if (!likeness_of(&offered, candidate))
			continue;
		/* All characters replaced is not a likeness. */
		limit = MIN(best, MAX(wanted.len, offered.len));
		distance = edit_distance(&wanted, &offered, limit);
		if (distance < limit) {
			best = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

char *text_format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	return text;
}

const char *text_last_line(const char *text, int *length)
{
	size_t end = text ? strlen(text) : 0, start;

	while (end && text[end - 1] == '\n')
		end--;
	for (start = end; start && text[start - 1] != '\n';)
		start--;
	*length = (int)(end - start);
	return end > start ? text + start : NULL;
}

const char *text_last_lines(const char *text, int n, size_t max)
{
	const char *end = text + strlen(text), *at = end;

	for (; at > text && (size_t)(end - at) < max; at--)
		if (at[-1] == '\n' && at != end && --n == 0)
			break;
	return at;
}

char *text_vformat(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

void text_add(char **text, const char *between, const char *fmt, ...)
{
	char *FREE_AUTO before = *text, *FREE_AUTO word = NULL;
	va_list args;

	va_start(args, fmt);
	word = text_vformat(fmt, args);
	va_end(args);
	*text = text_format("%s%s%s", before ? before : "", before ? between : "", word);
}

char *text_offer_of(const char *name, const char *(*next)(void *cookie, size_t i), void *cookie,
		    const char *allowed)
{
	const char *nearest = text_nearest(name, next, cookie);

	return nearest ? text_format("; did you mean \"%s\"? (allowed: %s)", nearest, allowed)
		       : text_format("; allowed: %s", allowed);
}

#define OFFERED_MAX 12 /* names in a message */

char *text_offer(const char *name, const char *(*next)(void *cookie, size_t i), void *cookie)
{
	const char *nearest = text_nearest(name, next, cookie), *each;
	char *FREE_AUTO list = NULL;

	if (nearest)
		return text_format("; did you mean \"%s\"?", nearest);
	for (size_t i = 0; (each = next(cookie, i)); i++) {
		if (i == OFFERED_MAX)
			return xstrdup("");
		text_list_add(&list, "%s", each);
	}
	return text_format("%s%s", list ? "; allowed: " : "", list ? list : "");
}
