// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges, and the sums that are made of their numbers. Small on purpose: no parentheses, no steps,
 * nothing that nests, so that whoever reads a lab file sees at once what comes out.
 */
#include "lab/inicount.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"

#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"
#define SUM_MAX INT64_C(1000000000000)

static const char *skip_blank(const char *s)
{
	return s + strspn(s, " \t");
}

static bool is_digit(char c)
{
	return c && strchr(DIGITS, c);
}

/* What stands between braces, for messages. */
static int inner_length(const char *inner)
{
	return (int)strcspn(inner, "{}");
}

/* Cut "{…}": *@inner is what stands in it, and what is behind it is returned. NULL: *@why. */
static const char *cut_braces(const char *brace, char **inner, char **why)
{
	const char *start = brace + 1, *end = start + inner_length(start);

	if (*end == '{')
		*why = text_format("a { stands inside of \"{%.*s\": nothing nests here",
				   (int)(end - start), start);
	else if (!*end)
		*why = text_format("the } of \"%.50s\" is missing", brace);
	if (*end != '}')
		return NULL;
	*inner = xstrndup(start, (size_t)(end - start));
	return end + 1;
}

/* The digits at *@at, at least one. */
static int read_number(const char **at, const char *inner, uint32_t *number, char **why)
{
	size_t len = strspn(*at, DIGITS);
	char *FREE_AUTO digits = xstrndup(*at, len);

	*at += len;
	if (!len)
		*why = text_format("{%s}: a number is missing", inner);
	else if (len > 1 && digits[0] == '0')
		*why = text_format("{%s}: write %s without zeros in front", inner,
				   digits + MIN(strspn(digits, "0"), len - 1));
	else if (text_u32(digits, 0, UINT32_MAX, number))
		*why = text_format("{%s}: %s is beyond %" PRIu32, inner, digits, UINT32_MAX);
	return *why ? -EINVAL : 0;
}

static const struct ini_counter *find_counter(const struct ini_counters *c, const char *name,
					      size_t len)
{
	for (size_t i = 0; i < c->n; i++)
		if (strlen(c->list[i].name) == len && !strncmp(c->list[i].name, name, len))
			return &c->list[i];
	return NULL;
}

/* "NAME=", if it is there; *@at is behind it then. */
static size_t range_name(const char **at)
{
	size_t len = strspn(*at, LOWER);

	if (!len || (*at)[len] != '=')
		return 0;
	*at += len + 1;
	return len;
}

static int name_range(const char *inner, size_t len, bool heading, struct ini_counters *c,
		      struct ini_counter *range, char **why)
{
	static const char *const unnamed[] = { "n", "m" };
	const char *name = inner;

	if (!len && (!heading || c->n >= ARRAY_SIZE(unnamed))) {
		*why = text_format("{%s}: a range %s has a name, as {x=%s}", inner,
				   heading ? "behind the second" : "in a value", inner);
		return -EINVAL;
	}
	if (!len) {
		name = unnamed[c->n];
		len = 1;
	}
	if (len > INI_COUNTER_NAME_MAX)
		*why = text_format("{%s}: a counter's name has at most %d letters", inner,
				   INI_COUNTER_NAME_MAX);
	else if (find_counter(c, name, len))
		*why = text_format("{%s}: there is a counter %.*s already; give this one another "
				   "name, as {x=1..9}",
				   inner, (int)len, name);
	else
		(void)snprintf(range->name, sizeof(range->name), "%.*s", (int)len, name);
	return *why ? -EINVAL : 0;
}

bool ini_counts(const char *value)
{
	for (const char *at = strchr(value, '{'); at; at = strchr(at, '{')) {
		at++;
		if (range_name(&at) && is_digit(*at) && !strncmp(at + strspn(at, DIGITS), "..", 2))
			return true;
	}
	return false;
}

/* The next brace that counts, not "{{". */
static const char *next_brace(const char *text)
{
	while ((text = strchr(text, '{')) && text[1] == '{')
		text += 2;
	return text;
}

