// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a chain does, whichever engine carries it: one table, run in both
 * (XLAB_TEST_ENGINE). Each row is a chain, a packet's port, its verdict, and how many
 * packets of each verdict every filter must have counted.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/event/listener.h"
#include "tests/engine/rig.h"

static const char filters[] =
	"[filter p1]\nprogram = port\nproto = udp\ndst = 1001\n"
	"[filter p2]\nprogram = port\nproto = udp\ndst = 1002\n"
	"[filter abort3]\nprogram = port\nproto = udp\ndst = 1003\naction = aborted\n"
	"[filter tx4]\nprogram = port\nproto = udp\ndst = 1004\naction = tx\n"
	"[filter pass5]\nprogram = port\nproto = udp\ndst = 1005\naction = pass\n"
	"[filter hi]\nprogram = hello\n"
	"[filter yes]\nprogram = pass\n"
	"[filter yeson]\nprogram = pass\ncontinue = pass\n"
	"[filter on5]\nprogram = port\nproto = udp\ndst = 1005\naction = pass\ncontinue = pass\n"
	"[filter no]\nprogram = drop\n"
	"[filter onward]\nprogram = drop\ncontinue = pass drop\n"
	"[filter final]\nprogram = pass\ncontinue = drop\n"
	"[filter any]\nprogram = drop\ncontinue = aborted drop pass tx redirect\n"
	"[filter txon]\nprogram = tx\ncontinue = tx\n"
	"[filter aborton]\nprogram = aborted\ncontinue = aborted pass\n"
	"[filter away]\nprogram = redirect\nto = right:r0\n"
	"[filter stop6]\nprogram = port\ndst = 1006\ncontinue = none\n";

#define ENDED 99 /* at the chain's end */

struct row {
	const char *chain;
	uint16_t port;
	uint32_t verdict;
	size_t stopped;		/* position of the filter that decided, or ENDED */
	const char *went_on[4]; /* "0:1": filter 0 said 1 and the chain went on */
};

static const struct row rows[] = {
	{ "yes", 1000, XDP_PASS, 0, { NULL } },
	{ "yes no", 1000, XDP_PASS, 0, { NULL } },
	{ "yeson", 1000, XDP_PASS, ENDED, { "0:2" } },
	{ "no", 1000, XDP_DROP, 0, { NULL } },
	{ "p1", 1001, XDP_DROP, 0, { NULL } },
	{ "p1", 1000, XDP_PASS, ENDED, { NULL } },
	{ "p1 p2", 1001, XDP_DROP, 0, { NULL } },
	{ "p1 p2", 1002, XDP_DROP, 1, { NULL } },
	{ "p2 p1", 1001, XDP_DROP, 1, { NULL } },
	{ "p1 p2", 1000, XDP_PASS, ENDED, { NULL } },
	{ "abort3 p1", 1003, XDP_ABORTED, 0, { NULL } },
	{ "p1 tx4 p2", 1004, XDP_TX, 1, { NULL } },
	{ "pass5", 1005, XDP_PASS, 0, { NULL } },
	{ "pass5 no", 1005, XDP_PASS, 0, { NULL } },
	{ "pass5 no", 1000, XDP_DROP, 1, { NULL } },
	{ "pass5 p1 no", 1001, XDP_DROP, 1, { NULL } },
	{ "on5", 1005, XDP_PASS, ENDED, { "0:2" } },
	{ "on5", 1000, XDP_PASS, ENDED, { NULL } },
	{ "on5 no", 1005, XDP_DROP, 1, { "0:2" } },
	{ "on5 no", 1000, XDP_DROP, 1, { NULL } },
	{ "hi", 1000, XDP_PASS, ENDED, { NULL } },
	{ "hi yes hi no", 1000, XDP_PASS, 1, { NULL } },
	{ "hi hi hi no", 1000, XDP_DROP, 3, { NULL } },
	{ "hi hi hi", 1000, XDP_PASS, ENDED, { NULL } },
	{ "onward yes", 1000, XDP_PASS, 1, { "0:1" } },
	{ "onward onward no", 1000, XDP_DROP, 2, { "0:1", "1:1" } },
	{ "onward", 1000, XDP_PASS, ENDED, { "0:1" } },
	{ "final no", 1000, XDP_PASS, 0, { NULL } },
	{ "any any p1", 1001, XDP_DROP, 2, { "0:1", "1:1" } },
	{ "txon onward hi", 1000, XDP_PASS, ENDED, { "0:3", "1:1" } },
	{ "aborton p1", 1001, XDP_DROP, 1, { "0:0" } },
	{ "p1 away no", 1000, XDP_REDIRECT, 1, { NULL } },
	{ "stop6", 1006, XDP_DROP, 0, { NULL } },
	{ "stop6 no", 1006, XDP_DROP, 0, { NULL } },
	{ "stop6 no", 1000, XDP_DROP, 1, { NULL } },
	{ "p1 stop6 no", 1000, XDP_DROP, 2, { NULL } },
	{ "p1 stop6", 1000, XDP_PASS, ENDED, { NULL } },
	{ "hi tx4 no", 1004, XDP_TX, 1, { NULL } },
	{ "p1 p2 abort3 tx4 pass5 hi yeson onward any", 1004, XDP_TX, 3, { NULL } },
	{ "p1 p2 abort3 tx4 pass5 hi yeson onward any",
	  1000,
	  XDP_PASS,
	  ENDED,
	  { "6:2", "7:1", "8:1" } },
};

