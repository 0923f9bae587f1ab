// SPDX-License-Identifier: GPL-2.0-or-later
/* Elements of an object's maps, by their BTF. How a value is read and written, typed_value.c knows;
 * where the maps are, filter_maps.c.
 */
#include "orchestrator/filter/map_value.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/typed_value.h"
#include "orchestrator/model/labfile.h"

#define KEY_MAX	  512	     /* MAX_BPF_STACK: the kernel takes no larger ones */
#define VALUE_MAX (16 << 20) /* of each CPU */

struct element {
	const struct bpf_map *map;
	unsigned char *key;
	unsigned char *values;	  /* one, or one a CPU */
	size_t stride, n_values;  /* from one to the next; how many */
	struct typed_value value; /* of the first, or a field of it */
	struct typed_value expected;
	unsigned char *expected_bytes;
};

static void element_clear(struct element *el)
{
	free(el->key);
	free(el->values);
	free(el->expected_bytes);
}
#define ELEMENT_AUTO __attribute__((cleanup(element_clear)))

/* For text_offer(). Only those of sections have a dot, behind the name of their object. */
static const char *map_name(void *obj, size_t i)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, (struct bpf_object *)obj) {
		const char *dot = strchr(bpf_map__name(map), '.');

		if (!i--)
			return dot ? dot : bpf_map__name(map);
	}
	return NULL;
}

static int find_map(struct bpf_object *obj, const char *name, const struct bpf_map **map,
		    struct error *e)
{
	const struct bpf_map *found = bpf_object__find_map_by_name(obj, name);
	char *FREE_AUTO offer = found ? NULL : text_offer(name, map_name, obj);

	if (!found)
		return error_input(e, "the object has no map %s%s", name, offer);
	if (bpf_map__is_internal(found) && bpf_map__map_flags(found) & BPF_F_RDONLY_PROG)
		return error_input(e, "%s holds constants, which set.NAME sets", name);
	*map = found;
	return 0;
}

