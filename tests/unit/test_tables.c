// SPDX-License-Identifier: GPL-2.0-or-later
/* What people and programs read: tables, JSON, safe text, and a chain's table, each to the last
 * blank. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/util/json.h"
#include "orchestrator/util/sanitize.h"
#include "orchestrator/util/table.h"

/* What is written into @out comes to be @text. */
static FILE *begin(char **text)
{
	static size_t size;

	return xopen_memstream(text, &size);
}

static void written(FILE *out, char **text, const char *expected)
{
	xclose_memstream(out);
	assert_string_equal(*text, expected);
	free(*text);
}

static void tables_are_aligned(void **state)
{
	struct table t = { .n_columns = 3, .right = { false, true, false } };
	char *text;
	FILE *out = begin(&text);

	(void)state;
	table_add(&t, NULL, "name");
	table_add(&t, NULL, "n");
	table_add(&t, NULL, "last");
	table_add(&t, COLOUR_BAD, "é");
	table_add(&t, COLOUR_GOOD, "%d", 100);
	table_add(&t, NULL, "%s", "");
	table_add(&t, NULL, "wider than");
	table_add(&t, NULL, "%s", "");
	table_add(&t, NULL, "%s", "");
	table_add(&t, NULL, "%s", "");
	table_add(&t, NULL, "%s", "");
	table_add(&t, NULL, "%s", "");
	table_print(&t, 1, out);
	assert_int_equal(t.n_cells, 0);
	table_print(&t, 1, out); /* nothing is left of it */
	written(out, &text,
		" name          n  last\n"
		" \033[31mé\033[0m           \033[32m100\033[0m\n"
		" wider than\n"
		" \n");
}

/* On a terminal, if nobody asked for none: https://no-color.org, and what TERM says. */
static void colours_are_for_terminals(void **state)
{
	static const struct {
		const char *no_color, *term;
		bool wanted;
	} rows[] = {
		{ NULL, NULL, true },	 { "", NULL, true },	 { "1", NULL, false },
		{ NULL, "vt100", true }, { NULL, "", true },	 { NULL, "dumb", false },
		{ "1", "vt100", false }, { "1", "dumb", false },
	};
	FILE_AUTO FILE *terminal = fopen("/dev/ptmx", "r+");
	FILE_AUTO FILE *none = fopen("/dev/null", "r+");

	(void)state;
	assert_non_null(terminal);
	assert_non_null(none);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)unsetenv("NO_COLOR");
		(void)unsetenv("TERM");
		if (rows[i].no_color)
			(void)setenv("NO_COLOR", rows[i].no_color, 1);
		if (rows[i].term)
			(void)setenv("TERM", rows[i].term, 1);
		assert_int_equal(colour_wanted(terminal), rows[i].wanted);
		assert_false(colour_wanted(none));
	}
}

static void titles_are_told(void **state)
{
	char *text;
	FILE *out = begin(&text);

	(void)state;
	title_print("lab", NULL, false, out);
	title_print("lab", "", false, out);
	title_print("lab", "about\tit", true, out);
	written(out, &text, "lab\nlab\n\033[1mlab\033[0m  about it\n");
}

static void json_is_whole(void **state)
{
	struct json j = { 0 };
	char *text;

	(void)state;
	j.out = begin(&text);
	json_open(&j, NULL, '{');
	json_text(&j, "a", "x\"y\\z\n\x1f");
	json_text(&j, "b\"", NULL);
	json_number(&j, "c", UINT64_MAX);
	json_open(&j, "d", '[');
	json_close(&j, ']');
	json_open(&j, "e", '[');
	json_text(&j, NULL, "");
	json_bool(&j, NULL, true);
	json_open(&j, NULL, '{');
	json_bool(&j, "f", false);
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
	written(j.out, &text,
		"{\n"
		"  \"a\": \"x\\\"y\\\\z\\u000a\xef\xbf\xbd\",\n"
		"  \"b\\\"\": null,\n"
		"  \"c\": 18446744073709551615,\n"
		"  \"d\": [],\n"
		"  \"e\": [\n"
		"    \"\",\n"
		"    true,\n"
		"    {\n"
		"      \"f\": false\n"
		"    }\n"
		"  ]\n"
		"}\n");
}

