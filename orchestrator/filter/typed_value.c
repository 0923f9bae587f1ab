// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes read and written as their BTF type says. Whose bytes they are, globals.c and map_value.c
 * know.
 */
#include "orchestrator/filter/typed_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

#define DEPTH_MAX  8 /* of structs without a name in each other */
#define FIELD_SIZE 256

const char *typed_value_name(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

int typed_value_type(struct typed_value *v, const struct btf *btf, uint32_t id)
{
	static const char *const big[] = { "__be16", "__be32", "__be64" };
	const struct btf_type *t = btf__type_by_id(btf, id);
	uint32_t left = btf__type_cnt(btf);

	v->btf = btf;
	v->big_endian = false;
	while (t && (btf_is_mod(t) || btf_is_typedef(t))) {
		for (size_t i = 0; i < ARRAY_SIZE(big); i++)
			v->big_endian |= btf_is_typedef(t) &&
					 !strcmp(typed_value_name(btf, t->name_off), big[i]);
		t = left-- ? btf__type_by_id(btf, t->type) : NULL;
	}
	v->type = t;
	return t ? 0 : -EINVAL;
}

static bool is_int(const struct typed_value *v)
{
	return v->type && btf_is_int(v->type) && v->size <= 8;
}

static bool is_bool(const struct typed_value *v)
{
	return is_int(v) && btf_int_encoding(v->type) & BTF_INT_BOOL;
}

static bool is_enum(const struct typed_value *v)
{
	return v->type && btf_is_any_enum(v->type) && v->size <= 8;
}

bool typed_value_is_number(const struct typed_value *v)
{
	if (v->type)
		return is_int(v) || is_enum(v);
	return v->size == 1 || v->size == 2 || v->size == 4 || v->size == 8;
}

bool typed_value_is_signed(const struct typed_value *v)
{
	if (is_enum(v))
		return btf_kflag(v->type);
	return is_int(v) && btf_int_encoding(v->type) & BTF_INT_SIGNED;
}

static unsigned int width(const struct typed_value *v)
{
	return v->bits ? v->bits : 8 * (unsigned int)v->size;
}

/* Byte @i of the number from its lowest on: in the byte order of BPF objects that xlab takes
 * (object_file.c), unless the type says another.
 */
static unsigned char *byte_at(const struct typed_value *v, size_t i)
{
	return &v->bytes[v->big_endian ? v->size - 1 - i : i];
}

uint64_t typed_value_number(const struct typed_value *v)
{
	unsigned int n = width(v);
	uint64_t number = 0;

	for (unsigned int i = 0; i < n && i < 64; i++) {
		unsigned int at = v->first_bit + i;

		number |= (uint64_t)(*byte_at(v, at / 8) >> at % 8 & 1) << i;
	}
	if (typed_value_is_signed(v) && n && n < 64 && number >> (n - 1) & 1)
		number |= UINT64_MAX << n;
	return number;
}

static void put_number(const struct typed_value *v, uint64_t number)
{
	for (unsigned int i = 0; i < width(v) && i < 64; i++) {
		unsigned int at = v->first_bit + i;
		unsigned char bit = (unsigned char)(1U << at % 8), *byte = byte_at(v, at / 8);

		*byte = (unsigned char)(number >> i & 1 ? *byte | bit : *byte & ~bit);
	}
}

/* Strict, as lab/text.h: -EINVAL for the form, -ERANGE for the value. */
static int read_integer(const char *s, unsigned int bits, bool is_signed, uint64_t *out)
{
	bool minus = *s == '-';
	uint64_t max = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	uint64_t number;
	char *end;

	s += minus;
	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	number = strtoull(s, &end, !strncmp(s, "0x", 2) ? 16 : 10);
	if (*end || (s[1] == 'x' && !s[2]))
		return -EINVAL;
	if (is_signed || minus)
		max = (max >> 1) + minus;
	if (errno == ERANGE || number > max || (minus && !is_signed))
		return -ERANGE;
	*out = minus ? 0 - number : number;
	return 0;
}

static int set_number(const struct typed_value *v, const char *text, bool is_signed,
		      struct error *e)
{
	bool address = v->size == 4 && !v->bits;
	uint64_t number = 0;
	struct address a;
	int err;

	if (address && !text_address(text, &a) && a.family == AF_INET) {
		memcpy(v->bytes, &a.v4, 4);
		return 0;
	}
	err = read_integer(text, width(v), is_signed, &number);
	if (err == -ERANGE)
		return error_input(e, "%s does not fit: it is %s of %zu %s%s", text,
				   is_signed ? "a signed integer" : "an unsigned integer",
				   v->bits ? v->bits : v->size, v->bits ? "bit" : "byte",
				   width(v) == 1 || (!v->bits && v->size == 1) ? "" : "s");
	if (err)
		return error_input(e, "\"%s\" is no number: decimal or 0x… is allowed%s", text,
				   address ? ", or an IPv4 address" : "");
	put_number(v, number);
	return 0;
}

static int set_bool(const struct typed_value *v, const char *text, struct error *e)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "yes", true }, { "true", true },   { "1", true },
		      { "no", false }, { "false", false }, { "0", false } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(words[i].word, text)) {
			put_number(v, words[i].value);
			return 0;
		}
	}
	return error_input(e, "\"%s\" is no bool: yes, no, true, false, 1 or 0 is allowed", text);
}