bool ini_count_on(struct ini_counters *c, size_t from)
{
	for (size_t i = c->n; i-- > from;) {
		if (c->list[i].now++ < c->list[i].last)
			return true;
		c->list[i].now = c->list[i].first;
	}
	return false;
}

struct sum {
	const char *inner, *at;
	const struct ini_counters *c;
	char **why;
};

/* "n = 3, m = 4", malloc'ed: a message tells where it stood. */
static char *counters_now(const struct ini_counters *c)
{
	char *list = NULL;

	for (size_t i = 0; i < c->n; i++)
		text_list_add(&list, "%s = %" PRIu32, c->list[i].name, c->list[i].now);
	return list;
}

static int unknown_counter(const struct sum *s, size_t len)
{
	char *FREE_AUTO names = NULL;

	for (size_t i = 0; i < s->c->n; i++)
		text_list_add(&names, "%s", s->c->list[i].name);
	*s->why = text_format("{%s}: there is no counter \"%.*s\"; allowed: %s (a brace is {{)",
			      s->inner, (int)len, s->at, names ? names : "none");
	return -EINVAL;
}

/* A number, or a counter's. */
static int read_operand(struct sum *s, int64_t *value)
{
	const struct ini_counter *counter;
	uint32_t number = 0;
	size_t len;

	s->at = skip_blank(s->at);
	len = strspn(s->at, LOWER);
	if (len) {
		counter = find_counter(s->c, s->at, len);
		if (!counter)
			return unknown_counter(s, len);
		number = counter->now;
		s->at += len;
	} else if (!is_digit(*s->at)) {
		*s->why = text_format("{%s}: a number or a counter is missing%s%s%s", s->inner,
				      *s->at ? " before \"" : "", s->at, *s->at ? "\"" : "");
		return -EINVAL;
	} else if (read_number(&s->at, s->inner, &number, s->why)) {
		return -EINVAL;
	}
	s->at = skip_blank(s->at);
	*value = number;
	return 0;
}

static int compute(const struct sum *s, char op, int64_t right, int64_t *value)
{
	bool over = false;

	if ((op == '/' || op == '%') && !right) {
		*s->why = text_format("{%s}: divides by 0", s->inner);
		return -EINVAL;
	}
	switch (op) {
	case '+':
		over = __builtin_add_overflow(*value, right, value);
		break;
	case '-':
		over = __builtin_sub_overflow(*value, right, value);
		break;
	case '*':
		over = __builtin_mul_overflow(*value, right, value);
		break;
	case '/':
		*value /= right;
		break;
	case '%':
		*value %= right;
		break;
	}
	if (over || *value > SUM_MAX || *value < -SUM_MAX) {
		*s->why = text_format("{%s}: the number is beyond %" PRId64, s->inner, SUM_MAX);
		return -EINVAL;
	}
	return 0;
}

static int read_product(struct sum *s, int64_t *value)
{
	int64_t right = 0;
	char op;

	if (read_operand(s, value))
		return -EINVAL;
	while (*s->at && strchr("*/%", *s->at)) {
		op = *s->at++;
		if (read_operand(s, &right) || compute(s, op, right, value))
			return -EINVAL;
	}
	return 0;
}

static int read_sum(const char *inner, const char *text, const struct ini_counters *c,
		    int64_t *value, char **why)
{
	struct sum s = { inner, text, c, why };
	int64_t right = 0;
	char op;

	if (read_product(&s, value))
		return -EINVAL;
	while (*s.at == '+' || *s.at == '-') {
		op = *s.at++;
		if (read_product(&s, &right) || compute(&s, op, right, value))
			return -EINVAL;
	}
	if (*s.at)
		*why = text_format("{%s}: \"%s\" is no operator; allowed: + - * / %%", inner, s.at);
	return *why ? -EINVAL : 0;
}

