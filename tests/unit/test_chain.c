// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain's record from one change to the next, and how a chain is shown; no kernel is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/bpf.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/util/json.h"
#include "orchestrator/util/table.h"

static char *guest[] = { (char *)"guest" };

/* @file says then that a chain, or nothing, of this generation stands there. */
static void change(struct chain_file *file, uint32_t gen, size_t n_filters)
{
	const struct chain_record next = { .gen = gen, .filters = guest, .n_filters = n_filters };
	struct chain_file planned;

	chain_file_plan(&planned, file, file->now.n_filters ? &file->now : NULL, &next);
	assert_true(planned.pending);
	chain_file_clear(file);
	*file = planned;
	chain_file_settle(file);
	assert_false(file->pending);
}

static void generations_are_given_out_once(void **state)
{
	struct chain_file file = { 0 };

	(void)state;
	assert_int_equal(chain_file_next_gen(&file, NULL), 1);
	change(&file, 1, 1);
	assert_int_equal(chain_file_next_gen(&file, &file.now), 2);
	change(&file, 0, 0);
	assert_int_equal(chain_file_next_gen(&file, NULL), 2);
	change(&file, 2, 1);
	/* A command was killed when it had recorded 3 and not yet attached it. */
	file.gen = 3;
	assert_int_equal(chain_file_next_gen(&file, &file.now), 5);
	chain_file_clear(&file);
}

static void the_last_chains_are_known(void **state)
{
	struct chain_file file = { 0 };
	uint32_t gen;

	(void)state;
	for (gen = 1; gen <= CHAIN_PAST + 2; gen++) {
		change(&file, gen, 1);
		assert_int_equal(file.n_past, gen <= CHAIN_PAST ? gen - 1 : CHAIN_PAST);
	}
	change(&file, 0, 0);
	assert_int_equal(file.n_past, CHAIN_PAST);
	for (gen = CHAIN_PAST + 2; gen > 2; gen--) {
		assert_non_null(chain_file_of_gen(&file, gen));
		assert_int_equal(chain_file_of_gen(&file, gen)->gen, gen);
	}
	assert_null(chain_file_of_gen(&file, 2));
	assert_null(chain_file_of_gen(&file, 0));
	assert_null(chain_file_of_gen(&file, CHAIN_PAST + 3));
	chain_file_clear(&file);
}

/* A command that is killed between the record and the kernel leaves either of the two there. */
static void what_stands_is_now_or_before(void **state)
{
	struct chain_file file = { .now = { .prog_id = 12 }, .before = { .prog_id = 11 } };

	(void)state;
	assert_ptr_equal(chain_file_match(&file, 12), &file.now);
	assert_ptr_equal(chain_file_match(&file, 11), &file.before);
	assert_null(chain_file_match(&file, 10)); /* another tool's */
	file.now.prog_id = file.before.prog_id = 0;
	assert_null(chain_file_match(&file, 0));
}

/* What a killed scenario has left may have the filters that are to stand there; it is a scenario's.
 */
static void a_scenarios_chain_is_not_the_own(void **state)
{
	char *names[] = { (char *)"a", (char *)"b" }, *turned[] = { names[1], names[0] };
	struct chain_record record = { .prog_id = 12, .filters = names, .n_filters = 2 };
	struct attach_point s = { .current = &record };
	struct chain_config chain = { .filters = names, .n_filters = 2 };

	(void)state;
	assert_true(chain_stands(&s, &chain));
	record.scenario = true;
	assert_false(chain_stands(&s, &chain));
	record.scenario = false;
	chain.filters = turned;
	assert_false(chain_stands(&s, &chain));
	chain.filters = names;
	chain.n_filters = 1;
	assert_false(chain_stands(&s, &chain));
	chain.n_filters = 0;
	assert_false(chain_stands(&s, &chain));
	s.current = NULL;
	assert_true(chain_stands(&s, &chain));
	chain.n_filters = 2;
	assert_false(chain_stands(&s, &chain));
}

/* However often a command is killed that is to put back what a scenario took off. */
static void that_a_scenario_took_it_off_is_known_until_something_stands(void **state)
{
	const struct chain_record own = {
		.gen = 7, .prog_id = 12, .filters = guest, .n_filters = 1
	};
	struct chain_file off = { .now = { .scenario = true } }, killed, again;

	(void)state;
	chain_file_plan(&killed, &off, NULL, &own);
	assert_true(killed.before.scenario);
	chain_file_plan(&again, &killed, NULL, &own);
	assert_true(again.before.scenario);
	chain_file_settle(&again);
	assert_false(again.now.scenario);
	assert_false(again.before.scenario);
	assert_int_equal(again.n_past, 0);
	chain_file_clear(&killed);
	chain_file_clear(&again);
}

static char *shown(const struct chain_view *view, bool json)
{
	char *text = NULL;
	size_t size;
	struct json j = { .out = open_memstream(&text, &size) };

	assert_non_null(j.out);
	if (json)
		chain_json_print(view, &j);
	else
		chain_print("r:r0", view, 2, false, j.out);
	assert_int_equal(fclose(j.out), 0);
	return text;
}

static void expect(const struct chain_view *view, bool json, const char *words)
{
	FREE_AUTO char *text = shown(view, json);

	if (!strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text);
}