static bool went_on(const struct row *r, size_t position, uint32_t action)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%zu:%u", position, action);
	for (size_t i = 0; i < ARRAY_SIZE(r->went_on) && r->went_on[i]; i++)
		if (!strcmp(r->went_on[i], text))
			return true;
	return false;
}

/* What filter @position must have counted of @action after one packet. */
static uint64_t expected(const struct row *r, const struct chain_view *v, size_t position,
			 uint32_t action)
{
	size_t stop = r->stopped == ENDED ? v->record.n_filters : r->stopped;
	bool said_other = false;

	if (position > stop)
		return 0;
	if (position == stop)
		return action == r->verdict;
	for (uint32_t a = 0; a < XLAB_ACTIONS; a++)
		said_other |= went_on(r, position, a);
	return said_other ? went_on(r, position, action) : action == XLAB_SLOT_NEXT;
}

static void check_counts(const struct lab *lab, const struct row *r)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct chain_view v;

	assert_int_equal(chain_read(lab, rig_end(lab), &v, &e), 0);
	assert_int_equal(v.record.engine, rig_is_libxdp() ? ENGINE_LIBXDP : ENGINE_INLINE);
	for (size_t i = 0; i < v.record.n_filters; i++) {
		assert_true(v.rows[i].known);
		for (uint32_t a = 0; a < XLAB_ACTIONS; a++) {
			uint64_t want = expected(r, &v, i, a);

			if (v.rows[i].verdicts[a].packets != want)
				fail_msg("%s, port %u: filter %zu counted %llu of action %u, not "
					 "%llu",
					 r->chain, r->port, i, v.rows[i].verdicts[a].packets, a,
					 (unsigned long long)want);
			assert_int_equal(v.rows[i].verdicts[a].bytes, want * 64);
		}
	}
	assert_int_equal(v.passed.packets, r->stopped == ENDED);
	chain_view_clear(&v);
}

struct consumed {
	struct xlab_event events[64];
	size_t n;
};

static int keep_event(void *cookie, const struct xlab_event *event)
{
	struct consumed *h = cookie;

	if (h->n < ARRAY_SIZE(h->events))
		h->events[h->n++] = *event;
	return 0;
}

/* Only what sends packets back changes them here: first of all such a chain tells how one came. */
static size_t check_came(const struct consumed *h, const struct row *r, const uint8_t *frame)
{
	const struct xlab_event *first = &h->events[0];

	if (!strstr(r->chain, "tx"))
		return 0;
	assert_int_equal(first->kind, XLAB_CAME);
	assert_int_equal(first->position, 0);
	assert_int_equal(first->verdict, XLAB_NEXT);
	assert_int_equal(first->length, 64);
	assert_int_equal(first->snapped, 64);
	assert_int_equal(first->cpu, h->events[h->n - 1].cpu);
	assert_int_equal(first->gen, h->events[h->n - 1].gen);
	assert_memory_equal(first->snap, frame, 64);
	return 1;
}

static void check_events(const struct consumed *h, const struct row *r, size_t n_filters,
			 size_t iface, const uint8_t *frame)
{
	const struct xlab_event *last = &h->events[h->n - 1];
	bool turned = r->verdict == XDP_TX || strstr(r->chain, "txon");
	size_t on = 0;

	assert_true(h->n > 0);
	/* As it left. */
	assert_memory_equal(last->snap, frame + (turned ? 6 : 0), 6);
	assert_int_equal(last->kind, XLAB_DECIDED);
	assert_int_equal(last->position, r->stopped == ENDED ? n_filters : r->stopped);
	assert_int_equal(last->verdict, r->verdict);
	assert_int_equal(last->iface, iface);
	assert_int_equal(last->length, 64);
	assert_int_equal(last->snapped, 64);
	for (size_t i = check_came(h, r, frame); i + 1 < h->n; i++) {
		const struct xlab_event *event = &h->events[i];

		assert_true(event->kind == XLAB_WENT_ON || event->kind == XLAB_HELLO);
		if (event->kind != XLAB_WENT_ON)
			continue;
		on++;
		assert_true(went_on(r, event->position, event->verdict));
	}
	for (size_t i = 0; i < ARRAY_SIZE(r->went_on) && r->went_on[i]; i++)
		assert_true(on-- > 0);
	assert_int_equal(on, 0);
}

