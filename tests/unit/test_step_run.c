// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a step waits, for whom, and when what was seen leaves nothing to wait for. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/step_run.h"
#include "tests/unit/wrap.h"

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

static bool died;      /* a server of the scenario's */
static int poll_errno; /* of the next wait */

static int serves_news = -1;

WRAP(int, serves_fd, const struct serves *serves)
{
	(void)serves;
	return serves_news;
}

WRAP(bool, serves_died, const struct serves *serves)
{
	(void)serves;
	return died;
}

int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *wait, const sigset_t *mask);
WRAP(int, ppoll, struct pollfd *fds, nfds_t n, const struct timespec *wait, const sigset_t *mask)
{
	errno = poll_errno ? poll_errno : EBADF; /* which an earlier call may have left */
	if (!poll_errno)
		return __real_ppoll(fds, n, wait, mask);
	poll_errno = 0;
	return -1;
}

/* Of which no news come. @answer is that of consume(). */
static struct probe quiet_probe(int *answer)
{
	return (struct probe){ .signal_fd = -1,
			       .listener_fd = -1,
			       .drops_fd = -1,
			       .consume = consume,
			       .cookie = answer };
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
	const struct probe probe = quiet_probe(&answer);

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
		enum {
			SIGNAL,
			LISTENER,
			DROPS,
			TAP,
			TAP_0,
			CLIENT,
			END,
			SERVER,
			SERVER_0,
			SERVES
		} who;
		int answer, err;
	} rows[] = {
		{ SIGNAL, 0, -EINTR }, { LISTENER, 0, 0 }, { LISTENER, -EBADMSG, -EBADMSG },
		{ DROPS, 0, 0 },       { TAP, 0, 0 },	   { CLIENT, 0, 0 },
		{ SERVER, 0, 0 },      { TAP_0, 0, 0 },	   { END, 0, 0 },
		{ SERVER_0, 0, 0 },    { SERVES, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int answer = rows[i].answer, who = rows[i].who, fds[2];
		struct probe probe = quiet_probe(&answer);
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
		if (who == SIGNAL)
			probe.signal_fd = fds[0];
		if (who == LISTENER)
			probe.listener_fd = fds[0];
		if (who == DROPS)
			probe.drops_fd = fds[0];
		c.taps = taps;
		c.n_taps = 2;
		taps[0].fd = who == TAP_0 ? fds[0] : -1;
		taps[1].fd = who == TAP ? fds[0] : -1;
		c.receivers = receivers;
		c.n_receivers = 2;
		c.client = receivers[0].server = receivers[1].server = child;
		serves_news = who == SERVES ? fds[0] : -1;
		if (who == CLIENT)
			c.client.out.fd = fds[0];
		if (who == END)
			c.client.child.pidfd = fds[0];
		if (who == SERVER_0)
			receivers[0].server.out.fd = fds[0];
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
		serves_news = -1;
		free(c.client.out.text);
		free(receivers[0].server.out.text);
		free(receivers[1].server.err.text);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

/* A step is over without its servers, and where nothing can be waited for; not by any signal. */
static void what_ends_the_wait(void **state)
{
	static const struct {
		int poll_errno;
		bool died;
		int err;
		const char *text;
	} rows[] = {
		{ 0, true, -ECHILD, "a server died" },
		{ EBADF, false, -EBADF,
		  "cannot wait for the step's children: Bad file descriptor" },
		{ EINTR, false, 0, NULL },
	};
	int answer = 0;
	const struct probe probe = quiet_probe(&answer);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = { .probe = &probe, .e = &e };

		consumed = 0;
		died = rows[i].died;
		poll_errno = rows[i].poll_errno;
		step_run_allow(&c, netlink_clock_ns(), 10);
		assert_int_equal(step_run_wait(&c, when_consumed, MS), rows[i].err);
		assert_int_equal(consumed, !rows[i].err);
		died = false;
		if (rows[i].text)
			assert_string_equal(e.text, rows[i].text);
	}
}

static int opened[8];
static size_t n_opened;

static int open_one(void)
{
	return opened[n_opened++] = dup(STDIN_FILENO);
}

/* Of each server what it said is taken, and nothing stays open. */
static void what_servers_said(void **state)
{
	struct step_run c = { .n_receivers = 2,
			      .receivers = xcalloc(2, sizeof(*c.receivers)),
			      .n_taps = 2,
			      .taps = xcalloc(2, sizeof(*c.taps)) };
	int fds[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct receiver *r = &c.receivers[i];

		make_news(fds);
		r->server = (struct subprocess){ .started = true,
						 .ended = true,
						 .child = CHILD_NONE,
						 .out = { .fd = fds[0] },
						 .err = { .fd = -1 } };
		r->member_fd = open_one();
		r->echoes_fd = open_one();
		c.taps[i].fd = open_one();
		step_run_poll(&c);
		assert_int_equal(r->server.out.size, 1);
		(void)close(fds[1]);
	}
	c.client = (struct subprocess){ .started = true,
					.child = CHILD_NONE,
					.out = { .fd = open_one() },
					.err = { .fd = open_one() } };
	step_run_end(&c);
	for (size_t i = 0; i < n_opened; i++)
		assert_int_equal(fcntl(opened[i], F_GETFD), -1);
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

static struct {
	enum neighbour_state is;
	bool asked;
	const char *text, *router;
} neighbour;

void __wrap_diagnosis_neighbour(const struct lab *lab, struct evidence *ev);
void __wrap_diagnosis_neighbour(const struct lab *lab, struct evidence *ev)
{
	(void)lab;
	ev->neighbour = neighbour.is;
	ev->neighbour_asked = neighbour.asked;
	ev->neighbour_text = (char *)neighbour.text;
	ev->router = neighbour.router;
	ev->router_question = 0;
}

static struct node nodes[] = { { .name = "a" }, { .name = "b" } };
static struct iface ifaces[] = { { .node = 0, .bridge = NONE }, { .node = 1, .bridge = NONE } };
static const struct topology topo = {
	.nodes = nodes, .n_nodes = 2, .ifaces = ifaces, .n_ifaces = 2
};
static const struct chain_record *const some_chains = (const void *)&topo;

/* In vain: who asked has no answer, for a filter dropped the question, or the answer. */
static void a_question_that_was_dropped(void **state)
{
	static const struct {
		enum step_kind kind;
		enum step_expect expect;
		unsigned int ms, packets;
		enum relation relation;
		bool own_seen;
		enum neighbour_state is;
		const char *router;
		bool settled;
	} rows[] = {
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, true },
		{ STEP_UDP, EXPECT_PASS, 1000, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, true },
		{ STEP_PING, EXPECT_PASS, 1000, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, true },
		/* an older answer is known all the same */
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_RESOLVED,
		  NULL, false },
		/* the kernel asks again after a second: a drop is one if that is dropped, too */
		{ STEP_UDP, EXPECT_DROP, 1001, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, false },
		{ STEP_UDP, EXPECT_DROP, 1001, 2, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, true },
		{ STEP_UDP, EXPECT_PASS, 1001, 2, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, false },
		/* it was sent, so that was answered; but a router may ask */
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_NEIGHBOUR, true, NEIGHBOUR_UNRESOLVED,
		  NULL, false },
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_ROUTER, true, NEIGHBOUR_RESOLVED, "r",
		  true },
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_ROUTER, true, NEIGHBOUR_RESOLVED, NULL,
		  false },
		{ STEP_UDP, EXPECT_DROP, 1000, 1, RELATION_OTHER, false, NEIGHBOUR_UNRESOLVED, NULL,
		  false },
		/* who sends a frame asks for nobody */
		{ STEP_FRAME, EXPECT_DROP, 1000, 1, RELATION_NEIGHBOUR, false, NEIGHBOUR_UNRESOLVED,
		  NULL, false },
	};
	const struct probe probe = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sighting seen[] = {
			{ .kind = XLAB_DECIDED,
			  .verdict = XDP_DROP,
			  .relation = rows[i].relation,
			  .packets = rows[i].packets },
			{ .kind = XLAB_DECIDED,
			  .verdict = XDP_PASS,
			  .relation = RELATION_REQUEST,
			  .packets = 1 },
		};
		const struct step step = { .kind = rows[i].kind, .expect = rows[i].expect };
		struct evidence ev = { .topo = &topo,
				       .chains = some_chains,
				       .wanted = 1,
				       .seen = seen,
				       .n_seen = rows[i].own_seen ? 2 : 1 };
		struct step_run c = { .probe = &probe, .step = &step, .ev = &ev };

		neighbour.is = rows[i].is;
		neighbour.router = rows[i].router;
		step_run_allow(&c, 0, rows[i].ms);
		if (step_run_settled(&c) != rows[i].settled)
			fail_msg("row %zu", i);
	}
}

