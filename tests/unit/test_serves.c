// SPDX-License-Identifier: GPL-2.0-or-later
/* Servers beside the steps: when one is ready, what is said of one that died, and how they are
 * stopped. None runs; what one says, and its end, are given here.
 */
#include <errno.h>
#include <fcntl.h>
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

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/serves.h"
#include "orchestrator/scenario/sockdiag.h"
#include "orchestrator/scenario/step_result.h"
#include "orchestrator/scenario/step_run.h"
#include "orchestrator/scenario/step_serve.h"
#include "tests/unit/wrap.h"

#define MS 1000000ULL

static struct node nodes[] = { { .name = (char *)"a" }, { .name = (char *)"b" } };
static struct lab lab = { .labfile.topo = { .nodes = nodes, .n_nodes = 2 } };
static char *argv[] = { (char *)"/bin/it", NULL };
static struct step steps[] = {
	{ .kind = STEP_SERVE,
	  .src = 0,
	  .argv = argv,
	  .proto = IPPROTO_TCP,
	  .port = 80,
	  .line = 7,
	  .line_text = (char *)"a tcp:80 it" },
	{ .kind = STEP_SERVE,
	  .src = 1,
	  .argv = argv,
	  .proto = IPPROTO_UDP,
	  .port = 53,
	  .line = 8,
	  .line_text = (char *)"b udp:53 it" },
};

static char *done;
static const char *fails;

static int act(struct error *e, const char *what, const char *where)
{
	char *FREE_AUTO word = text_format("%s%s", what, where);

	text_add(&done, ", ", "%s", word);
	return fails && !strcmp(fails, word) ? error_state(e, -EIO, "%s fails", word) : 0;
}

static void did(const char *words)
{
	if (!words != !done || (words && strcmp(done, words) != 0))
		fail_msg("%s", done ? done : "nothing");
	free(steal_pointer(&done));
}

/* A server as it is seen from here: what it has, and how it ends. */
static struct server {
	struct subprocess *first;
	int tells[3]; /* to its pidfd, stdout and stderr */
	struct node_end end;
	unsigned int polls; /* until it has ended; 0: it does not */
	const char *trouble;
} servers[2];
static size_t n_servers;
static bool unwatchable;

WRAP(int, node_program_start, struct node_program *p, const struct lab *of, const char *node,
     char *const *args, bool stays, struct error *e)
{
	struct server *s = &servers[n_servers];
	int *ours[] = { &p->first->child.pidfd, &p->first->out.fd, &p->first->err.fd };

	assert_ptr_equal(of, &lab);
	assert_ptr_equal(args, argv);
	assert_true(stays);
	if (act(e, "start at ", node))
		return e->err;
	for (int i = 0; i < 3; i++) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
		*ours[i] = fds[0];
		s->tells[i] = fds[1];
	}
	if (unwatchable) {
		(void)close(p->first->err.fd);
		p->first->err.fd = -1;
	}
	s->first = p->first;
	p->first->started = true;
	p->first->netns = node;
	p->end = &s->end;
	n_servers++;
	return 0;
}

WRAP(void, node_program_ask, const struct node_program *p)
{
	(void)act(NULL, "ask ", p->first->netns);
}

WRAP(int, node_program_ended, const struct node_program *p, struct error *e)
{
	for (size_t i = 0; i < n_servers; i++)
		if (&servers[i].end == p->end && servers[i].trouble)
			return error_state(e, -ECHILD, "%s", servers[i].trouble);
	return 0;
}

WRAP(void, node_program_end, struct node_program *p)
{
	(void)act(NULL, "end ", p->first->netns ? p->first->netns : "none");
	cleanup_fd(&p->first->child.pidfd);
	cleanup_fd(&p->first->out.fd);
	cleanup_fd(&p->first->err.fd);
}

WRAP(void, subprocess_poll, struct subprocess *p)
{
	for (size_t i = 0; i < n_servers; i++)
		if (servers[i].first == p && servers[i].polls && !--servers[i].polls)
			p->ended = true;
}

