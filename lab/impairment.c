// SPDX-License-Identifier: GPL-2.0-or-later
/* Times, shares and rates from text, and back. Nothing is rounded: what has more digits than its
 * unit can tell is refused.
 */
#include "lab/impairment.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lab/alloc.h"
#include "lab/text.h"

struct unit {
	const char *name;
	uint64_t is; /* so many of what is counted in */
};

/* The least first. */
static const struct unit times[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { 0 },
};
static const struct unit shares[] = { { "%", 10000 }, { 0 } };
static const struct unit rates[] = {
	{ "bit", 1 },		{ "kbit", 1000 },	   { "mbit", 1000000 },
	{ "gbit", 1000000000 }, { "tbit", 1000000000000 }, { 0 },
};

#define DIGITS_MAX 18 /* before the point, and behind it: they fit into 64 bits */

/* Digits at *@s, which moves on: how many; and their number in *@value, if that has room for them.
 */
static size_t read_digits(const char **s, uint64_t *value)
{
	size_t n = strspn(*s, "0123456789");

	*value = 0;
	for (size_t i = 0; i < n; i++)
		*value = *value * 10 + (uint64_t)((*s)[i] - '0');
	*s += n;
	return n;
}

static int read_quantity(const char *s, const struct unit *units, uint64_t min, uint64_t max,
			 uint64_t *out)
{
	uint64_t whole, part = 0;
	size_t n = read_digits(&s, &whole), n_part = 0;
	unsigned __int128 sum;

	if (!n)
		return -EINVAL;
	if (*s == '.') {
		s++;
		n_part = read_digits(&s, &part);
		if (!n_part)
			return -EINVAL;
	}
	while (units->name && strcasecmp(units->name, s) != 0)
		units++;
	if (!units->name)
		return -EINVAL;
	if (n > DIGITS_MAX || n_part > DIGITS_MAX)
		return -ERANGE;
	sum = (unsigned __int128)part * units->is;
	for (size_t i = 0; i < n_part; i++) {
		if (sum % 10)
			return -ERANGE;
		sum /= 10;
	}
	sum += (unsigned __int128)whole * units->is;
	if (sum < min || sum > max)
		return -ERANGE;
	*out = (uint64_t)sum;
	return 0;
}

int impairment_read_time(const char *s, uint64_t *ns)
{
	return read_quantity(s, times, 0, IMPAIRMENT_TIME_MAX_NS, ns);
}

int impairment_read_loss(const char *s, uint32_t *ppm)
{
	uint64_t value;
	int err = read_quantity(s, shares, 0, 1000000, &value);

	if (!err)
		*ppm = (uint32_t)value;
	return err;
}

int impairment_read_rate(const char *s, uint64_t *bit)
{
	return read_quantity(s, rates, IMPAIRMENT_RATE_MIN, IMPAIRMENT_RATE_MAX, bit);
}

bool impairment_any(const struct impairment *imp)
{
	return imp->delay_ns || imp->jitter_ns || imp->loss_ppm || imp->rate_bit;
}

/* In the greatest unit of which it is a whole number. */
static void put_quantity(char **text, const char *behind, const char *name, const char *between,
			 uint64_t value, const struct unit *units)
{
	const struct unit *unit = units;

	for (const struct unit *u = units; u->name; u++)
		if (value % u->is == 0)
			unit = u;
	if (value)
		text_add(text, behind, "%s%s%" PRIu64 "%s", name, between, value / unit->is,
			 unit->name);
}

static void put_loss(char **text, const char *behind, const char *between, uint32_t ppm)
{
	uint32_t part = ppm % 10000;
	int digits = 4;

	for (; part && part % 10 == 0; part /= 10)
		digits--;
	if (part)
		text_add(text, behind, "loss%s%u.%0*u%%", between, ppm / 10000, digits, part);
	else if (ppm)
		text_add(text, behind, "loss%s%u%%", between, ppm / 10000);
}

char *impairment_text(const struct impairment *imp, const char *between, const char *behind)
{
	char *text = NULL;

	put_quantity(&text, behind, "delay", between, imp->delay_ns, times);
	put_quantity(&text, behind, "jitter", between, imp->jitter_ns, times);
	put_loss(&text, behind, between, imp->loss_ppm);
	put_quantity(&text, behind, "rate", between, imp->rate_bit, rates);
	return text ? text : xstrdup("");
}