static size_t words(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == ' ';
	return n;
}

static void test_table(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct listener *l;
	uint8_t frame[64];

	assert_int_equal(listener_open(lab, &l, &e), 0);
	assert_int_equal(listener_subscribe(l, rig_end(lab), &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct consumed h = { .n = 0 };
		uint32_t verdict;

		rig_must_chain(lab, rows[i].chain);
		rig_frame(frame, sizeof(frame), rows[i].port);
		(void)listener_consume(l, keep_event, &(struct consumed){ .n = 0 });
		verdict = rig_run(lab, frame, sizeof(frame), NULL);
		if (verdict != rows[i].verdict)
			fail_msg("%s, port %u: verdict %u, not %u", rows[i].chain, rows[i].port,
				 verdict, rows[i].verdict);
		(void)listener_consume(l, keep_event, &h);
		check_counts(lab, &rows[i]);
		check_events(&h, &rows[i], words(rows[i].chain), rig_end(lab), frame);
	}
	assert_int_equal(listener_lost(l), 0);
	listener_close(l);
}

/* What some packets said and others did not: silence is what is left of those that went on. */
static void test_silence_beside_words(void **state)
{
	struct lab *lab = *state;
	uint8_t frame[64];

	rig_must_chain(lab, "on5 no");
	for (uint16_t port = 1003; port < 1006; port++) {
		rig_frame(frame, sizeof(frame), port);
		assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
	}
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).packets, 2);
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).bytes, 2 * sizeof(frame));
	assert_int_equal(rig_count(lab, 0, XDP_PASS).packets, 1);
	assert_int_equal(rig_count(lab, 1, XDP_DROP).packets, 3);
}

#define EIGHT "hi hi hi hi hi hi hi hi "

/* The end of the longest chain is counted where its last filter was not. */
static void test_longest(void **state)
{
	struct lab *lab = *state;
	uint8_t frame[64];

	if (rig_is_libxdp())
		return;
	rig_must_chain(lab, EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT);
	rig_frame(frame, sizeof(frame), 1000);
	assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_PASS);
	assert_int_equal(rig_count(lab, XLAB_CHAIN_MAX, 0).packets, 1);
	assert_int_equal(rig_count(lab, XLAB_CHAIN_MAX - 1, XLAB_SLOT_NEXT).packets, 1);
	rig_must_chain(lab, "");
}

/* Of r0, as a chain there sees it. */
static void map_book(const struct lab *lab, struct counters *counters)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int counters_fd = -1, rings_fd = -1;

	assert_int_equal(counters_open(lab, rig_end(lab), &counters_fd, &rings_fd, &e), 0);
	assert_int_equal(counters_map(counters, counters_fd, counters_row(lab, rig_end(lab)), &e),
			 0);
}

/* Each listener hears everything; when the last has gone nothing is told. */
static void test_listeners(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct listener *l[XLAB_LISTENERS], *more;
	struct lab *lab = *state;
	struct counters counters;
	uint8_t frame[64];

	rig_must_chain(lab, "hi p1");
	rig_frame(frame, sizeof(frame), 1001);
	for (size_t i = 0; i < XLAB_LISTENERS; i++) {
		assert_int_equal(listener_open(lab, &l[i], &e), 0);
		assert_int_equal(listener_subscribe(l[i], rig_end(lab), &e), 0);
	}
	assert_int_equal(listener_open(lab, &more, &e), -EBUSY);
	(void)rig_run(lab, frame, sizeof(frame), NULL);
	for (size_t i = 0; i < XLAB_LISTENERS; i++) {
		struct consumed h = { .n = 0 };

		(void)listener_consume(l[i], keep_event, &h);
		assert_int_equal(h.n, 2);
		assert_int_equal(h.events[0].kind, XLAB_HELLO);
		assert_int_equal(h.events[1].position, 1);
	}
	map_book(lab, &counters);
	for (size_t i = 0; i < XLAB_LISTENERS; i++) {
		for (size_t cpu = 0; cpu < counters.n; cpu++)
			assert_int_equal(counters.slots[cpu].listening >> i,
					 (1U << XLAB_LISTENERS >> i) - 1);
		listener_close(l[i]);
	}
	assert_int_equal(counters.slots[0].listening, 0);
	counters_unmap(&counters);
}

