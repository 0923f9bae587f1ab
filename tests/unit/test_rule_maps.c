// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of a filter's rules in memory of the test's: how it is opened, what changes leave in it,
 * and whose the hits are. What packets meet there, tests/filters tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/match_derive.h"
#include "orchestrator/filter/rule_maps.h"
#include "tests/unit/fails.h"
#include "tests/unit/filter_lines.h"
#include "tests/unit/mapped.h"
#include "tests/unit/wrap.h"

static struct labfile labfile;
static struct filter *filter;
static struct rule_maps maps;
static size_t more; /* bytes of the map than there should be */

WRAP(int, counters_cpus, struct error *e)
{
	return fails_at("cpus") ? error_sys(e, -errno, "no CPUs") : 0;
}

WRAP(int, bpf_obj_get_info_by_fd, int fd, void *info, __u32 *len)
{
	assert_int_equal(fd, mapped.fd);
	assert_int_equal(*len, sizeof(struct bpf_map_info));
	mapped.size = maps.layout.size;
	((struct bpf_map_info *)info)->value_size = (__u32)(mapped.size + more);
	return fails_at("info") ? -1 : 0;
}

/* That all readers have ended. */
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	(void)number;
	return fails_at("wait") ? -1 : 0;
}

static int open_map(void *cookie, const char *name, int *fd, struct error *e)
{
	assert_ptr_equal(cookie, &maps);
	assert_string_equal(name, ".bss");
	assert_int_equal(*fd, -1); /* which nobody closes */
	if (fails_at("open"))
		return error_sys(e, -errno, "no map");
	*fd = mapped.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

static int opens(struct error *e)
{
	return rule_maps_open(&maps, filter, open_map, &maps, e);
}

static void begin(const char *lines)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	filter = filter_of_lines(&labfile, lines);
	assert_int_equal(opens(&e), 0);
	assert_int_equal(rule_maps_fill(&maps, filter), 0);
}

static void end(void)
{
	rule_maps_close(&maps);
	assert_null(maps.memory);
	labfile_clear(&labfile);
}

