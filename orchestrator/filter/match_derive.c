// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a key's rules to what its values are looked up in. Of several rules that hold a value the
 * narrowest counts, where they are addresses and the like; the first one in a table. An exception
 * beats them all. A key of exceptions alone holds whatever they do not, by its first one.
 */
#include "orchestrator/filter/match_derive.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "orchestrator/filter/match_layout.h"

struct item { /* a rule of the key */
	uint32_t number;
	bool except, only;
	struct field_span span;
};

struct key_rules {
	const struct match_layout *layout;
	const struct match_place *place;
	enum xlab_field field;
	struct item *items; /* by number */
	size_t n;
	uint32_t otherwise; /* the number of what no rule holds: of exceptions alone, or 0 */
};

struct xlab_rule *match_list(const struct match_layout *layout, struct xlab_rules *memory)
{
	return (void *)((char *)memory + layout->list);
}

static void collect(struct key_rules *k, const struct match_layout *l, struct xlab_rules *memory,
		    size_t key)
{
	const struct xlab_rule *list = match_list(l, memory);
	bool positive = false;

	*k = (struct key_rules){ .layout = l,
				 .place = &l->places[key],
				 .field = l->places[key].key->field };
	for (uint32_t i = 1; i < l->capacity; i++) {
		struct item *item;

		if (!list[i].used || list[i].key != key)
			continue;
		item = array_add(&k->items, &k->n, sizeof(*item));
		*item = (struct item){ .number = i,
				       .except = list[i].except,
				       .only = list[i].only };
		memcpy(&item->span, list[i].span, sizeof(item->span));
		positive |= !item->except;
	}
	if (k->n && !positive)
		k->otherwise = k->items[0].number;
}

static int compare(const struct field_value *a, const struct field_value *b)
{
	return memcmp(a->bytes, b->bytes, FIELD_VALUE);
}

static bool is_single(const struct field_span *span)
{
	return !span->masked && !compare(&span->first, &span->last);
}

/* All readers that were at work have ended: a program runs as an RCU reader. Kernels with CPUs that
 * have no tick, and sandboxes, refuse that: then nothing may be written where readers were.
 */
