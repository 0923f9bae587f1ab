// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/bpf.h>

#include "orchestrator/event/packet_trace.h"
#include "orchestrator/model/labfile.h"

static const struct filter plain = { .program = PROGRAM_PORT, .continues = 1U << XLAB_NEXT };
static const struct filter onward = { .program = PROGRAM_PORT,
				      .continues = 1U << XLAB_NEXT | 1U << XDP_DROP };
static const struct filter object = { .program = PROGRAM_OBJECT,
				      .continues = 1U << XLAB_NEXT | 1U << XDP_PASS };

static void add_event(struct packet_trace *f, enum xlab_event_kind kind, uint16_t position,
		      uint8_t verdict)
{
	const struct xlab_event event = {
		.kind = (uint8_t)kind, .position = position, .verdict = verdict, .gen = 1
	};

	packet_trace_add(f, &event, 0);
}

static void one_packet(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_HELLO, 0, XDP_PASS);
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP);
	add_event(&f, XLAB_HEADERS, 3, XDP_PASS);
	add_event(&f, XLAB_WENT_ON, 3, XDP_TX);
	add_event(&f, XLAB_DECIDED, 4, XDP_PASS);
	assert_true(packet_trace_greeted(&f, 4));
	assert_int_equal(packet_trace_verdict(&f, 0, &plain, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 1, &onward, true), XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 2, &onward, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 3, &onward, true), XDP_TX);
}

/* Another filter, or another chain's, decided it and did not tell. */
static void packet_without_end(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_WENT_ON, 2, XDP_DROP);
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 3, XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 1, &onward, true), XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 2, &onward, true), XLAB_NEXT);
}

static void end_alone(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_HELLO, 2, XDP_PASS);
	add_event(&f, XLAB_WENT_ON, 3, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 1, XDP_DROP);
	assert_false(packet_trace_greeted(&f, 1));
	packet_trace_end(&f);
	add_event(&f, XLAB_DECIDED, 4, XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 3, &onward, true), XLAB_NEXT);
}

static void other_chain(void **state)
{
	static const struct xlab_event next[] = {
		{ .kind = XLAB_DECIDED, .position = 2, .gen = 2 },
		{ .kind = XLAB_DECIDED, .position = 2, .gen = 1, .iface = 1 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct packet_trace f = { 0 };

		add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
		packet_trace_add(&f, &next[i], 7);
		assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XLAB_NEXT);
		assert_int_equal(f.lost, 7);
	}
}

/* What is told behind a packet's end is of the next one, though it may come further. */
static void after_the_end(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_HELLO, 0, XLAB_NEXT);
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 1, XDP_DROP);
	packet_trace_end(&f);
	add_event(&f, XLAB_WENT_ON, 2, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 3, XDP_PASS);
	assert_false(packet_trace_greeted(&f, 3));
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 2, &onward, true), XDP_DROP);
}

/* A filter shows a packet before it says what becomes of it, and says that once. */
static void a_filter_says_it_once(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_HELLO, 1, XLAB_NEXT);
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XDP_DROP);
	assert_true(packet_trace_greeted(&f, 1));
	assert_false(packet_trace_greeted(&f, 0));
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP); /* of another packet */
	assert_false(packet_trace_greeted(&f, 1));
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XLAB_NEXT);
}

/* Some events did not come, or some filters do not tell: what follows without them stays true. */
static void not_sure(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, false), PACKET_TRACE_UNKNOWN);
	assert_int_equal(packet_trace_verdict(&f, 1, &plain, false), XLAB_NEXT);
}

/* What somebody's object says otherwise is PASS; that it has no opinion it tells. */
static void an_object(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 1, XLAB_NEXT);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 0, &object, true), XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 1, &object, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 0, &object, false), PACKET_TRACE_UNKNOWN);
}

/* How it came is the first event of a packet, whatever had come of the one before. */
static void as_it_came(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_CAME, 0, XLAB_NEXT);
	add_event(&f, XLAB_HELLO, 0, XLAB_NEXT);
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_true(packet_trace_greeted(&f, 2));
	assert_int_equal(packet_trace_verdict(&f, 0, &onward, true), XLAB_NEXT);
	assert_int_equal(packet_trace_verdict(&f, 1, &onward, true), XDP_DROP);
	/* What was shown before it was another's. */
	packet_trace_end(&f);
	add_event(&f, XLAB_HELLO, 0, XLAB_NEXT);
	add_event(&f, XLAB_CAME, 0, XLAB_NEXT);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_false(packet_trace_greeted(&f, 2));
	/* Of two that nobody decided the second. */
	packet_trace_end(&f);
	add_event(&f, XLAB_CAME, 0, XLAB_NEXT);
	add_event(&f, XLAB_WENT_ON, 1, XDP_DROP);
	add_event(&f, XLAB_CAME, 0, XLAB_NEXT);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 1, &onward, true), XLAB_NEXT);
}

/* What was lost counts from a packet's first event on, which is how it came. */
static void lost_before_it(void **state)
{
	static const struct xlab_event came = { .kind = XLAB_CAME }, hello = { .kind = XLAB_HELLO };
	struct packet_trace f = { 0 };

	(void)state;
	packet_trace_add(&f, &came, 3);
	packet_trace_add(&f, &hello, 7);
	assert_int_equal(f.lost, 3);
	packet_trace_add(&f, &hello, 9);
	assert_int_equal(f.lost, 9);
}

/* Wherever an event says that it is from. */
static void any_position(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, XLAB_CHAIN_MAX - 1, XDP_DROP);
	add_event(&f, XLAB_HELLO, XLAB_CHAIN_MAX, XDP_DROP);
	assert_false(packet_trace_greeted(&f, XLAB_CHAIN_MAX));
	add_event(&f, XLAB_WENT_ON, XLAB_CHAIN_MAX, XDP_DROP);
	add_event(&f, XLAB_DECIDED, UINT16_MAX, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, XLAB_CHAIN_MAX - 1, &onward, true), XDP_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_packet),	  cmocka_unit_test(packet_without_end),
		cmocka_unit_test(end_alone),	  cmocka_unit_test(other_chain),
		cmocka_unit_test(not_sure),	  cmocka_unit_test(any_position),
		cmocka_unit_test(an_object),	  cmocka_unit_test(as_it_came),
		cmocka_unit_test(after_the_end),  cmocka_unit_test(a_filter_says_it_once),
		cmocka_unit_test(lost_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
