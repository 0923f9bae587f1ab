// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/scenario/arrivals.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/judge.h"
#include "orchestrator/scenario/step_result.h"
#include "tests/unit/evidence_maker.h"

enum { A, H2, H3 };
#define BYTES 6 /* of the text */

static struct node nodes[] = { { .name = "a" }, { .name = "h2" }, { .name = "h3" } };
static struct labfile labfile = { .topo = { .nodes = nodes, .n_nodes = 3 } };
static size_t both[] = { H2, H3 };

static struct step a_step(enum step_kind kind, size_t receivers)
{
	return (struct step){ .kind = kind,
			      .src = A,
			      .dst = NONE,
			      .count = 1,
			      .by = NONE,
			      .from = NONE,
			      .packet = NONE,
			      .as = NONE,
			      .at = NONE,
			      .receivers = both,
			      .n_receivers = receivers };
}

/* So many whole texts at h2 and h3, or at whoever has the address; and bytes besides at h2. */
static struct evidence an_evidence(const struct step *step, unsigned int at_h2, unsigned int at_h3,
				   size_t bytes)
{
	size_t n = step->n_receivers ? step->n_receivers : 1;
	struct evidence ev = {
		.topo = &labfile.topo,
		.wanted = step->count,
		.bytes = (at_h2 + at_h3) * BYTES + bytes,
		.bytes_wanted = BYTES,
		.arrived = at_h2 + at_h3 == 1 && !bytes,
		.arrivals = xcalloc(n, sizeof(*ev.arrivals)),
		.n_arrivals = n,
		.server_bound = true,
	};

	ev.arrivals[0] = (struct arrival){ H2, at_h2 * BYTES + bytes, bytes ? 0 : at_h2 };
	if (n > 1)
		ev.arrivals[1] = (struct arrival){ H3, at_h3 * BYTES, at_h3 };
	return ev;
}

static void expect(const struct step *step, struct evidence *ev, enum outcome outcome,
		   const char *why)
{
	expect_judged(&labfile, step, ev, outcome, why, NULL);
}

static void a_text_arrives_once_at_one(void **state)
{
	struct step alone = a_step(STEP_UDP, 0), named = a_step(STEP_UDP, 2);
	const struct {
		const struct step *step;
		unsigned int at_h2, at_h3;
		size_t bytes;
		enum outcome outcome;
		const char *why;
	} rows[] = {
		{ &alone, 1, 0, 0, OUTCOME_OK, "arrived whole" },
		{ &alone, 2, 0, 0, OUTCOME_NOT_OK, "arrived twice, where it was expected once" },
		{ &alone, 3, 0, 0, OUTCOME_NOT_OK, "arrived 3 times, where it was expected once" },
		{ &alone, 0, 0, 4, OUTCOME_NOT_OK,
		  "4 of 6 bytes arrived: the reason is not known" },
		{ &named, 1, 0, 0, OUTCOME_OK, "arrived whole at h2" },
		{ &named, 0, 1, 0, OUTCOME_OK, "arrived whole at h3" },
		{ &named, 1, 1, 0, OUTCOME_NOT_OK,
		  "arrived at h2 and at h3, where it was expected once" },
		{ &named, 0, 2, 0, OUTCOME_NOT_OK,
		  "arrived at h3 twice, where it was expected once" },
		{ &named, 4, 1, 0, OUTCOME_NOT_OK,
		  "arrived at h2 4 times and at h3, where it was expected once" },
		{ &named, 0, 1, 2, OUTCOME_NOT_OK,
		  "arrived at h2 with 2 bytes, not 6 and at h3, where it was expected once" },
		{ &named, 0, 0, 0, OUTCOME_NOT_OK,
		  "nothing arrived at h2 or h3: the reason is not known" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev =
			an_evidence(rows[i].step, rows[i].at_h2, rows[i].at_h3, rows[i].bytes);

		expect(rows[i].step, &ev, rows[i].outcome, rows[i].why);
	}
}

static void who_else_may_have_it_is_told(void **state)
{
	struct step step = a_step(STEP_TCP, 2);
	struct evidence ev = an_evidence(&step, 0, 0, 0);

	(void)state;
	ev.takers = strdup("lb");
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived at h2 or h3: lb has bound that port itself, and has the address");
	ev = an_evidence(&step, 0, 0, 0);
	ev.refused = true;
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "nothing arrived at h2 or h3: it was refused, by an ICMP error");

	step = a_step(STEP_PING, 0);
	ev = an_evidence(&step, 0, 0, 0);
	ev.stranger = strdup("10.0.0.3");
	expect(&step, &ev, OUTCOME_NOT_OK, "no reply came, but from 10.0.0.3, which was not asked");
	step.expect = EXPECT_DROP;
	ev = an_evidence(&step, 0, 0, 0);
	ev.stranger = strdup("10.0.0.3");
	expect(&step, &ev, OUTCOME_NOT_OK,
	       "no reply came, but from 10.0.0.3, which was not asked, where a drop was expected");
}

