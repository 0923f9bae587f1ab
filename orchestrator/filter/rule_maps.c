// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules in a filter's maps, as bpf/rules.h lays them out. How rules are written in words is not
 * known here.
 */
#include "orchestrator/filter/rule_maps.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/counters.h"

const char *const rule_map_names[RULE_MAPS] = {
	[RULE_MACS] = "macs",
	[RULE_ADDRESSES4] = "addresses4",
	[RULE_ADDRESSES6] = "addresses6",
	[RULE_NETS] = "nets",
};

static uint16_t *table_of(const struct rule_maps *m, enum xlab_key key)
{
	uint16_t *tables = (uint16_t *)(m->head + 1);

	if (key == XLAB_KEY_PROTO)
		return m->head->protos;
	return tables + (key == XLAB_KEY_DST ? XLAB_TABLE : 0);
}

/* Before the hits. */
static size_t tables_size(const struct rule_layout *layout)
{
	return sizeof(struct xlab_rules) + layout->tables * XLAB_TABLE * sizeof(uint16_t);
}

/* A rule number's hits, one a CPU, and its span. */
static size_t number_size(void)
{
	return (size_t)libbpf_num_possible_cpus() * sizeof(uint64_t) + sizeof(struct xlab_span);
}

size_t rule_maps_size(const struct rule_layout *layout, size_t capacity)
{
	return tables_size(layout) + capacity * number_size();
}

static uint64_t *hits_of(const struct rule_maps *m, uint32_t cpu)
{
	uint64_t *hits = (void *)((char *)m->head + tables_size(m->layout));

	return hits + (size_t)cpu * m->capacity;
}

/* Behind the hits of the last CPU. */
static struct xlab_span *spans_of(const struct rule_maps *m)
{
	return (void *)hits_of(m, m->cpus);
}

uint64_t rule_maps_hits(const struct rule_maps *m, uint32_t number)
{
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
		sum += __atomic_load_n(&hits_of(m, cpu)[number], __ATOMIC_RELAXED);
	return sum;
}

static int map_rules(struct rule_maps *m, int fd, struct error *e)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	void *at;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return error_sys(e, -errno, "the map of the rules cannot be asked for its size");
	at = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return error_sys(e, -errno, "the map of the rules cannot be mapped");
	m->head = at;
	m->size = info.value_size;
	m->capacity = (m->size - tables_size(m->layout)) / number_size();
	return 0;
}

int rule_maps_open(struct rule_maps *m, const struct filter *filter, rule_map_fd open, void *cookie,
		   struct error *e)
{
	enum program_kind program = filter->program;
	int FD_AUTO rules = -1;
	int err;

	m->layout = &programs[program].rules;
	m->keys = filter->keys;
	m->n_keys = filter->n_keys;
	if (!program_matches(&programs[program]))
		return error_input(e, "program %s has no rules", programs[program].name);
	if (counters_cpus(e))
		return e->err;
	m->cpus = libbpf_num_possible_cpus();
	for (int i = 0; i < RULE_MAPS; i++) {
		err = m->layout->maps >> i & 1 ? open(cookie, rule_map_names[i], &m->fds[i], e) : 0;
		if (err)
			return err;
	}
	err = open(cookie, RULES_MAP, &rules, e);
	return err ? err : map_rules(m, rules, e);
}

void rule_maps_close(struct rule_maps *m)
{
	if (m->head)
		munmap(m->head, m->size);
	for (int i = 0; i < RULE_MAPS; i++)
		cleanup_fd(&m->fds[i]);
	*m = (struct rule_maps)RULE_MAPS_NONE;
}

/* A rule in the way of these maps. */
struct stored {
	enum { STORED_MAC, STORED_NET, STORED_SPAN } kind;
	enum xlab_key key;
	union {
		uint8_t mac[6];
		struct prefix net;
		struct range span;
	};
};
typedef int (*stored_fn)(void *cookie, const struct stored *rule, uint32_t number);

static enum xlab_key key_of(enum xlab_field field)
{
	switch (field) {
	case XLAB_FIELD_ETH_SRC:
	case XLAB_FIELD_NET_SRC:
	case XLAB_FIELD_PORT_SRC:
		return XLAB_KEY_SRC;
	case XLAB_FIELD_ETH_DST:
	case XLAB_FIELD_NET_DST:
	case XLAB_FIELD_PORT_DST:
		return XLAB_KEY_DST;
	case XLAB_FIELD_ETH_TYPE:
		return XLAB_KEY_TYPE;
	case XLAB_FIELD_NET_PROTO:
		return XLAB_KEY_PROTO;
	default:
		return XLAB_KEYS;
	}
}

