// SPDX-License-Identifier: GPL-2.0-or-later
/* What the rules of a key become in memory: each number of a table, each span and each single
 * value. What the program makes of them, tests/filters compares with a model.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/match_derive.h"
#include "orchestrator/filter/match_layout.h"
#include "tests/unit/filter_lines.h"

static struct labfile labfile;
static struct filter *filter;
static struct match_layout layout;
static struct xlab_rules *memory; /* as long as it need be, and no longer */

/* The kernel is asked in the test's place when all readers have ended. */
static int waits, wait_errno;
static uint32_t given_meanwhile[XLAB_PLACES];

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list args;

	va_start(args, number);
	assert_int_equal(number, SYS_membarrier);
	assert_int_equal(va_arg(args, int), MEMBARRIER_CMD_GLOBAL);
	assert_int_equal(va_arg(args, int), 0);
	va_end(args);
	waits++;
	memcpy(given_meanwhile, memory->given, sizeof(given_meanwhile));
	errno = wait_errno;
	return wait_errno ? -1 : 0;
}

static void put(size_t i)
{
	struct xlab_rule *entry = &match_list(&layout, memory)[i + 1];

	entry->key = (uint8_t)filter->rules[i].key;
	entry->except = filter->rules[i].except;
	memcpy(entry->span, &filter->rules[i].span, sizeof(filter->rules[i].span));
	entry->used = 1;
}

/* The rules of a filter, numbered from 1 on; what stands behind its keys would count, too. */
static void derive(const char *lines)
{
	filter = filter_of_lines(&labfile, lines);
	match_layout(filter, &layout);
	if (layout.n_keys < MATCH_KEYS_MAX)
		layout.places[layout.n_keys].has_one = true;
	memory = xcalloc(1, layout.size);
	for (size_t i = 0; i < filter->n_rules; i++)
		put(i);
	assert_int_equal(match_derive(&layout, memory, true), 0);
}

static void drop(void)
{
	free(memory);
	labfile_clear(&labfile);
}

/* "FIRST-LAST:NUMBER …" of a table whose values have @bytes, without those that have none. */
static char *table_of(size_t key)
{
	const struct match_place *p = &layout.places[key];
	const uint16_t *table = (const void *)((char *)memory + p->at);
	uint32_t n = 1U << 8 * p->bytes;
	char *said = NULL;

	assert_true(p->tabled);
	for (uint32_t v = 0, last; v < n; v = last + 1) {
		uint16_t number = table[p->bytes == 2 ? __builtin_bswap16((uint16_t)v) : v];

		for (last = v; last + 1 < n; last++) {
			uint32_t next = last + 1;

			if (table[p->bytes == 2 ? __builtin_bswap16((uint16_t)next) : next] !=
			    number)
				break;
		}
		if (number == XLAB_EXCEPTED)
			text_add(&said, " ", "%u-%u:except", v, last);
		else if (number)
			text_add(&said, " ", "%u-%u:%u", v, last, number);
	}
	return said ? said : xstrdup("");
}

static struct xlab_area *area_of(size_t key)
{
	return (void *)((char *)memory + layout.places[key].at);
}

static const struct xlab_from *spans_of(size_t key, uint32_t half)
{
	const struct xlab_entry *entries = (const void *)(area_of(key) + 1);
	const struct xlab_from *spans =
		(const void *)(entries + ((size_t)1 << layout.constants[XLAB_HASH_BITS]));

	return spans + (size_t)half * layout.constants[XLAB_SPANS_MAX];
}

static void add_number(char **said, const char *what, uint32_t number)
{
	if (number == XLAB_EXCEPTED)
		text_add(said, "", "%s:except", what);
	else
		text_add(said, "", "%s:%u", what, number);
}

/* "VALUE:NUMBER …" from which on values are of that rule, the first and the last byte of each. */
static char *half_of(size_t key, uint32_t half)
{
	char *said = NULL;

	for (uint32_t i = 0; i < area_of(key)->spans[half]; i++) {
		const struct xlab_from *from = &spans_of(key, half)[i];
		size_t bytes = layout.places[key].bytes;
		uint64_t last = bytes > 8 ? from->first[1] : from->first[0] >> 8 * (8 - bytes);
		char *FREE_AUTO what =
			text_format("%s%x.%x", i ? " " : "", (unsigned int)(from->first[0] >> 56),
				    (unsigned int)(last & 0xff));

		add_number(&said, what, from->number);
	}
	return said ? said : xstrdup("");
}

