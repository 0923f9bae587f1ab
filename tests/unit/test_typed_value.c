// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes as their BTF type says: each kind of type set from words, and read back in words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/typed_value.h"

static struct btf *btf;
static int u8, s8, u16, u32, s32, u64, s64, truth, character, letters, numbers, be16, be32,
	plain_enum, wide_enum, half_enum, inner, outer, damaged, in_addr;

static int array_of(int type, uint32_t n)
{
	return btf__add_array(btf, s32, type, n);
}

static int make_types(void **state)
{
	int nameless;

	(void)state;
	btf = btf__new_empty();
	u8 = btf__add_int(btf, "unsigned char", 1, 0);
	s8 = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);
	u16 = btf__add_int(btf, "unsigned short", 2, 0);
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u64 = btf__add_int(btf, "unsigned long", 8, 0);
	s64 = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	truth = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	character = btf__add_int(btf, "char", 1, 0);
	letters = array_of(character, 4);
	numbers = array_of(u16, 3);
	be16 = btf__add_typedef(btf, "__be16", u16);
	be32 = btf__add_typedef(btf, "address",
				btf__add_const(btf, btf__add_typedef(btf, "__be32", u32)));
	plain_enum = btf__add_enum(btf, "color", 4);
	btf__add_enum_value(btf, "RED", 1);
	btf__add_enum_value(btf, "GREEN", 2);
	wide_enum = btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "FAR", 1ULL << 40);
	half_enum = btf__add_enum(btf, "half", 8);
	btf__add_enum_value(btf, "LOW", 3);
	nameless = btf__add_union(btf, NULL, 4);
	btf__add_field(btf, "word", u32, 0, 0);
	btf__add_field(btf, "half", u16, 0, 0);
	inner = btf__add_struct(btf, "inner", 2);
	btf__add_field(btf, "a", u8, 0, 0);
	btf__add_field(btf, "b", s8, 8, 0);
	outer = btf__add_struct(btf, "outer", 12);
	btf__add_field(btf, "port", be16, 0, 0);
	btf__add_field(btf, "in", inner, 16, 0);
	btf__add_field(btf, NULL, nameless, 32, 0);
	btf__add_field(btf, "low", u32, 64, 3);
	btf__add_field(btf, "high", s32, 67, 5);
	btf__add_field(btf, "beyond", u64, 96, 0);
	damaged = btf__add_struct(btf, "damaged", 16);
	btf__add_field(btf, "full", u64, 0, 64);
	btf__add_field(btf, "fuller", u64, 0, 65);
	btf__add_field(btf, "nothing", 0, 0, 0);
	btf__add_field(btf, "nowhere", 1 << 20, 0, 3);
	in_addr = btf__add_struct(btf, "in_addr", 4);
	btf__add_field(btf, "s_addr", be32, 0, 0);
	return in_addr < 0 ? -1 : 0;
}

static int forget_types(void **state)
{
	(void)state;
	btf__free(btf);
	return 0;
}

static unsigned char bytes[16];

/* Of type @id, or of none: 0. */
static struct typed_value value(int id, size_t size)
{
	struct typed_value v = { .bytes = bytes, .size = size };

	memset(bytes, 0xee, sizeof(bytes));
	if (id)
		assert_int_equal(typed_value_type(&v, btf, (uint32_t)id), 0);
	return v;
}

/* Set from @text it has these bytes, and no byte behind them is touched; and in words it is @told.
 */
static void holds(int id, size_t size, const char *text, const void *wanted, const char *told)
{
	struct typed_value v = value(id, size);
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO said = NULL;

	assert_int_equal(typed_value_set(&v, text, &e), 0);
	assert_memory_equal(bytes, wanted, size);
	if (size < sizeof(bytes))
		assert_int_equal(bytes[size], 0xee);
	said = typed_value_text(&v);
	assert_string_equal(said, told);
}

static void refuses(int id, size_t size, const char *text, const char *why)
{
	struct typed_value v = value(id, size);
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_not_equal(typed_value_set(&v, text, &e), 0);
	assert_string_equal(e.text, why);
}