static int store(const struct rule_maps *m, const struct rule *rule, struct stored *stored)
{
	enum xlab_field field = m->keys[rule->key].field;
	const struct field_value *first = &rule->span.first;
	bool v4 = field_is_ipv4(first);
	unsigned int len = 0;

	*stored = (struct stored){ .kind = STORED_SPAN, .key = key_of(field) };
	if (stored->key == XLAB_KEYS || rule->except)
		return -EOPNOTSUPP;
	if (fields[field].bits <= 16) {
		stored->span.first = (uint16_t)field_number(first);
		stored->span.last = (uint16_t)field_number(&rule->span.last);
		return 0;
	}
	if (!field_span_prefix(field, &rule->span, &len))
		return -EOPNOTSUPP;
	if (fields[field].kind == XLAB_KIND_MAC) {
		stored->kind = STORED_MAC;
		memcpy(stored->mac, first->bytes + FIELD_VALUE - sizeof(stored->mac),
		       sizeof(stored->mac));
		return len == 48 ? 0 : -EOPNOTSUPP;
	}
	stored->kind = STORED_NET;
	stored->net.len = len;
	stored->net.address.family = v4 ? AF_INET : AF_INET6;
	memcpy(&stored->net.address.v6, first->bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
	return 0;
}

/* It was stored before, so there is a key of it; and its words are read without a fault. */
static struct rule restore(const struct rule_maps *m, const struct stored *stored)
{
	struct rule rule = { 0 };
	char *FREE_AUTO why = NULL, *FREE_AUTO word = NULL;
	char buf[PREFIX_TEXT];

	for (size_t i = 0; i < m->n_keys; i++)
		if (key_of(m->keys[i].field) == stored->key)
			rule.key = (uint8_t)i;
	if (stored->kind == STORED_MAC)
		word = xstrdup(mac_text(stored->mac, buf));
	else if (stored->kind == STORED_NET)
		word = xstrdup(prefix_text(&stored->net, buf));
	if (word) {
		(void)field_read(m->keys[rule.key].field, word, &rule.span, &why);
	} else {
		rule.span.first = field_value_of(stored->span.first);
		rule.span.last = field_value_of(stored->span.last);
	}
	return rule;
}

/* An element's key, and the map it is in. */
struct place {
	enum rule_map map;
	union {
		uint64_t mac;
		struct in_addr v4;
		struct in6_addr v6;
		struct xlab_net net;
	} key;
};

/* As ether.bpf.c puts the halves of a MAC together. */
static uint64_t mac_key(const uint8_t mac[6])
{
	uint32_t low;
	uint16_t high;

	memcpy(&low, mac, sizeof(low));
	memcpy(&high, mac + sizeof(low), sizeof(high));
	return low | (uint64_t)high << 32;
}

static void mac_of_key(uint64_t key, uint8_t mac[6])
{
	uint32_t low = key;
	uint16_t high = key >> 32;

	memcpy(mac, &low, sizeof(low));
	memcpy(mac + sizeof(low), &high, sizeof(high));
}

static size_t family_size(uint8_t family)
{
	return family == XLAB_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static struct place place_of(const struct stored *rule)
{
	const struct prefix *net = &rule->net;
	struct place p = { 0 };
	uint8_t family;

	if (rule->kind == STORED_MAC) {
		p.map = RULE_MACS;
		p.key.mac = mac_key(rule->mac);
		return p;
	}
	family = net->address.family == AF_INET ? XLAB_IPV4 : XLAB_IPV6;
	if (net->len == 8 * family_size(family)) {
		p.map = family == XLAB_IPV4 ? RULE_ADDRESSES4 : RULE_ADDRESSES6;
		memcpy(&p.key, &net->address.v6, family_size(family));
		return p;
	}
	p.map = RULE_NETS;
	p.key.net.bits = XLAB_NET_HEAD + net->len;
	p.key.net.side = rule->key;
	p.key.net.family = family;
	memcpy(p.key.net.address, &net->address.v6, family_size(family));
	return p;
}

static struct stored rule_of(const struct place *p, enum xlab_key side)
{
	struct stored rule = { .kind = STORED_NET, .key = side };
	uint8_t family = p->map == RULE_NETS ? p->key.net.family : p->map == RULE_ADDRESSES6;
	const void *address = p->map == RULE_NETS ? p->key.net.address : (const void *)&p->key;

	if (p->map == RULE_MACS) {
		rule.kind = STORED_MAC;
		mac_of_key(p->key.mac, rule.mac);
		return rule;
	}
	rule.net.address.family = family == XLAB_IPV4 ? AF_INET : AF_INET6;
	memcpy(&rule.net.address.v6, address, family_size(family));
	rule.net.len =
		p->map == RULE_NETS ? p->key.net.bits - XLAB_NET_HEAD : 8 * family_size(family);
	return rule;
}

/* The element's rules by side; both 0 if it is not there. */
static struct xlab_sides sides_at(const struct rule_maps *m, const struct place *p)
{
	struct xlab_sides sides = { { 0, 0 } };
	struct xlab_net_rule net;

	if (p->map != RULE_NETS)
		bpf_map_lookup_elem(m->fds[p->map], &p->key, &sides);
	else if (!bpf_map_lookup_elem(m->fds[p->map], &p->key, &net) && net.bits == p->key.net.bits)
		sides.rule[p->key.net.side] = net.rule;
	return sides;
}

static int write_element(struct rule_maps *m, const struct stored *rule, uint32_t number)
{
	struct place p = place_of(rule);
	struct xlab_net_rule net = { number, p.key.net.bits };
	struct xlab_sides sides = sides_at(m, &p);
	int fd = m->fds[p.map];

	sides.rule[rule->key] = number;
	if (!sides.rule[XLAB_KEY_SRC] && !sides.rule[XLAB_KEY_DST])
		return bpf_map_delete_elem(fd, &p.key) ? -errno : 0;
	if (p.map == RULE_NETS)
		return bpf_map_update_elem(fd, &p.key, &net, BPF_ANY) ? -errno : 0;
	return bpf_map_update_elem(fd, &p.key, &sides, BPF_ANY) ? -errno : 0;
}

static void write_span(struct rule_maps *m, uint32_t number, struct xlab_span span)
{
	uint64_t whole;

	_Static_assert(sizeof(span) == sizeof(whole), "a span is written at once");
	memcpy(&whole, &span, sizeof(whole));
	__atomic_store_n((uint64_t *)&spans_of(m)[number], whole, __ATOMIC_RELEASE);
}

static uint32_t find_span(const struct rule_maps *m, const struct stored *rule)
{
	const struct xlab_span *s = spans_of(m);

	for (uint32_t i = 1; i < m->capacity; i++)
		if (s[i].used && s[i].key == rule->key && s[i].first == rule->span.first &&
		    s[i].last == rule->span.last)
			return i;
	return 0;
}

static uint32_t find(const struct rule_maps *m, const struct stored *rule)
{
	struct place p;

	if (rule->kind == STORED_SPAN)
		return find_span(m, rule);
	p = place_of(rule);
	return sides_at(m, &p).rule[rule->key];
}

/* Numbers a rule may have end before this: tables have room for 16 bits. */
static uint32_t number_end(const struct rule_maps *m, const struct stored *rule)
{
	uint32_t end = rule->kind == STORED_SPAN ? UINT16_MAX : 1U << XLAB_RULE_BITS;

	return m->capacity > end ? end : m->capacity;
}

static int insert(struct rule_maps *m, const struct stored *rule, uint32_t number)
{
	struct xlab_span span = { 1, rule->key, rule->span.first, rule->span.last };

	for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
		__atomic_store_n(&hits_of(m, cpu)[number], 0, __ATOMIC_RELAXED);
	if (rule->kind != STORED_SPAN)
		return write_element(m, rule, number);
	write_span(m, number, span);
	return 0;
}

static int each_span(const struct rule_maps *m, stored_fn fn, void *cookie)
{
	const struct xlab_span *s = spans_of(m);
	int r = 0;

	for (uint32_t i = 1; i < m->capacity && !r; i++) {
		struct stored rule = { .kind = STORED_SPAN,
				       .key = s[i].key,
				       .span = { s[i].first, s[i].last } };

		if (s[i].used)
			r = fn(cookie, &rule, i);
	}
	return r;
}

static int each_element(const struct rule_maps *m, enum rule_map map, stored_fn fn, void *cookie)
{
	struct place p = { .map = map };
	bool first = true;
	int r = 0;

	while (!r && !bpf_map_get_next_key(m->fds[map], first ? NULL : &p.key, &p.key)) {
		struct xlab_sides sides = sides_at(m, &p);

		first = false;
		for (int side = XLAB_KEY_SRC; side <= XLAB_KEY_DST && !r; side++) {
			struct stored rule = rule_of(&p, side);

			if (sides.rule[side])
				r = fn(cookie, &rule, sides.rule[side]);
		}
	}
	return r;
}

static int each(const struct rule_maps *m, stored_fn fn, void *cookie)
{
	int r = each_span(m, fn, cookie);

	for (int map = 0; map < RULE_MAPS && !r; map++)
		if (m->fds[map] >= 0)
			r = each_element(m, map, fn, cookie);
	return r;
}

static void refresh_table(struct rule_maps *m, enum xlab_key key, uint32_t entries)
{
	static const uint16_t none;
	const struct xlab_span *s = spans_of(m);
	uint16_t *table = table_of(m, key);
	uint16_t *FREE_AUTO fresh = xcalloc(entries, sizeof(none));

	for (uint32_t i = 1; i < m->capacity; i++)
		for (uint32_t v = s[i].first; s[i].used && s[i].key == key && v <= s[i].last; v++)
			if (fresh[v] == none)
				fresh[v] = i;
	for (uint32_t v = 0; v < entries; v++)
		if (table[v] != fresh[v])
			__atomic_store_n(&table[v], fresh[v], __ATOMIC_RELEASE);
}

static int add_given(void *cookie, const struct stored *rule, uint32_t number)
{
	uint32_t *given = cookie;
	struct place p;
	bool v6;

	(void)number;
	*given |= XLAB_GIVEN(rule->key);
	if (rule->kind != STORED_NET)
		return 0;
	p = place_of(rule);
	v6 = rule->net.address.family == AF_INET6;
	*given |= p.map == RULE_NETS ? XLAB_GIVEN_NETS(rule->key, v6)
				     : XLAB_GIVEN_EXACT(rule->key, v6);
	return 0;
}

/* Derive anew what is derived. Tables go first: a key is given only when its table is ready. */
static void refresh(struct rule_maps *m)
{
	uint32_t given = m->head->kept;

	refresh_table(m, XLAB_KEY_PROTO, 256);
	if (m->layout->tables > 0)
		refresh_table(m, m->layout->tables > 1 ? XLAB_KEY_SRC : XLAB_KEY_TYPE, XLAB_TABLE);
	if (m->layout->tables > 1)
		refresh_table(m, XLAB_KEY_DST, XLAB_TABLE);
	each(m, add_given, &given);
	__atomic_store_n(&m->head->given, given, __ATOMIC_RELEASE);
}

int rule_maps_fill(struct rule_maps *m, const struct filter *filter)
{
	int err = 0;

	for (size_t i = 0; i < filter->n_rules && !err; i++) {
		struct stored rule;

		err = store(m, &filter->rules[i], &rule);
		if (err)
			break;
		m->head->kept |= XLAB_GIVEN(rule.key);
		if (!find(m, &rule))
			err = i + 1 < number_end(m, &rule) ? insert(m, &rule, i + 1) : -ENOSPC;
	}
	refresh(m);
	return err;
}

static int mark_used(void *cookie, const struct stored *rule, uint32_t number)
{
	uint8_t *used = cookie;

	(void)rule;
	used[number] = 1;
	return 0;
}

/* The lowest number that no rule has, 0 if all have one. */
static uint32_t free_number(const struct rule_maps *m, const struct stored *rule)
{
	uint32_t end = number_end(m, rule);
	uint8_t *FREE_AUTO used = xcalloc(m->capacity, 1);

	each(m, mark_used, used);
	for (uint32_t i = 1; i < end; i++)
		if (!used[i])
			return i;
	return 0;
}

bool rule_maps_has(const struct rule_maps *m, const struct rule *rule)
{
	struct stored stored;

	return !store(m, rule, &stored) && find(m, &stored);
}

int rule_maps_add(struct rule_maps *m, const struct rule *rule)
{
	struct stored stored;
	int err = store(m, rule, &stored);
	uint32_t number;

	if (err)
		return err;
	number = find(m, &stored) ? 0 : free_number(m, &stored);
	err = -EEXIST;
	if (number)
		err = insert(m, &stored, number);
	else if (!find(m, &stored))
		err = -ENOSPC;
	refresh(m);
	return err;
}

int rule_maps_del(struct rule_maps *m, const struct rule *rule)
{
	struct stored stored;
	int err = store(m, rule, &stored);
	uint32_t number;

	if (err)
		return err;
	number = find(m, &stored);
	err = -ENOENT;
	if (number && stored.kind == STORED_SPAN) {
		write_span(m, number, (struct xlab_span){ 0 });
		err = 0;
	} else if (number) {
		err = write_element(m, &stored, 0);
	}
	refresh(m);
	return err;
}

struct teller {
	const struct rule_maps *maps;
	rule_fn *fn;
	void *cookie;
};

static int tell(void *cookie, const struct stored *stored, uint32_t number)
{
	const struct teller *t = cookie;
	struct rule rule = restore(t->maps, stored);

	return t->fn(t->cookie, &rule, number);
}

int rule_maps_each(const struct rule_maps *m, rule_fn *fn, void *cookie)
{
	struct teller t = { m, fn, cookie };

	return each(m, tell, &t);
}
