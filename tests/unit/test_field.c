// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of packets: their words, each bit of them in a header, and the table itself. */
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/field_read.h"
#include "orchestrator/model/field_text.h"

/* Words, and as they are written; NULL: as they came. */
static const struct {
	enum xlab_field field;
	const char *word, *text;
} words[] = {
	{ XLAB_FIELD_IP_TTL, "64", NULL },
	{ XLAB_FIELD_IP_TTL, "0x40", "64" },
	{ XLAB_FIELD_IP_TTL, "0-255", NULL },
	{ XLAB_FIELD_IP_TTL, "0x10-0x1f", "16-31" },
	{ XLAB_FIELD_IP_TTL, "5-5", "5" },
	{ XLAB_FIELD_TCP_SEQ, "4294967295", NULL },
	{ XLAB_FIELD_IP_CHECKSUM, "0xbeef", NULL },
	{ XLAB_FIELD_IP_CHECKSUM, "1-2", "0x0001-0x0002" },
	{ XLAB_FIELD_IPV6_FLOW, "0xfffff", NULL },
	{ XLAB_FIELD_ETH_TYPE, "0x0806", "arp" },
	{ XLAB_FIELD_ETH_TYPE, "vlan", NULL },
	{ XLAB_FIELD_ETH_TYPE, "0x88b5", NULL },
	{ XLAB_FIELD_ETH_TYPE, "1536", "0x0600" },
	{ XLAB_FIELD_ETH_TYPE, "0x86dd-0x88b5", "ipv6-0x88b5" },
	{ XLAB_FIELD_IP_PROTO, "17", "udp" },
	{ XLAB_FIELD_IP_PROTO, "47", NULL },
	{ XLAB_FIELD_TCP_DSTPORT, "ssh", "22" },
	{ XLAB_FIELD_TCP_DSTPORT, "ftp-data", "20" },
	{ XLAB_FIELD_TCP_DSTPORT, "ssh-http", "22-80" },
	{ XLAB_FIELD_TCP_DSTPORT, "20-ssh", "20-22" },
	{ XLAB_FIELD_PORT_EITHER, "8000-8999", NULL },
	{ XLAB_FIELD_TCP_FLAGS, "S", NULL },
	{ XLAB_FIELD_TCP_FLAGS, "AS", "SA" },
	{ XLAB_FIELD_TCP_FLAGS, "0x12", "SA" },
	{ XLAB_FIELD_TCP_FLAGS, "FSRPAUEC", NULL },
	{ XLAB_FIELD_TCP_FLAGS, "none", NULL },
	{ XLAB_FIELD_TCP_FLAGS, "0", "none" },
	{ XLAB_FIELD_TCP_FLAGS, "255", "FSRPAUEC" },
	{ XLAB_FIELD_TCP_FLAGS, "S/AS", "S/SA" },
	{ XLAB_FIELD_TCP_FLAGS, "none/SA", NULL },
	{ XLAB_FIELD_ETH_SRC, "DE:AD:be:ef:00:01", "de:ad:be:ef:00:01" },
	{ XLAB_FIELD_ETH_ADDR, "de:ad:be:00:00:00/24", NULL },
	{ XLAB_FIELD_ETH_ADDR, "00:00:00:00:00:00/0", NULL },
	{ XLAB_FIELD_ETH_ADDR, "de:ad:be:ef:00:01/48", "de:ad:be:ef:00:01" },
	{ XLAB_FIELD_ETH_DST, "02:00:00:00:00:01-02:00:00:00:00:09", NULL },
	{ XLAB_FIELD_IP_SRC, "10.0.0.0/8", NULL },
	{ XLAB_FIELD_IP_SRC, "0.0.0.0/0", NULL },
	{ XLAB_FIELD_IP_SRC, "10.0.0.1/32", "10.0.0.1" },
	{ XLAB_FIELD_IP_SRC, "10.0.0.0-10.255.255.255", "10.0.0.0/8" },
	{ XLAB_FIELD_IP_SRC, "10.9.0.1-10.9.0.9", NULL },
	{ XLAB_FIELD_IP_SRC, "10.9.0.1-10.9.0.255", NULL },
	{ XLAB_FIELD_IP_SRC, "10.9.0.0-10.9.0.254", NULL },
	{ XLAB_FIELD_IP_SRC, "10.9.0.0-10.9.0.255", "10.9.0.0/24" },
	{ XLAB_FIELD_IP_SRC, "10.9.0.254-10.9.0.255", "10.9.0.254/31" },
	{ XLAB_FIELD_IP_SRC, "10.9.0.255-10.9.1.0", NULL },
	{ XLAB_FIELD_ETH_SRC, "02:00:00:00:00:01-02:00:00:00:00:ff", NULL },
	{ XLAB_FIELD_IPV6_DST, "fd00::/8", NULL },
	{ XLAB_FIELD_IPV6_DST, "::/0", NULL },
	{ XLAB_FIELD_IPV6_DST, "fd00:0::1", "fd00::1" },
	{ XLAB_FIELD_NET_SRC, "10.0.0.0/8", NULL },
	{ XLAB_FIELD_NET_SRC, "0.0.0.0/0", NULL },
	{ XLAB_FIELD_NET_SRC, "::/0", NULL },
	{ XLAB_FIELD_NET_ADDR, "fd00::1-fd00::9", NULL },
	{ XLAB_FIELD_NET_ADDR, "10.0.0.1-10.0.0.2", NULL },
	{ XLAB_FIELD_DATA, "hex:00ff", NULL },
	{ XLAB_FIELD_DATA, "hex:00112233445566778899AABBCCDDEEFF",
	  "hex:00112233445566778899aabbccddeeff" },
	{ XLAB_FIELD_DATA, "\"a\"", NULL },
	{ XLAB_FIELD_DATA, "hex:474554", "\"GET\"" },
	{ XLAB_FIELD_DATA, "hex:0a4142", NULL },
	{ XLAB_FIELD_DATA, "hex:41420a", NULL },
	{ XLAB_FIELD_DATA, "hex:224142", NULL },
	{ XLAB_FIELD_DATA, "hex:20417e", "\" A~\"" },
	{ XLAB_FIELD_DATA, "hex:1f417e", NULL },
	{ XLAB_FIELD_DATA, "hex:20417f", NULL },
	{ XLAB_FIELD_DATA, "\"a, b\"", NULL },
	{ XLAB_FIELD_DATA, "\"0123456789abcdef\"", NULL },
	{ XLAB_FIELD_DATA, "\"a ;\"", "\"a ;\"" }, /* quoted it is no comment of the file */
};