static void so_many_arrive_as_the_step_says(void **state)
{
	static const struct {
		unsigned int min, max, arrived;
		enum outcome outcome;
		const char *why;
	} rows[] = {
		{ 4, 6, 3, OUTCOME_NOT_OK,
		  "3 of 10 replies came, where 4..6 were expected: the reason is not known" },
		{ 4, 6, 4, OUTCOME_OK, "4 of 10 replies came" },
		{ 4, 6, 6, OUTCOME_OK, "6 of 10 replies came" },
		{ 4, 6, 7, OUTCOME_NOT_OK, "7 of 10 replies came, where 4..6 were expected" },
		{ 5, 5, 6, OUTCOME_NOT_OK, "6 of 10 replies came, where 5 were expected" },
		{ 0, 3, 0, OUTCOME_OK, "0 of 10 replies came" },
		{ 0, 0, 9, OUTCOME_NOT_OK, "9 of 10 replies came: the reason is not known" },
		{ 0, 0, 10, OUTCOME_OK, "10 of 10 replies came" },
	};
	struct step step = a_step(STEP_PING, 0);

	(void)state;
	step.count = 10;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(&step, 0, 0, 0);

		ev.arrived = rows[i].arrived;
		step.arrive_min = rows[i].min;
		step.arrive_max = rows[i].max;
		if (rows[i].outcome == OUTCOME_OK)
			assert_false(arrivals_too_many(&step, &ev));
		expect(&step, &ev, rows[i].outcome, rows[i].why);
	}
}

static void flows_are_shared(void **state)
{
	static const struct {
		unsigned int each;
		unsigned int flows[2];
		enum outcome outcome;
		const char *why;
	} rows[] = {
		{ 0, { 100, 0 }, OUTCOME_OK, "100 flows arrived: h2 100, h3 0" },
		{ 40, { 60, 40 }, OUTCOME_OK, "100 flows arrived: h2 60, h3 40" },
		{ 40,
		  { 39, 61 },
		  OUTCOME_NOT_OK,
		  "100 flows arrived: h2 39, h3 61; at least 40% were to arrive at each, and h2 "
		  "got less" },
		{ 50,
		  { 51, 49 },
		  OUTCOME_NOT_OK,
		  "100 flows arrived: h2 51, h3 49; at least 50% were to arrive at each, and h3 "
		  "got less" },
	};
	struct step step = a_step(STEP_UDP, 2);
	struct step_result result = { 0 };

	(void)state;
	step.flows = 100;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		step.each = rows[i].each;
		judge_shares(&labfile, &step, rows[i].flows, &result);
		assert_string_equal(result.why, rows[i].why);
		assert_int_equal(result.outcome, rows[i].outcome);
		step_result_clear(&result);
	}
	step.flows = 1000; /* one less than half of them */
	judge_shares(&labfile, &step, (const unsigned int[]){ 499, 501 }, &result);
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	step_result_clear(&result);
	judge_shares(&labfile, &step, (const unsigned int[]){ 500, 500 }, &result);
	assert_int_equal(result.outcome, OUTCOME_OK);
	step_result_clear(&result);
	step.flows = 100;
	result = (struct step_result){ .outcome = OUTCOME_NOT_OK, .why = strdup("lost") };
	judge_flow(&step, 7, &result);
	assert_string_equal(result.why, "flow 7 of 100: lost");
	assert_int_equal(result.outcome, OUTCOME_NOT_OK);
	step_result_clear(&result);
}

