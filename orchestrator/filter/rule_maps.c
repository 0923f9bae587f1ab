// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of a filter's rules, and their hits. What packets are looked up in is match_derive.c's,
 * how rules are written in words is not known here.
 */
#include "orchestrator/filter/rule_maps.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/match_derive.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/program.h"

static struct xlab_rule *list_of(const struct rule_maps *m)
{
	return match_list(&m->layout, m->memory);
}

static int map_memory(struct rule_maps *m, int fd, struct error *e)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	void *at;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return error_sys(e, -errno, "the map of the rules cannot be asked for its size");
	if (info.value_size != m->layout.size)
		return error_state(e, -ESTALE,
				   "the map of its rules is not what this xlab makes: take the lab "
				   "down and up again");
	at = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return error_sys(e, -errno, "the map of the rules cannot be mapped");
	m->memory = at;
	m->size = info.value_size;
	return 0;
}

int rule_maps_open(struct rule_maps *m, const struct filter *filter, rule_map_fd open, void *cookie,
		   struct error *e)
{
	const struct program *p = &programs[filter->program];
	int FD_AUTO rules = -1;
	int err;

	if (!program_matches(p))
		return error_input(e, "program %s has no rules", p->name);
	if (counters_cpus(e))
		return e->err;
	m->keys = filter->keys;
	m->n_keys = filter->n_keys;
	match_layout(filter, &m->layout);
	m->capacity = m->layout.capacity;
	err = open(cookie, RULES_MAP, &rules, e);
	return err ? err : map_memory(m, rules, e);
}

void rule_maps_close(struct rule_maps *m)
{
	if (m->memory)
		munmap(m->memory, m->size);
	*m = (struct rule_maps)RULE_MAPS_NONE;
}

/* --- The list ------------------------------------------------------------------------------- */

static struct rule rule_of(const struct xlab_rule *entry)
{
	struct rule rule = { .key = entry->key, .except = entry->except };

	_Static_assert(sizeof(rule.span) <= sizeof(entry->span), "there is room for it");
	memcpy(&rule.span, entry->span, sizeof(rule.span));
	return rule;
}

static bool is_rule(const struct xlab_rule *entry, const struct rule *rule)
{
	struct rule there = rule_of(entry);

	return rule_equal(&there, rule);
}

static uint32_t find(const struct rule_maps *m, const struct rule *rule)
{
	const struct xlab_rule *list = list_of(m);

	for (uint32_t i = 1; i < m->capacity; i++)
		if (list[i].used && is_rule(&list[i], rule))
			return i;
	return 0;
}

/* Numbers a rule may have end before this: tables have room for 16 bits. */
static uint32_t number_end(const struct rule_maps *m, const struct rule *rule)
{
	uint32_t end = m->layout.places[rule->key].tabled ? XLAB_EXCEPTED : XLAB_RULES_MAX;

	return m->capacity > end ? end : m->capacity;
}

static uint64_t *hit_of(const struct rule_maps *m, uint32_t cpu, uint32_t number)
{
	uint64_t *hits = (void *)((char *)m->memory + m->layout.hits);

	return &hits[(size_t)cpu * m->capacity + number];
}

/* What the program counted: [0] of the whole filter. */
static uint64_t counted(const struct rule_maps *m, uint32_t number)
{
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < m->layout.cpus; cpu++)
		sum += __atomic_load_n(hit_of(m, cpu, number), __ATOMIC_RELAXED);
	return sum;
}

static __u64 *gone_of(const struct rule_maps *m, uint32_t number)
{
	return &m->memory->gone[m->layout.places[list_of(m)[number].key].slot];
}

/* An entry is written before it is used. */
static void set_used(struct rule_maps *m, uint32_t number, uint8_t used)
{
	__atomic_store_n(&list_of(m)[number].used, used, __ATOMIC_RELEASE);
}

