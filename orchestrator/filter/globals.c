// SPDX-License-Identifier: GPL-2.0-or-later
/* Read-only globals set by name, as their BTF types say. */
#include "orchestrator/filter/globals.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

/* A global: where its bytes are, and their type. */
struct global {
	unsigned char *bytes;
	size_t size;
	const struct btf *btf;
	const struct btf_type *type; /* typedefs and qualifiers taken off */
};

/* Called for each global; a nonzero answer ends the walk and is returned. */
typedef int (*global_fn)(void *cookie, const char *name, const struct global *g);

/* A damaged object's names may lie outside of its strings. */
static const char *name_at(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

/* NULL: there is none, or a damaged object's types stand for each other in a circle. */
static const struct btf_type *plain_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	uint32_t left = btf__type_cnt(btf);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = left-- ? btf__type_by_id(btf, t->type) : NULL;
	return t;
}

static int walk_section(struct bpf_object *obj, const struct btf *btf, const struct btf_type *sec,
			global_fn fn, void *cookie)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(sec);
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name_at(btf, sec->name_off));
	unsigned char *bytes;
	size_t size = 0;

	/* Private memory until the load, which libbpf merely hands out as const. */
	bytes = map ? (unsigned char *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
	for (int i = 0; bytes && i < btf_vlen(sec); i++, v++) {
		const struct btf_type *var = btf__type_by_id(btf, v->type);
		struct global g = { bytes + v->offset, v->size, btf, NULL };
		int r;

		if (!var || !btf_is_var(var) || (size_t)v->offset + v->size > size)
			continue;
		g.type = plain_type(btf, var->type);
		if (!g.type)
			continue;
		r = fn(cookie, name_at(btf, var->name_off), &g);
		if (r)
			return r;
	}
	return 0;
}

static int globals_walk(struct bpf_object *obj, global_fn fn, void *cookie)
{
	const struct btf *btf = bpf_object__btf(obj);
	uint32_t n = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		int r;

		if (!btf_is_datasec(t) || strncmp(name_at(btf, t->name_off), ".rodata", 7) != 0)
			continue;
		r = walk_section(obj, btf, t, fn, cookie);
		if (r)
			return r;
	}
	return 0;
}

struct wanted {
	const char *name;
	struct global found;
};

static int take_if_wanted(void *cookie, const char *name, const struct global *g)
{
	struct wanted *w = cookie;

	if (strcmp(name, w->name) != 0)
		return 0;
	w->found = *g;
	return 1;
}

bool globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size)
{
	struct wanted w = { .name = name };

	if (!globals_walk(obj, take_if_wanted, &w) || w.found.size != size)
		return false;
	memcpy(w.found.bytes, bytes, size);
	return true;
}

struct nth {
	size_t i;
	const char *name;
};

static int take_nth(void *cookie, const char *name, const struct global *g)
{
	struct nth *n = cookie;

	(void)g;
	n->name = name;
	return n->i-- == 0;
}

static const char *nth_name(void *obj, size_t i)
{
	struct nth n = { .i = i };

	return globals_walk(obj, take_nth, &n) ? n.name : NULL;
}

static int unknown_global(struct bpf_object *obj, const char *name, struct error *e)
{
	char *FREE_AUTO offer = NULL;

	if (!nth_name(obj, 0))
		return error_input(
			e, "the object has no read-only globals (const volatile, with BTF)");
	offer = text_offer(name, nth_name, obj);
	return error_input(e, "the object has no read-only global \"%s\"%s", name, offer);
}

/* In the byte order of BPF objects that xlab takes (object_file.c). */
static void put_integer(const struct global *g, uint64_t v)
{
	for (size_t i = 0; i < g->size && i < sizeof(v); i++)
		g->bytes[i] = (unsigned char)(v >> (8 * i));
}

/* Strict, as lab/text.h: -EINVAL for the form, -ERANGE for the value. */
static int read_integer(const char *s, size_t size, bool is_signed, uint64_t *out)
{
	bool minus = *s == '-';
	uint64_t max = size >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
	char *end;
	uint64_t v;

	s += minus;
	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, !strncmp(s, "0x", 2) ? 16 : 10);
	if (*end || (s[1] == 'x' && !s[2]))
		return -EINVAL;
	if (is_signed || minus)
		max = (max >> 1) + minus;
	if (errno == ERANGE || v > max || (minus && !is_signed))
		return -ERANGE;
	*out = minus ? 0 - v : v;
	return 0;
}