/* What the kernel dropped does not arrive, where all of it is needed and nobody sends it again. */
static void what_the_kernel_dropped(void **state)
{
	static const struct {
		enum step_kind kind;
		enum step_expect expect;
		bool chains, some;
		const char *reason;
		bool settled;
	} rows[] = {
		{ STEP_UDP, EXPECT_PASS, true, false, "NO_SOCKET", true },
		{ STEP_UDP, EXPECT_DROP, true, false, "NO_SOCKET", false },
		{ STEP_UDP, EXPECT_REDIRECT, true, false, "NO_SOCKET", false },
		{ STEP_UDP, EXPECT_DROP, false, false, "NO_SOCKET", true },
		{ STEP_TCP, EXPECT_PASS, true, false, "NO_SOCKET", false },
		{ STEP_UDP, EXPECT_PASS, true, true, "NO_SOCKET", false },
		{ STEP_UDP, EXPECT_PASS, true, false, "NOT_SPECIFIED", false },
	};
	const struct probe probe = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = rows[i].kind,
					   .expect = rows[i].expect,
					   .arrive_max = rows[i].some };
		struct evidence ev = { .topo = &topo,
				       .chains = rows[i].chains ? some_chains : NULL,
				       .mark = { .kind = rows[i].kind,
						 .src_node = 0,
						 .dst_node = 1,
						 .dst_port = 80 },
				       .wanted = 1 };
		struct packet p = { .has_ip = true, .has_ports = true, .dst_port = 80 };
		struct kernel_drop drop = { .netns = "b",
					    .reason = (char *)rows[i].reason,
					    .packet = &p };
		struct step_run c = { .probe = &probe, .step = &step, .ev = &ev };

		p.proto = rows[i].kind == STEP_TCP ? IPPROTO_TCP : IPPROTO_UDP;
		p.tcp_length = 1;
		ev.kernel_drops = &drop;
		ev.n_kernel_drops = 1;
		step_run_allow(&c, 0, 500);
		if (step_run_settled(&c) != rows[i].settled)
			fail_msg("row %zu", i);
	}
}

