// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a step waits, for whom, and when what was seen leaves nothing to wait for. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_run.h"

#define MS 1000000ULL

static unsigned int consumed;

static int consume(void *cookie, struct evidence *ev, struct error *e)
{
	const int *answer = cookie;

	(void)ev;
	consumed++;
	return *answer ? error_state(e, *answer, "it cannot") : 0;
}

static unsigned int asked;

static int never(struct step_run *c)
{
	(void)c;
	asked++;
	return 0;
}

static int at_the_third(struct step_run *c)
{
	(void)c;
	return ++asked == 3;
}

static int fails(struct step_run *c)
{
	(void)c;
	return -EBADMSG;
}

static int when_consumed(struct step_run *c)
{
	(void)c;
	return consumed > 0;
}

/* What takes longer than a second was not waited for as it should be. */
static void waits_until_then(void **state)
{
	static const struct {
		unsigned int ms;
		uint64_t ask_ns;
		int (*done)(struct step_run *c);
		int err;
		unsigned int least, most; /* how often it asks */
	} rows[] = {
		{ 50, 0, never, -ETIMEDOUT, 2, 3 },   { 50, 60000 * MS, never, -ETIMEDOUT, 2, 3 },
		{ 50, MS, never, -ETIMEDOUT, 4, 51 }, { 60000, MS, at_the_third, 0, 3, 3 },
		{ 60000, 0, fails, -EBADMSG, 0, 0 },  { 0, 0, never, -ETIMEDOUT, 1, 1 },
	};
	int answer = 0;
	const struct probe probe = { .signal_fd = -1,
				     .listener_fd = -1,
				     .drops_fd = -1,
				     .consume = consume,
				     .cookie = &answer };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = { .probe = &probe, .e = &e };
		uint64_t began = netlink_clock_ns(), took;

		asked = 0;
		step_run_allow(&c, began, rows[i].ms);
		assert_int_equal(c.deadline_ns, began + rows[i].ms * MS);
		assert_int_equal(step_run_wait(&c, rows[i].done, rows[i].ask_ns), rows[i].err);
		took = netlink_clock_ns() - began;
		assert_in_range(asked, rows[i].least, rows[i].most);
		if (rows[i].err == -ETIMEDOUT)
			assert_true(took >= rows[i].ms * MS);
		assert_true(took < 10000 * MS);
	}
}

/* A pipe in which there is something to read. */
static void make_news(int fds[static 2])
{
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
}

