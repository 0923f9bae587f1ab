// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"

#define ALL UINT32_MAX

static const struct {
	const char *text;
	uint32_t min, max;
	int err;
	uint32_t value;
} numbers[] = {
	{ "0", 0, ALL, 0, 0 },
	{ "4294967295", 0, ALL, 0, ALL },
	{ "4294967296", 0, ALL, -ERANGE, 0 },
	{ "99999999999999999999999999", 0, ALL, -ERANGE, 0 },
	{ "0x10", 0, ALL, 0, 16 },
	{ "0XfF", 0, ALL, 0, 255 },
	{ "007", 0, ALL, 0, 7 },
	{ "7", 8, 9, -ERANGE, 0 },
	{ "10", 8, 9, -ERANGE, 0 },
	{ "", 0, ALL, -EINVAL, 0 },
	{ "0x", 0, ALL, -EINVAL, 0 },
	{ "12abc", 0, ALL, -EINVAL, 0 },
	{ " 12", 0, ALL, -EINVAL, 0 },
	{ "12 ", 0, ALL, -EINVAL, 0 },
	{ "+12", 0, ALL, -EINVAL, 0 },
	{ "-1", 0, ALL, -EINVAL, 0 },
	{ "1e3", 0, ALL, -EINVAL, 0 },
	/* what stands beside the digits, and the letters, among characters */
	{ "1/", 0, ALL, -EINVAL, 0 },
	{ "1:", 0, ALL, -EINVAL, 0 },
	{ "0x9aAfF", 0, ALL, 0, 0x9aaff },
	{ "0x1/", 0, ALL, -EINVAL, 0 },
	{ "0x1:", 0, ALL, -EINVAL, 0 },
	{ "0x1@", 0, ALL, -EINVAL, 0 },
	{ "0x1G", 0, ALL, -EINVAL, 0 },
	{ "0x1`", 0, ALL, -EINVAL, 0 },
	{ "0x1g", 0, ALL, -EINVAL, 0 },
	{ "0x1\xff", 0, ALL, -EINVAL, 0 },
	{ "8", 8, 9, 0, 8 },
	{ "9", 8, 9, 0, 9 },
	{ "99999999999999999999999999x", 0, ALL, -EINVAL, 0 },
};

static void reads_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint32_t value = 0;
		int err = text_u32(numbers[i].text, numbers[i].min, numbers[i].max, &value);

		if (err != numbers[i].err || value != numbers[i].value)
			fail_msg("\"%s\": %d, %u", numbers[i].text, err, value);
	}
}

static void reads_booleans(void **state)
{
	bool b = false;

	(void)state;
	assert_int_equal(text_bool("yes", &b), 0);
	assert_true(b);
	assert_int_equal(text_bool("no", &b), 0);
	assert_false(b);
	assert_int_equal(text_bool("Yes", &b), -EINVAL);
	assert_int_equal(text_bool("true", &b), -EINVAL);
	assert_int_equal(text_bool("", &b), -EINVAL);
}

static void reads_macs(void **state)
{
	static const char *const bad[] = {
		"",
		"de:ad:be:ef:00",
		"de:ad:be:ef:00:01:02",
		"de-ad-be-ef-00-01",
		"dead:beef:0001",
		"d:ad:be:ef:00:01",
		"de:ad:be:ef:00:0g",
		"de:ad:be:ef:00:01 ",
		"de:ad:be:ef:00:0",
	};
	uint8_t mac[6] = { 0 };
	char buf[MAC_TEXT];

	(void)state;
	assert_int_equal(text_mac("DE:ad:BE:ef:00:01", mac), 0);
	assert_string_equal(mac_text(mac, buf), "de:ad:be:ef:00:01");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(text_mac(bad[i], mac), -EINVAL);
}