static void integers_have_their_range(void **state)
{
	(void)state;
	holds(u8, 1, "255", "\xff", "255");
	holds(u16, 2, "0x102", "\x02\x01", "258");
	holds(s8, 1, "-128", "\x80", "-128");
	holds(s8, 1, "127", "\x7f", "127");
	holds(u64, 8, "18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff",
	      "18446744073709551615");
	holds(s64, 8, "-9223372036854775808", "\0\0\0\0\0\0\0\x80", "-9223372036854775808");
	refuses(u8, 1, "256", "256 does not fit: it is an unsigned integer of 1 byte");
	refuses(u8, 1, "-1", "-1 does not fit: it is an unsigned integer of 1 byte");
	refuses(s8, 1, "128", "128 does not fit: it is a signed integer of 1 byte");
	refuses(s8, 1, "-129", "-129 does not fit: it is a signed integer of 1 byte");
	refuses(u16, 2, "65536", "65536 does not fit: it is an unsigned integer of 2 bytes");
	refuses(u64, 8, "18446744073709551616",
		"18446744073709551616 does not fit: it is an unsigned integer of 8 bytes");
	refuses(u16, 2, "0x", "\"0x\" is no number: decimal or 0x… is allowed");
	refuses(u16, 2, "7a", "\"7a\" is no number: decimal or 0x… is allowed");
	refuses(u16, 2, "10.0.0.1", "\"10.0.0.1\" is no number: decimal or 0x… is allowed");
	refuses(u32, 4, "fd00::1",
		"\"fd00::1\" is no number: decimal or 0x… is allowed, or an IPv4 address");
	refuses(u32, 4, "x", "\"x\" is no number: decimal or 0x… is allowed, or an IPv4 address");
}

/* __be16 is a number in network order, of four bytes it is an address. */
static void network_order_is_kept(void **state)
{
	(void)state;
	holds(be16, 2, "80", "\0\x50", "80");
	holds(be32, 4, "10.0.0.1", "\x0a\0\0\x01", "10.0.0.1");
	holds(be32, 4, "1", "\0\0\0\x01", "0.0.0.1");
	holds(u32, 4, "10.0.0.1", "\x0a\0\0\x01", "16777226");
}

static void a_bool_and_enums_have_words(void **state)
{
	(void)state;
	holds(truth, 1, "yes", "\x01", "true");
	holds(truth, 1, "true", "\x01", "true");
	holds(truth, 1, "1", "\x01", "true");
	holds(truth, 1, "0", "\0", "false");
	holds(truth, 1, "no", "\0", "false");
	holds(truth, 1, "false", "\0", "false");
	refuses(truth, 1, "2", "\"2\" is no bool: yes, no, true, false, 1 or 0 is allowed");
	holds(plain_enum, 4, "GREEN", "\x02\0\0\0", "GREEN");
	holds(plain_enum, 4, "1", "\x01\0\0\0", "RED");
	holds(plain_enum, 4, "7", "\x07\0\0\0", "7");
	refuses(plain_enum, 4, "GREN",
		"\"GREN\" is none of the enum's names, and no number; did you mean \"GREEN\"?");
	/* What stands behind its last in BTF is another type. */
	refuses(plain_enum, 4, "wid",
		"\"wid\" is none of the enum's names, and no number; allowed: RED, GREEN");
	holds(plain_enum, 4, "0x13000001", "\x01\0\0\x13", "318767105");
	holds(wide_enum, 8, "FAR", "\0\0\0\0\0\x01\0\0", "FAR");
	refuses(half_enum, 8, "LOW",
		"the object's BTF does not have the whole value of \"LOW\": give it as a number");
	holds(half_enum, 8, "3", "\x03\0\0\0\0\0\0\0", "LOW");
}