/* What is no value, and why. */
static const struct {
	enum xlab_field field;
	const char *word;
	int err;
	const char *why;
} refused[] = {
	{ XLAB_FIELD_IP_TTL, "256", -ERANGE,
	  "\"256\" is beyond 255, the last one; allowed: numbers up to 255, or ranges A-B" },
	{ XLAB_FIELD_IP_TTL, "9-1", -ERANGE, "the range is upside down: write 1-9; allowed: " },
	{ XLAB_FIELD_IP_TTL, "", -EINVAL, "\"\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "-", -EINVAL, "\"-\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "1-", -EINVAL, "\"1-\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "-1", -EINVAL, "\"-1\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "1-2-3", -EINVAL, "\"1-2-3\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "1/2", -EINVAL, "\"1/2\" is not a number" },
	{ XLAB_FIELD_IP_TTL, "5x", -EINVAL, "\"5x\" is not a number" },
	{ XLAB_FIELD_TCP_SEQ, "4294967296", -ERANGE, "beyond 4294967295" },
	{ XLAB_FIELD_TCP_FLAGS_SYN, "2", -ERANGE, "beyond 1, the last one; allowed: 0 or 1" },
	{ XLAB_FIELD_VLAN_ID, "4096", -ERANGE, "beyond 4095" },
	{ XLAB_FIELD_ETH_TYPE, "1535", -ERANGE,
	  "\"1535\" is a length and no type: types begin at 0x600" },
	{ XLAB_FIELD_ETH_TYPE, "ip", -EINVAL, "\"ip\" is not an EtherType" },
	{ XLAB_FIELD_IP_PROTO, "icpm", -EINVAL, "did you mean \"icmp\"? (allowed: icmp, " },
	{ XLAB_FIELD_TCP_DSTPORT, "htttp", -EINVAL, "did you mean \"http\"?" },
	{ XLAB_FIELD_TCP_DSTPORT, "65536", -ERANGE, "beyond 65535" },
	{ XLAB_FIELD_TCP_DSTPORT, "ftp-dta", -EINVAL,
	  "\"ftp-dta\" is not a port; did you mean \"ftp-data\"?" },
	{ XLAB_FIELD_TCP_DSTPORT, "ftp-data-ssh", -EINVAL, "\"ftp-data-ssh\" is not a port" },
	{ XLAB_FIELD_TCP_FLAGS, "", -EINVAL, "\"\" is not flags" },
	{ XLAB_FIELD_TCP_FLAGS, "s", -EINVAL, "\"s\" is not flags" },
	{ XLAB_FIELD_TCP_FLAGS, "S/", -EINVAL, "\"\" is not flags" },
	{ XLAB_FIELD_TCP_FLAGS, "S/none", -EINVAL, "S/none names no flag behind the /" },
	{ XLAB_FIELD_TCP_FLAGS, "S/A", -EINVAL, "S/A sets a flag that is not among those behind" },
	{ XLAB_FIELD_TCP_FLAGS, "256", -EINVAL, "\"256\" is not flags" },
	{ XLAB_FIELD_ETH_SRC, "de:ad:be:ef:00", -EINVAL, "is not a MAC" },
	{ XLAB_FIELD_ETH_SRC, "de:ad:be:ef:00:01/24", -EINVAL,
	  "has bits behind its length; the prefix is de:ad:be:00:00:00/24" },
	{ XLAB_FIELD_ETH_SRC, "de:ad:be:ef:00:01/49", -ERANGE, "is too great" },
	{ XLAB_FIELD_IP_SRC, "fd00::1", -EINVAL, "fd00::1 is of the other family" },
	{ XLAB_FIELD_IP_SRC, "fd00::1-fd00::9", -EINVAL, "fd00::1 is of the other family" },
	{ XLAB_FIELD_IPV6_SRC, "10.0.0.1", -EINVAL, "10.0.0.1 is of the other family" },
	{ XLAB_FIELD_IP_SRC, "10.0.0.1/24", -EINVAL, "the network is 10.0.0.0/24" },
	{ XLAB_FIELD_NET_SRC, "10.0.0.1/33", -ERANGE, "the prefix length of \"10.0.0.1/33\"" },
	{ XLAB_FIELD_NET_SRC, "::1/08", -EINVAL, "\"::1/08\" is not an address" },
	{ XLAB_FIELD_NET_SRC, "10.0.0.1/", -EINVAL, "\"10.0.0.1/\" is not an address" },
	{ XLAB_FIELD_NET_SRC, "10.0.0.1-fd00::1", -EINVAL, "begins in one family and ends in" },
	{ XLAB_FIELD_NET_SRC, "::ffff:10.0.0.1", -EINVAL, "write the one of IPv4" },
	{ XLAB_FIELD_NET_SRC, "fd00::9-fd00::1", -ERANGE, "write fd00::1-fd00::9" },
	{ XLAB_FIELD_DATA, "GET", -EINVAL, "\"GET\" is not bytes; allowed: \"text\", or hex:" },
	{ XLAB_FIELD_DATA, "\"\"", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "\"", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "GET\"", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "\"GET", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "hex:00112233445566778899aabbccddeeff00", -ERANGE, "more than 16" },
	{ XLAB_FIELD_DATA, "hex:", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "hex:0", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "hex:0g", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "hex:g0", -EINVAL, "is not bytes" },
	{ XLAB_FIELD_DATA, "\"0123456789abcdefg\"", -ERANGE, "more than 16 bytes" },
};