static const struct {
	const char *text;
	int err;
	const char *printed;
} cidrs[] = {
	{ "10.0.0.1/24", 0, "10.0.0.1/24" },
	{ "10.0.0.1", 0, "10.0.0.1/32" },
	{ "fd00::1", 0, "fd00::1/128" },
	{ "FD00:0:0:0:0:0:0:1/64", 0, "fd00::1/64" },
	{ "0.0.0.0/0", 0, "0.0.0.0/0" },
	/* the longest one */
	{ "fff1:fff2:fff3:fff4:fff5:fff6:255.254.253.252/128", 0,
	  "fff1:fff2:fff3:fff4:fff5:fff6:fffe:fdfc/128" },
	{ "10.0.0.1/33", -ERANGE, "" },
	{ "fd00::1/129", -ERANGE, "" },
	{ "10.0.0.1/", -EINVAL, "" },
	{ "10.0.0.1/0x8", -EINVAL, "" },
	{ "10.0.0.1/24/24", -EINVAL, "" },
	{ "10.0.0.1/-1", -EINVAL, "" },
	{ "/24", -EINVAL, "" },
	{ "10.0.0", -EINVAL, "" },
	{ "10.0.0.256", -EINVAL, "" },
	{ "010.0.0.1", -EINVAL, "" },
	{ "10.0.0.1 ", -EINVAL, "" },
	{ "fd00::1%eth0", -EINVAL, "" },
	{ "fd00:::1", -EINVAL, "" },
	{ "host", -EINVAL, "" },
	{ "", -EINVAL, "" },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/64", -EINVAL, "" },
};

static void reads_cidrs(void **state)
{
	struct prefix p;
	char buf[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cidrs); i++) {
		int err = text_cidr(cidrs[i].text, &p);

		if (err != cidrs[i].err)
			fail_msg("\"%s\": %d", cidrs[i].text, err);
		if (!err)
			assert_string_equal(prefix_text(&p, buf), cidrs[i].printed);
	}
	assert_int_equal(text_prefix("10.0.0.1", &p), -EINVAL);
	/* longer than any */
	assert_int_equal(text_prefix("1111:2222:3333:4444:5555:6666:7777:8888:9999:0/8", &p),
			 -EINVAL);
}

static void reads_port_ranges(void **state)
{
	struct range r;

	(void)state;
	assert_int_equal(text_port_range("53", &r), 0);
	assert_int_equal(r.first, 53);
	assert_int_equal(r.last, 53);
	assert_int_equal(text_port_range("0-65535", &r), 0);
	assert_int_equal(r.last, 65535);
	assert_int_equal(text_port_range("8999-8000", &r), -ERANGE);
	assert_true(r.first > r.last); /* for the caller's words */
	assert_int_equal(text_port_range("65536", &r), -ERANGE);
	assert_int_equal(text_port_range("1-65536", &r), -ERANGE);
	assert_int_equal(text_port_range("1-", &r), -EINVAL);
	assert_int_equal(text_port_range("-1", &r), -EINVAL);
	assert_int_equal(text_port_range("1-2-3", &r), -EINVAL);
	assert_int_equal(text_port_range("65536-x", &r), -EINVAL);
	assert_int_equal(text_port_range("", &r), -EINVAL);
	assert_int_equal(text_port_range("1 - 2", &r), -EINVAL);
}

static void checks_names(void **state)
{
	static const char *const bad[] = { "",	      "-v",   "_a",   "a b", "a/b",
					   "..",      "x%d",  "a\nb", "lo",  "all",
					   "default", "self", "a@b",  "a[b", "a`b",
					   "a{b",     "a/b",  "a:b",  "é",   "abcdefghijklmnop" };
	const char *why;

	(void)state;
	assert_int_equal(text_name("br0", NAME_IFACE_MAX, &why), 0);
	assert_null(why);
	assert_int_equal(text_name("0-a_B", NAME_IFACE_MAX, &why), 0);
	assert_int_equal(text_name("azAZ09", NAME_IFACE_MAX, &why), 0);
	assert_int_equal(text_name("abcdefghijklmno", NAME_IFACE_MAX, &why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(text_name(bad[i], NAME_IFACE_MAX, &why), -EINVAL);
		assert_non_null(why);
	}
	assert_int_equal(text_name("abcdefghijklmnop", NAME_MAX_LEN, &why), 0);
}

static bool covers(const char *net, const char *address)
{
	struct address a;
	struct prefix p;

	assert_int_equal(text_cidr(net, &p), 0);
	assert_int_equal(text_address(address, &a), 0);
	return prefix_covers(&p, &a);
}

static void prints_addresses(void **state)
{
	static const char *const texts[] = { "10.0.0.1", "fd00::1", "::", "255.255.255.255" };
	struct address a = { 0 };
	char buf[ADDRESS_TEXT] = "";

	(void)state;
	assert_string_equal(address_text(&a, buf), "?"); /* no address */
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(text_address(texts[i], &a), 0);
		assert_string_equal(address_text(&a, buf), texts[i]);
	}
}