static uint64_t enum_value(const struct btf_type *t, int i)
{
	return btf_is_enum64(t) ? btf_enum64_value(&btf_enum64(t)[i])
				: (uint32_t)btf_enum(t)[i].val;
}

/* For text_offer(); @cookie is the value. */
static const char *enum_name(void *cookie, size_t i)
{
	const struct typed_value *v = cookie;
	const struct btf_type *t = v->type;

	if (i >= btf_vlen(t))
		return NULL;
	return typed_value_name(v->btf, btf_is_enum64(t) ? btf_enum64(t)[i].name_off
							 : btf_enum(t)[i].name_off);
}

static int unknown_enumerator(struct typed_value *v, const char *text, struct error *e)
{
	char *FREE_AUTO offer = text_offer(text, enum_name, v);

	return error_input(e, "\"%s\" is none of the enum's names, and no number%s", text, offer);
}

/* Before ENUM64, BTF has the lower halves of an enum's values, and no word of their sign. */
static int set_enum(struct typed_value *v, const char *text, struct error *e)
{
	bool has_half = btf_is_enum(v->type) && v->size == 8;
	uint64_t number;

	for (int i = 0; i < btf_vlen(v->type); i++) {
		if (strcmp(enum_name(v, (size_t)i), text) != 0)
			continue;
		if (has_half)
			return error_input(
				e,
				"the object's BTF does not have the whole value of \"%s\": "
				"give it as a number",
				text);
		put_number(v, enum_value(v->type, i));
		return 0;
	}
	if (read_integer(text, width(v), *text == '-', &number) == -EINVAL)
		return unknown_enumerator(v, text, e);
	return set_number(v, text, *text == '-', e);
}

static bool is_text(const struct typed_value *v)
{
	struct typed_value c = { 0 };

	if (!v->type || !btf_is_array(v->type) ||
	    typed_value_type(&c, v->btf, btf_array(v->type)->type))
		return false;
	return btf_is_int(c.type) && c.type->size == 1 &&
	       (btf_int_encoding(c.type) & (BTF_INT_CHAR | BTF_INT_SIGNED) ||
		!strcmp(typed_value_name(c.btf, c.type->name_off), "char"));
}

static int set_text(const struct typed_value *v, const char *text, struct error *e)
{
	size_t n = strlen(text);

	if (n + 1 > v->size)
		return error_input(e, "the text has %zu bytes, and there is room for %zu and a NUL",
				   n, v->size - 1);
	memset(v->bytes, 0, v->size);
	memcpy(v->bytes, text, n);
	return 0;
}

static bool is_composite(const struct typed_value *v)
{
	return v->type && (btf_is_composite(v->type) || btf_is_datasec(v->type));
}

static const char *kind_text(const struct typed_value *v)
{
	if (!v->type)
		return "what is";
	return is_composite(v) ? "a struct" : "an array";
}