/* The numbers of all single values that have one, by their last byte. */
static char *singles_of(size_t key)
{
	const struct match_place *p = &layout.places[key];
	const struct xlab_entry *entries = (const void *)(area_of(key) + 1);
	uint32_t numbers[256] = { 0 };
	char *said = NULL;

	for (size_t i = 0; i < (size_t)1 << layout.constants[XLAB_HASH_BITS]; i++)
		if (entries[i].used)
			numbers[entries[i].value.part[p->bytes > 8] >>
					(p->bytes > 8 ? 56 : 8 * (p->bytes - 1)) &
				0xff] = entries[i].number;
	for (unsigned int v = 0; v < 256; v++)
		if (numbers[v]) {
			char *FREE_AUTO what = text_format("%s%x", said ? " " : "", v);

			add_number(&said, what, numbers[v]);
		}
	return said ? said : xstrdup("");
}

/* Of several rules the first; exceptions beat all; of exceptions alone the first has the rest. */
static void tables_have_each_value(void **state)
{
	static const struct {
		const char *lines, *table;
	} rows[] = {
		{ "udp.dstport = 53", "53-53:1" },
		{ "udp.dstport = 0 65535", "0-0:1 65535-65535:2" },
		{ "udp.dstport = 50-60 55 60-70", "50-60:1 61-70:3" },
		{ "udp.dstport = 50-60 !55", "50-54:1 55-55:except 56-60:1" },
		{ "udp.dstport = !1-65535", "0-0:1 1-65535:except" },
		{ "udp.dstport = !0 !65535", "0-0:except 1-65534:1 65535-65535:except" },
		{ "tcp.flags = S/SAF", "2-2:1 6-6:1 10-10:1 14-14:1 34-34:1" },
		{ "tcp.flags = none/FRPAUEC", "0-0:1 2-2:1" },
		{ "tcp.flags = FRPAUEC/FRPAUEC", "253-253:1 255-255:1" },
		{ "ip.ttl = 255 !0", "0-0:except 255-255:1" },
		/* three of the bits of a byte that others have, too */
		{ "ip.dsfield.dscp = 1", "4-7:1" },
		{ "ip.flags.df = 1", "64-127:1 192-255:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO lines = text_format("program = match\n%s", rows[i].lines);
		char *FREE_AUTO said = NULL;

		derive(lines);
		said = table_of(0);
		if (strchr(rows[i].lines, 'S')) /* a great many */
			assert_memory_equal(said, rows[i].table, strlen(rows[i].table));
		else
			assert_string_equal(said, rows[i].table);
		drop();
	}
}

static void are(const char *lines, const char *wanted_spans, const char *wanted_singles)
{
	char *FREE_AUTO spans = NULL, *FREE_AUTO singles = NULL;

	derive(lines);
	spans = half_of(0, area_of(0)->half);
	singles = singles_of(0);
	if (strcmp(spans, wanted_spans) != 0 || strcmp(singles, wanted_singles) != 0)
		fail_msg("%s: %s; %s", lines, spans, singles);
	drop();
}

/* Of addresses the narrowest counts; each span stands once, and so does what follows it. */
static void spans_begin_where_the_answer_changes(void **state)
{
	static const struct {
		const char *lines, *spans, *singles;
	} rows[] = {
		{ "ip.src = 10.0.0.5", "0.0:0", "5:1" },
		{ "ip.src = 0.0.0.0 255.255.255.255", "0.0:0", "0:1 ff:2" },
		{ "ip.src = 10.0.0.0/30", "0.0:0 a.0:1 a.4:0", "" },
		{ "ip.src = 10.0.0.0/30 10.0.0.4/30", "0.0:0 a.0:1 a.4:2 a.8:0", "" },
		{ "ip.src = 10.0.0.0/30 10.0.0.8/30", "0.0:0 a.0:1 a.4:0 a.8:2 a.c:0", "" },
		{ "ip.src = 10.0.0.0/28 10.0.0.4/30", "0.0:0 a.0:1 a.4:2 a.8:1 a.10:0", "" },
		{ "ip.src = 10.0.0.0/30 10.0.0.0/28", "0.0:0 a.0:1 a.4:2 a.10:0", "" },
		{ "ip.src = 255.255.255.252/30", "0.0:0 ff.fc:1", "" },
		{ "ip.src = 0.0.0.0/0", "0.0:1", "" },
		{ "ip.src = 10.0.0.0/30 !10.0.0.1", "0.0:0 a.0:1 a.4:0", "1:except" },
		{ "ip.src = 10.0.0.0/28 !10.0.0.4/30 10.0.0.5 10.0.0.9",
		  "0.0:0 a.0:1 a.4:except a.8:1 a.10:0", "5:except 9:4" },
		{ "ip.src = 10.0.0.5 !10.0.0.5", "0.0:0", "5:except" },
		{ "ip.src = !10.0.0.5 10.0.0.5", "0.0:0", "5:except" },
		{ "ip.src = !10.0.0.5", "0.0:1", "5:except" },
		{ "ip.src = !10.0.0.0/30", "0.0:1 a.0:except a.4:1", "" },
		{ "ip.src = !0.0.0.0/1 !10.0.0.9", "0.0:except 80.0:1", "9:except" },
		{ "ip.src = !10.0.0.0/30 10.0.0.0", "0.0:0 a.0:except a.4:0", "0:except" },
		{ "ip.src = !0.0.0.0/1 10.0.0.9", "0.0:except 80.0:0", "9:except" },
		{ "ip.src = !128.0.0.0/1 10.0.0.9 200.0.0.8", "0.0:0 80.0:except", "8:except 9:2" },
		{ "ipv6.src = fd00::/16 fd00::5", "0.0:0 fd.0:1 fd.0:0", "5:2" },
		{ "ipv6.src = !fd00::/16 fd00::5 fe00::6", "0.0:0 fd.0:except fd.0:0",
		  "5:except 6:3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO lines = text_format("program = match\n%s", rows[i].lines);

		are(lines, rows[i].spans, rows[i].singles);
	}
}

/* What stands for IPv4's addresses is none of IPv6's; those next to it are. */
static void of_ipv6_none_is_ipv4s(void **state)
{
	static const struct {
		const char *lines, *spans, *singles;
	} rows[] = {
		{ "src = 10.0.0.0/30 fd00::/16", "0.0:0 0.0:1 0.4:0 fd.0:2 fd.0:0", "" },
		{ "src = ::/0", "0.0:1 0.0:0 0.0:1", "" },
		{ "src = ::/80", "0.0:1 0.0:0", "" },
		{ "src = ::fffe:ffff:ffff-::1:0:0:0", "0.0:0 0.ff:1 0.0:0 0.0:1 0.1:0", "" },
		{ "src = ::5-::fffe:ffff:ffff", "0.0:0 0.5:1 0.0:0", "" },
		{ "src = ::1:0:0:0-::1:0:0:5", "0.0:0 0.0:1 0.6:0", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO lines = text_format("program = ip\n%s", rows[i].lines);

		are(lines, rows[i].spans, rows[i].singles);
	}
}

/* What changes is written into the half that no program reads; what does not is not written. */
static void the_half_that_is_read_stays(void **state)
{
	static const char *const added[] = { "0.0:0 a.0:1 a.4:0", "0.0:0 a.0:1 a.4:2 a.8:0" };
	struct xlab_rule *list;
	uint32_t before;

	(void)state;
	derive("program = match\nip.src = 10.0.0.0/30 10.0.0.4/30 10.0.0.8/30");
	list = match_list(&layout, memory);
	list[2].used = list[3].used = 0;
	assert_int_equal(match_derive(&layout, memory, true), 0);
	for (size_t i = 0; i < ARRAY_SIZE(added); i++) {
		char *FREE_AUTO was = half_of(0, before = area_of(0)->half), *FREE_AUTO is = NULL,
				*FREE_AUTO now = NULL;

		assert_string_equal(was, added[i]);
		list[2 + i].used = 1;
		assert_int_equal(match_derive(&layout, memory, true), 0);
		assert_int_equal(area_of(0)->half, !before);
		is = half_of(0, before);
		assert_string_equal(is, was);
		assert_int_equal(match_derive(&layout, memory, true), 0);
		assert_int_equal(area_of(0)->half, !before);
		now = half_of(0, !before);
		assert_string_not_equal(now, was);
	}
	drop();
}

/* Who may still read what is going to be written over is waited for, once. */
static void readers_are_waited_for_once(void **state)
{
	struct xlab_rule *list;
	uint32_t half;

	(void)state;
	waits = 0;
	derive("program = match\nip.src = 10.0.0.0/30 10.0.0.4/30 10.0.0.9\nip.dst = 10.0.0.0/30");
	assert_int_equal(waits, 0);
	list = match_list(&layout, memory);
	half = area_of(0)->half;
	assert_int_equal(match_derive(&layout, memory, false), 0);
	assert_int_equal(waits, 0);
	list[2].used = list[4].used = 0; /* of both keys */
	assert_int_equal(match_derive(&layout, memory, false), 0);
	assert_int_equal(waits, 1);
	assert_int_equal(area_of(0)->half, !half);
	/* Where that cannot be nothing is written. */
	wait_errno = EPERM;
	list[2].used = 1;
	assert_int_equal(match_derive(&layout, memory, false), -EPERM);
	assert_int_equal(waits, 2);
	assert_int_equal(area_of(0)->half, !half);
	wait_errno = 0;
	assert_int_equal(match_derive(&layout, memory, false), 0);
	assert_int_equal(area_of(0)->half, half);
	drop();
}

/* Packets are asked for a key while its values are all there, not before and not after. */
static void keys_are_given_when_they_are_ready(void **state)
{
	struct xlab_rule *list;

	(void)state;
	derive("program = match\neth.src = 00:00:00:00:00:01\nip.dst = 10.0.0.1\nudp.dstport = 53\n"
	       "data[0:4] = hex:01020304\nip.src = 10.0.0.0/30 10.0.0.4/30");
	list = match_list(&layout, memory);
	for (int used = 0; used <= 1; used++) {
		for (uint32_t i = 1; i <= 4; i++)
			list[i].used = (uint8_t)used;
		list[6].used = (uint8_t)used; /* whose span is written anew */
		waits = 0;
		assert_int_equal(match_derive(&layout, memory, false), 0);
		assert_int_equal(waits, 1);
		for (size_t key = 0; key < layout.n_keys; key++) {
			unsigned int slot = layout.places[key].slot;

			assert_int_equal(given_meanwhile[slot / 32] >> slot % 32 & 1, key == 4);
			assert_int_equal(memory->given[slot / 32] >> slot % 32 & 1,
					 key == 4 || used);
		}
	}
	drop();
}

/* A place whose value has gone is another's when nobody can be there any more. */
static void places_are_given_again(void **state)
{
	static const char lines[] = "program = match\nip.src = 10.0.0.1 10.0.0.2";
	struct xlab_rule *list;
	struct xlab_entry *entries;
	char *FREE_AUTO said = NULL;
	size_t at = 0;

	(void)state;
	waits = 0;
	derive(lines);
	list = match_list(&layout, memory);
	entries = (void *)(area_of(0) + 1);
	while (entries[at].number != 2)
		at++;
	/* As if others had been in each place once. */
	list[2].used = 0;
	for (size_t i = 0; i < (size_t)1 << layout.constants[XLAB_HASH_BITS]; i++)
		if (!entries[i].used)
			entries[i] = (struct xlab_entry){ 0, 1, { { UINT64_MAX, i } } };
	assert_int_equal(match_derive(&layout, memory, false), 0);
	waits = 0;
	for (size_t i = 0; i < (size_t)1 << layout.constants[XLAB_HASH_BITS]; i++)
		if (!entries[i].number)
			entries[i].value.part[0] = UINT64_MAX;
	list[2].used = 1;
	wait_errno = EPERM;
	assert_int_equal(match_derive(&layout, memory, false), -EPERM);
	said = singles_of(0);
	assert_string_equal(said, "1:1");
	wait_errno = 0;
	assert_int_equal(match_derive(&layout, memory, false), 0);
	assert_int_equal(waits, 2);
	free(said);
	said = singles_of(0);
	assert_string_equal(said, "1:1 2:2");
	/* The first that it is looked for at. */
	assert_int_equal(entries[at].number, 2);
	drop();
}

/* A number is taken away where the value stands, which then has room for others. */
static void values_go_and_come_back(void **state)
{
	struct xlab_rule *list;

	(void)state;
	derive("program = match\nip.src = 10.0.0.1 10.0.0.2 10.0.0.3");
	list = match_list(&layout, memory);
	for (uint32_t gone = 1; gone <= 3; gone++) {
		static const char *const left[] = { "2:2 3:3", "1:1 3:3", "1:1 2:2" };
		char *FREE_AUTO without = NULL, *FREE_AUTO with = NULL;

		list[gone].used = 0;
		assert_int_equal(match_derive(&layout, memory, true), 0);
		without = singles_of(0);
		assert_string_equal(without, left[gone - 1]);
		list[gone].used = 1;
		assert_int_equal(match_derive(&layout, memory, true), 0);
		with = singles_of(0);
		assert_string_equal(with, "1:1 2:2 3:3");
	}
	drop();
}

/* The value that is compared first is none that an exception may hold, wherever that stands. */
static void the_first_value_has_no_exceptions(void **state)
{
	static const struct {
		const char *lines;
		uint8_t one; /* its last byte, and whether it is not all of the key */
		bool many;
	} rows[] = {
		{ "ip.src = 10.0.0.5", 5, false },
		{ "ip.src = 10.0.0.5 10.0.0.6", 5, true },
		{ "ip.src = 10.0.0.0/28 10.0.0.5", 5, true },
		{ "ip.src = 10.0.0.5 !10.0.0.9", 0xff, true },
		{ "ip.src = !10.0.0.9 10.0.0.5", 0xff, true },
		{ "ip.src = 10.0.0.0/28", 0xff, true },
		{ "data[0:4] = hex:01020305", 5, false },
		/* other bits of its byte are no part of it */
		{ "ip.dsfield.dscp = 5", 0xff, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO lines = text_format("program = match\n%s", rows[i].lines);
		unsigned int slot;

		derive(lines);
		slot = layout.places[0].slot;
		/* rule_maps.c says which one it is */
		for (size_t k = 0; k < filter->n_rules; k++)
			if (match_layout_is_one(&layout.places[0], &filter->rules[k])) {
				match_list(&layout, memory)[k + 1].only = 1;
				break;
			}
		assert_int_equal(match_derive(&layout, memory, true), 0);
		assert_int_equal(memory->one[slot].part[0] >> 24 & 0xff, rows[i].one);
		assert_int_equal(memory->many[slot / 32] >> slot % 32 & 1, rows[i].many);
		drop();
	}
}

/* The program is asked to look at memory only where that differs from what is in it. */
static void changed_is_what_is_not_the_files(void **state)
{
	struct xlab_rule *list;
	unsigned int slots[2];

	(void)state;
	derive("program = match\nip.src = 10.0.0.5\nudp.dstport = 53");
	list = match_list(&layout, memory);
	for (size_t i = 0; i < 2; i++)
		slots[i] = layout.places[i].slot;
	assert_int_equal(memory->changed, 1);
	list[1].only = 1;
	assert_int_equal(match_derive(&layout, memory, true), 0);
	assert_int_equal(memory->changed, 1);
	list[2].only = 1;
	assert_int_equal(match_derive(&layout, memory, true), 0);
	assert_int_equal(memory->changed, 0);
	for (size_t i = 0; i < 2; i++) {
		assert_true(memory->given[slots[i] / 32] >> slots[i] % 32 & 1);
		list[i + 1].used = 0;
		assert_int_equal(match_derive(&layout, memory, true), 0);
		assert_int_equal(memory->changed, 1);
		assert_false(memory->given[slots[i] / 32] >> slots[i] % 32 & 1);
		/* One of the file's keys is asked for, whether it has rules or not. */
		memory->kept[slots[i] / 32] |= 1U << slots[i] % 32;
		assert_int_equal(match_derive(&layout, memory, true), 0);
		assert_true(memory->given[slots[i] / 32] >> slots[i] % 32 & 1);
		list[i + 1].used = 1;
	}
	drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_have_each_value),
		cmocka_unit_test(spans_begin_where_the_answer_changes),
		cmocka_unit_test(of_ipv6_none_is_ipv4s),
		cmocka_unit_test(the_half_that_is_read_stays),
		cmocka_unit_test(readers_are_waited_for_once),
		cmocka_unit_test(keys_are_given_when_they_are_ready),
		cmocka_unit_test(places_are_given_again),
		cmocka_unit_test(values_go_and_come_back),
		cmocka_unit_test(the_first_value_has_no_exceptions),
		cmocka_unit_test(changed_is_what_is_not_the_files),
	};

	return cmocka_run_group_tests_name("match_derive", tests, NULL, NULL);
}