static void compares_prefixes(void **state)
{
	struct prefix p, net;
	char buf[PREFIX_TEXT];

	(void)state;
	assert_true(covers("10.0.0.0/8", "10.255.0.1"));
	assert_false(covers("10.0.0.0/8", "11.0.0.1"));
	assert_true(covers("10.0.0.128/25", "10.0.0.255"));
	assert_false(covers("10.0.0.128/25", "10.0.0.127"));
	assert_true(covers("0.0.0.0/0", "1.2.3.4"));
	assert_false(covers("0.0.0.0/0", "::1"));
	assert_true(covers("fd00::/9", "fd7f::1"));
	assert_false(covers("fd00::/9", "fd80::1"));
	assert_true(covers("fd00::1", "fd00::1"));
	assert_false(covers("fd00::1", "fd00::2"));
	assert_int_equal(text_prefix("10.1.2.3/12", &p), 0);
	net = prefix_network(&p);
	assert_string_equal(prefix_text(&net, buf), "10.0.0.0/12");
	assert_false(prefix_equal(&net, &p));
	assert_int_equal(text_prefix("fd00::ffff/121", &p), 0);
	net = prefix_network(&p);
	assert_string_equal(prefix_text(&net, buf), "fd00::ff80/121");
	assert_int_equal(text_prefix("fd00::ffff/128", &p), 0); /* nothing lies behind its length */
	net = prefix_network(&p);
	assert_string_equal(prefix_text(&net, buf), "fd00::ffff/128");
}

