// SPDX-License-Identifier: GPL-2.0-or-later
/* How netcat is called at both ends, what is awaited of it, and what its end and its words are
 * taken for. None runs: what it says, and how it ends, is given here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/step_run.h"

#define MS 1000000ULL

static struct step_run *run; /* the one under test */
static char *done;	     /* what was done, a line each */
static int client_in;	     /* what the client reads */
static const char *fails;    /* the namespace in which nothing starts */
static const char *help;     /* what it says when it is asked */

int __wrap_subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
			    const char *const *argv, int in, uint64_t keep, struct error *e);
int __wrap_subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
			    const char *const *argv, int in, uint64_t keep, struct error *e)
{
	(void)state;
	text_add(&done, "\n", "%s%s:", netns, keep ? "(bind)" : "");
	if (keep)
		assert_int_equal(keep, 1ULL << CAP_NET_BIND_SERVICE);
	for (size_t i = 1; argv[i]; i++)
		text_add(&done, " ", "%s", argv[i]);
	assert_string_equal(argv[0], "/bin/nc");
	if (!strcmp(netns, "a")) {
		assert_ptr_equal(p, &run->client);
		client_in = in;
	} else {
		assert_int_equal(in, -1);
	}
	p->started = true;
	p->netns = netns;
	p->err.text = (char *)help;
	return fails && !strcmp(fails, netns) ? error_state(e, -EMFILE, "it cannot start") : 0;
}

void __wrap_subprocess_end(struct subprocess *p);
void __wrap_subprocess_end(struct subprocess *p)
{
	assert_true(p->started);
	text_add(&done, "\n", "ended");
}

/* A receiver's, before anything is started, and then while it is awaited. */
static struct {
	bool taken, bound, queued, awake;
	int err; /* of what is asked; @later: only once it is bound */
	bool later;
} ports[2];
static unsigned int asked[2];
static bool started;

int __wrap_sockdiag_open(const struct state *st, const char *netns, struct netlink **nl,
			 struct error *e);
int __wrap_sockdiag_open(const struct state *st, const char *netns, struct netlink **nl,
			 struct error *e)
{
	size_t i = !strcmp(netns, "c");

	(void)st;
	if (!strcmp(netns, "gone"))
		return error_state(e, -ENOENT, "it is gone");
	*nl = (struct netlink *)&ports[i];
	return 0;
}

int __wrap_sockdiag_ask(struct netlink *nl, struct sockdiag *q, struct error *e);
int __wrap_sockdiag_ask(struct netlink *nl, struct sockdiag *q, struct error *e)
{
	size_t i = (const void *)nl == &ports[1];

	assert_int_equal(q->port, run->step->port);
	assert_int_equal(q->proto, run->step->kind == STEP_UDP ? IPPROTO_UDP : IPPROTO_TCP);
	asked[i]++;
	if (ports[i].err && (!ports[i].later || q->bound))
		return error_state(e, ports[i].err, "no answer");
	q->bound = started ? ports[i].bound : ports[i].taken;
	q->queued = ports[i].queued;
	return 0;
}

void __wrap_netlink_close(struct netlink *nl);
void __wrap_netlink_close(struct netlink *nl)
{
	if (nl)
		text_add(&done, "\n", "closed");
}

bool __wrap_child_sleeps(const struct child *child);
bool __wrap_child_sleeps(const struct child *child)
{
	return !ports[child == &run->receivers[1].server.child].awake;
}

static unsigned int polls;

void __wrap_step_run_poll(struct step_run *c);
void __wrap_step_run_poll(struct step_run *c)
{
	assert_ptr_equal(c, run);
	polls++;
}

static bool settled;

bool __wrap_step_run_settled(struct step_run *c);
bool __wrap_step_run_settled(struct step_run *c)
{
	assert_ptr_equal(c, run);
	return settled;
}