/* A line of those that were asked for until the deadline of a step before. */
static void who_was_asked_for_in_vain(void **state)
{
	static const struct {
		const char *text;
		enum neighbour_state is;
		bool asked;
		enum step_kind kind;
		bool vain, chains, settled;
	} rows[] = {
		{ "10.0.0.1 at a", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, true, false, true },
		{ "10.0.0.1 at ab", NEIGHBOUR_UNRESOLVED, true, STEP_PING, true, false, true },
		{ "10.0.0.9 at b", NEIGHBOUR_UNRESOLVED, true, STEP_TCP, true, false, true },
		{ "10.0.0.1 at", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, true, false, false },
		{ "0.0.0.1 at a", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, true, false, false },
		{ "10.0.0.1 at b", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, true, false, false },
		{ "10.0.0.1 at a", NEIGHBOUR_RESOLVED, true, STEP_UDP, true, false, false },
		{ "10.0.0.1 at a", NEIGHBOUR_UNRESOLVED, false, STEP_UDP, true, false, false },
		{ "10.0.0.1 at a", NEIGHBOUR_UNRESOLVED, true, STEP_FRAME, true, false, false },
		{ "10.0.0.1 at a", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, false, false, false },
		{ "10.0.0.1 at a", NEIGHBOUR_UNRESOLVED, true, STEP_UDP, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct probe probe = {
			.vain = rows[i].vain ? "10.0.0.1 at ab\n10.0.0.1 at a\n10.0.0.9 at b" : NULL
		};
		const struct step step = { .kind = rows[i].kind, .expect = EXPECT_PASS };
		struct evidence ev = { .topo = &topo,
				       .chains = rows[i].chains ? some_chains : NULL,
				       .wanted = 1 };
		struct step_run c = { .probe = &probe, .step = &step, .ev = &ev };

		neighbour.is = rows[i].is;
		neighbour.asked = rows[i].asked;
		neighbour.text = rows[i].text;
		neighbour.router = NULL;
		step_run_allow(&c, 0, 500);
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
		cmocka_unit_test(what_ends_the_wait),
		cmocka_unit_test(what_servers_said),
		cmocka_unit_test(what_leaves_nothing_to_wait_for),
		cmocka_unit_test(a_question_that_was_dropped),
		cmocka_unit_test(what_the_kernel_dropped),
		cmocka_unit_test(who_was_asked_for_in_vain),
		cmocka_unit_test(what_has_to_be_asked_for),
	};

	return cmocka_run_group_tests_name("step_run", tests, NULL, NULL);
}