static void finds_an_address_among_prefixes(void **state)
{
	static const char *const texts[] = { "10.0.0.1/24", "fd00::1/64", "10.0.0.3/8" };
	static const struct {
		const char *address;
		size_t n; /* of them */
		bool held;
	} rows[] = {
		{ "10.0.0.1", 3, true },  { "fd00::1", 3, true },   { "10.0.0.3", 3, true },
		{ "10.0.0.3", 2, false }, { "10.0.0.1", 0, false }, { "10.0.0.2", 3, false },
		{ "fd00::2", 3, false },  { "a00:1::", 3, false }, /* the bytes of 10.0.0.1 */
	};
	struct prefix prefixes[ARRAY_SIZE(texts)];
	struct address address;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(text_cidr(texts[i], &prefixes[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(text_address(rows[i].address, &address), 0);
		if (prefixes_hold(prefixes, rows[i].n, &address) != rows[i].held)
			fail_msg("%s of the first %zu", rows[i].address, rows[i].n);
	}
}

static void splits_words(void **state)
{
	const char *at = " a,bc ,, def\tlonger ", *none = " ,\t";
	char word[5];

	(void)state;
	assert_int_equal(text_word(&at, word, sizeof(word)), 1);
	assert_string_equal(word, "a");
	assert_int_equal(text_word(&at, word, sizeof(word)), 1);
	assert_string_equal(word, "bc");
	assert_int_equal(text_word(&at, word, sizeof(word)), 1);
	assert_string_equal(word, "def");
	assert_int_equal(text_word(&at, word, sizeof(word)), -ENAMETOOLONG);
	assert_int_equal(text_word(&at, word, sizeof(word)), 0);
	assert_int_equal(text_word(&none, word, sizeof(word)), 0);
}

static const char *next_candidate(void *cookie, size_t i)
{
	static const char *const names[] = { "host", "h2", "h3", "address", "program", NULL };

	(void)cookie;
	return names[i];
}

static void offers_the_nearest(void **state)
{
	(void)state;
	assert_string_equal(text_nearest("hsot", next_candidate, NULL), "host");
	assert_string_equal(text_nearest("Host", next_candidate, NULL), "host");
	assert_string_equal(text_nearest("adress", next_candidate, NULL), "address");
	assert_string_equal(text_nearest("porgram", next_candidate, NULL), "program");
	assert_string_equal(text_nearest("h4", next_candidate, NULL), "h2");
	assert_null(text_nearest("x", next_candidate, NULL));
	assert_null(text_nearest("", next_candidate, NULL));
	assert_null(text_nearest("loadbalancer", next_candidate, NULL));
}

static const char *only_name(void *cookie, size_t i)
{
	return i ? NULL : cookie;
}

static bool is_near(const char *name, char *candidate)
{
	return text_nearest(name, only_name, candidate) != NULL;
}

/* A third of the name's characters may be wrong, two of them that are swapped count once. */
static void offers_up_to_a_limit(void **state)
{
	char long_name[66];

	(void)state;
	assert_true(is_near("abcd", "abxy"));
	assert_false(is_near("abcd", "axyz"));
	assert_false(is_near("abc", "axy"));
	assert_true(is_near("abcd", "abcdef"));
	assert_false(is_near("abcd", "abcdefg"));
	assert_true(is_near("abc", "bac"));
	assert_true(is_near("abcdefg", "bacedgf"));
	assert_true(is_near("abcd", "badc"));
	assert_false(is_near("abc", "cab"));
	assert_true(is_near("ABCD", "abcd"));
	assert_false(is_near("a", "b"));
	/* neighbours of which one is the other's only */
	assert_false(is_near("abcd", "yaxd"));
	assert_false(is_near("abcd", "bycx"));
	memset(long_name, 'x', sizeof(long_name));
	long_name[65] = '\0';
	assert_false(is_near(long_name, long_name + 1));
	assert_false(is_near(long_name + 1, long_name));
	assert_true(is_near(long_name + 1, long_name + 1));
}

static void grows_arrays(void **state)
{
	FREE_AUTO size_t *numbers_there = NULL;
	size_t n = 0, *added;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		added = array_add(&numbers_there, &n, sizeof(*added));
		assert_non_null(added);
		assert_int_equal(*added, 0);
		*added = i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(numbers_there[i], i);
}

static void finds_names(void **state)
{
	struct names NAMES_AUTO names = { 0 };
	size_t old = 0;
	char name[16];

	(void)state;
	assert_int_equal(names_find(&names, "a"), SIZE_MAX);
	for (size_t i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "n%zu", i);
		assert_int_equal(names_add(&names, name, i, NULL), 0);
	}
	assert_int_equal(names_find(&names, "n321"), 321);
	assert_int_equal(names_find(&names, "n500"), SIZE_MAX);
	assert_int_equal(names_add(&names, "n7", 1, &old), -EEXIST);
	assert_int_equal(old, 7);
}

static void the_last_lines_of_a_text(void **state)
{
	(void)state;
	assert_string_equal(text_last_lines("", 2, 100), "");
	assert_string_equal(text_last_lines("a\nb", 2, 100), "a\nb");
	assert_string_equal(text_last_lines("a\nb\nc\n", 2, 100), "b\nc\n");
	assert_string_equal(text_last_lines("a\nb\nc", 2, 100), "b\nc");
	assert_string_equal(text_last_lines("a\nbcd\n", 2, 3), "cd\n");
}

static void characters_have_their_lengths(void **state)
{
	static const struct {
		const char *text;
		size_t length; /* 0: it is none */
		uint32_t code;
	} rows[] = {
		/* the first and the last of each length */
		{ "\x01", 1, 0x1 },
		{ "\x7fz", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf\x80", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* which a shorter one has room for */
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		/* that do not begin one, or do not go on */
		{ "\x80", 0, 0 },
		{ "\xbf\x80", 0, 0 },
		{ "\xf8\x90\x80\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
		{ "\xc2", 0, 0 },
		{ "\xc2z", 0, 0 },
		{ "\xc2\xc2", 0, 0 },
		{ "\xe2\x82", 0, 0 },
		{ "\xe2\x82z", 0, 0 },
		{ "\xf0\x90\x80", 0, 0 },
		{ "\xf0\x90\x80\xff", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t code = 0;
		size_t length = text_utf8(rows[i].text, &code);

		if (length != rows[i].length || (length && code != rows[i].code))
			fail_msg("row %zu: %zu, %x", i, length, code);
	}
}

static void the_last_line_of_a_text(void **state)
{
	static const struct {
		const char *text, *line; /* NULL: there is none */
	} rows[] = {
		{ NULL, NULL },	      { "", NULL },	 { "\n\n", NULL }, { "a", "a" },
		{ "ab\n", "ab" },     { "a\nbc", "bc" }, { "\nb\n", "b" }, { "a\n\nbc\n\n", "bc" },
		{ "\na\n\n\n", "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int length = -1;
		const char *line = text_last_line(rows[i].text, &length);

		assert_int_equal(length, rows[i].line ? strlen(rows[i].line) : 0);
		if (rows[i].line)
			assert_memory_equal(line, rows[i].line, length);
		else
			assert_null(line);
	}
}

/* Groups, and what all of a network hear. */
static void addresses_of_many(void **state)
{
	static const struct {
		const char *address;
		bool group, link_local;
	} rows[] = {
		{ "223.255.255.255", false, false }, { "224.0.0.0", true, false },
		{ "239.255.255.255", true, false },  { "240.0.0.0", false, false },
		{ "255.255.255.255", true, false },  { "255.255.255.254", false, false },
		{ "ff00::", true, false },	     { "fe80::1", false, true },
		{ "febf::1", false, true },	     { "fec0::1", false, false },
		{ "fe7f::1", false, false },	     { "169.254.0.1", false, false },
	};
	static const struct {
		const char *net, *address;
		bool all;
	} nets[] = {
		{ "10.0.0.0/30", "10.0.0.3", true },
		{ "10.0.0.0/30", "10.0.0.2", false },
		{ "10.0.0.0/30", "10.0.0.7", false },
		{ "10.0.0.0/31", "10.0.0.1", false },
		{ "10.0.0.1/32", "10.0.0.1", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "fd00::/64", "fd00::ffff:ffff:ffff:ffff", false },
	};
	struct address a;
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(text_address(rows[i].address, &a), 0);
		if (address_is_group(&a) != rows[i].group ||
		    address_is_link_local(&a) != rows[i].link_local)
			fail_msg("%s", rows[i].address);
	}
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		assert_int_equal(text_cidr(nets[i].net, &p), 0);
		assert_int_equal(text_address(nets[i].address, &a), 0);
		if (prefix_is_broadcast(&p, &a) != nets[i].all)
			fail_msg("%s in %s", nets[i].address, nets[i].net);
	}
}

/* The last so many. */
static const char *next_offered(void *cookie, size_t i)
{
	static const char *const names[] = { "x1", "x2", "x3",	"x4",  "x5",  "x6",  "x7",
					     "x8", "x9", "x10", "x11", "x12", "x13", NULL };
	const size_t *n = cookie;

	return names[ARRAY_SIZE(names) - 1 - *n + i];
}

/* The nearest, or all, if they are few. */
static void offers_what_there_is(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		const char *offer;
	} rows[] = {
		{ "y", 0, "" },
		{ "y", 1, "; allowed: x13" },
		{ "y", 12, "; allowed: x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13" },
		{ "y", 13, "" },
		{ "x0", 13, "; did you mean \"x1\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].n;
		char *FREE_AUTO offer = text_offer(rows[i].name, next_offered, &n);

		assert_string_equal(offer, rows[i].offer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_booleans),
		cmocka_unit_test(reads_macs),
		cmocka_unit_test(reads_cidrs),
		cmocka_unit_test(reads_port_ranges),
		cmocka_unit_test(checks_names),
		cmocka_unit_test(prints_addresses),
		cmocka_unit_test(compares_prefixes),
		cmocka_unit_test(finds_an_address_among_prefixes),
		cmocka_unit_test(splits_words),
		cmocka_unit_test(offers_the_nearest),
		cmocka_unit_test(grows_arrays),
		cmocka_unit_test(finds_names),
		cmocka_unit_test(offers_up_to_a_limit),
		cmocka_unit_test(the_last_lines_of_a_text),
		cmocka_unit_test(characters_have_their_lengths),
		cmocka_unit_test(the_last_line_of_a_text),
		cmocka_unit_test(addresses_of_many),
		cmocka_unit_test(offers_what_there_is),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