static int read_count(const char *inner, const struct ini_counters *c, int64_t *value, char **why)
{
	if (read_sum(inner, inner, c, value, why))
		return -EINVAL;
	if (*value < 0)
		*why = text_format("{%s}: the number is %" PRId64 ", below 0", inner, *value);
	return *why ? -EINVAL : 0;
}

/* A bound of a range: a number, in a value also a sum. */
static int read_bound(const char *inner, const char *text, bool heading,
		      const struct ini_counters *c, int64_t *value, char **why)
{
	uint32_t number = 0;

	if (!heading)
		return read_sum(inner, text, c, value, why);
	if (read_number(&text, inner, &number, why))
		return -EINVAL;
	if (*text)
		*why = text_format("{%s}: \"%s\" is no number; a heading's range is FIRST..LAST",
				   inner, text);
	*value = number;
	return *why ? -EINVAL : 0;
}

/* "1..1000" or "x=1..1000"; 1: there is no number in it, as in "x=0..n-1" where n is 0. */
static int read_range(const char *inner, bool heading, struct ini_counters *c, char **why)
{
	struct ini_counter range = { 0 };
	int64_t first = 0, last = 0;
	const char *at = inner, *dots;
	size_t len = range_name(&at);
	char *FREE_AUTO from = NULL;

	if (c->n == INI_COUNTERS_MAX) {
		*why = text_format("{%s}: there are more than %d ranges", inner, INI_COUNTERS_MAX);
		return -EINVAL;
	}
	dots = strstr(at, "..");
	from = xstrndup(at, (size_t)(dots - at));
	if (name_range(inner, len, heading, c, &range, why) ||
	    read_bound(inner, from, heading, c, &first, why) ||
	    read_bound(inner, dots + 2, heading, c, &last, why))
		return -EINVAL;
	if (last == first - 1 && at[strspn(at, DIGITS ".")])
		return 1;
	if (last < first)
		*why = text_format("{%s}: the range is upside down; write {%.*s%" PRId64
				   "..%" PRId64 "}",
				   inner, (int)(at - inner), inner, last, first);
	else if (first < 0 || last > UINT32_MAX)
		*why = text_format("{%s}: it goes from %" PRId64 " to %" PRId64
				   ", and 0 to %" PRIu32 " is allowed",
				   inner, first, last, UINT32_MAX);
	if (*why)
		return -EINVAL;
	range.first = range.now = (uint32_t)first;
	range.last = (uint32_t)last;
	c->list[c->n++] = range;
	return 0;
}

static int count_ranges(const char *text, bool heading, struct ini_counters *c, char **why)
{
	size_t from = c->n;
	uint64_t total = 1;

	for (const char *at = next_brace(text); at; at = next_brace(at)) {
		char *FREE_AUTO inner = NULL;
		int err = 0;

		at = cut_braces(at, &inner, why);
		if (!at)
			return -EINVAL;
		if (strstr(inner, ".."))
			err = read_range(inner, heading, c, why);
		if (err)
			return err;
	}
	for (size_t i = from; i < c->n; i++) {
		total *= (uint64_t)c->list[i].last - c->list[i].first + 1;
		if (total > INI_COUNTED_MAX) {
			*why = text_format("this makes more than %d, which is the most "
					   "that one line may",
					   INI_COUNTED_MAX);
			return -EINVAL;
		}
	}
	return 0;
}

int ini_count_heading(const char *heading, struct ini_counters *c, char **why)
{
	return count_ranges(heading, true, c, why);
}

/* Where the heading counts as well, a message tells at which of its numbers. */
static int say_where(const struct ini_counters *c, char **why)
{
	char *FREE_AUTO said = *why, *FREE_AUTO now = counters_now(c);

	*why = text_format("%s%s%s", said, now ? "; here " : "", now ? now : "");
	return -EINVAL;
}