static void words_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		FREE_AUTO char *why = NULL, *text = NULL;
		const char *wanted = words[i].text ? words[i].text : words[i].word;
		struct field_span span, again;

		if (field_read(words[i].field, words[i].word, &span, &why))
			fail_msg("%s: %s", words[i].word, why);
		text = field_span_text(words[i].field, &span);
		assert_string_equal(text, wanted);
		assert_int_equal(field_read(words[i].field, text, &again, &why), 0);
		assert_true(field_span_equal(&span, &again));
		assert_true(span.masked || field_span_holds(words[i].field, &span, &span.last));
	}
}

static void what_is_no_value_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		FREE_AUTO char *why = NULL;
		struct field_span span;

		assert_int_equal(field_read(refused[i].field, refused[i].word, &span, &why),
				 refused[i].err);
		if (!strstr(why, refused[i].why))
			fail_msg("%s: not \"%s\" but \"%s\"", refused[i].word, refused[i].why, why);
	}
}

static void a_packet_has_single_values(void **state)
{
	FREE_AUTO char *why = NULL, *other = NULL;
	struct field_value value;
	char text[FIELD_TEXT];

	(void)state;
	assert_int_equal(field_read_value(XLAB_FIELD_IP_SRC, "10.0.0.1", &value, &why), 0);
	assert_string_equal(field_value_text(XLAB_FIELD_IP_SRC, &value, text), "10.0.0.1");
	assert_int_equal(field_read_value(XLAB_FIELD_IP_TTL, "1-2", &value, &why), -EINVAL);
	assert_int_equal(field_read_value(XLAB_FIELD_IP_SRC, "10.0.0.0/8", &value, &other),
			 -EINVAL);
}