static int set_bytes(const struct typed_value *v, const char *text, struct error *e)
{
	struct address a;

	if (v->size == 6) {
		if (!text_mac(text, v->bytes))
			return 0;
		return error_input(e, "\"%s\" is no MAC, and it has 6 bytes", text);
	}
	if ((v->size == 4 || v->size == 16) && !text_address(text, &a) &&
	    address_size(&a) == v->size) {
		memcpy(v->bytes, &a.v6, v->size);
		return 0;
	}
	if (v->size == 4 || v->size == 16)
		return error_input(e,
				   "\"%s\" is no IPv%d address, and %s of %zu bytes takes nothing "
				   "else%s",
				   text, v->size == 4 ? 4 : 6, kind_text(v), v->size,
				   is_composite(v) ? " but FIELD=VALUE" : "");
	if (is_composite(v))
		return error_input(e, "\"%s\" is no FIELD=VALUE, and it is a struct", text);
	return error_input(e,
			   "it has %zu bytes and is no integer, bool, enum, text, MAC, address or "
			   "struct: it cannot be set",
			   v->size);
}

/* FIELD=VALUE … */
static int set_fields(const struct typed_value *v, const char *text, struct error *e)
{
	char word[FIELD_SIZE];
	int more;

	memset(v->bytes, 0, v->size);
	while ((more = text_word(&text, word, sizeof(word))) > 0) {
		struct typed_value field = *v;
		char *equals = strchr(word, '=');

		if (!equals)
			return error_input(e, "\"%s\" is no FIELD=VALUE", word);
		*equals = '\0';
		if (typed_value_field(&field, word, e))
			return e->err;
		if (typed_value_set(&field, equals + 1, e))
			return error_wrap(e, "%s", word);
	}
	return more < 0 ? error_input(e, "a word of it is too long") : 0;
}

int typed_value_set(struct typed_value *v, const char *text, struct error *e)
{
	if (is_bool(v))
		return set_bool(v, text, e);
	if (is_enum(v))
		return set_enum(v, text, e);
	if (typed_value_is_number(v) && (v->type || !strchr(text, ':')))
		return set_number(v, text, typed_value_is_signed(v) || (!v->type && *text == '-'),
				  e);
	if (is_text(v))
		return set_text(v, text, e);
	if (is_composite(v) && strchr(text, '='))
		return set_fields(v, text, e);
	return set_bytes(v, text, e);
}

/* Where a member of @v lies, and its type. False: not within it. */
static bool go_to(struct typed_value *v, uint32_t id, unsigned int bit, unsigned int bits)
{
	struct typed_value to = *v;
	int64_t size = bits ? 0 : btf__resolve_size(v->btf, id);

	if (typed_value_type(&to, v->btf, id))
		return false;
	to.bytes += bit / 8;
	to.first_bit = bits ? bit % 8 : 0;
	to.bits = bits;
	/* What has no size, and so a negative one, is larger than anything. */
	to.size = bits ? (to.first_bit + bits + 7) / 8 : (size_t)size;
	if (to.size > v->size || bit / 8 > v->size - to.size || bits > 64)
		return false;
	*v = to;
	return true;
}

static const char *member_name(const struct typed_value *v, int i)
{
	const struct btf_type *var;

	if (!btf_is_datasec(v->type))
		return typed_value_name(v->btf, btf_members(v->type)[i].name_off);
	var = btf__type_by_id(v->btf, btf_var_secinfos(v->type)[i].type);
	return var ? typed_value_name(v->btf, var->name_off) : "";
}

static bool go_to_member(struct typed_value *v, int i)
{
	const struct btf_var_secinfo *s;
	const struct btf_type *var;

	if (!btf_is_datasec(v->type))
		return go_to(v, btf_members(v->type)[i].type,
			     btf_member_bit_offset(v->type, (__u32)i),
			     btf_member_bitfield_size(v->type, (__u32)i));
	s = &btf_var_secinfos(v->type)[i];
	var = btf__type_by_id(v->btf, s->type);
	return var && btf_is_var(var) && s->offset <= v->size &&
	       go_to(v, var->type, 8 * s->offset, 0);
}