int ini_count_value(const char *value, struct ini_counters *c, char **why)
{
	const struct ini_counters heading = *c;
	int err = count_ranges(value, false, c, why);

	return err < 0 ? say_where(&heading, why) : err;
}

/* Add to a number of @size bytes, the first the highest. False: it overflows. */
static bool add_bytes(uint8_t *bytes, size_t size, uint64_t number)
{
	for (size_t i = size; i-- > 0 && number; number >>= 8) {
		number += bytes[i];
		bytes[i] = (uint8_t)number;
	}
	return !number;
}

/* The @number-th behind "ADDRESS", "NET/LEN" or "MAC", malloc'ed, NULL if @word is none of them, or
 * if that is past its end: *@why.
 */
static char *count_from(const char *word, uint64_t number, char **why)
{
	struct prefix p, counted;
	uint8_t mac[6];
	char buf[PREFIX_TEXT];
	bool length = strchr(word, '/');

	if (!text_mac(word, mac)) {
		if (add_bytes(mac, sizeof(mac), number))
			return xstrdup(mac_text(mac, buf));
		*why = text_format("%s + %" PRIu64 " is past the last MAC", word, number);
		return NULL;
	}
	if (text_cidr(word, &p))
		return NULL;
	counted = p;
	if (!add_bytes((uint8_t *)&counted.address.v4, address_size(&p.address), number) ||
	    (length && !prefix_covers(&p, &counted.address))) {
		*why = text_format("%s + %" PRIu64 " is past the end of %s", word, number,
				   length ? "that network" : "all addresses");
		return NULL;
	}
	return xstrdup(length ? prefix_text(&counted, buf) : address_text(&counted.address, buf));
}

/* A text as it grows. */
struct counted {
	char *text;
	size_t len, room;
};

static void append(struct counted *to, const char *text, size_t len)
{
	if (to->len + len + 1 > to->room) {
		to->room = 2 * (to->len + len + 1);
		to->text = xreallocarray(to->text, to->room, 1);
	}
	memcpy(to->text + to->len, text, len);
	to->len += len;
	to->text[to->len] = '\0';
}

/* Add a number; behind "WORD + " it counts on from the word, where that is something that counts.
 */
static int append_number(struct counted *to, uint64_t number, char **why)
{
	static const char blank[] = " \t";
	char digits[24], *FREE_AUTO word = NULL, *FREE_AUTO result = NULL;
	size_t end = to->len, start;

	while (end && strchr(blank, to->text[end - 1]))
		end--;
	if (end && to->text[end - 1] == '+') {
		end--;
		while (end && strchr(blank, to->text[end - 1]))
			end--;
		for (start = end; start && !strchr(" \t,=|[\"", to->text[start - 1]); start--)
			;
		word = xstrndup(to->text + start, end - start);
		result = count_from(word, number, why);
		if (*why)
			return -EINVAL;
		if (result) {
			to->len = start;
			append(to, result, strlen(result));
			return 0;
		}
	}
	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	append(to, digits, strlen(digits));
	return 0;
}

char *ini_count_text(const char *text, const struct ini_counters *c, size_t from, char **why)
{
	struct counted to = { 0 };
	const char *at = text, *brace;

	append(&to, "", 0);
	while ((brace = strchr(at, '{'))) {
		char *FREE_AUTO inner = NULL;
		int64_t number = 0;
		int err = 0;

		append(&to, at, (size_t)(brace - at));
		if (brace[1] == '{') {
			append(&to, "{", 1);
			at = brace + 2;
			continue;
		}
		inner = xstrndup(brace + 1, inner_length(brace + 1));
		at = brace + 1 + strlen(inner) + 1; /* it is there, as its ranges were read */
		if (strstr(inner, ".."))
			number = c->list[from++].now;
		else
			err = read_count(inner, c, &number, why);
		if (err || append_number(&to, (uint64_t)number, why)) {
			(void)say_where(c, why);
			free(to.text);
			return NULL;
		}
	}
	append(&to, at, strlen(at));
	return to.text;
}