/* What a span holds, said again as a set. */
static bool holds(enum xlab_field field, const char *word, const char *value_word)
{
	FREE_AUTO char *why = NULL;
	struct field_value value;
	struct field_span span;

	assert_int_equal(field_read(field, word, &span, &why), 0);
	assert_int_equal(field_read_value(field, value_word, &value, &why), 0);
	return field_span_holds(field, &span, &value);
}

static void spans_hold(void **state)
{
	(void)state;
	assert_true(holds(XLAB_FIELD_IP_TTL, "5-9", "5"));
	assert_true(holds(XLAB_FIELD_IP_TTL, "5-9", "9"));
	assert_false(holds(XLAB_FIELD_IP_TTL, "5-9", "10"));
	assert_true(holds(XLAB_FIELD_TCP_FLAGS, "S", "S"));
	assert_false(holds(XLAB_FIELD_TCP_FLAGS, "S", "SP"));
	assert_true(holds(XLAB_FIELD_TCP_FLAGS, "S/SA", "SP"));
	assert_false(holds(XLAB_FIELD_TCP_FLAGS, "S/SA", "SA"));
	assert_true(holds(XLAB_FIELD_TCP_FLAGS, "none/SA", "F"));
	assert_true(holds(XLAB_FIELD_NET_SRC, "0.0.0.0/0", "255.255.255.255"));
	assert_false(holds(XLAB_FIELD_NET_SRC, "0.0.0.0/0", "fd00::1"));
	assert_true(holds(XLAB_FIELD_NET_SRC, "::/0", "fd00::1"));
	assert_false(holds(XLAB_FIELD_NET_SRC, "::/0", "10.0.0.1")); /* in ::ffff:0:0/96 */
	assert_true(holds(XLAB_FIELD_NET_SRC, "10.9.0.1-10.9.0.9", "10.9.0.9"));
	assert_false(holds(XLAB_FIELD_NET_SRC, "10.9.0.1-10.9.0.9", "10.9.0.10"));
}

/* One that begins among IPv4's addresses and ends behind them is none of theirs; and it is a prefix
 * only if its first has no bit, and its last each, of those that differ.
 */