/* The hits that the number had are another rule's. */
static void insert(struct rule_maps *m, const struct rule *rule, uint32_t number, bool only)
{
	struct xlab_rule *entry = &list_of(m)[number];

	*gone_of(m, number) += counted(m, number);
	for (uint32_t cpu = 0; cpu < m->layout.cpus; cpu++)
		__atomic_store_n(hit_of(m, cpu, number), 0, __ATOMIC_RELAXED);
	entry->key = rule->key;
	entry->except = rule->except;
	entry->only = only;
	memcpy(entry->span, &rule->span, sizeof(rule->span));
	set_used(m, number, 1);
}

/* The lowest number that no rule has, 0 if all have one. */
static uint32_t free_number(const struct rule_maps *m, const struct rule *rule)
{
	for (uint32_t i = 1; i < number_end(m, rule); i++)
		if (!list_of(m)[i].used && i != XLAB_EXCEPTED)
			return i;
	return 0;
}

/* --- Hits ----------------------------------------------------------------------------------- */

/* Of a key that every match needs each match is some rule's: those that are not the others' are the
 * only one's.
 */
static uint64_t hits_of_only(const struct rule_maps *m, uint32_t number)
{
	const struct xlab_rule *list = list_of(m);
	uint64_t others = *gone_of(m, number), all;

	for (uint32_t i = 1; i < m->capacity; i++)
		if (list[i].key == list[number].key && i != number)
			others += counted(m, i);
	all = counted(m, 0);
	return all > others ? all - others : 0;
}

uint64_t rule_maps_hits(const struct rule_maps *m, uint32_t number)
{
	return list_of(m)[number].only ? hits_of_only(m, number) : counted(m, number);
}

/* --- Changes -------------------------------------------------------------------------------- */

_Static_assert(FILTER_RULES_MAX < XLAB_EXCEPTED, "each of the lab file's rules has its number");

int rule_maps_fill(struct rule_maps *m, const struct filter *filter)
{
	bool has_only[MATCH_KEYS_MAX] = { false };

	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		unsigned int slot = m->layout.places[rule->key].slot;
		bool only = !has_only[rule->key] &&
			    match_layout_is_one(&m->layout.places[rule->key], rule);

		m->memory->kept[slot / 32] |= 1U << slot % 32;
		insert(m, rule, (uint32_t)i + 1, only);
		has_only[rule->key] |= only;
	}
	return match_derive(&m->layout, m->memory, true);
}

bool rule_maps_has(const struct rule_maps *m, const struct rule *rule)
{
	return find(m, rule) != 0;
}

int rule_maps_add(struct rule_maps *m, const struct rule *rules, size_t n)
{
	size_t done = 0;
	int err = 0;

	for (; !err && done < n; done += !err) {
		uint32_t number = free_number(m, &rules[done]);

		err = find(m, &rules[done]) ? -EEXIST : number ? 0 : -ENOSPC;
		if (!err)
			insert(m, &rules[done], number, false);
	}
	if (!err)
		err = match_derive(&m->layout, m->memory, false);
	if (!err)
		return 0;
	while (done-- > 0)
		set_used(m, find(m, &rules[done]), 0);
	(void)match_derive(&m->layout, m->memory, false);
	return err;
}

int rule_maps_del(struct rule_maps *m, const struct rule *rules, size_t n)
{
	uint32_t *FREE_AUTO numbers = xcalloc(n, sizeof(*numbers));
	size_t done = 0;
	int err;

	for (; done < n && (numbers[done] = find(m, &rules[done])); done++)
		set_used(m, numbers[done], 0);
	err = done < n ? -ENOENT : match_derive(&m->layout, m->memory, false);
	if (!err)
		return 0;
	while (done-- > 0)
		set_used(m, numbers[done], 1);
	(void)match_derive(&m->layout, m->memory, false);
	return err;
}

int rule_maps_each(const struct rule_maps *m, rule_fn *fn, void *cookie)
{
	const struct xlab_rule *list = list_of(m);
	int r = 0;

	for (uint32_t i = 1; i < m->capacity && !r; i++) {
		struct rule rule = rule_of(&list[i]);

		if (list[i].used)
			r = fn(cookie, &rule, i);
	}
	return r;
}