static bool is_percpu(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

static bool is_array(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY ||
	       bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* With a type, if the object has one for it. */
static void give_type(struct bpf_object *obj, struct typed_value *v, uint32_t id)
{
	const struct btf *btf = bpf_object__btf(obj);

	if (btf && id)
		(void)typed_value_type(v, btf, id);
}

/* ADDRESS/LENGTH of a trie, whose keys begin with the length: 4 bytes. */
static int set_prefix(const struct element *el, const char *text, struct error *e)
{
	size_t size = bpf_map__key_size(el->map) - sizeof(uint32_t);
	struct prefix p;
	uint32_t len;

	if (text_prefix(text, &p))
		return error_input(e, "\"%s\" is no prefix: ADDRESS/LENGTH", text);
	if (address_size(&p.address) != size)
		return error_input(e, "%s is no address of the %zu bytes that the trie's keys have",
				   text, size);
	len = p.len;
	memcpy(el->key, &len, sizeof(len));
	memcpy(el->key + sizeof(len), &p.address.v6, size);
	return 0;
}

static int set_key(struct bpf_object *obj, const struct element *el, const char *text,
		   struct error *e)
{
	struct typed_value key = { .bytes = el->key, .size = bpf_map__key_size(el->map) };

	if (bpf_map__type(el->map) == BPF_MAP_TYPE_LPM_TRIE && strchr(text, '/') &&
	    key.size > sizeof(uint32_t))
		return set_prefix(el, text, e);
	give_type(obj, &key, bpf_map__btf_key_type_id(el->map));
	if (typed_value_set(&key, text, e))
		return e->err;
	if (is_array(el->map) && typed_value_number(&key) >= bpf_map__max_entries(el->map))
		return error_input(e, "the map has %u %s, from 0 on", bpf_map__max_entries(el->map),
				   bpf_map__max_entries(el->map) == 1 ? "entry" : "entries");
	return 0;
}

/* The element at @key of map @name, its values all 0. */
static int element_open(struct bpf_object *obj, const char *name, const char *key,
			struct element *el, struct error *e)
{
	size_t size;

	if (find_map(obj, name, &el->map, e))
		return e->err;
	size = bpf_map__value_size(el->map);
	if (!bpf_map__key_size(el->map) || !size)
		return error_input(e, "map %s has no keys and values", name);
	if (bpf_map__key_size(el->map) > KEY_MAX || size > VALUE_MAX)
		return error_input(e,
				   "map %s has keys of %u bytes and values of %zu: at most %d and "
				   "%d can be told of",
				   name, bpf_map__key_size(el->map), size, KEY_MAX, VALUE_MAX);
	el->n_values = is_percpu(el->map) ? (size_t)libbpf_num_possible_cpus() : 1;
	el->stride = (size + 7) & ~(size_t)7;
	el->key = xcalloc(1, bpf_map__key_size(el->map) + 8);
	el->values = xcalloc(el->n_values, el->stride);
	el->value = (struct typed_value){ .bytes = el->values, .size = size };
	give_type(obj, &el->value, bpf_map__btf_value_type_id(el->map));
	if (set_key(obj, el, key, e))
		return error_wrap(e, "the key %s", key);
	return 0;
}

static bool is_equality(const char *op)
{
	return !strcmp(op, "==") || !strcmp(op, "!=");
}

/* A sum may be more than one of its parts can hold. */
static int set_expected(struct element *el, const struct map_expectation *m, struct error *e)
{
	bool sum = el->n_values > 1 && typed_value_is_number(&el->value);

	el->expected_bytes = xcalloc(1, el->value.size + sizeof(uint64_t));
	el->expected = el->value;
	if (sum)
		el->expected = (struct typed_value){ .size = sizeof(uint64_t) };
	el->expected.bytes = el->expected_bytes;
	return typed_value_set(&el->expected, m->value, e);
}

static int expectation_open(struct bpf_object *obj, const struct map_expectation *m,
			    struct element *el, struct error *e)
{
	bool number;

	if (element_open(obj, m->map, m->key, el, e))
		return e->err;
	if (m->field && typed_value_field(&el->value, m->field, e))
		return error_wrap(e, "map %s", m->map);
	number = typed_value_is_number(&el->value);
	if (!number && is_percpu(el->map))
		return error_input(e,
				   "map %s has a value for each CPU, and only numbers of them are "
				   "summed%s",
				   m->map, m->field ? "" : ": name a field");
	if (!number && !is_equality(m->op))
		return error_input(e,
				   "only numbers are less or more: == and != compare what this is");
	return set_expected(el, m, e) ? error_wrap(e, "the value") : 0;
}

int map_value_check(struct bpf_object *obj, const struct map_expectation *m, struct error *e)
{
	struct element ELEMENT_AUTO el = { 0 };

	return expectation_open(obj, m, &el, e);
}

static int preset_open(struct bpf_object *obj, const struct map_preset *p, struct element *el,
		       struct error *e)
{
	if (element_open(obj, p->name, p->key, el, e))
		return e->err;
	if (typed_value_set(&el->value, p->value, e))
		return error_wrap(e, "the value");
	for (size_t i = 1; i < el->n_values; i++)
		memcpy(el->values + i * el->stride, el->values, el->stride);
	return 0;
}

int map_value_check_preset(struct bpf_object *obj, const struct map_preset *p, struct error *e)
{
	struct element ELEMENT_AUTO el = { 0 };

	return preset_open(obj, p, &el, e);
}

int map_value_preset(struct bpf_object *obj, const struct map_preset *p, int map_fd,
		     struct error *e)
{
	struct element ELEMENT_AUTO el = { 0 };

	if (preset_open(obj, p, &el, e))
		return e->err;
	if (bpf_map_update_elem(map_fd, el.key, el.values, BPF_ANY))
		return error_sys(e, -errno, "cannot put it into the map");
	return 0;
}

/* Of all CPUs, and what it would be in one value. */
static uint64_t sum(const struct element *el)
{
	struct typed_value v = el->value;
	uint64_t total = 0;

	for (size_t i = 0; i < el->n_values; i++, v.bytes += el->stride)
		total += typed_value_number(&v);
	return total;
}

static int order(const struct element *el, uint64_t a, uint64_t b)
{
	if (typed_value_is_signed(&el->value))
		return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
	return (a > b) - (a < b);
}

static bool holds_op(const char *op, int order)
{
	if (is_equality(op))
		return (*op == '=') == !order;
	if (!order)
		return op[1] == '=';
	return (*op == '<') == (order < 0);
}

static int look_up(const struct element *el, int map_fd, bool *found, struct error *e)
{
	*found = !bpf_map_lookup_elem(map_fd, el->key, el->values);
	if (*found || errno == ENOENT)
		return 0;
	return error_sys(e, -errno, "cannot read the map");
}

int map_value_compare(struct bpf_object *obj, const struct map_expectation *m, int map_fd,
		      bool *holds, char **is, struct error *e)
{
	struct element ELEMENT_AUTO el = { 0 };
	char *FREE_AUTO wanted = NULL;
	bool found;

	*is = NULL;
	if (expectation_open(obj, m, &el, e) || look_up(&el, map_fd, &found, e))
		return e->err;
	if (!found)
		return 0;
	if (typed_value_is_number(&el.value)) {
		uint64_t total = sum(&el);

		*holds = holds_op(m->op, order(&el, total, typed_value_number(&el.expected)));
		*is = el.n_values == 1 ? typed_value_text(&el.value)
		      : typed_value_is_signed(&el.value)
			      ? text_format("%lld", (long long)total)
			      : text_format("%llu", (unsigned long long)total);
		return 0;
	}
	*is = typed_value_text(&el.value);
	wanted = typed_value_text(&el.expected);
	*holds = holds_op(m->op, strcmp(*is, wanted));
	return 0;
}