static int set_number(const struct global *g, const char *value, bool is_signed, struct error *e)
{
	struct address a;
	uint64_t v = 0;
	int err = read_integer(value, g->size, is_signed, &v);

	if (err == -EINVAL && g->size == 4 && !text_address(value, &a) && a.family == AF_INET) {
		memcpy(g->bytes, &a.v4, 4);
		return 0;
	}
	if (err == -ERANGE)
		return error_input(e, "%s does not fit: the global is %s of %zu byte%s", value,
				   is_signed ? "a signed integer" : "an unsigned integer", g->size,
				   g->size == 1 ? "" : "s");
	if (err)
		return error_input(e, "\"%s\" is no number: decimal or 0x… is allowed%s", value,
				   g->size == 4 ? ", or an IPv4 address" : "");
	put_integer(g, v);
	return 0;
}

static int set_bool(const struct global *g, const char *value, struct error *e)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "yes", true }, { "true", true },   { "1", true },
		      { "no", false }, { "false", false }, { "0", false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(words[i].word, value)) {
			*g->bytes = words[i].value;
			return 0;
		}
	}
	return error_input(e, "\"%s\" is no bool: yes, no, true, false, 1 or 0 is allowed", value);
}

static uint64_t enum_value(const struct btf_type *t, int i)
{
	return btf_is_enum64(t) ? btf_enum64_value(&btf_enum64(t)[i])
				: (uint32_t)btf_enum(t)[i].val;
}

/* For text_nearest(); @cookie is the global. */
static const char *enum_name(void *cookie, size_t i)
{
	const struct global *g = cookie;
	const struct btf_type *t = g->type;

	if (i >= btf_vlen(t))
		return NULL;
	return name_at(g->btf,
		       btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off);
}

static int unknown_enumerator(struct global *g, const char *value, struct error *e)
{
	char *FREE_AUTO offer = text_offer(value, enum_name, g);

	return error_input(e, "\"%s\" is none of the enum's names, and no number%s", value, offer);
}

/* Before ENUM64, BTF has the lower halves of an enum's values, and no word of their sign. */
static int set_enum(struct global *g, const char *value, struct error *e)
{
	bool has_half = btf_is_enum(g->type) && g->size > 4;
	uint64_t v;

	for (int i = 0; i < btf_vlen(g->type); i++) {
		if (strcmp(enum_name(g, (size_t)i), value) != 0)
			continue;
		if (has_half)
			return error_input(
				e,
				"the object's BTF does not have the whole value of \"%s\": "
				"give it as a number",
				value);
		put_integer(g, enum_value(g->type, i));
		return 0;
	}
	if (read_integer(value, g->size, *value == '-', &v) == -EINVAL)
		return unknown_enumerator(g, value, e);
	return set_number(g, value, *value == '-', e);
}

static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = plain_type(btf, id);

	return t && btf_is_int(t) && t->size == 1 &&
	       (btf_int_encoding(t) & (BTF_INT_CHAR | BTF_INT_SIGNED) ||
		!strcmp(name_at(btf, t->name_off), "char"));
}

static int set_text(const struct global *g, const char *value, struct error *e)
{
	size_t n = strlen(value);

	if (n + 1 > g->size)
		return error_input(e,
				   "the text has %zu bytes, the global has room for %zu and a NUL",
				   n, g->size - 1);
	memset(g->bytes, 0, g->size);
	memcpy(g->bytes, value, n);
	return 0;
}

static int set_bytes(const struct global *g, const char *value, struct error *e)
{
	struct address a;

	if (g->size == 6) {
		if (!text_mac(value, g->bytes))
			return 0;
		return error_input(e, "\"%s\" is no MAC, and the global has 6 bytes", value);
	}
	if ((g->size == 4 || g->size == 16) && !text_address(value, &a) &&
	    address_size(&a) == g->size) {
		memcpy(g->bytes, a.family == AF_INET ? (void *)&a.v4 : (void *)&a.v6, g->size);
		return 0;
	}
	if (g->size == 4 || g->size == 16)
		return error_input(e,
				   "\"%s\" is no IPv%d address, and %s of %zu bytes takes nothing "
				   "else",
				   value, g->size == 4 ? 4 : 6,
				   btf_is_struct(g->type) ? "a struct" : "an array", g->size);
	return error_input(e,
			   "the global has %zu bytes and is no integer, bool, enum, text, MAC or "
			   "address: it cannot be set",
			   g->size);
}

static int set_value(struct global *g, const char *value, struct error *e)
{
	const struct btf_type *t = g->type;

	if (btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL)
		return set_bool(g, value, e);
	if (btf_is_int(t) && g->size <= 8)
		return set_number(g, value, btf_int_encoding(t) & BTF_INT_SIGNED, e);
	if (btf_is_any_enum(t))
		return set_enum(g, value, e);
	if (btf_is_array(t) && is_char(g->btf, btf_array(t)->type))
		return set_text(g, value, e);
	return set_bytes(g, value, e);
}

int globals_set(struct bpf_object *obj, const char *name, const char *value, struct error *e)
{
	struct wanted w = { .name = name };

	if (!globals_walk(obj, take_if_wanted, &w))
		return unknown_global(obj, name, e);
	return set_value(&w.found, value, e);
}