static void spans_end_anywhere(void **state)
{
	static const struct {
		const char *first, *last;
		unsigned int len; /* 0: it is no prefix */
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1", 32 },
		{ "10.0.0.0", "10.0.0.1", 31 },
		{ "10.0.0.0", "10.255.255.255", 8 },
		{ "10.0.0.1", "10.0.0.2", 0 },
		{ "10.0.0.0", "10.0.0.2", 0 },
		{ "fd00::1", "fd00::1", 128 },
		{ "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
		{ "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
		{ "::", "bfff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
	};
	FREE_AUTO char *why = NULL;
	struct field_span mixed = { 0 };

	(void)state;
	assert_int_equal(field_read_value(XLAB_FIELD_NET_SRC, "10.0.0.1", &mixed.first, &why), 0);
	assert_int_equal(field_read_value(XLAB_FIELD_NET_SRC, "fd00::1", &mixed.last, &why), 0);
	assert_true(field_span_holds(XLAB_FIELD_NET_SRC, &mixed, &mixed.last));
	assert_false(field_span_holds(XLAB_FIELD_NET_SRC, &mixed, &mixed.first));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct field_span span = { 0 };
		unsigned int len = 0;

		assert_int_equal(
			field_read_value(XLAB_FIELD_NET_SRC, rows[i].first, &span.first, &why), 0);
		assert_int_equal(
			field_read_value(XLAB_FIELD_NET_SRC, rows[i].last, &span.last, &why), 0);
		assert_int_equal(field_span_prefix(XLAB_FIELD_NET_SRC, &span, &len),
				 rows[i].len != 0);
		assert_int_equal(len, rows[i].len);
		span.masked = true;
		assert_false(field_span_prefix(XLAB_FIELD_NET_SRC, &span, &len));
	}
}

/* Data are text where all of it can stand in quotes. */
static void data_are_text_or_numbers(void **state)
{
	static const struct {
		uint8_t byte;
		const char *text;
	} rows[] = {
		{ ' ', "\"a b\"" },	{ '~', "\"a~b\"" },    { 0x1f, "hex:611f62" },
		{ 0x7f, "hex:617f62" }, { '"', "hex:612262" }, { '\\', "hex:615c62" },
		{ 0xe4, "hex:61e462" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t bytes[] = { 'a', rows[i].byte, 'b' };
		struct field_span span = { .bytes = sizeof(bytes) };
		FREE_AUTO char *text = NULL;

		assert_true(field_get_data(bytes, sizeof(bytes), 0, sizeof(bytes), &span.first));
		span.last = span.first;
		text = field_span_text(XLAB_FIELD_DATA, &span);
		assert_string_equal(text, rows[i].text);
	}
}

/* Bit @bit from the left of the field, counted from the left of the header. */
static size_t place_of_bit(const struct field *f, unsigned int bit)
{
	return (size_t)(f->offset + f->bytes) * 8 - f->shift - f->bits + bit;
}

static bool bit_at(const uint8_t *bytes, size_t bit)
{
	return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* One bit of a field is one bit of the header, and no other. */
static void each_bit_has_its_place(void **state)
{
	(void)state;
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++) {
		const struct field *f = &fields[i];
		size_t room = (size_t)f->offset + f->bytes;
		uint8_t header[64] = { 0 };
		struct field_value value;

		if (f->layer == XLAB_LAYER_FRAME)
			continue;
		for (unsigned int bit = 0; bit < f->bits; bit++) {
			unsigned int low = f->bits - 1 - bit;
			size_t place = place_of_bit(f, bit);

			for (int inverted = 0; inverted < 2; inverted++) {
				memset(header, inverted ? 0xff : 0, sizeof(header));
				header[place / 8] ^= (uint8_t)(0x80 >> place % 8);
				assert_true(field_get(i, header, room, &value));
				for (unsigned int b = 0; b < f->bits; b++)
					assert_int_equal(value.bytes[15 - b / 8] >> b % 8 & 1,
							 (b == low) != inverted);
				memset(header, inverted ? 0xff : 0, sizeof(header));
				assert_true(field_set(i, header, room, &value));
				for (size_t b = 0; b < sizeof(header) * 8; b++)
					assert_int_equal(bit_at(header, b),
							 (b == place) != inverted);
			}
		}
		assert_false(field_get(i, header, room - 1, &value));
		assert_false(field_set(i, header, room - 1, &value));
	}
}

static void a_frame_has_a_length(void **state)
{
	struct field_value value;
	uint8_t frame[60] = { 0 };

	(void)state;
	assert_true(field_get(XLAB_FIELD_FRAME_LEN, frame, sizeof(frame), &value));
	assert_int_equal(field_number(&value), sizeof(frame));
	assert_false(field_set(XLAB_FIELD_FRAME_LEN, frame, sizeof(frame), &value));
}

static void data_has_its_place(void **state)
{
	const uint8_t payload[] = { 1, 2, 3, 4, 5 };
	struct field_value value;

	(void)state;
	assert_true(field_get_data(payload, sizeof(payload), 3, 2, &value));
	assert_int_equal(field_number(&value), 0x0405);
	assert_false(field_get_data(payload, sizeof(payload), 4, 2, &value));
	assert_false(field_get_data(payload, sizeof(payload), SIZE_MAX, 2, &value));
	assert_false(field_get_data(payload, sizeof(payload), 0, 6, &value));
	assert_true(field_get_data(payload, sizeof(payload), 0, 5, &value));
	assert_int_equal(field_number(&value), 0x0102030405);
	assert_true(field_get_data(payload, sizeof(payload), 5, 0, &value));
	assert_int_equal(field_number(&value), 0);
	assert_false(field_get_data(payload, sizeof(payload), 6, 0, &value));
	assert_false(field_get_data(payload, sizeof(payload), 0, 17, &value));
}

static void names_are_found(void **state)
{
	size_t n = 0;

	(void)state;
	assert_int_equal(field_find("ip.ttl"), XLAB_FIELD_IP_TTL);
	assert_int_equal(field_find("ip.addr"), XLAB_FIELD_IP_ADDR);
	assert_int_equal(field_find("data"), XLAB_FIELD_DATA);
	assert_int_equal(field_find("src"), XLAB_FIELDS);	/* of a short form */
	assert_int_equal(field_find("gre.proto"), XLAB_FIELDS); /* only read */
	assert_int_equal(field_find("ip"), XLAB_FIELDS);
	assert_int_equal(field_find_in(XLAB_LAYER_IP, "ttl"), XLAB_FIELD_IP_TTL);
	assert_int_equal(field_find_in(XLAB_LAYER_IP, "flags.df"), XLAB_FIELD_IP_DF);
	assert_int_equal(field_find_in(XLAB_LAYER_IP, "hlim"), XLAB_FIELDS);
	assert_int_equal(field_find_in(XLAB_LAYER_IP, "addr"), XLAB_FIELDS);
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++)
		if (layer_names[fields[i].layer]) {
			assert_string_equal(field_next(NULL, n++), fields[i].name);
			assert_int_equal(field_find(fields[i].name), i);
		}
	assert_null(field_next(NULL, n));
	assert_true(n > 70);
}

/* What the table must be for all that is made of it. */
static void the_table_is_sound(void **state)
{
	(void)state;
	for (enum xlab_field i = 0; i < XLAB_FIELDS; i++) {
		const struct field *f = &fields[i];
		const char *layer = layer_names[f->layer];

		assert_true(f->help && *f->help);
		assert_true(f->bits && f->bits + f->shift <= f->bytes * 8);
		assert_true(f->bits <= 32 || f->bits == f->bytes * 8);
		assert_int_equal(fields[f->one].kind, fields[f->other].kind);
		assert_int_equal(fields[f->one].layer, fields[f->other].layer);
		if (layer && f->layer != XLAB_LAYER_DATA)
			assert_true(!strncmp(f->name, layer, strlen(layer)) &&
				    f->name[strlen(layer)] == '.');
	}
}

/* Where this machine knows a service, it is the same one. */
static void services_are_those_of_the_system(void **state)
{
	size_t known = 0;

	(void)state;
	for (const struct enum_name *name = kind_words[XLAB_KIND_PORT]; name->name; name++) {
		const struct servent *s = getservbyname(name->name, NULL);

		if (!s)
			continue;
		assert_int_equal(ntohs((uint16_t)s->s_port), name->value);
		known++;
	}
	if (!known)
		skip(); /* no /etc/services here */
	assert_true(known > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read_and_written),
		cmocka_unit_test(what_is_no_value_is_refused),
		cmocka_unit_test(a_packet_has_single_values),
		cmocka_unit_test(spans_hold),
		cmocka_unit_test(spans_end_anywhere),
		cmocka_unit_test(data_are_text_or_numbers),
		cmocka_unit_test(each_bit_has_its_place),
		cmocka_unit_test(a_frame_has_a_length),
		cmocka_unit_test(data_has_its_place),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(services_are_those_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