static void what_is_not_counted(void **state)
{
	struct chain_row rows[] = { { .filter = guest[0] } };
	const struct chain_view view = {
		.record = { .engine = ENGINE_LIBXDP,
			    .why = (char *)"asked for",
			    .filters = guest,
			    .n_filters = 1 },
		.rows = rows,
	};

	(void)state;
	expect(&view, false, "r:r0: libxdp, native XDP\n");
	expect(&view, false, "  1  guest      ?     ?     ?\n");
	expect(&view, false, "  came through: ?\n");
	expect(&view, false, "  why libxdp: asked for\n");
	expect(&view, false,
	       "  libxdp neither counts nor tells what guest decides; engine = inline does\n");
	expect(&view, true, "\"passed\": null");
	expect(&view, true, "\"why\": \"asked for\"");
	expect(&view, true, "\"note\": \"libxdp neither counts nor tells what guest decides; ");
}

static void one_is_not_several(void **state)
{
	struct chain_row rows[] = { { .filter = guest[0], .known = true } };
	struct chain_view view = {
		.record = { .engine = ENGINE_INLINE, .filters = guest, .n_filters = 1 },
		.rows = rows,
		.passed_known = true,
		.passed = { 1, 60 },
	};

	(void)state;
	expect(&view, false, "came through: 1 packet, 60 bytes\n");
	expect(&view, true, "\"note\": null");
	view.passed = (struct xlab_count){ 2, 1 };
	expect(&view, false, "came through: 2 packets, 1 byte\n");
}

/* No opinion, a pass and what is no verdict are three things. */
static void no_opinion_is_not_a_pass(void **state)
{
	struct chain_row rows[] = { { .filter = guest[0], .known = true } };
	const struct chain_view view = {
		.record = { .engine = ENGINE_INLINE, .filters = guest, .n_filters = 1 },
		.rows = rows,
		.passed_known = true,
	};

	(void)state;
	rows[0].verdicts[XLAB_SLOT_NEXT] = (struct xlab_count){ 3, 90 };
	rows[0].verdicts[XDP_PASS] = (struct xlab_count){ 2, 60 };
	expect(&view, false, "  #  filter  next  pass  drop\n");
	expect(&view, false, "  1  guest      3     2     0\n");
	expect(&view, true, "\"next\": {\n          \"packets\": 3,\n          \"bytes\": 90\n");
	rows[0].verdicts[XLAB_SLOT_INVALID].packets = 1;
	expect(&view, false, "  #  filter  next  pass  drop  invalid\n");
	expect(&view, false, "  1  guest      3     2     0        1\n");
}

/* Each verdict alone: its own column, before all others that are only there where they were; red is
 * what did not go on.
 */
static void each_verdict_has_its_column_and_its_colour(void **state)
{
	static const struct {
		size_t slot;
		const char *name, *line;
	} verdicts[] = {
		{ XLAB_SLOT_NEXT, "next",
		  "  #  filter  next  pass  drop\n  1  guest      7     0     0\n" },
		{ XDP_PASS, "pass",
		  "  #  filter  next  pass  drop\n  1  guest      0     7     0\n" },
		{ XDP_DROP, "drop",
		  "  #  filter  next  pass  drop\n  1  guest      0     0     " COLOUR_BAD
		  "7" COLOUR_END "\n" },
		{ XDP_TX, "tx",
		  "  #  filter  next  pass  drop  tx\n  1  guest      0     0     0   " COLOUR_BAD
		  "7" COLOUR_END "\n" },
		{ XDP_REDIRECT, "redirect",
		  "  #  filter  next  pass  drop  redirect\n  1  guest      0     0     0        "
		  " " COLOUR_BAD "7" COLOUR_END "\n" },
		{ XDP_ABORTED, "aborted",
		  "  #  filter  next  pass  drop  aborted\n  1  guest      0     0     0       "
		  " " COLOUR_BAD "7" COLOUR_END "\n" },
		{ XLAB_SLOT_INVALID, "invalid",
		  "  #  filter  next  pass  drop  invalid\n  1  guest      0     0     0       "
		  " " COLOUR_BAD "7" COLOUR_END "\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct chain_row rows[] = { { .filter = guest[0], .known = true } };
		const struct chain_view view = {
			.record = { .engine = ENGINE_INLINE, .filters = guest, .n_filters = 1 },
			.rows = rows,
		};
		char *FREE_AUTO wanted = NULL;
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		rows[0].verdicts[verdicts[i].slot] = (struct xlab_count){ 7, 70 };
		chain_print("r:r0", &view, 2, true, out);
		assert_int_equal(fclose(out), 0);
		if (!strstr(text, verdicts[i].line))
			fail_msg("\"%s\" is not in:\n%s", verdicts[i].line, text);
		free(text);
		wanted = text_format(
			"\"%s\": {\n          \"packets\": 7,\n          \"bytes\": 70\n",
			verdicts[i].name);
		expect(&view, true, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generations_are_given_out_once),
		cmocka_unit_test(the_last_chains_are_known),
		cmocka_unit_test(what_stands_is_now_or_before),
		cmocka_unit_test(a_scenarios_chain_is_not_the_own),
		cmocka_unit_test(that_a_scenario_took_it_off_is_known_until_something_stands),
		cmocka_unit_test(what_is_not_counted),
		cmocka_unit_test(one_is_not_several),
		cmocka_unit_test(no_opinion_is_not_a_pass),
		cmocka_unit_test(each_verdict_has_its_column_and_its_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