static void what_cannot_be_opened_is_told(void **state)
{
	static const struct {
		const char *lines, *fails;
		size_t more;
		int err;
		const char *told;
	} rows[] = {
		{ "program = pass", NULL, 0, -EINVAL, "program pass has no rules" },
		{ "program = match\nip.ttl = 1", "cpus", 0, -EPERM,
		  "no CPUs: Operation not permitted" },
		{ "program = match\nip.ttl = 1", "open", 0, -EPERM,
		  "no map: Operation not permitted" },
		{ "program = match\nip.ttl = 1", "info", 0, -EPERM,
		  "the map of the rules cannot be asked for its size: Operation not permitted" },
		{ "program = match\nip.ttl = 1", NULL, 1, -ESTALE,
		  "the map of its rules is not what this xlab makes: take the lab down and up "
		  "again" },
		{ "program = match\nip.ttl = 1", "mmap", 0, -EPERM,
		  "the map of the rules cannot be mapped: Operation not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		filter = filter_of_lines(&labfile, rows[i].lines);
		fails = rows[i].fails;
		more = rows[i].more;
		assert_int_equal(opens(&e), rows[i].err);
		fails = NULL;
		more = 0;
		assert_string_equal(e.text, rows[i].told);
		assert_null(maps.memory);
		end();
	}
}

/* "NUMBER:RULE …", with "only" before those that hits are another sum for. */
static int add_text(void *cookie, const struct rule *rule, uint32_t number)
{
	char *FREE_AUTO text = rule_text(filter->keys, rule);

	text_add(cookie, " ", "%u:%s%s", number,
		 match_list(&maps.layout, maps.memory)[number].only ? "only " : "", text);
	return 0;
}

static void rules_are(const char *wanted)
{
	char *FREE_AUTO said = NULL;

	assert_int_equal(rule_maps_each(&maps, add_text, &said), 0);
	assert_string_equal(said ? said : "", wanted);
}

/* Of each key the first single value is its one, if the file has no more of them. */
static void numbers_are_the_files_order(void **state)
{
	static const struct {
		const char *lines, *rules;
	} rows[] = {
		{ "ip.src = 10.0.0.5", "1:only ip.src=10.0.0.5" },
		{ "ip.src = 10.0.0.0/8 10.0.0.5 10.0.0.6",
		  "1:ip.src=10.0.0.0/8 2:only ip.src=10.0.0.5 3:ip.src=10.0.0.6" },
		{ "ip.src = 10.0.0.5 !10.0.0.6\nip.dst = 10.0.0.7",
		  "1:only ip.src=10.0.0.5 2:ip.src=!10.0.0.6 3:only ip.dst=10.0.0.7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO lines = text_format("program = match\n%s", rows[i].lines);
		uint32_t kept[XLAB_PLACES] = { 0 };

		begin(lines);
		rules_are(rows[i].rules);
		for (size_t k = 0; k < filter->n_keys; k++)
			kept[maps.layout.places[k].slot / 32] |= 1U
								 << maps.layout.places[k].slot % 32;
		assert_memory_equal(maps.memory->kept, kept, sizeof(kept));
		end();
	}
}

static int stop_at(void *cookie, const struct rule *rule, uint32_t number)
{
	(void)rule;
	++*(int *)cookie;
	return number == 2 ? 7 : 0;
}

static void a_walk_ends_where_it_is_told(void **state)
{
	int seen = 0;

	(void)state;
	begin("program = match\nip.src = 10.0.0.5 10.0.0.6 10.0.0.7");
	assert_int_equal(rule_maps_each(&maps, stop_at, &seen), 7);
	assert_int_equal(seen, 2);
	end();
}

/* Rules as the file has them: @n from the @from-th on. */
static int adds(size_t from, size_t n)
{
	return rule_maps_add(&maps, &filter->rules[from], n);
}

static int deletes(size_t from, size_t n)
{
	return rule_maps_del(&maps, &filter->rules[from], n);
}

#define THREE "program = match\nip.src = 10.0.0.5 10.0.0.0/30 10.0.0.7"

/* All or none, whatever it was that kept one from it. */
static void a_change_is_made_as_a_whole(void **state)
{
	static const char all[] = "1:only ip.src=10.0.0.5 2:ip.src=10.0.0.0/30 3:ip.src=10.0.0.7";

	(void)state;
	begin(THREE);
	assert_int_equal(adds(0, 1), -EEXIST);
	rules_are(all);
	assert_int_equal(deletes(1, 2), 0);
	rules_are("1:only ip.src=10.0.0.5");
	assert_true(rule_maps_has(&maps, &filter->rules[0]));
	assert_false(rule_maps_has(&maps, &filter->rules[1]));
	assert_int_equal(deletes(1, 1), -ENOENT);
	assert_int_equal(deletes(0, 2), -ENOENT);
	rules_are("1:only ip.src=10.0.0.5");
	/* The second is there. */
	struct rule both[] = { filter->rules[2], filter->rules[0] };

	assert_int_equal(rule_maps_add(&maps, both, 2), -EEXIST);
	rules_are("1:only ip.src=10.0.0.5");
	/* Spans are written where readers may be. */
	fails = "wait";
	assert_int_equal(adds(1, 2), -EPERM);
	fails = NULL;
	rules_are("1:only ip.src=10.0.0.5");
	assert_int_equal(adds(1, 2), 0);
	rules_are(all);
	fails = "wait";
	assert_int_equal(deletes(0, 2), -EPERM);
	fails = NULL;
	rules_are(all);
	/* Numbers that are free are given again, the lowest first. */
	assert_int_equal(deletes(0, 2), 0);
	assert_int_equal(adds(1, 1), 0);
	assert_int_equal(adds(0, 1), 0);
	rules_are("1:ip.src=10.0.0.0/30 2:ip.src=10.0.0.5 3:ip.src=10.0.0.7");
	end();
}

/* Where there is no number left none is added, of several neither. */
static void numbers_end(void **state)
{
	struct xlab_rule *list;
	uint32_t last;

	(void)state;
	begin(THREE);
	list = match_list(&maps.layout, maps.memory);
	last = maps.capacity - 1;
	assert_int_equal(deletes(1, 2), 0);
	for (uint32_t i = 2; i < last; i++)
		list[i] = (struct xlab_rule){ .used = 1 };
	assert_int_equal(adds(1, 2), -ENOSPC);
	assert_false(list[last].used);
	assert_int_equal(adds(1, 1), 0);
	assert_true(list[last].used);
	assert_int_equal(adds(2, 1), -ENOSPC);
	end();
}

/* The hits that a number had @of CPU 0, and twice as many of the last. */
static void hit(uint32_t number, uint64_t of)
{
	uint64_t *hits = (void *)((char *)maps.memory + maps.layout.hits);

	hits[(size_t)(maps.layout.cpus - 1) * maps.capacity + number] += 2 * of;
	hits[number] += of;
}

static void hits_are(uint64_t one, uint64_t other, uint64_t third)
{
	assert_int_equal(rule_maps_hits(&maps, 1), one);
	assert_int_equal(rule_maps_hits(&maps, 2), other);
	assert_int_equal(rule_maps_hits(&maps, 3), third);
}

/* Those of a key's one value are what the filter has and its other rules have not: now, or had when
 * their numbers were theirs.
 */
static void hits_of_the_one_follow(void **state)
{
	(void)state;
	begin("program = match\nip.src = 10.0.0.5 10.0.0.6 10.0.0.7\nip.dst = 10.0.0.8 10.0.0.9");
	hit(0, 100);
	hit(1, 1000); /* no program counts that */
	hit(2, 10);
	hit(3, 20);
	hit(4, 1000);
	hit(5, 40);
	hits_are(210, 30, 60);
	assert_int_equal(rule_maps_hits(&maps, 4), 180);
	/* A number's next rule begins with none, and the key that it was of keeps what it had. */
	assert_int_equal(deletes(1, 1), 0);
	hits_are(210, 30, 60);
	assert_int_equal(deletes(4, 1), 0);
	assert_int_equal(adds(4, 1), 0);
	hits_are(210, 0, 60);
	assert_int_equal(rule_maps_hits(&maps, 4), 180);
	assert_int_equal(adds(1, 1), 0);
	hits_are(210, 0, 60);
	assert_int_equal(rule_maps_hits(&maps, 4), 180);
	hit(2, 1);
	hit(5, 2);
	hit(0, 3);
	hits_are(213, 3, 60);
	assert_int_equal(rule_maps_hits(&maps, 4), 186);
	/* Counted meanwhile. */
	hit(5, 1000);
	assert_int_equal(rule_maps_hits(&maps, 1), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_opened_is_told),
		cmocka_unit_test(numbers_are_the_files_order),
		cmocka_unit_test(a_walk_ends_where_it_is_told),
		cmocka_unit_test(a_change_is_made_as_a_whole),
		cmocka_unit_test(numbers_end),
		cmocka_unit_test(hits_of_the_one_follow),
	};

	return cmocka_run_group_tests_name("rule_maps", tests, NULL, NULL);
}