/* What is there at each wait: of the servers, the transfer, and what servers have left to read. */
static struct {
	struct {
		const char *says;
		bool ended;
		int status;
	} server[2], client;
	bool reads; /* the client, what it is given */
	bool twice; /* it is asked for */
	int err;    /* the wait's end, if it is not what was asked for */
} waits[3];
static size_t n_waits;
static int said[3]; /* what was asked for said so */
static uint64_t asks[3], deadlines[3];

static void take(struct subprocess *p, const char *says, bool ended, int status)
{
	if (says) {
		p->out.text = (char *)says;
		p->out.size = strlen(says);
	}
	p->ended |= ended;
	p->status = status;
}

static char read_text[64]; /* by the client */

int __wrap_step_run_wait(struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns);
int __wrap_step_run_wait(struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns)
{
	size_t n = n_waits++;
	ssize_t size;

	assert_true(n < ARRAY_SIZE(waits));
	started = true;
	asks[n] = ask_ns;
	deadlines[n] = c->deadline_ns;
	for (size_t i = 0; i < c->n_receivers; i++)
		take(&c->receivers[i].server, waits[n].server[i].says, waits[n].server[i].ended,
		     waits[n].server[i].status);
	take(&c->client, waits[n].client.says, waits[n].client.ended, waits[n].client.status);
	if (waits[n].reads) {
		size = read(client_in, read_text, sizeof(read_text) - 1);
		assert_true(size > 0);
		read_text[size] = '\0';
		/* and that was all */
		assert_int_equal(read(client_in, &(char){ 0 }, 1), 0);
	}
	if (waits[n].err)
		return error_state(c->e, waits[n].err, "it is over");
	said[n] = when(c);
	if (waits[n].twice)
		said[n] = when(c);
	return said[n] < 0 ? said[n] : said[n] ? 0 : -ETIMEDOUT;
}

static int begin(void **state)
{
	(void)state;
	memset(ports, 0, sizeof(ports));
	memset(waits, 0, sizeof(waits));
	memset(asked, 0, sizeof(asked));
	ports[0].bound = ports[1].bound = true;
	n_waits = polls = 0;
	settled = started = false;
	fails = NULL;
	read_text[0] = '\0';
	return 0;
}

static struct lab lab;
static const struct probe probe = { .lab = &lab, .nc = "/bin/nc", .timeout_ms = 500 };

/* A step from a to b, or to b and c. */
struct course {
	struct step step;
	struct receiver receivers[2];
	struct arrival arrivals[2];
	struct evidence ev;
	struct step_run c;
	struct error e;
};

static void prepare(struct course *t, enum step_kind kind, size_t n)
{
	begin(NULL);
	*t = (struct course){ .step = { .kind = kind, .port = 8080, .text = (char *)"hello" },
			      .receivers = { { .netns = "b" }, { .netns = "c" } } };
	assert_int_equal(text_address("10.0.0.2", &t->step.address), 0);
	assert_int_equal(text_address("10.0.0.1", &t->ev.mark.src), 0);
	t->ev.mark.src_port = 40000;
	t->ev.arrivals = t->arrivals;
	t->ev.n_arrivals = n;
	t->c = (struct step_run){ .probe = &probe,
				  .step = &t->step,
				  .ev = &t->ev,
				  .receivers = t->receivers,
				  .n_receivers = n,
				  .src_name = "a",
				  .dst = "10.0.0.2",
				  .e = &t->e };
	/* behind those that take part */
	for (size_t i = n; i < ARRAY_SIZE(t->receivers); i++)
		t->receivers[i].server.ended = true;
	run = &t->c;
}

static void finish(struct course *t)
{
	free(t->c.wanted);
	free(t->ev.trouble);
	error_clear(&t->e);
	free(steal_pointer(&done));
}

static void is(const char *what, const char *text, const char *expected)
{
	if (!text != !expected || (text && strcmp(text, expected) != 0))
		fail_msg("%s: %s", what, text ? text : "none");
}