static bool bound, bound_before;
static int ask_err;

WRAP(int, sockdiag_open, const struct state *st, const char *netns, struct netlink **nl,
     struct error *e)
{
	(void)st;
	*nl = (struct netlink *)netns;
	return act(e, "look at ", netns);
}

WRAP(int, sockdiag_ask, struct netlink *nl, struct sockdiag *q, struct error *e)
{
	assert_string_equal((const char *)nl, "a");
	assert_int_equal(q->port, 80);
	assert_int_equal(q->proto, IPPROTO_TCP);
	assert_int_equal(q->address.family, 0);
	q->bound = n_servers ? bound : bound_before;
	if (fails && !strcmp(fails, "ask"))
		return error_state(e, -EIO, "ask fails");
	return ask_err && n_servers ? error_state(e, ask_err, "no answer") : 0;
}

WRAP(void, sockdiag_end_waits, struct netlink *nl, uint16_t port)
{
	char *FREE_AUTO where = text_format("%s %u", (const char *)nl, port);

	(void)act(NULL, "free ", where);
}

WRAP(void, netlink_close, struct netlink *nl)
{
	if (nl)
		(void)act(NULL, "leave ", (const char *)nl);
}

static int said;

WRAP(int, step_run_wait, struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns)
{
	uint64_t now = netlink_clock_ns();

	assert_int_equal(ask_ns, SOCKDIAG_ASK_NS);
	assert_in_range(c->deadline_ns, now + 4000 * MS, now + 5000 * MS); /* ten times 500 */
	serves_poll(c->probe->serves);
	said = when(c);
	return said < 0 ? said : said ? 0 : -ETIMEDOUT;
}

static void begin(void)
{
	for (size_t i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++)
			if (servers[i].tells[k] > 0)
				(void)close(servers[i].tells[k]);
	memset(servers, 0, sizeof(servers));
	n_servers = 0;
	fails = NULL;
	unwatchable = bound = bound_before = false;
	ask_err = 0;
}

static struct serves *some(size_t n)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct serves *serves;

	begin();
	assert_int_equal(serves_new(&lab, &serves, &e), 0);
	assert_int_equal(serves_fd(serves), -1); /* there is none */
	for (size_t i = 0; i < n; i++)
		assert_int_equal(serves_start(serves, &steps[i], &e), 0);
	assert_int_equal(n_servers, n);
	return serves;
}

static bool has_news(const struct serves *serves)
{
	struct pollfd news = { .fd = serves_fd(serves), .events = POLLIN };

	assert_true(news.fd >= 0);
	return poll(&news, 1, 0) == 1;
}

/* Each may have news of three kinds. */
static void are_watched(void **state)
{
	struct serves *serves = some(2);

	(void)state;
	did("start at a, start at b");
	for (size_t i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++) {
			int *ours[] = { &servers[i].first->child.pidfd, &servers[i].first->out.fd,
					&servers[i].first->err.fd };
			char byte;

			assert_false(has_news(serves));
			assert_int_equal(write(servers[i].tells[k], "x", 1), 1);
			assert_true(has_news(serves));
			assert_int_equal(read(*ours[k], &byte, 1), 1);
		}
	servers[0].first->ended = servers[1].first->ended = true;
	serves_stop(serves);
	did("ask a, ask b, end a, look at a, free a 80, leave a, end b");
	assert_int_equal(serves_fd(NULL), -1);
	serves_poll(NULL);
	assert_false(serves_died(NULL));
	serves_stop(NULL);
	did(NULL);
}