/* Whoever has news ends the wait, long before the deadline. */
static void is_woken_by_news(void **state)
{
	static const struct {
		enum { SIGNAL, LISTENER, DROPS, TAP, CLIENT, SERVER } who;
		int answer, err;
	} rows[] = {
		{ SIGNAL, 0, -EINTR }, { LISTENER, 0, 0 }, { LISTENER, -EBADMSG, -EBADMSG },
		{ DROPS, 0, 0 },       { TAP, 0, 0 },	   { CLIENT, 0, 0 },
		{ SERVER, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int answer = rows[i].answer, who = rows[i].who, fds[2];
		struct probe probe = { .consume = consume, .cookie = &answer };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = { .probe = &probe, .e = &e };
		struct receiver receivers[2] = { 0 };
		struct tap taps[2] = { { .fd = -1 }, { .fd = -1 } };
		const struct subprocess child = { .started = true,
						  .ended = true,
						  .child = CHILD_NONE,
						  .out = { .fd = -1 },
						  .err = { .fd = -1 } };

		make_news(fds);
		probe.signal_fd = who == SIGNAL ? fds[0] : -1;
		probe.listener_fd = who == LISTENER ? fds[0] : -1;
		probe.drops_fd = who == DROPS ? fds[0] : -1;
		c.taps = taps;
		c.n_taps = 2;
		taps[1].fd = who == TAP ? fds[0] : -1;
		c.receivers = receivers;
		c.n_receivers = 2;
		c.client = receivers[0].server = receivers[1].server = child;
		if (who == CLIENT)
			c.client.out.fd = fds[0];
		if (who == SERVER)
			receivers[1].server.err.fd = fds[0];
		consumed = 0;
		step_run_allow(&c, netlink_clock_ns(), 60000);
		assert_int_equal(step_run_wait(&c, when_consumed, 0), rows[i].err);
		assert_int_equal(consumed, who == SIGNAL ? 0 : 1);
		if (rows[i].err)
			assert_non_null(strstr(e.text, who == SIGNAL ? "stopped by a signal"
								     : "it cannot"));
		/* what a child said is taken then */
		if (who == CLIENT)
			assert_int_equal(c.client.out.size, 1);
		if (who == SERVER)
			assert_int_equal(receivers[1].server.err.size, 1);
		free(c.client.out.text);
		free(receivers[1].server.err.text);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

/* What the chains have said of the step's own packets. */
static void what_leaves_nothing_to_wait_for(void **state)
{
	static const struct {
		enum step_expect expect;
		struct evidence ev; /* of @wanted 2 */
		unsigned int ms, segment_drops;
		bool handshake, at_most, settled;
	} rows[] = {
		{ EXPECT_DROP, { .drops = 1 }, 500, 0, false, false, false },
		{ EXPECT_DROP, { .drops = 2 }, 500, 0, false, false, true },
		/* a segment is sent again at once, a handshake's after a second */
		{ EXPECT_DROP, { .drops = 2 }, 500, 1, false, false, false },
		{ EXPECT_DROP, { .drops = 2 }, 500, 2, false, false, true },
		{ EXPECT_DROP, { .drops = 2 }, 1000, 1, true, false, true },
		{ EXPECT_DROP, { .drops = 2 }, 1001, 1, true, false, false },
		{ EXPECT_DROP, { .drops = 2 }, 1001, 2, true, false, true },
		{ EXPECT_PASS, { .drops = 0 }, 500, 0, false, false, false },
		{ EXPECT_PASS, { .drops = 1 }, 500, 0, false, false, true },
		{ EXPECT_PASS, { .drops = 1 }, 500, 1, false, false, false },
		{ EXPECT_PASS, { .drops = 1 }, 500, 2, false, false, false },
		{ EXPECT_PASS, { .drops = 1, .arrived = 0 }, 500, 0, false, true, false },
		{ EXPECT_PASS, { .drops = 1, .arrived = 1 }, 500, 0, false, true, true },
		{ EXPECT_PASS, { .drops = 0, .arrived = 2 }, 500, 0, false, true, false },
		{ EXPECT_TX, { .told = { [XDP_TX] = 1 } }, 500, 0, false, false, false },
		{ EXPECT_TX, { .told = { [XDP_TX] = 2 } }, 500, 0, false, false, true },
		{ EXPECT_TX,
		  { .drops = 2, .told = { [XDP_REDIRECT] = 2 } },
		  500,
		  0,
		  false,
		  false,
		  false },
		{ EXPECT_REDIRECT,
		  { .told = { [XDP_REDIRECT] = 1 } },
		  500,
		  0,
		  false,
		  false,
		  false },
		{ EXPECT_REDIRECT, { .told = { [XDP_REDIRECT] = 2 } }, 500, 0, false, false, true },
		{ EXPECT_REDIRECT, { .told = { [XDP_TX] = 2 } }, 500, 0, false, false, false },
		{ EXPECT_ABORTED, { .told = { [XDP_ABORTED] = 1 } }, 500, 0, false, false, false },
		{ EXPECT_ABORTED, { .told = { [XDP_ABORTED] = 2 } }, 500, 0, false, false, true },
		{ EXPECT_ABORTED,
		  { .drops = 2, .told = { [XDP_DROP] = 2 } },
		  500,
		  0,
		  false,
		  false,
		  false },
	};
	const struct probe probe = { 0 };
	const uint64_t since = 3600000 * MS;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct segment segment = { .drops = rows[i].segment_drops,
					   .handshake = rows[i].handshake };
		const struct step step = { .kind = STEP_UDP,
					   .expect = rows[i].expect,
					   .arrive_max = rows[i].at_most };
		struct evidence ev = rows[i].ev;
		struct step_run c = { .probe = &probe, .step = &step, .ev = &ev };

		ev.wanted = 2;
		ev.segments = &segment;
		ev.n_segments = 1;
		ev.since_ns = since;
		step_run_allow(&c, since, rows[i].ms);
		if (step_run_settled(&c) != rows[i].settled)
			fail_msg("row %zu", i);
	}
}

/* Only without chains, after a neighbour was asked for in vain, nobody has news of it. */
static void what_has_to_be_asked_for(void **state)
{
	struct probe probe = { 0 };
	struct evidence ev = { 0 };
	struct step_run c = { .probe = &probe, .ev = &ev };

	(void)state;
	assert_int_equal(step_run_ask_ns(&c), 0);
	probe.vain = "10.0.0.1 at lb";
	assert_int_equal(step_run_ask_ns(&c), 2000000);
	ev.chains = (const void *)&probe;
	assert_int_equal(step_run_ask_ns(&c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_until_then),
		cmocka_unit_test(is_woken_by_news),
		cmocka_unit_test(what_leaves_nothing_to_wait_for),
		cmocka_unit_test(what_has_to_be_asked_for),
	};

	return cmocka_run_group_tests_name("step_run", tests, NULL, NULL);
}