/* What an earlier listener at the same place has lost is not the next one's. */
static void test_losses(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct listener *l;
	struct counters counters;

	map_book(lab, &counters);
	counters.slots[0].lost[0] += 5;
	assert_int_equal(listener_open(lab, &l, &e), 0);
	assert_int_equal(listener_subscribe(l, rig_end(lab), &e), 0);
	assert_int_equal(listener_lost(l), 0);
	counters.slots[0].lost[0] += 2;
	counters.slots[counters.n - 1].lost[0] += 1;
	assert_int_equal(listener_lost(l), 3);
	listener_close(l);
	counters_unmap(&counters);
}

/* A listener that was killed: its lock is free, its bit still set. The next one starts clean. */
static void test_listener_killed(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct consumed h = { .n = 0 };
	struct listener *l;
	uint8_t frame[64];
	pid_t child = fork();

	rig_frame(frame, sizeof(frame), 1001);
	if (!child) {
		_exit(listener_open(lab, &l, &e) || listener_subscribe(l, rig_end(lab), &e));
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)rig_run(lab, frame, sizeof(frame), NULL);
	assert_int_equal(listener_open(lab, &l, &e), 0);
	(void)rig_run(lab, frame, sizeof(frame), NULL);
	(void)listener_consume(l, keep_event, &h);
	assert_int_equal(h.n, 0);
	listener_close(l);
}

/* Rules outlive a swap; counters begin anew with each chain. */
static void test_replace(void **state)
{
	struct lab *lab = *state;
	uint8_t frame[64];
	uint32_t before;

	rig_frame(frame, sizeof(frame), 1001);
	rig_must_chain(lab, "p1 p2");
	before = rig_attached(lab, "right", "r0");
	assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
	rig_must_chain(lab, "p2 p1");
	assert_true(rig_attached(lab, "right", "r0") != before);
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).packets, 0);
	assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).packets, 1);
	assert_int_equal(rig_count(lab, 1, XDP_DROP).packets, 1);
	rig_must_chain(lab, "");
	assert_int_equal(rig_attached(lab, "right", "r0"), 0);
}

/* A scenario's chain gives way to what was put there for good. */
static void test_restore(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	char *no = "no";
	struct chain_config chain = { .iface = rig_end(lab), .filters = &no, .n_filters = 1 };
	struct chain_view v;

	rig_must_chain(lab, "hi p1");
	assert_int_equal(chain_set(lab, &chain, true, &e), 0);
	assert_int_equal(chain_restore_all(lab, &e), 0);
	assert_int_equal(chain_read(lab, rig_end(lab), &v, &e), 0);
	assert_int_equal(v.record.n_filters, 2);
	assert_string_equal(v.record.filters[1], "p1");
	assert_false(v.record.scenario);
	chain_view_clear(&v);
	rig_must_chain(lab, "");
}

/* What may send packets back has a program at its other end, which goes with it. */
static void test_pass_program(void **state)
{
	struct lab *lab = *state;

	rig_must_chain(lab, "p1");
	assert_int_equal(rig_attached(lab, "left", "l0"), 0);
	rig_must_chain(lab, "tx4");
	assert_true(rig_attached(lab, "left", "l0") != 0);
	rig_must_chain(lab, "p1");
	assert_int_equal(rig_attached(lab, "left", "l0"), 0);
	rig_must_chain(lab, "tx4");
	rig_must_chain(lab, "");
	assert_int_equal(rig_attached(lab, "left", "l0"), 0);
}

/* A scenario that was killed when it had prepared the other end, and not yet put its chain there.
 */
static void test_pass_program_left(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct attach_point_id left = attach_point_id_other(&lab->labfile, rig_end(lab));

	rig_must_chain(lab, "tx4");
	assert_int_equal(chain_restore_all(lab, &e), 0);
	assert_true(rig_attached(lab, "left", "l0") != 0); /* it is needed */
	rig_must_chain(lab, "p1");
	{
		ATTACH_POINT s = ATTACH_POINT_INIT;

		assert_int_equal(attach_point_open(&s, lab, &left, &e), 0);
		assert_int_equal(chain_pass_put(lab, &s, &e), 0);
	}
	assert_true(rig_attached(lab, "left", "l0") != 0);
	assert_int_equal(chain_restore_all(lab, &e), 0);
	assert_int_equal(rig_attached(lab, "left", "l0"), 0);
	rig_must_chain(lab, "");
}

static int up(void **state)
{
	return rig_setup(state, filters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_listener_killed),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_pass_program),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_pass_program_left),
		cmocka_unit_test(test_silence_beside_words),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, up, rig_teardown);
}