static void arrays_are_text_or_bytes(void **state)
{
	struct typed_value v;
	char *FREE_AUTO full = NULL, *FREE_AUTO hex = NULL;

	(void)state;
	holds(letters, 4, "abc", "abc", "\"abc\"");
	holds(letters, 4, "a", "a\0\0", "\"a\"");
	refuses(letters, 4, "abcd", "the text has 4 bytes, and there is room for 3 and a NUL");
	v = value(letters, 4); /* no NUL in it: what else has four bytes */
	full = typed_value_text(&v);
	assert_string_equal(full, "238.238.238.238");
	holds(array_of(u8, 6), 6, "02:00:00:00:00:09", "\x02\0\0\0\0\x09", "02:00:00:00:00:09");
	refuses(array_of(u8, 6), 6, "2:0", "\"2:0\" is no MAC, and it has 6 bytes");
	holds(array_of(u8, 16), 16, "fd00::1", "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", "fd00::1");
	refuses(array_of(u8, 16), 16, "10.0.0.1",
		"\"10.0.0.1\" is no IPv6 address, and an array of 16 bytes takes nothing else");
	refuses(array_of(u8, 3), 3, "1",
		"it has 3 bytes and is no integer, bool, enum, text, MAC, address or struct: it "
		"cannot be set");
	refuses(array_of(u8, 3), 3, "a=1",
		"it has 3 bytes and is no integer, bool, enum, text, MAC, address or struct: it "
		"cannot be set");
	v = value(array_of(u8, 3), 3);
	hex = typed_value_text(&v);
	assert_string_equal(hex, "ee ee ee");
}

/* Without BTF its size says what it may be. */
/* What can be counted, and compared as more and less. */
static void sizes_of_integers_are_numbers(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 16; size++) {
		const struct typed_value v = { .size = size };

		assert_int_equal(typed_value_is_number(&v),
				 size == 1 || size == 2 || size == 4 || size == 8);
	}
}

static void without_a_type_the_size_counts(void **state)
{
	struct typed_value v = value(0, 4);
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	holds(0, 2, "258", "\x02\x01", "258");
	holds(0, 2, "-2", "\xfe\xff", "65534");
	holds(0, 6, "02:00:00:00:00:09", "\x02\0\0\0\0\x09", "02:00:00:00:00:09");
	holds(0, 16, "fd00::1", "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", "fd00::1");
	refuses(0, 4, "fd00::1",
		"\"fd00::1\" is no IPv4 address, and what is of 4 bytes takes nothing else");
	assert_int_not_equal(typed_value_field(&v, "a", &e), 0);
	assert_string_equal(e.text, "there is no field a: the object has no BTF for it");
}

static void structs_have_fields(void **state)
{
	char word[300];
	struct typed_value v;
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	holds(inner, 2, "b=-1", "\0\xff", "{a=0 b=-1}");
	holds(inner, 2, "b=2 a=1", "\x01\x02", "{a=1 b=2}");
	holds(outer, 12, "port=80 in.a=7 half=258 low=5 high=-16",
	      "\0\x50\x07\0\x02\x01\0\0\x85\0\0\0",
	      "{port=80 in={a=7 b=0} {word=258 half=258} low=5 high=-16}");
	holds(in_addr, 4, "10.0.0.1", "\x0a\0\0\x01", "10.0.0.1");
	/* a word of 255 bytes is the longest */
	(void)snprintf(word, sizeof(word), "a=%0253d", 1);
	holds(inner, 2, word, "\x01\0", "{a=1 b=0}");
	(void)snprintf(word, sizeof(word), "b=2 a=%0254d", 1);
	refuses(inner, 2, word, "a word of it is too long");
	refuses(inner, 2, "a=1 b", "\"b\" is no FIELD=VALUE");
	refuses(inner, 2, "1", "\"1\" is no FIELD=VALUE, and it is a struct");
	refuses(inner, 2, "c=1", "there is no field c; allowed: a, b");
	refuses(inner, 2, "a=256", "a: 256 does not fit: it is an unsigned integer of 1 byte");
	refuses(outer, 12, "low=8", "low: 8 does not fit: it is an unsigned integer of 3 bits");
	refuses(outer, 12, "high=16", "high: 16 does not fit: it is a signed integer of 5 bits");
	refuses(in_addr, 4, "x",
		"\"x\" is no IPv4 address, and a struct of 4 bytes takes nothing else but "
		"FIELD=VALUE");
	/* one that a damaged object has beyond its struct is not within anybody's reach */
	v = value(outer, 12);
	assert_int_not_equal(typed_value_field(&v, "beyond", &e), 0);
	error_clear(&e);
	assert_int_equal(typed_value_field(&v, "in.b", &e), 0);
	assert_ptr_equal(v.bytes, bytes + 3);
	assert_int_equal(v.size, 1);
	assert_int_not_equal(typed_value_field(&v, "c", &e), 0);
	assert_string_equal(e.text, "there is no field c: it is no struct");
}

