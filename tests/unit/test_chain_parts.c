// SPDX-License-Identifier: GPL-2.0-or-later
/* What is loaded for a chain and given back is there for the next one that needs just that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/topology.h"
#include "orchestrator/chain/chain_parts.h"

#define KEPT 5

/* As a chain that was built does; its id is the number of its code's instructions. */
static void keep(struct chain_parts *parts, size_t iface, size_t filter, unsigned int wanted,
		 size_t id)
{
	struct chain_part *part = chain_parts_take(parts, iface, filter, wanted);

	part->loaded = true;
	part->codes[CODE_FILTER].n_insns = id;
	chain_part_give(part);
}

/* The id of that one, or 0 if there is none; it stays. */
static size_t kept(struct chain_parts *parts, size_t iface, size_t filter, unsigned int wanted)
{
	struct chain_part *part = chain_parts_take(parts, iface, filter, wanted);
	size_t id = part->loaded ? part->codes[CODE_FILTER].n_insns : 0;

	assert_int_equal(part->iface, iface);
	assert_int_equal(part->filter, filter);
	assert_int_equal(part->wanted, wanted);
	chain_part_give(part);
	return id;
}

static void it_is_of_one_interface_one_filter_and_some_codes(void **state)
{
	struct chain_parts *parts = chain_parts_new(KEPT);

	(void)state;
	keep(parts, 1, 2, 1, 10);
	keep(parts, 1, 3, 1, 11);
	keep(parts, 2, 2, 1, 12);
	keep(parts, 1, NONE, 1, 13);
	keep(parts, 1, NONE, 3, 14);
	assert_int_equal(kept(parts, 1, 2, 1), 10);
	assert_int_equal(kept(parts, 1, 3, 1), 11);
	assert_int_equal(kept(parts, 2, 2, 1), 12);
	assert_int_equal(kept(parts, 1, NONE, 1), 13);
	assert_int_equal(kept(parts, 1, NONE, 3), 14);
	assert_int_equal(kept(parts, 2, 3, 1), 0);
	assert_int_equal(kept(parts, 1, NONE, 5), 0);
	chain_parts_free(parts);
}

/* A chain may have a filter twice. */
static void who_has_it_has_it_alone(void **state)
{
	struct chain_parts *parts = chain_parts_new(KEPT);
	struct chain_part *first, *second;

	(void)state;
	keep(parts, 1, 2, 1, 10);
	first = chain_parts_take(parts, 1, 2, 1);
	second = chain_parts_take(parts, 1, 2, 1);
	assert_true(first->loaded);
	assert_false(second->loaded);
	chain_part_give(first);
	chain_part_give(second);
	chain_parts_free(parts);
}

static void what_did_not_load_is_not_kept(void **state)
{
	struct chain_parts *parts = chain_parts_new(KEPT);

	(void)state;
	chain_part_give(chain_parts_take(parts, 1, 2, 1));
	assert_int_equal(kept(parts, 1, 2, 1), 0);
	chain_parts_free(parts);
}

static void without_a_place_nothing_is_kept(void **state)
{
	struct chain_parts *parts;

	(void)state;
	keep(NULL, 1, 2, 1, 10);
	assert_int_equal(kept(NULL, 1, 2, 1), 0);
	chain_parts_free(NULL);
	parts = chain_parts_new(0);
	keep(parts, 1, 2, 1, 10);
	assert_int_equal(kept(parts, 1, 2, 1), 0);
	chain_parts_free(parts);
}

static void the_one_not_needed_for_longest_makes_room(void **state)
{
	struct chain_parts *parts = chain_parts_new(KEPT);

	(void)state;
	for (size_t i = 1; i <= KEPT; i++)
		keep(parts, 0, i, 1, i);
	assert_int_equal(kept(parts, 0, 1, 1), 1); /* needed again: the 2nd is the oldest now */
	keep(parts, 0, KEPT + 1, 1, KEPT + 1);
	assert_int_equal(kept(parts, 0, 2, 1), 0);
	for (size_t i = 3; i <= KEPT + 1; i++)
		assert_int_equal(kept(parts, 0, i, 1), i);
	assert_int_equal(kept(parts, 0, 1, 1), 1);
	chain_parts_free(parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_of_one_interface_one_filter_and_some_codes),
		cmocka_unit_test(who_has_it_has_it_alone),
		cmocka_unit_test(what_did_not_load_is_not_kept),
		cmocka_unit_test(without_a_place_nothing_is_kept),
		cmocka_unit_test(the_one_not_needed_for_longest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