static void one_that_died(void **state)
{
	static const struct {
		size_t who;
		bool ready;
		int status, exec_errno;
		const char *err, *trouble, *why;
	} rows[] = {
		{ 0, true, 1 << 8, 0, "it: no\n", NULL,
		  "error of the lab: serve a tcp:80 it at line 7 died: status 1: it: no" },
		{ 1, true, 9, 0, NULL, NULL,
		  "error of the lab: serve b udp:53 it at line 8 died: killed by signal 9" },
		{ 1, false, 0, 0, NULL, NULL,
		  "error of the lab: it died before it was ready: status 0" },
		{ 1, false, 0, 0, NULL, "somebody killed it",
		  "error of the lab: it died before it was ready: somebody killed it" },
		{ 1, false, 0, ENOENT, NULL, NULL,
		  "error of the lab: it died before it was ready: there is no command /bin/it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step_result result = { 0 };
		struct serves *serves = some(1);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct server *s = &servers[rows[i].who];
		char *FREE_AUTO words = NULL;

		serves_ready(serves);
		assert_int_equal(serves_start(serves, &steps[1], &e), 0);
		if (rows[i].ready)
			serves_ready(serves);
		assert_false(serves_died(serves));
		s->first->err.text = (char *)rows[i].err;
		s->first->out.text = (char *)"its words\n";
		s->end = (struct node_end){ .status = rows[i].status,
					    .exec_errno = rows[i].exec_errno };
		s->trouble = rows[i].trouble;
		s->polls = 1;
		serves_poll(serves);
		assert_true(serves_died(serves));
		result.details = text_format("of before");
		serves_judge(serves, &result);
		assert_int_equal(result.outcome, OUTCOME_LAB);
		if (strncmp(result.why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("row %zu: %s", i, result.why);
		assert_non_null(strstr(result.details, "its words"));
		words = serves_said(serves);
		assert_int_equal(strstr(words, "its words") != NULL, rows[i].who == 1);
		step_result_clear(&result);
		servers[0].first->ended = servers[1].first->ended = true;
		serves_stop(serves);
		free(steal_pointer(&done));
	}
}

static int poll_errno; /* of the next call */

int __real_poll(struct pollfd *fds, nfds_t n, int ms);
WRAP(int, poll, struct pollfd *fds, nfds_t n, int ms)
{
	if (!poll_errno)
		return __real_poll(fds, n, ms);
	errno = poll_errno;
	poll_errno = 0;
	return -1;
}

/* They have a quarter of a second to end by themselves, and no longer than they need. */
static void are_stopped(void **state)
{
	static const struct {
		unsigned int polls[2];
		bool tells;
		unsigned int least, most; /* ms */
	} rows[] = {
		{ { 1, 1 }, false, 0, 240 },
		{ { 3, 9 }, true, 0, 240 },
		{ { 1, 0 }, false, 250, 5000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct serves *serves = some(2);
		uint64_t began = netlink_clock_ns(), took;

		for (size_t k = 0; k < 2; k++)
			servers[k].polls = rows[i].polls[k];
		if (rows[i].tells)
			assert_int_equal(write(servers[1].tells[1], "x", 1), 1);
		serves_stop(serves);
		took = netlink_clock_ns() - began;
		if (took < rows[i].least * MS || took > rows[i].most * MS)
			fail_msg("row %zu: %llu ns", i, (unsigned long long)took);
		did("start at a, start at b, ask a, ask b, end a, look at a, free a 80, leave a, "
		    "end b");
	}
	/* a port that cannot be freed is no error */
	{
		struct serves *serves = some(1);

		servers[0].polls = 1;
		fails = "look at a";
		serves_stop(serves);
		did("start at a, ask a, end a, look at a, leave a");
	}
}

/* A signal makes nobody end before the time; but what cannot be waited for is not. */
static void a_wait_that_fails(void **state)
{
	static const int rows[] = { EINTR, EBADF };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct serves *serves = some(1);

		servers[0].polls = 2;
		poll_errno = rows[i];
		serves_stop(serves);
		did("start at a, ask a, end a, look at a, free a 80, leave a");
		assert_int_equal(servers[0].polls, rows[i] == EINTR ? 0 : 1);
	}
}

static void one_that_does_not_start(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct serves *serves = some(0);

	(void)state;
	fails = "start at a";
	assert_int_equal(serves_start(serves, &steps[0], &e), -EIO);
	did("start at a, end none");
	fails = NULL;
	unwatchable = true;
	assert_int_equal(serves_start(serves, &steps[0], &e), -EBADF);
	assert_string_equal(e.text, "cannot watch a server: Bad file descriptor");
	did("start at a, end a");
	assert_int_equal(serves_fd(serves), -1);
	serves_stop(serves);
	did(NULL);
}

static void a_step_that_serves(void **state)
{
	static const struct {
		bool bound, bound_before, dies;
		int ask_err;
		const char *fails;
		int err, said;
		const char *why, *text, *details, *done;
	} rows[] = {
		{ true, false, false, 0, NULL, 0, 1, "listens on tcp:80", NULL, NULL,
		  "look at a, start at a, leave a" },
		{ false, true, false, 0, NULL, 0, 0,
		  "error of the lab: somebody else has bound tcp:80 in a", NULL, NULL,
		  "look at a, leave a" },
		{ false, false, false, 0, NULL, 0, 0,
		  "error of the lab: it had not bound tcp:80 after 5000 ms", NULL, "its words",
		  "look at a, start at a, leave a" },
		{ true, false, true, 0, NULL, 0, 1,
		  "error of the lab: it died before it was ready: status 0", NULL, "its words",
		  "look at a, start at a, leave a" },
		{ true, false, true, -EPERM, NULL, 0, 1,
		  "error of the lab: it died before it was ready: status 0", NULL, "its words",
		  "look at a, start at a, leave a" },
		{ true, false, false, -EPERM, NULL, -EPERM, -EPERM, NULL, "/bin/it: no answer",
		  NULL, "look at a, start at a, leave a" },
		{ true, false, false, 0, "look at a", -EIO, 0, NULL, "/bin/it: look at a fails",
		  NULL, "look at a, leave a" },
		{ true, false, false, 0, "ask", -EIO, 0, NULL, "/bin/it: ask fails", NULL,
		  "look at a, leave a" },
		{ true, false, false, 0, "start at a", -EIO, 0, NULL, "/bin/it: start at a fails",
		  NULL, "look at a, start at a, end none, leave a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct probe probe = { .lab = &lab, .timeout_ms = 500, .serves = some(0) };
		struct step_result result = { 0 };
		struct error ERROR_AUTO e = ERROR_INIT;

		said = 0;
		bound = rows[i].bound;
		bound_before = rows[i].bound_before;
		ask_err = rows[i].ask_err;
		fails = rows[i].fails;
		servers[0].polls = rows[i].dies;
		assert_int_equal(step_serve(&probe, &steps[0], &result, &e), rows[i].err);
		if (said != rows[i].said || !e.text != !rows[i].text ||
		    (e.text && strcmp(e.text, rows[i].text) != 0))
			fail_msg("row %zu: %d, %s", i, said, e.text ? e.text : "no error");
		if (rows[i].why)
			assert_string_equal(result.why, rows[i].why);
		assert_int_equal(result.outcome, !rows[i].err && i ? OUTCOME_LAB : OUTCOME_OK);
		assert_int_equal(!result.details, !rows[i].details);
		step_result_clear(&result);
		did(rows[i].done);
		fails = NULL;
		if (n_servers)
			servers[0].first->ended = true;
		serves_stop(probe.serves);
		free(steal_pointer(&done));
	}
	begin();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_watched),
		cmocka_unit_test(one_that_died),
		cmocka_unit_test(a_wait_that_fails),
		cmocka_unit_test(are_stopped),
		cmocka_unit_test(one_that_does_not_start),
		cmocka_unit_test(a_step_that_serves),
	};

	return cmocka_run_group_tests_name("serves", tests, NULL, NULL);
}
