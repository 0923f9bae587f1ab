// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's journal as bytes: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/journal.h"
#include "lab/text.h"

static struct journal a_journal(void)
{
	return (struct journal){
		.lab = "small",
		.as = "other",
		.self = "r",
		.engine = "inline",
		.nameless = true,
		.group = 4294967295U,
		.self_cookie = 18446744073709551615ULL,
		.phase = STATE_UP,
		.tmpfs = 1311768467463790320ULL,
		.path = "a:b/small.ini",
		.dir = "/tmp/with space",
		.text = "[lab]\nname = small\npath 9:no field\n",
	};
}

/* Whether this is read; where it fails, the field that is named. */
static bool reads(const char *text, size_t size, const char *field)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct journal in;
	int err = journal_read(&in, text, size, &e);

	journal_clear(&in);
	if (err && field) {
		char *FREE_AUTO wanted = text_format("damaged at its field \"%s\"", field);

		assert_string_equal(e.text, wanted);
	}
	return !err;
}

static void what_is_written_is_read(void **state)
{
	const struct journal out = a_journal();
	struct error ERROR_AUTO e = ERROR_INIT;
	struct journal in, copy;
	size_t size, again;
	char *FREE_AUTO text = journal_write(&out, &size), *FREE_AUTO second = NULL;

	(void)state;
	assert_int_equal(journal_read(&in, text, size, &e), 0);
	assert_string_equal(in.lab, out.lab);
	assert_string_equal(in.as, out.as);
	assert_string_equal(in.self, out.self);
	assert_string_equal(in.engine, out.engine);
	assert_true(in.nameless);
	assert_true(in.group == out.group);
	assert_true(in.self_cookie == out.self_cookie);
	assert_int_equal(in.phase, STATE_UP);
	assert_true(in.tmpfs == out.tmpfs);
	assert_string_equal(in.path, out.path);
	assert_string_equal(in.dir, out.dir);
	assert_string_equal(in.text, out.text);

	/* a copy is the same, but that what it has not is "" */
	journal_copy(&copy, &in);
	second = journal_write(&copy, &again);
	assert_int_equal(again, size);
	assert_memory_equal(second, text, size);
	journal_clear(&copy);
	journal_copy(&copy, &(struct journal){ .lab = "x" });
	assert_string_equal(copy.lab, "x");
	assert_string_equal(copy.self, "");
	journal_clear(&copy);
	journal_clear(&in);
}

static void a_part_of_it_is_none(void **state)
{
	const struct journal out = a_journal();
	size_t size;
	char *FREE_AUTO text = journal_write(&out, &size);

	(void)state;
	assert_true(reads(text, size, NULL));
	for (size_t part = 0; part < size; part++) {
		/* of its own size, so that a sanitizer sees who reads beyond it */
		char *FREE_AUTO cut = malloc(part ? part : 1);

		memcpy(cut, text, part);
		if (reads(cut, part, NULL))
			fail_msg("%zu of %zu bytes are read", part, size);
	}
}

/* @old in the journal stands for @new. */
static void damaged(const char *old, const char *new, const char *field)
{
	const struct journal out = a_journal();
	size_t size;
	char *FREE_AUTO text = journal_write(&out, &size);
	const char *at = strstr(text, old);
	char *FREE_AUTO changed = NULL;

	assert_non_null(at);
	changed = text_format("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	if (reads(changed, strlen(changed), field))
		fail_msg("%s is read in the place of %s", new, old);
}

static void what_is_damaged_is_told(void **state)
{
	(void)state;
	damaged("xlab journal 2", "xlab journal 1", NULL);
	damaged("\nlab 5:", "\nlab 4:", "lab");
	damaged("\nlab 5:", "\nlab 6:", "lab");
	damaged("\nlab 5:", "\nlab 99999999999999999999:", "lab");
	damaged("\nas 5:", "\nlab 5:", "as");
	damaged("\nas 5:", "\nas:5:", "as");
	damaged("\nas 5:", "\nas 5;", "as");
	damaged(" 3:yes", " 3:yse", "nameless");
	damaged("10:4294967295", "10:4294967296", "group");
	damaged("20:18446744073709551615", "20:18446744073709551616", "self-cookie");
	damaged("20:18446744073709551615", "19:1844674407370955161x", "self-cookie");
	damaged("20:18446744073709551615", "0:", "self-cookie");
	damaged(" 2:up", " 2:pu", "phase");
}

/* A byte that is NUL makes a string shorter than it says. */
static void no_byte_is_nul(void **state)
{
	const struct journal out = a_journal();
	size_t size;
	char *FREE_AUTO text = journal_write(&out, &size);
	char *at = strstr(text, "small");

	(void)state;
	at[2] = '\0';
	assert_false(reads(text, size, "lab"));
}

static void each_phase_has_its_word(void **state)
{
	static const enum state_phase phases[] = { STATE_BUILDING, STATE_UP, STATE_LEAVING };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		struct journal out = a_journal(), in;
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO text = NULL;
		size_t size;

		out.phase = phases[i];
		out.nameless = false;
		text = journal_write(&out, &size);
		assert_int_equal(journal_read(&in, text, size, &e), 0);
		assert_int_equal(in.phase, phases[i]);
		assert_false(in.nameless);
		journal_clear(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(a_part_of_it_is_none),
		cmocka_unit_test(what_is_damaged_is_told), cmocka_unit_test(no_byte_is_nul),
		cmocka_unit_test(each_phase_has_its_word),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