/* A number has 64 bits, and a field has a type that is there and has a size. */
static void fields_of_a_damaged_struct(void **state)
{
	static const char *const none[] = { "fuller", "nothing", "nowhere" };
	struct typed_value v = value(damaged, 16);
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(typed_value_field(&v, "full", &e), 0);
	assert_int_equal(v.size, 8);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		v = value(damaged, 16);
		assert_int_not_equal(typed_value_field(&v, none[i], &e), 0);
		error_clear(&e);
	}
}

/* Of structs in each other so many are shown, which may be one in itself in a damaged object; and a
 * field of those without a name is found as deep.
 */
static void structs_in_each_other(void **state)
{
	static const char *const names[] = { "a", NULL };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t named = 0; named < ARRAY_SIZE(names); named++) {
		int in = inner;

		for (int depth = 1; depth <= 9; depth++) {
			struct typed_value v;
			char *FREE_AUTO text = NULL;
			size_t shown = 0;

			in = btf__add_struct(btf, NULL, 2);
			btf__add_field(btf, names[named], depth == 1 ? inner : in - 1, 0, 0);
			v = value(in, 2);
			text = typed_value_text(&v);
			for (const char *c = text; *c; c++)
				shown += *c == '{';
			assert_int_equal(shown, depth < 8 ? depth + 1 : 9);
			assert_int_equal(strstr(text, "{a=238 b=-18}") != NULL, depth < 8);
			if (names[named])
				continue;
			assert_int_equal(typed_value_field(&v, "b", &e) != 0, depth > 8);
			error_clear(&e);
		}
	}
}

/* A section of globals is a struct of variables. */
static void a_section_has_variables(void **state)
{
	int section = btf__add_datasec(btf, ".data", 8);
	struct typed_value v;
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = NULL;

	(void)state;
	assert_int_equal(btf__add_datasec_var_info(btf, btf__type_cnt(btf), 0, 4), 0);
	assert_int_equal(btf__add_datasec_var_info(btf, btf__type_cnt(btf) + 1, 6, 2), 0);
	assert_true(btf__add_var(btf, "limit", BTF_VAR_GLOBAL_ALLOCATED, u32) > 0);
	assert_true(btf__add_var(btf, "port", BTF_VAR_STATIC, be16) > 0);
	holds(section, 8, "limit=9 port=80", "\x09\0\0\0\0\0\0\x50", "{limit=9 port=80}");
	v = value(section, 8);
	assert_int_equal(typed_value_field(&v, "port", &e), 0);
	assert_ptr_equal(v.bytes, bytes + 6);
	v = value(section, 7); /* of a damaged object: it ends before its last variable does */
	memset(bytes, 0, sizeof(bytes));
	text = typed_value_text(&v);
	assert_string_equal(text, "{limit=0}");
}

/* A damaged object's types that stand for each other in a circle. */
static void types_in_a_circle_are_refused(void **state)
{
	uint32_t next = btf__type_cnt(btf);
	struct typed_value v = { .bytes = bytes, .size = 4 };

	(void)state;
	assert_int_equal(btf__add_typedef(btf, "one", (int)next + 1), next);
	assert_int_equal(btf__add_typedef(btf, "two", (int)next), next + 1);
	assert_int_equal(typed_value_type(&v, btf, next), -EINVAL);
	assert_null(v.type);
	assert_int_equal(typed_value_type(&v, btf, next + 2), -EINVAL);
	assert_string_equal(typed_value_name(btf, 1U << 30), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_have_their_range),
		cmocka_unit_test(network_order_is_kept),
		cmocka_unit_test(a_bool_and_enums_have_words),
		cmocka_unit_test(arrays_are_text_or_bytes),
		cmocka_unit_test(sizes_of_integers_are_numbers),
		cmocka_unit_test(without_a_type_the_size_counts),
		cmocka_unit_test(structs_have_fields),
		cmocka_unit_test(fields_of_a_damaged_struct),
		cmocka_unit_test(structs_in_each_other),
		cmocka_unit_test(a_section_has_variables),
		cmocka_unit_test(types_in_a_circle_are_refused),
	};

	return cmocka_run_group_tests_name("typed_value", tests, make_types, forget_types);
}