static int wait_for_readers(bool *waited)
{
	if (!*waited && syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return -errno;
	*waited = true;
	return 0;
}

/* --- Tables --------------------------------------------------------------------------------- */

/* By value: which rule. */
static void paint(const struct key_rules *k, uint16_t *numbers, uint32_t n)
{
	for (uint32_t v = 0; v < n; v++)
		numbers[v] = (uint16_t)k->otherwise;
	for (size_t i = k->n; i-- > 0;) {
		const struct item *item = &k->items[i];
		uint32_t last =
			item->span.masked ? n - 1 : (uint32_t)field_number(&item->span.last);

		for (uint32_t v = item->span.masked ? 0 : (uint32_t)field_number(&item->span.first);
		     !item->except && v <= last; v++) {
			struct field_value value = field_value_of(v);

			if (!item->span.masked || field_span_holds(k->field, &item->span, &value))
				numbers[v] = (uint16_t)item->number;
		}
	}
}

static void paint_exceptions(const struct key_rules *k, uint16_t *numbers, uint32_t n)
{
	for (size_t i = 0; i < k->n; i++)
		for (uint32_t v = 0; k->items[i].except && v < n; v++) {
			struct field_value value = field_value_of(v);

			if (field_span_holds(k->field, &k->items[i].span, &value))
				numbers[v] = XLAB_EXCEPTED;
		}
}

/* The program looks up what it loads, other bits of the same bytes and all. */
static void write_table(const struct key_rules *k, struct xlab_rules *memory)
{
	const struct field *f = &fields[k->field];
	uint32_t n = 1U << f->bits, loaded = 1U << 8 * k->place->bytes;
	uint16_t *FREE_AUTO numbers = xcalloc(n, sizeof(*numbers));
	uint16_t *table = (void *)((char *)memory + k->place->at);

	paint(k, numbers, n);
	paint_exceptions(k, numbers, n);
	for (uint32_t v = 0; v < loaded; v++) {
		uint32_t bytes = k->place->bytes == 2 ? (v >> 8 | v << 8) & 0xffff : v;
		uint16_t number = numbers[bytes >> f->shift & (n - 1)];

		if (table[v] != number)
			__atomic_store_n(&table[v], number, __ATOMIC_RELEASE);
	}
}

/* --- Spans ---------------------------------------------------------------------------------- */

struct stretch { /* of the values from first to last */
	struct field_value first, last;
	uint32_t number;
	bool except;
};

/* The value behind @value; false: there is none in so many bytes. */
static bool next_value(struct field_value *value, size_t bytes)
{
	for (size_t i = FIELD_VALUE; i-- > FIELD_VALUE - bytes;)
		if (++value->bytes[i])
			return true;
	return false;
}

struct stretches {
	struct stretch *list;
	size_t n;
};

static void add_stretch(struct stretches *s, const struct item *item,
			const struct field_value *first, const struct field_value *last)
{
	if (compare(first, last) <= 0)
		*(struct stretch *)array_add(&s->list, &s->n, sizeof(*s->list)) =
			(struct stretch){ *first, *last, item->number, item->except };
}

/* IPv6's addresses around those that stand for IPv4's, which are none of its. */
static void add_around_ipv4(struct stretches *s, const struct item *item)
{
	static const struct field_value before = { { [10] = 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff } },
					first = { { [10] = 0xff, 0xff } },
					last = { { [10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
					behind = { { [9] = 1 } };

	if (compare(&item->span.last, &first) < 0 || compare(&item->span.first, &last) > 0) {
		add_stretch(s, item, &item->span.first, &item->span.last);
		return;
	}
	add_stretch(s, item, &item->span.first, &before);
	add_stretch(s, item, &behind, &item->span.last);
}

static void add_item(struct stretches *s, const struct key_rules *k, const struct item *item)
{
	bool v4 = field_is_ipv4(&item->span.first) && field_is_ipv4(&item->span.last);

	if (fields[k->field].kind == XLAB_KIND_ADDRESS && !v4)
		add_around_ipv4(s, item);
	else
		add_stretch(s, item, &item->span.first, &item->span.last);
}

/* Those that begin first, and of those the longest: what comes later lies within, or ends later. */
static int by_first(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;
	int order = compare(&x->first, &y->first);

	if (!order)
		order = compare(&y->last, &x->last);
	return order ? order : (x->number < y->number) - (x->number > y->number);
}

static int by_value(const void *a, const void *b)
{
	return compare(a, b);
}

/* Where the answer may change: at the beginnings of stretches, and behind their ends. */
static size_t edges_of(const struct stretches *s, size_t bytes, struct field_value **edges)
{
	size_t n = 0;

	*(struct field_value *)array_add(edges, &n, sizeof(**edges)) = field_value_of(0);
	for (size_t i = 0; i < s->n; i++) {
		struct field_value behind = s->list[i].last;

		*(struct field_value *)array_add(edges, &n, sizeof(**edges)) = s->list[i].first;
		if (next_value(&behind, bytes))
			*(struct field_value *)array_add(edges, &n, sizeof(**edges)) = behind;
	}
	qsort(*edges, n, sizeof(**edges), by_value);
	return n;
}

/* Stretches that have begun, the last one on top. */
struct open_ones {
	const struct stretch **list;
	size_t n;
};

/* The narrowest that holds @at, or NULL. What ends before is no more. */
static const struct stretch *top_at(struct open_ones *open, const struct field_value *at)
{
	while (open->n && compare(&open->list[open->n - 1]->last, at) < 0)
		open->n--;
	return open->n ? open->list[open->n - 1] : NULL;
}

static struct xlab_from from_of(const struct match_place *p, const struct field_value *first,
				uint32_t number)
{
	struct xlab_value v = match_layout_value(p, first);

	return (struct xlab_from){ { __builtin_bswap64(v.part[0]), __builtin_bswap64(v.part[1]) },
				   number,
				   0 };
}

/* Where two edges are one the answer is, too. */
static void add_from(const struct key_rules *k, struct xlab_from **list, size_t *n,
		     const struct field_value *first, uint32_t number)
{
	struct xlab_from from = from_of(k->place, first, number);

	if (*n && (*list)[*n - 1].number == number)
		return;
	*(struct xlab_from *)array_add(list, n, sizeof(**list)) = from;
}

static void flatten(const struct key_rules *k, struct stretches *s, struct xlab_from **list,
		    size_t *n)
{
	struct open_ones open = { xcalloc(s->n, sizeof(void *)), 0 };
	struct open_ones except = { xcalloc(s->n, sizeof(void *)), 0 };
	struct field_value *FREE_AUTO edges = NULL;
	size_t n_edges = edges_of(s, k->place->bytes, &edges), next = 0;

	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_first);
	for (size_t i = 0; i < n_edges; i++) {
		const struct stretch *top;

		for (; next < s->n && compare(&s->list[next].first, &edges[i]) <= 0; next++) {
			struct open_ones *of = s->list[next].except ? &except : &open;

			of->list[of->n++] = &s->list[next];
		}
		top = top_at(&open, &edges[i]);
		add_from(k, list, n, &edges[i],
			 top_at(&except, &edges[i]) ? XLAB_EXCEPTED
			 : top			    ? top->number
						    : k->otherwise);
	}
	free(open.list);
	free(except.list);
}

static struct xlab_area *area_of(const struct key_rules *k, struct xlab_rules *memory)
{
	return (void *)((char *)memory + k->place->at);
}

static struct xlab_entry *entries_of(struct xlab_area *area)
{
	return (void *)(area + 1);
}

static struct xlab_from *half_of(const struct key_rules *k, struct xlab_area *area, uint32_t half)
{
	const uint32_t *c = k->layout->constants;
	struct xlab_from *spans = (void *)(entries_of(area) + ((size_t)1 << c[XLAB_HASH_BITS]));

	return spans + (size_t)half * c[XLAB_SPANS_MAX];
}

/* Into the half that no program reads, which then becomes the one that holds. */
static int write_spans(const struct key_rules *k, struct xlab_area *area,
		       const struct xlab_from *list, size_t n, bool *waited)
{
	uint32_t half = area->half & 1;
	int err;

	/* Never none: one begins with the first value that there can be. */
	if (!n ||
	    (area->spans[half] == n && !memcmp(half_of(k, area, half), list, n * sizeof(*list))))
		return 0;
	err = wait_for_readers(waited);
	if (err)
		return err;
	half ^= 1;
	memcpy(half_of(k, area, half), list, n * sizeof(*list));
	__atomic_store_n(&area->spans[half], (uint32_t)n, __ATOMIC_RELEASE);
	__atomic_store_n(&area->half, half, __ATOMIC_RELEASE);
	return 0;
}

/* --- Single values -------------------------------------------------------------------------- */

struct single {
	struct field_value value;
	struct xlab_value parts;
	uint32_t number;
	bool placed;
};

/* As span_rule() of the program finds it, among one at least: it begins with the first value. */
static uint32_t number_at(const struct xlab_from *list, size_t n, const struct xlab_from *at)
{
	size_t low = 0;

	for (size_t high = n; high - low > 1;) {
		size_t middle = low + (high - low) / 2;
		const __u64 *first = list[middle].first;

		if (first[0] < at->first[0] ||
		    (first[0] == at->first[0] && first[1] <= at->first[1]))
			low = middle;
		else
			high = middle;
	}
	return list[low].number;
}

/* In the order of values; of equal ones an exception holds. */
static size_t singles_of(const struct key_rules *k, const struct xlab_from *list, size_t n_list,
			 struct single **singles)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < k->n; i++) {
		const struct item *item = &k->items[i];
		struct xlab_from at = from_of(k->place, &item->span.first, 0);
		struct single *s;

		if (!is_single(&item->span))
			continue;
		s = array_add(singles, &n, sizeof(*s));
		*s = (struct single){ .value = item->span.first,
				      .parts = match_layout_value(k->place, &item->span.first),
				      .number = item->number };
		if (item->except || number_at(list, n_list, &at) == XLAB_EXCEPTED)
			s->number = XLAB_EXCEPTED;
	}
	if (n)
		qsort(*singles, n, sizeof(**singles), by_value);
	for (size_t i = 0; i < n; i++) {
		struct single *last = kept ? &(*singles)[kept - 1] : NULL;

		if (last && !compare(&last->value, &(*singles)[i].value)) {
			if ((*singles)[i].number == XLAB_EXCEPTED)
				last->number = XLAB_EXCEPTED;
			continue;
		}
		(*singles)[kept++] = (*singles)[i];
	}
	return kept;
}

/* Which is the order of values, too. */
static int by_parts(const void *a, const void *b)
{
	const struct xlab_value *x = &((const struct single *)a)->parts;
	const struct xlab_value *y = &((const struct single *)b)->parts;

	return memcmp(x, y, sizeof(*x));
}

/* What is there already gets its number, or none: then readers may still be at it. */
static void renumber(const struct key_rules *k, struct xlab_entry *entries, struct single *singles,
		     size_t n, bool *waited)
{
	size_t size = (size_t)1 << k->layout->constants[XLAB_HASH_BITS];

	for (size_t i = 0; i < size; i++) {
		struct single wanted = { .parts = entries[i].value }, *s;
		uint32_t number;

		if (!entries[i].used)
			continue;
		s = n ? bsearch(&wanted, singles, n, sizeof(*singles), by_parts) : NULL;
		number = s ? s->number : 0;
		if (s)
			s->placed = true;
		if (entries[i].number == number)
			continue;
		__atomic_store_n(&entries[i].number, number, __ATOMIC_RELEASE);
		*waited = *waited && number;
	}
}

/* A place where @s is looked for: one that was never used, else one that nothing has now. */
static struct xlab_entry *find_room(const struct key_rules *k, struct xlab_entry *entries,
				    const struct single *s)
{
	const uint32_t *c = k->layout->constants;
	uint64_t a = s->parts.part[0], b = s->parts.part[1];
	uint64_t hash = XLAB_HASH(a, b) >> c[XLAB_HASH_SHIFT],
		 mask = (1ULL << c[XLAB_HASH_BITS]) - 1;
	struct xlab_entry *free = NULL;

	for (int i = 0; i < XLAB_PROBES; i++) {
		struct xlab_entry *e = &entries[(hash + i) & mask];

		if (!e->used)
			return free ? free : e;
		if (!e->number && !free)
			free = e;
	}
	return free;
}

static int write_singles(const struct key_rules *k, struct xlab_area *area, struct single *singles,
			 size_t n, bool *waited)
{
	struct xlab_entry *entries = entries_of(area);

	renumber(k, entries, singles, n, waited);
	for (size_t i = 0; i < n; i++) {
		struct xlab_entry *e;
		int err;

		if (singles[i].placed)
			continue;
		e = find_room(k, entries, &singles[i]);
		if (!e)
			return -ENOSPC;
		err = e->used ? wait_for_readers(waited) : 0;
		if (err)
			return err;
		e->value = singles[i].parts;
		__atomic_store_n(&e->used, 1, __ATOMIC_RELEASE);
		__atomic_store_n(&e->number, singles[i].number, __ATOMIC_RELEASE);
	}
	return 0;
}

static int write_area(const struct key_rules *k, struct xlab_rules *memory, bool *waited)
{
	struct xlab_area *area = area_of(k, memory);
	struct xlab_from *FREE_AUTO list = NULL;
	struct single *FREE_AUTO singles = NULL;
	struct stretches s = { NULL, 0 };
	size_t n = 0, n_singles;
	int err;

	for (size_t i = 0; i < k->n; i++)
		if (!is_single(&k->items[i].span))
			add_item(&s, k, &k->items[i]);
	flatten(k, &s, &list, &n);
	free(s.list);
	if (n > k->layout->constants[XLAB_SPANS_MAX])
		return -ENOSPC;
	n_singles = singles_of(k, list, n, &singles);
	err = write_spans(k, area, list, n, waited);
	return err ? err : write_singles(k, area, singles, n_singles, waited);
}

/* --- All of it ------------------------------------------------------------------------------ */

/* The value that is compared before anything is looked up: of the key's only rule or, of those in
 * tables and hashes of one load, of the first of several.
 */
static const struct item *one_of(const struct key_rules *k)
{
	const struct field *f = &fields[k->field];

	if (f->bits != 8U * k->place->bytes && k->field != XLAB_FIELD_DATA)
		return NULL;
	for (size_t i = 0; i < k->n; i++)
		if (k->items[i].except)
			return NULL;
	for (size_t i = 0; i < k->n; i++)
		if (k->items[i].only)
			return &k->items[i];
	return NULL;
}

static void write_one(const struct key_rules *k, struct xlab_rules *memory)
{
	const struct item *one = one_of(k);
	struct xlab_value none = { { UINT64_MAX, UINT64_MAX } };
	struct xlab_value *at = &memory->one[k->place->slot];
	uint32_t *many = &memory->many[k->place->slot / 32], bit = 1U << k->place->slot % 32;
	bool alone = one && k->n == 1;

	/* It is looked at only where there are not many, or can be found by a look-up as well. */
	if (!alone)
		__atomic_or_fetch(many, bit, __ATOMIC_RELEASE);
	*at = one ? match_layout_value(k->place, &one->span.first) : none;
	if (alone)
		__atomic_and_fetch(many, ~bit, __ATOMIC_RELEASE);
}

static int derive_key(const struct match_layout *l, struct xlab_rules *memory, size_t key,
		      bool *waited)
{
	struct key_rules k;
	int err = 0;

	collect(&k, l, memory, key);
	if (l->places[key].tabled)
		write_table(&k, memory);
	else
		err = write_area(&k, memory, waited);
	write_one(&k, memory);
	free(k.items);
	return err;
}

static void find_given(const struct match_layout *l, struct xlab_rules *memory,
		       uint32_t given[XLAB_PLACES])
{
	const struct xlab_rule *list = match_list(l, memory);

	memcpy(given, memory->kept, sizeof(memory->kept));
	for (uint32_t i = 1; i < l->capacity; i++)
		if (list[i].used)
			given[l->places[list[i].key].slot / 32] |=
				1U << l->places[list[i].key].slot % 32;
}

/* The lab file's one value of each key is all that there is, and a program may have them in it. */
static bool are_ones(const struct match_layout *l, struct xlab_rules *memory)
{
	const struct xlab_rule *list = match_list(l, memory);
	size_t n = 0;

	for (size_t i = 0; i < l->n_keys; i++)
		n += l->places[i].has_one;
	for (uint32_t i = 1; i < l->capacity; i++) {
		if (list[i].used && !list[i].only)
			return false;
		n -= list[i].used;
	}
	return !n;
}

/* A key is given only while what its values are looked up in is ready. */
int match_derive(const struct match_layout *l, struct xlab_rules *memory, bool fresh)
{
	uint32_t given[XLAB_PLACES];
	bool waited = fresh;
	int err = 0, one;

	find_given(l, memory, given);
	for (int i = 0; i < XLAB_PLACES; i++)
		__atomic_and_fetch(&memory->given[i], given[i], __ATOMIC_RELEASE);
	for (size_t i = 0; i < l->n_keys; i++) {
		one = derive_key(l, memory, i, &waited);
		err = one ? one : err;
	}
	for (int i = 0; i < XLAB_PLACES; i++)
		__atomic_store_n(&memory->given[i], given[i], __ATOMIC_RELEASE);
	__atomic_store_n(&memory->changed, !are_ones(l, memory), __ATOMIC_RELEASE);
	return err;
}
