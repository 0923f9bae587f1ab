// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the program has a filter's keys: each where no other is, and all bytes of it are loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/filter/match_layout.h"
#include "orchestrator/model/field.h"
#include "orchestrator/model/labfile.h"

static struct match_layout layout;

static void lay(const struct match_key *keys, size_t n)
{
	const struct filter filter = { .program = PROGRAM_MATCH,
				       .keys = (struct match_key *)keys,
				       .n_keys = n };

	match_layout(&filter, &layout);
	assert_int_equal(layout.n_keys, n);
}

/* No packet has both of these, so that both may stand in one place. */
static bool exclude_each_other(enum xlab_field a, enum xlab_field b)
{
	enum xlab_layer one = fields[a].layer, other = fields[b].layer;

	return one != other && one > XLAB_LAYER_VLAN && other > XLAB_LAYER_VLAN;
}

static void two_keys_have_two_places(void **state)
{
	(void)state;
	for (enum xlab_field a = 0; a < XLAB_FIELD_DATA; a++)
		for (enum xlab_field b = 0; b < XLAB_FIELD_DATA; b++) {
			const struct match_key keys[] = { { .field = a }, { .field = b } };

			lay(keys, 2);
			if (a != b && layout.places[0].slot == layout.places[1].slot &&
			    !exclude_each_other(a, b))
				fail_msg("%s and %s are in one place", fields[a].name,
					 fields[b].name);
		}
}

/* Its two loads begin and end with the bytes of the field, and leave none out between them. */
static void covers(const struct match_part parts[2], unsigned int offset, unsigned int bytes)
{
	assert_int_equal(parts[0].offset, offset);
	assert_int_equal(parts[1].offset + parts[1].size, offset + bytes);
	assert_true(parts[1].offset >= offset && parts[0].size <= bytes);
	assert_true(parts[0].offset + parts[0].size >= parts[1].offset);
	for (size_t i = 0; i < 2; i++)
		assert_true(parts[i].size == 1 || parts[i].size == 2 || parts[i].size == 4 ||
			    parts[i].size == 8);
}

static void all_bytes_are_loaded(void **state)
{
	const struct match_place *p = layout.places;

	(void)state;
	for (enum xlab_field f = 0; f < XLAB_FIELD_DATA; f++) {
		const struct match_key key = { .field = f };
		const struct field *is = &fields[f];

		lay(&key, 1);
		if (f == XLAB_FIELD_IPV6_FLOW) { /* of four bytes it is in the last three */
			assert_int_equal(p->bytes, 3);
			covers(p->parts, 1, 3);
			continue;
		}
		assert_int_equal(p->bytes, is->bytes);
		covers(p->parts, is->offset, is->bytes);
		if (is->one != is->other)
			covers(p->parts + 2, fields[is->other].offset, is->bytes);
		else
			assert_true(!p->parts[2].size && !p->parts[3].size);
	}
	for (uint16_t length = 1; length <= 16; length++)
		for (uint16_t offset = 0; offset < 3; offset++) {
			const struct match_key key = { .field = XLAB_FIELD_DATA,
						       .offset = offset,
						       .length = (uint8_t)length };

			lay(&key, 1);
			assert_int_equal(p->bytes, length);
			covers(p->parts, offset, length);
			assert_false(p->tabled);
			assert_int_equal(layout.constants[XLAB_DATA_BYTES], offset + length);
		}
}

/* What is in memory follows one on another, and nothing lies over another. */
static void memory_has_room_for_all(void **state)
{
	static const enum xlab_field four[] = { XLAB_FIELD_IP_SRC, XLAB_FIELD_IP_TTL,
						XLAB_FIELD_UDP_DSTPORT, XLAB_FIELD_IP_DST };
	struct match_key keys[4];
	size_t area, end = sizeof(struct xlab_rules);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		keys[i] = (struct match_key){ .field = four[i] };
	lay(keys, 4);
	area = layout.constants[XLAB_AREA_SIZE];
	assert_true(area >=
		    sizeof(struct xlab_area) +
			    (sizeof(struct xlab_entry) << layout.constants[XLAB_HASH_BITS]) +
			    2 * layout.constants[XLAB_SPANS_MAX] * sizeof(struct xlab_from));
	/* tables first, of two bytes a value of one and of two */
	assert_int_equal(layout.places[1].at, end);
	assert_int_equal(layout.places[2].at, end += 2 << 8);
	assert_int_equal(layout.places[0].at, end += 2 << 16);
	assert_int_equal(layout.constants[XLAB_AREAS], end);
	assert_int_equal(layout.places[3].at, end += area);
	assert_int_equal(layout.constants[XLAB_AREA_END], 2);
	assert_int_equal(layout.hits, end += area);
	assert_int_equal(layout.constants[XLAB_HITS], end);
	assert_int_equal(layout.constants[XLAB_ROW], layout.capacity * sizeof(uint64_t));
	assert_int_equal(layout.list, end += (size_t)layout.cpus * layout.constants[XLAB_ROW]);
	assert_int_equal(layout.size, end + layout.capacity * sizeof(struct xlab_rule));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(layout.keys.place[layout.places[i].slot], layout.places[i].at);
	assert_int_equal(layout.keys.area[layout.places[0].slot], 0);
	assert_int_equal(layout.keys.area[layout.places[3].slot], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_keys_have_two_places),
		cmocka_unit_test(all_bytes_are_loaded),
		cmocka_unit_test(memory_has_room_for_all),
	};

	return cmocka_run_group_tests_name("match_layout", tests, NULL, NULL);
}