/* Characters at both sides of each limit. */
static void text_is_made_safe(void **state)
{
#define BAD "\xef\xbf\xbd"
	static const char *const texts[][2] = {
		{ NULL, "" },
		{ "", "" },
		{ "a\nb\tc", "a\nb c" },
		{ "\x1f \x7e\x7f", BAD " ~" BAD },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", BAD BAD "\xc2\xa0" },
		{ "\xff"
		  "a\xc3",
		  BAD "a" BAD },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\xed\xa0\x80\xed\xbf\xbf", BAD BAD },
		{ "\xef\xbf\xbc\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbc" BAD BAD },
		{ "\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf" BAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *FREE_AUTO safe = sanitize(texts[i][0]);

		assert_string_equal(safe, texts[i][1]);
	}
	assert_int_equal(text_width("aé€"), 3);
}

/* One that counts, one that has decided everything, and one of which libxdp tells nothing. */
static void chains_have_their_table(void **state)
{
	struct chain_row rows[] = {
		{ .filter = (char *)"headers", .known = true },
		{ .filter = (char *)"mine", .known = false },
		{ .filter = (char *)"web", .known = true },
		{ .filter = (char *)"theirs", .known = false },
	};
	struct chain_view view = { .record = { .engine = ENGINE_LIBXDP,
					       .why = (char *)"asked for",
					       .gen = 3,
					       .mode = XDP_MODE_CHOICE_GENERIC,
					       .prog_id = 77,
					       .n_filters = ARRAY_SIZE(rows),
					       .scenario = true },
				   .rows = rows };
	struct json j = { 0 };
	char *text;
	FILE *out = begin(&text);

	(void)state;
	rows[0].verdicts[XLAB_SLOT_NEXT] = (struct xlab_count){ .packets = 12, .bytes = 1000 };
	rows[1].verdicts[XDP_TX].packets = 5; /* which nobody knows */
	rows[2].verdicts[XDP_DROP] = (struct xlab_count){ .packets = 3, .bytes = 300 };
	rows[2].verdicts[XDP_ABORTED].packets = 1;
	chain_print("a:e0", &view, 2, true, out);
	written(out, &text,
		"a:e0: libxdp, generic XDP, put on by a scenario\n"
		"  #  filter   next  pass  drop  aborted\n"
		"  1  headers    12     0     0        0\n"
		"  2  mine        ?     ?     ?        ?\n"
		"  3  web         0     0     \033[31m3\033[0m        \033[31m1\033[0m\n"
		"  4  theirs      ?     ?     ?        ?\n"
		"  came through: ?\n"
		"  why libxdp: asked for\n"
		"  libxdp neither counts nor tells what mine, theirs decides; engine = inline "
		"does\n");

	view.record.n_filters = 1;
	view.record.scenario = false;
	view.record.mode = XDP_MODE_CHOICE_NATIVE;
	view.record.engine = ENGINE_INLINE;
	view.record.why = NULL;
	view.passed_known = true;
	view.passed = (struct xlab_count){ .packets = 1, .bytes = 1 };
	out = begin(&text);
	chain_print("a:e0", &view, 0, false, out);
	view.passed = (struct xlab_count){ .packets = 2, .bytes = 2 };
	chain_print("a:e0", &view, 0, false, out);
	written(out, &text,
		"a:e0: inline, native XDP\n"
		"#  filter   next  pass  drop\n"
		"1  headers    12     0     0\n"
		"came through: 1 packet, 1 byte\n"
		"why inline: \n"
		"a:e0: inline, native XDP\n"
		"#  filter   next  pass  drop\n"
		"1  headers    12     0     0\n"
		"came through: 2 packets, 2 bytes\n"
		"why inline: \n");

	view.record.n_filters = 2;
	j.out = begin(&text);
	json_open(&j, NULL, '{');
	chain_json_print(&view, &j);
	json_close(&j, '}');
	written(j.out, &text,
		"{\n"
		"  \"chain\": {\n"
		"    \"engine\": \"inline\",\n"
		"    \"why\": \"\",\n"
		"    \"note\": \"libxdp neither counts nor tells what mine decides; engine = "
		"inline "
		"does\",\n"
		"    \"mode\": \"native\",\n"
		"    \"generation\": 3,\n"
		"    \"program\": 77,\n"
		"    \"scenario\": false,\n"
		"    \"filters\": [\n"
		"      {\n"
		"        \"filter\": \"headers\",\n"
		"        \"counted\": true,\n"
		"        \"verdicts\": {\n"
#define COUNT(name, packets, bytes)                                    \
	"          \"" name "\": {\n            \"packets\": " packets \
	",\n            \"bytes\": " bytes "\n          }"
		COUNT("next", "12", "1000") ",\n" COUNT("pass", "0", "0") ",\n" COUNT("drop", "0", "0") ",\n" COUNT(
			"tx", "0",
			"0") ",\n" COUNT("redirect", "0",
					 "0") ",\n" COUNT("aborted", "0",
							  "0") ",\n" COUNT("invalid", "0",
									   "0") "\n"
										"        }\n"
										"      },\n"
										"      {\n"
										"        "
										"\"filter\": "
										"\"mine\",\n"
										"        "
										"\"counted\": "
										"false,\n"
										"        "
										"\"verdicts\": {}\n"
										"      }\n"
										"    ],\n"
										"    \"passed\": "
										"{\n"
										"      "
										"\"packets\": 2,\n"
										"      \"bytes\": "
										"2\n"
										"    }\n"
										"  }\n"
										"}");

	view.record.n_filters = 0;
	out = begin(&text);
	chain_print("a:e0", &view, 2, false, out);
	written(out, &text, "a:e0 has no chain\n");
	j = (struct json){ .out = begin(&text) };
	chain_json_print(&view, &j);
	written(j.out, &text, "\"chain\": null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_aligned),
		cmocka_unit_test(titles_are_told),
		cmocka_unit_test(colours_are_for_terminals),
		cmocka_unit_test(json_is_whole),
		cmocka_unit_test(text_is_made_safe),
		cmocka_unit_test(chains_have_their_table),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