static void a_control_run_can_have_to_fail(void **state)
{
	static const struct {
		enum step_control control;
		unsigned int arrived;
		bool bound;
		enum outcome outcome;
		const char *why;
	} rows[] = {
		{ CONTROL_PASS, 3, true, OUTCOME_OK, "3 of 3 replies came" },
		{ CONTROL_PASS, 2, true, OUTCOME_LAB,
		  "error of the lab: without any chain it fails too: 2 of 3 replies came: the "
		  "reason is not known" },
		{ CONTROL_FAIL, 0, true, OUTCOME_OK, "0 of 3 replies came" },
		{ CONTROL_FAIL, 3, true, OUTCOME_LAB,
		  "error of the lab: without any chain it passes, where control = fail says that "
		  "it must not" },
		{ CONTROL_FAIL, 1, true, OUTCOME_LAB,
		  "error of the lab: without any chain it passes in part (1 of 3 replies came), "
		  "where control = fail says that it must not" },
		{ CONTROL_FAIL, 0, false, OUTCOME_LAB,
		  "error of the lab: the server never came to listen, so it proves nothing that "
		  "it fails without any chain: the reason is not known" },
	};
	struct step step = a_step(STEP_PING, 0);

	(void)state;
	step.count = 3;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence(&step, 0, 0, 0);
		struct step_result result = { 0 };

		ev.arrived = rows[i].arrived;
		ev.server_bound = rows[i].bound;
		step.control = rows[i].control;
		judge_control(&labfile, &step, &ev, &result);
		assert_string_equal(result.why, rows[i].why);
		assert_int_equal(result.outcome, rows[i].outcome);
		assert_int_equal(result.details != NULL, result.outcome != OUTCOME_OK);
		step_result_clear(&result);
		evidence_clear(&ev);
	}
}

/* What goes to several is to arrive at each of them. */
static void what_goes_to_all_arrives_at_each(void **state)
{
	struct step udp = a_step(STEP_UDP, 2), ping = a_step(STEP_PING, 2);
	struct evidence ev;

	(void)state;
	udp.group = ping.group = true;
	ev = an_evidence(&udp, 1, 1, 0);
	ev.arrived = 1;
	expect(&udp, &ev, OUTCOME_OK, "arrived whole at h2 and at h3");
	ev = an_evidence(&udp, 1, 0, 0);
	ev.arrived = 0;
	expect(&udp, &ev, OUTCOME_NOT_OK,
	       "arrived at h2, and nothing at h3: the reason is not known");
	ev = an_evidence(&udp, 2, 1, 0);
	ev.arrived = 0;
	expect(&udp, &ev, OUTCOME_NOT_OK,
	       "arrived at h2 twice and at h3, where it was expected once");
	ev = an_evidence(&ping, 1, 3, 0);
	ev.arrived = 1;
	ev.bytes = 0;
	expect(&ping, &ev, OUTCOME_OK, "replied");
	ev = an_evidence(&ping, 1, 0, 0);
	ev.arrivals[1].bytes = ev.bytes = 0;
	ev.arrived = 1;
	expect(&ping, &ev, OUTCOME_NOT_OK, "replied, but h3 did not: the reason is not known");
	ev = an_evidence(&ping, 0, 1, 0);
	ev.arrivals[1].bytes = ev.bytes = 0; /* an echo counts, whatever it carries */
	ev.arrived = 1;
	expect(&ping, &ev, OUTCOME_NOT_OK, "replied, but h2 did not: the reason is not known");
	/* a part of it is not nothing */
	ev = an_evidence(&udp, 0, 0, 4);
	ev.arrived = 0;
	expect(&udp, &ev, OUTCOME_NOT_OK,
	       "arrived at h2 with 4 bytes, not 6, and nothing at h3: the reason is not known");
	ev = an_evidence(&udp, 0, 0, 0);
	expect(&udp, &ev, OUTCOME_NOT_OK, "nothing arrived at h2 or h3: the reason is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_to_all_arrives_at_each),
		cmocka_unit_test(a_text_arrives_once_at_one),
		cmocka_unit_test(who_else_may_have_it_is_told),
		cmocka_unit_test(so_many_arrive_as_the_step_says),
		cmocka_unit_test(flows_are_shared),
		cmocka_unit_test(a_control_run_can_have_to_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
