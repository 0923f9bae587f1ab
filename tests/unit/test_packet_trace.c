// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/bpf.h>

#include "orchestrator/event/packet_trace.h"

#define PASS_ONLY (1U << XDP_PASS)
#define DROP_TOO  (1U << XDP_PASS | 1U << XDP_DROP)

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
	assert_int_equal(packet_trace_verdict(&f, 0, PASS_ONLY, true), XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 1, DROP_TOO, true), XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 2, DROP_TOO, true), XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 3, DROP_TOO, true), XDP_TX);
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
	assert_int_equal(packet_trace_verdict(&f, 0, DROP_TOO, true), XDP_PASS);
	assert_int_equal(packet_trace_verdict(&f, 1, DROP_TOO, true), XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 2, DROP_TOO, true), XDP_PASS);
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
	assert_int_equal(packet_trace_verdict(&f, 3, DROP_TOO, true), XDP_PASS);
}

static void other_chain(void **state)
{
	const struct xlab_event next = { .kind = XLAB_DECIDED, .position = 2, .gen = 2 };
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	packet_trace_add(&f, &next, 7);
	assert_int_equal(packet_trace_verdict(&f, 0, DROP_TOO, true), XDP_PASS);
	assert_int_equal(f.lost, 7);
}

/* Some events did not come, or some filters do not tell: what follows without them stays true. */
static void not_sure(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, 0, XDP_DROP);
	add_event(&f, XLAB_DECIDED, 2, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, 0, DROP_TOO, false), PACKET_TRACE_UNKNOWN);
	assert_int_equal(packet_trace_verdict(&f, 1, PASS_ONLY, false), XDP_PASS);
}

/* Wherever an event says that it is from. */
static void any_position(void **state)
{
	struct packet_trace f = { 0 };

	(void)state;
	add_event(&f, XLAB_WENT_ON, XLAB_CHAIN_MAX - 1, XDP_DROP);
	add_event(&f, XLAB_WENT_ON, XLAB_CHAIN_MAX, XDP_DROP);
	add_event(&f, XLAB_DECIDED, UINT16_MAX, XDP_DROP);
	assert_int_equal(packet_trace_verdict(&f, XLAB_CHAIN_MAX - 1, DROP_TOO, true), XDP_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_packet), cmocka_unit_test(packet_without_end),
		cmocka_unit_test(end_alone),  cmocka_unit_test(other_chain),
		cmocka_unit_test(not_sure),   cmocka_unit_test(any_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