static bool find_member(struct typed_value *v, const char *name, int depth)
{
	for (int i = 0; is_composite(v) && i < btf_vlen(v->type); i++) {
		const char *called = member_name(v, i);
		struct typed_value inner = *v;

		if (*called ? strcmp(called, name) != 0 : depth == DEPTH_MAX)
			continue;
		if (!go_to_member(&inner, i) || (!*called && !find_member(&inner, name, depth + 1)))
			continue;
		*v = inner;
		return true;
	}
	return false;
}

/* For text_offer(); @cookie is the value. */
static const char *field_name(void *cookie, size_t i)
{
	const struct typed_value *v = cookie;

	return is_composite(v) && i < btf_vlen(v->type) ? member_name(v, (int)i) : NULL;
}

static int field_unknown(struct typed_value *v, const char *name, struct error *e)
{
	char *FREE_AUTO offer = NULL;

	if (!v->type)
		return error_input(e, "there is no field %s: the object has no BTF for it", name);
	if (!is_composite(v))
		return error_input(e, "there is no field %s: it is no struct", name);
	offer = text_offer(name, field_name, v);
	return error_input(e, "there is no field %s%s", name, offer);
}

int typed_value_field(struct typed_value *v, const char *path, struct error *e)
{
	while (*path) {
		size_t len = strcspn(path, ".");
		char *FREE_AUTO name = text_format("%.*s", (int)len, path);

		if (!find_member(v, name, 0))
			return field_unknown(v, name, e);
		path += len + (path[len] == '.');
	}
	return 0;
}

static char *hex_text(const struct typed_value *v)
{
	char *text = NULL;
	size_t length;
	FILE *out = xopen_memstream(&text, &length);

	for (size_t i = 0; i < v->size; i++)
		(void)fprintf(out, "%s%02x", i ? " " : "", v->bytes[i]);
	xclose_memstream(out);
	return text;
}

/* An IPv4 or IPv6 address, or a MAC: what its size is of. NULL: none. */
static char *bytes_text(const struct typed_value *v)
{
	char buf[ADDRESS_TEXT];
	struct address a = { .family = v->size == 4 ? AF_INET : AF_INET6 };

	if (v->size == 6)
		return text_format("%s", mac_text(v->bytes, buf));
	if (v->size != 4 && v->size != 16)
		return NULL;
	memcpy(&a.v6, v->bytes, v->size);
	return text_format("%s", address_text(&a, buf));
}

static char *number_text(const struct typed_value *v)
{
	uint64_t number = typed_value_number(v);
	struct typed_value named = *v;

	if (is_bool(v))
		return text_format("%s", number ? "true" : "false");
	for (int i = 0; is_enum(v) && i < btf_vlen(v->type); i++)
		if (enum_value(v->type, i) == (v->size == 8 ? number : (uint32_t)number))
			return text_format("%s", enum_name(&named, (size_t)i));
	if (v->big_endian && v->size == 4)
		return bytes_text(v);
	return typed_value_is_signed(v) ? text_format("%" PRId64, (int64_t)number)
					: text_format("%" PRIu64, number);
}

/* "{a=1 b=2}" */
static char *fields_text(const struct typed_value *v, int depth)
{
	char *list = NULL, *text;

	for (int i = 0; i < btf_vlen(v->type) && depth < DEPTH_MAX; i++) {
		struct typed_value field = *v;
		char *FREE_AUTO inner = NULL;
		const char *name = member_name(v, i);

		if (!go_to_member(&field, i))
			continue;
		inner = is_composite(&field) ? fields_text(&field, depth + 1)
					     : typed_value_text(&field);
		text_add(&list, " ", "%s%s%s", name, *name ? "=" : "", inner);
	}
	text = text_format("{%s}", list ? list : "");
	free(list);
	return text;
}

static bool is_address(const struct typed_value *v)
{
	const char *name = typed_value_name(v->btf, v->type->name_off);

	return !strcmp(name, "in_addr") || !strcmp(name, "in6_addr");
}

char *typed_value_text(const struct typed_value *v)
{
	char *text;

	if (typed_value_is_number(v))
		return number_text(v);
	if (is_text(v) && memchr(v->bytes, 0, v->size))
		return text_format("\"%s\"", (const char *)v->bytes);
	if (is_composite(v) && !is_address(v))
		return fields_text(v, 0);
	text = bytes_text(v);
	return text ? text : hex_text(v);
}