static void how_it_is_called(void **state)
{
	static const struct {
		enum step_kind kind;
		const char *to, *zone;
		bool group;
		uint16_t port;
		const char *text, *done, *read;
	} rows[] = {
		{ STEP_UDP, "10.0.0.2", NULL, false, 8080, "hello",
		  "b: -n -d -u -k -l 10.0.0.2 8080\na: -n -u -p 40000 10.0.0.2 8080", "hello\n" },
		{ STEP_TCP, "10.0.0.2", NULL, false, 1024, NULL,
		  "b: -n -d -l 10.0.0.2 1024\na: -n -N -p 40000 10.0.0.2 1024", "\n" },
		{ STEP_TCP, "10.0.0.2", NULL, false, 1023, "",
		  "b(bind): -n -d -l 10.0.0.2 1023\na: -n -N -p 40000 10.0.0.2 1023", "\n" },
		{ STEP_UDP, "fe80::1111:2222:3333:4444", "a123456789abcde", false, 65535, "hello",
		  "b: -n -d -u -k -l fe80::1111:2222:3333:4444%a123456789abcde 65535\na: -n -u -p "
		  "40000 10.0.0.2 65535",
		  "hello\n" },
		/* of IPv4 the source says by which interface a group is meant */
		{ STEP_UDP, "224.0.0.9", NULL, true, 8080, "hello",
		  "b: -n -d -u -k -l 224.0.0.9 8080\n"
		  "a: -n -u -b -s 10.0.0.1 -p 40000 10.0.0.2 8080",
		  "hello\n" },
		{ STEP_UDP, "ff02::9", "a123456789abcde", true, 8080, "hello",
		  "b: -n -d -u -k -l ff02::9%a123456789abcde 8080\na: -n -u -p 40000 10.0.0.2 8080",
		  "hello\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t before = netlink_clock_ns();
		struct course t;

		prepare(&t, rows[i].kind, 1);
		t.step.port = rows[i].port;
		t.step.text = (char *)rows[i].text;
		t.step.group = rows[i].group;
		assert_int_equal(text_address(rows[i].to, &t.step.address), 0);
		t.receivers[0].zone = rows[i].zone;
		waits[1].reads = true;
		waits[1].server[0].says = rows[i].read;
		assert_int_equal(probe_nc_run(&t.c), 0);
		is("calls", done, rows[i].done);
		assert_string_equal(read_text, rows[i].read);
		assert_int_equal(t.ev.bytes_wanted, strlen(rows[i].read));
		assert_int_equal(t.ev.bytes, strlen(rows[i].read));
		assert_int_equal(t.ev.arrived, 1);
		assert_true(t.ev.server_bound);
		assert_null(t.ev.trouble);
		/* its deadline is from before the first packet, each other one's from then on */
		assert_in_range(t.ev.since_ns, before, netlink_clock_ns());
		assert_int_equal(deadlines[1], t.ev.since_ns + 500 * MS);
		assert_in_range(deadlines[0], before + 500 * MS, deadlines[1]);
		assert_in_range(deadlines[2], deadlines[1] + 1, netlink_clock_ns() + 500 * MS);
		assert_int_equal(asks[0], SOCKDIAG_ASK_NS);
		assert_int_equal(asks[1], 0);
		assert_int_equal(asks[2], SOCKDIAG_ASK_NS);
		assert_int_equal(n_waits, 3);
		finish(&t);
	}
}

/* Whoever is named may have another address, into which a filter turns it: then it is any. */
static void a_port_that_is_taken(void **state)
{
	static const struct {
		bool first, second;
		size_t named;
		const char *trouble;
	} rows[] = {
		{ true, false, 0, "somebody else has bound port 8080 in b" },
		{ true, false, 1, "somebody else has bound port 8080 in b" },
		{ false, true, 2, "somebody else has bound port 8080 in c" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static const struct in6_addr none = IN6ADDR_ANY_INIT;
		struct course t;

		prepare(&t, STEP_TCP, 2);
		t.step.n_receivers = rows[i].named;
		ports[0].taken = rows[i].first;
		ports[1].taken = rows[i].second;
		assert_int_equal(probe_nc_run(&t.c), 0);
		is("trouble", t.ev.trouble, rows[i].trouble);
		assert_null(done);
		assert_int_equal(t.receivers[0].question.address.family, AF_INET);
		assert_int_equal(!memcmp(&t.receivers[0].question.address.v6, &none, 4),
				 rows[i].named > 0);
		assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1); /* nothing of ours */
		finish(&t);
	}
}

static void servers_that_are_not_ready(void **state)
{
	static const struct {
		bool bound[2], ended[2];
		int status, err;
		int said;
		const char *trouble;
	} rows[] = {
		{ { true, true }, { false, false }, 0, 0, 1, NULL },
		{ { false, true },
		  { false, false },
		  0,
		  0,
		  0,
		  "nc in b did not bind port 8080 in 500 ms" },
		{ { true, false },
		  { false, false },
		  0,
		  0,
		  0,
		  "nc in c did not bind port 8080 in 500 ms" },
		{ { false, false },
		  { false, false },
		  0,
		  0,
		  0,
		  "nc in b did not bind port 8080 in 500 ms" },
		{ { true, true }, { false, true }, 256, 0, 1, "nc in c ended with status 1" },
		{ { true, true }, { true, true }, 256, 0, 1, "nc in b ended with status 1" },
		{ { true, false }, { false, false }, 0, -EINTR, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, STEP_TCP, 2);
		for (size_t k = 0; k < 2; k++) {
			ports[k].bound = rows[i].bound[k];
			waits[0].server[k].ended = rows[i].ended[k];
			waits[0].server[k].status = rows[i].status;
		}
		waits[0].err = rows[i].err;
		waits[1].server[0].says = "hello\n";
		assert_int_equal(probe_nc_run(&t.c), rows[i].err);
		if (!rows[i].err && said[0] != rows[i].said)
			fail_msg("row %zu: %d", i, said[0]);
		is("trouble", t.ev.trouble, rows[i].trouble);
		assert_int_equal(t.ev.server_bound, !rows[i].trouble && !rows[i].err);
		assert_int_equal(n_waits, rows[i].trouble || rows[i].err ? 1 : 3);
		finish(&t);
	}
	{
		struct course t;

		/* who is bound is not asked again; who is not, is */
		prepare(&t, STEP_TCP, 2);
		ports[1].bound = false;
		waits[0].twice = true;
		assert_int_equal(probe_nc_run(&t.c), 0);
		assert_int_equal(said[0], 0);
		assert_int_equal(asked[0], 2);
		assert_int_equal(asked[1], 3);
		is("trouble", t.ev.trouble, "nc in c did not bind port 8080 in 500 ms");
		finish(&t);
		prepare(&t, STEP_UDP, 2);
		ports[1].err = -EIO;
		ports[1].later = true;
		assert_int_equal(probe_nc_run(&t.c), -EIO);
		assert_int_equal(said[2], -EIO);
		finish(&t);
	}
}

/* Until the text is there, or cannot come any more. */
static void when_it_is_over(void **state)
{
	static const struct {
		enum step_kind kind;
		size_t n;
		bool group;
		const char *says[2];
		bool server_ended, client_ended;
		int status;
		bool settled;
		int said;
	} rows[] = {
		{ STEP_UDP, 1, false, { NULL }, false, false, 0, false, 0 },
		{ STEP_UDP, 1, false, { NULL }, false, false, 0, true, 1 },
		{ STEP_UDP, 1, false, { "hello\n" }, false, false, 0, false, 1 },
		{ STEP_UDP, 1, false, { "hello" }, false, false, 0, false, 0 },
		{ STEP_UDP, 1, false, { "hello\nh" }, false, false, 0, false, 0 },
		{ STEP_UDP, 1, false, { "hello\nhellO\n" }, false, false, 0, false, 0 },
		{ STEP_UDP, 1, false, { "hello\nhello\n" }, false, false, 0, false, 1 },
		{ STEP_UDP, 2, false, { NULL, "hello\n" }, false, false, 0, false, 1 },
		{ STEP_UDP, 2, true, { NULL, "hello\n" }, false, false, 0, false, 0 },
		{ STEP_UDP, 2, true, { "hello\n", "hello\n" }, false, false, 0, false, 1 },
		/* a datagram's client ends when an ICMP error comes back */
		{ STEP_UDP, 1, false, { NULL }, false, true, 0, false, 1 },
		{ STEP_TCP, 1, false, { NULL }, false, true, 0, false, 0 },
		{ STEP_TCP, 1, false, { NULL }, false, true, 256, false, 1 },
		{ STEP_TCP, 1, false, { NULL }, false, false, 256, false, 0 },
		{ STEP_TCP, 1, false, { NULL }, true, false, 0, false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, rows[i].kind, rows[i].n);
		t.step.group = rows[i].group;
		settled = rows[i].settled;
		for (size_t k = 0; k < 2; k++)
			waits[1].server[k].says = rows[i].says[k];
		waits[1].server[0].ended = rows[i].server_ended;
		waits[1].client.ended = rows[i].client_ended;
		waits[1].client.status = waits[2].client.status = rows[i].status;
		assert_int_equal(probe_nc_run(&t.c), 0);
		if (said[1] != rows[i].said)
			fail_msg("row %zu: %d", i, said[1]);
		assert_int_equal(n_waits, 3);
		finish(&t);
	}
	for (size_t n = 1; n < 3; n++) {
		struct course t;

		prepare(&t, STEP_TCP, 1);
		waits[n].err = -EINTR;
		assert_int_equal(probe_nc_run(&t.c), -EINTR);
		assert_int_equal(n_waits, n + 1);
		finish(&t);
	}
}

/* Servers of datagrams have read all that has come, and have handed it on. */
static void what_is_left_to_read(void **state)
{
	static const struct {
		enum step_kind kind;
		bool queued[2], awake[2], ended;
		int said;
	} rows[] = {
		{ STEP_UDP, { false, false }, { false, false }, false, 1 },
		{ STEP_UDP, { true, false }, { false, false }, false, 0 },
		{ STEP_UDP, { false, true }, { false, false }, false, 0 },
		{ STEP_UDP, { false, false }, { true, false }, false, 0 },
		{ STEP_UDP, { false, false }, { false, true }, false, 0 },
		{ STEP_UDP, { true, false }, { true, false }, true, 1 },
		{ STEP_UDP, { true, true }, { true, false }, true, 0 },
		{ STEP_TCP, { true, true }, { true, true }, false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, rows[i].kind, 2);
		for (size_t k = 0; k < 2; k++) {
			ports[k].queued = rows[i].queued[k];
			ports[k].awake = rows[i].awake[k];
		}
		waits[2].server[0].ended = rows[i].ended;
		assert_int_equal(probe_nc_run(&t.c), 0);
		if (said[2] != rows[i].said)
			fail_msg("row %zu: %d", i, said[2]);
		assert_int_equal(polls, rows[i].said); /* for what they handed on at last */
		finish(&t);
	}
}

static void what_arrived(void **state)
{
	static const struct {
		enum step_kind kind;
		size_t n;
		bool group;
		const char *says[2];
		bool client_ended;
		int status;
		unsigned int arrived, copies[2];
		size_t bytes;
		bool refused;
		const char *trouble;
	} rows[] = {
		{ STEP_TCP, 1, .says = { "hello\n" }, .client_ended = true, .status = 256,
		  .arrived = 1, .copies = { 1 }, .bytes = 6 },
		{ STEP_TCP, 1, .says = { "hello\nhello\n" }, .copies = { 2 }, .bytes = 12 },
		{ STEP_TCP, 1, .says = { "hel" }, .client_ended = true, .status = 256, .bytes = 3,
		  .trouble = "nc in a ended with status 1" },
		{ STEP_TCP, 1, .says = { "hel" }, .client_ended = true, .bytes = 3 },
		/* once, whole, to one; and nothing else to the other */
		{ STEP_TCP, 2, .says = { NULL, "hello\n" }, .arrived = 1, .copies = { 0, 1 },
		  .bytes = 6 },
		{ STEP_TCP, 2, .says = { "h", "hello\n" }, .copies = { 0, 1 }, .bytes = 7 },
		{ STEP_TCP, 2, .says = { "hello\n", "hello\n" }, .copies = { 1, 1 }, .bytes = 12 },
		/* once to each of them all */
		{ STEP_UDP, 2, .group = true, .says = { "hello\n", "hello\n" }, .arrived = 1,
		  .copies = { 1, 1 }, .bytes = 12 },
		{ STEP_UDP, 2, .group = true, .says = { "hello\n", NULL }, .copies = { 1, 0 },
		  .bytes = 6 },
		{ STEP_UDP, 2, .group = true, .says = { "hello\nhello\n", "hello\n" },
		  .copies = { 2, 1 }, .bytes = 18 },
		{ STEP_UDP, 0, .group = true, .says = { NULL } },
		{ STEP_UDP, 1, .says = { NULL }, .client_ended = true, .refused = true },
		{ STEP_UDP, 1, .says = { "hello\n" }, .client_ended = true, .arrived = 1,
		  .copies = { 1 }, .bytes = 6 },
		{ STEP_UDP, 1, .says = { NULL }, .client_ended = true, .status = 256,
		  .trouble = "nc in a ended with status 1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, rows[i].kind, rows[i].n);
		t.step.group = rows[i].group;
		waits[1].reads = true;
		for (size_t k = 0; k < 2; k++)
			waits[2].server[k].says = rows[i].says[k];
		waits[2].client.ended = rows[i].client_ended;
		waits[2].client.status = rows[i].status;
		assert_int_equal(probe_nc_run(&t.c), 0);
		if (t.ev.arrived != rows[i].arrived || t.ev.bytes != rows[i].bytes ||
		    t.ev.refused != rows[i].refused)
			fail_msg("row %zu: %u, %zu", i, t.ev.arrived, t.ev.bytes);
		for (size_t k = 0; k < rows[i].n; k++) {
			assert_int_equal(t.arrivals[k].copies, rows[i].copies[k]);
			assert_int_equal(t.arrivals[k].bytes,
					 rows[i].says[k] ? strlen(rows[i].says[k]) : 0);
		}
		is("trouble", t.ev.trouble, rows[i].trouble);
		finish(&t);
	}
}

/* What a client of datagrams has not read was not lost on the way. */
static void what_was_not_sent(void **state)
{
	static const struct {
		enum step_kind kind;
		bool reads, ended;
		const char *says, *trouble;
	} rows[] = {
		{ STEP_UDP, false, false, NULL, "nc in a had not read its text after 500 ms" },
		{ STEP_UDP, true, false, NULL, NULL },
		{ STEP_UDP, false, true, NULL, NULL },
		{ STEP_UDP, false, false, "hello\n", NULL },
		{ STEP_TCP, false, false, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, rows[i].kind, 1);
		waits[1].reads = rows[i].reads;
		waits[2].client.ended = rows[i].ended;
		waits[2].server[0].says = rows[i].says;
		assert_int_equal(probe_nc_run(&t.c), 0);
		is("trouble", t.ev.trouble, rows[i].trouble);
		finish(&t);
	}
}

static void what_does_not_start(void **state)
{
	static const struct {
		enum step_kind kind;
		const char *fails;
		size_t waits;
		const char *done;
	} rows[] = {
		{ STEP_UDP, "b", 0, "b: -n -d -u -k -l 10.0.0.2 8080" },
		{ STEP_UDP, "a", 0,
		  "b: -n -d -u -k -l 10.0.0.2 8080\nc: -n -d -u -k -l 10.0.0.2 8080\n"
		  "a: -n -u -p 40000 10.0.0.2 8080" },
		{ STEP_TCP, "a", 1,
		  "b: -n -d -l 10.0.0.2 8080\nc: -n -d -l 10.0.0.2 8080\n"
		  "a: -n -N -p 40000 10.0.0.2 8080" },
	};
	struct course t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		prepare(&t, rows[i].kind, 2);
		fails = rows[i].fails;
		assert_int_equal(probe_nc_run(&t.c), -EMFILE);
		assert_int_equal(n_waits, rows[i].waits);
		is("done", done, rows[i].done);
		finish(&t);
	}
	prepare(&t, STEP_UDP, 2);
	ports[1].err = -EIO;
	assert_int_equal(probe_nc_run(&t.c), -EIO);
	assert_null(done);
	finish(&t);
	prepare(&t, STEP_UDP, 2);
	t.receivers[1].netns = "gone";
	assert_int_equal(probe_nc_run(&t.c), -ENOENT);
	assert_null(done);
	finish(&t);
}

static void whether_a_port_is_bound(void **state)
{
	struct course t;
	bool bound;

	(void)state;
	prepare(&t, STEP_UDP, 1);
	for (int taken = 0; taken < 2; taken++) {
		ports[1].taken = taken;
		assert_int_equal(probe_nc_bound(&t.c, "c", &bound), 0);
		assert_int_equal(bound, taken);
		is("done", done, "closed");
		free(steal_pointer(&done));
	}
	ports[1].err = -EIO;
	assert_int_equal(probe_nc_bound(&t.c, "c", &bound), -EIO);
	assert_false(bound);
	finish(&t);
}

static struct lab small;

/* That it is the right one is asked of it when a control run says that a text did not arrive. */
static void which_netcat(void **state)
{
	static const struct {
		const char *help;
		bool ends;
		int err, result;
	} rows[] = {
		{ "OpenBSD netcat (Debian patchlevel 1.2)\nusage: nc", true, 0, 0 },
		{ "[v1.10-47]\nconnect to somewhere", true, 0, -ENOPKG },
		{ NULL, true, 0, -ENOPKG },
		{ NULL, false, 0, 0 },
		{ NULL, true, -EINTR, -EINTR },
	};
	static struct node node = { .name = (char *)"h" };
	const struct probe with = { .lab = &small, .nc = "/bin/nc", .timeout_ms = 500 };

	(void)state;
	small.labfile.topo.nodes = &node;
	small.labfile.topo.n_nodes = 1;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		uint64_t before = netlink_clock_ns();

		begin(NULL);
		waits[0].client.ended = rows[i].ends;
		waits[0].err = rows[i].err;
		help = rows[i].help;
		assert_int_equal(probe_check_nc(&with, &e), rows[i].result);
		help = NULL;
		if (rows[i].result == -ENOPKG)
			assert_string_equal(e.text, "/bin/nc is not OpenBSD's netcat: apt-get "
						    "install netcat-openbsd");
		is("done", done, "h: -h\nended");
		assert_in_range(deadlines[0], before + 500 * MS, netlink_clock_ns() + 500 * MS);
		free(steal_pointer(&done));
	}
	{
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(NULL);
		fails = "h";
		assert_int_equal(probe_check_nc(&with, &e), -EMFILE);
		assert_int_equal(n_waits, 0);
		is("done", done, "h: -h\nended");
		free(steal_pointer(&done));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_is_called),
		cmocka_unit_test(a_port_that_is_taken),
		cmocka_unit_test(servers_that_are_not_ready),
		cmocka_unit_test(when_it_is_over),
		cmocka_unit_test(what_is_left_to_read),
		cmocka_unit_test(what_arrived),
		cmocka_unit_test(what_was_not_sent),
		cmocka_unit_test(what_does_not_start),
		cmocka_unit_test(whether_a_port_is_bound),
		cmocka_unit_test(which_netcat),
	};

	return cmocka_run_group_tests_name("probe_nc", tests, NULL, NULL);
}
