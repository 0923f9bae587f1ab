// SPDX-License-Identifier: GPL-2.0-or-later
/* How ping is called, how long it is waited for, and what its words are taken for. No ping runs:
 * what it says, and how it ends, is given here.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/echoes.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/probe_ping.h"
#include "orchestrator/scenario/step_run.h"

#define MS 1000000ULL

static const struct address source = { .family = AF_INET, .v4.s_addr = 0x0100000a };

static char *called;
static int cannot_start;

int __wrap_subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
			    const char *const *argv, int in, uint64_t keep, struct error *e);
int __wrap_subprocess_start(struct subprocess *p, const struct state *state, const char *netns,
			    const char *const *argv, int in, uint64_t keep, struct error *e)
{
	(void)state;
	assert_string_equal(netns, "a");
	assert_int_equal(in, -1);
	assert_int_equal(keep, 1ULL << CAP_NET_RAW);
	for (size_t i = 0; argv[i]; i++)
		text_add(&called, " ", "%s", argv[i]);
	p->started = true;
	p->netns = netns;
	return cannot_start ? error_state(e, cannot_start, "it cannot start") : 0;
}

/* What happens during each wait, and how it ends: of a done one by itself. */
static struct {
	const char *says; /* the last of what it says counts */
	bool ends;
	int status, err;
} waits[4];
static size_t n_waits;
static uint64_t asks[4], deadlines[4];
static int said[4]; /* what is awaited, of itself */

int __wrap_step_run_wait(struct step_run *c, int (*done)(struct step_run *c), uint64_t ask_ns);
int __wrap_step_run_wait(struct step_run *c, int (*done)(struct step_run *c), uint64_t ask_ns)
{
	size_t n = n_waits++;
	int err;

	assert_true(n < ARRAY_SIZE(waits));
	asks[n] = ask_ns;
	deadlines[n] = c->deadline_ns;
	if (waits[n].says)
		c->client.out.text = (char *)waits[n].says;
	c->client.ended |= waits[n].ends;
	c->client.status = waits[n].status;
	if (waits[n].err)
		return error_state(c->e, waits[n].err, "it is over");
	said[n] = err = done(c);
	return err < 0 ? err : err ? 0 : -ETIMEDOUT;
}

static bool settled;

bool __wrap_step_run_settled(struct step_run *c);
bool __wrap_step_run_settled(struct step_run *c)
{
	(void)c;
	return settled;
}

static unsigned int signals;

void __wrap_child_signal(const struct child *child, int signal);
void __wrap_child_signal(const struct child *child, int signal)
{
	assert_int_equal(child->pid, 77);
	assert_int_equal(signal, SIGINT);
	signals++;
}

static const uint64_t *answered; /* by echoes_fd */

int __wrap_echoes_answered(int fd, uint64_t *count, struct error *e);
int __wrap_echoes_answered(int fd, uint64_t *count, struct error *e)
{
	if (answered[fd] == UINT64_MAX)
		return error_state(e, -EIO, "no count");
	*count = answered[fd];
	return 0;
}

static int begin(void **state)
{
	(void)state;
	memset(waits, 0, sizeof(waits));
	n_waits = signals = 0;
	settled = false;
	cannot_start = 0;
	return 0;
}

static struct lab lab;
static const struct probe probe = { .lab = &lab, .ping = "/bin/ping", .timeout_ms = 500 };

static struct step_run a_run(const struct step *step, struct evidence *ev, struct error *e)
{
	ev->mark.src = source;
	ev->mark.src_port = 40000;
	ev->since_ns = 3600000 * MS;
	return (struct step_run){ .probe = &probe,
				  .step = step,
				  .ev = ev,
				  .client = { .child = { 77, -1 } },
				  .src_name = "a",
				  .dst = "10.0.0.2",
				  .e = e };
}

/* So many at once, the others ten milliseconds apart, for which there is time beside; of large ones
 * no more than the kernel keeps.
 */
static void how_it_is_called(void **state)
{
	static const struct {
		int family;
		bool group;
		unsigned int count, size, ms;
		const char *called;
	} rows[] = {
		{ AF_INET, false, 1, 56, 500, "-c 1 -l 1 -e 40000 -s 56 10.0.0.2" },
		{ AF_INET, false, 10, 0, 500, "-c 10 -l 10 -e 40000 -s 0 10.0.0.2" },
		{ AF_INET, false, 11, 56, 510, "-c 11 -l 10 -e 40000 -s 56 10.0.0.2" },
		{ AF_INET6, false, 8, 8192, 500, "-c 8 -l 8 -e 40000 -s 8192 10.0.0.2" },
		{ AF_INET, false, 8, 8193, 510, "-c 8 -l 7 -e 40000 -s 8193 10.0.0.2" },
		{ AF_INET, false, 100, 65507, 1490, "-c 100 -l 1 -e 40000 -s 65507 10.0.0.2" },
		{ AF_INET6, true, 1, 56, 500, "-c 1 -l 1 -e 40000 -s 56 -L 10.0.0.2" },
		{ AF_INET, true, 1, 56, 500,
		  "-c 1 -l 1 -e 40000 -s 56 -L -b -I 10.0.0.1 10.0.0.2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_PING,
					   .address.family = rows[i].family,
					   .group = rows[i].group,
					   .size = rows[i].size };
		struct evidence ev = { .wanted = rows[i].count };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = a_run(&step, &ev, &e);
		char *FREE_AUTO all = text_format("/bin/ping -n -i 0.01 %s", rows[i].called);

		begin(NULL);
		waits[0].ends = true;
		waits[0].says = "1 packets transmitted, 0 received\n";
		assert_int_equal(probe_ping_run(&c), 0);
		assert_string_equal(called, all);
		assert_int_equal(deadlines[0], ev.since_ns + rows[i].ms * MS);
		assert_int_equal(n_waits, 2);
		free(steal_pointer(&called));
	}
}

#define FROM_2 "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms\n"
#define FROM_3 "64 bytes from 10.0.0.3: icmp_seq=1 ttl=64 time=0.1 ms (DIFFERENT ADDRESS!)\n"
#define TWICE  "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms (DUP!)\n"
#define HEAD   "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n"
#define SENT   " packets transmitted, "
#define REST   "\n--- 10.0.0.2 ping statistics ---\n"

static void what_it_says(void **state)
{
	static const struct {
		const char *says;
		bool late;
		int status;
		unsigned int arrived; /* of three */
		const char *stranger, *trouble;
	} rows[] = {
		{ HEAD FROM_2 REST "3" SENT "1 received\n", false, 0, 1, NULL, NULL },
		{ HEAD FROM_2 FROM_2 FROM_2 FROM_2 REST "3" SENT "\n", false, 0, 3, NULL, NULL },
		{ HEAD REST "3" SENT "0 received\n", false, 256, 0, NULL, NULL },
		{ HEAD FROM_2 TWICE REST "3" SENT "\n", false, 0, 1, NULL, NULL },
		/* no reply of its own: another's, a second one, the half of one */
		{ HEAD FROM_3 FROM_2 TWICE REST "3" SENT "\n", false, 0, 1, "10.0.0.3", NULL },
		{ HEAD FROM_3 "8 bytes from 10.0.0.4: (DIFFERENT ADDRESS!)\n" REST "3" SENT "\n",
		  false, 0, 0, "10.0.0.3", NULL },
		{ HEAD FROM_2 REST "3" SENT "1 received\n64 bytes from 10.0.0.2", false, 0, 1, NULL,
		  NULL },
		{ "4" SENT "\n" FROM_2, false, 0, 1, NULL, NULL },
		/* who was told to end has not sent all */
		{ HEAD REST "2" SENT "0 received\n", true, 0, 0, NULL,
		  "ping in a had sent 2 of 3 packets after 500 ms" },
		{ HEAD REST "13" SENT "0 received\n", true, 0, 0, NULL, NULL },
		{ HEAD REST "3" SENT "0 received\n", true, 0, 0, NULL, NULL },
		{ HEAD REST "2" SENT "0 received\n", false, 0, 0, NULL, NULL },
		{ NULL, true, SIGINT, 0, NULL, "ping in a had not begun after 500 ms" },
		{ HEAD FROM_2, true, SIGINT, 0, NULL, "ping in a had not begun after 500 ms" },
		{ NULL, true, SIGKILL, 0, NULL, "ping in a was killed by signal 9" },
		{ NULL, false, 2 << 8, 0, NULL, "ping in a ended with status 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_PING, .size = 56 };
		struct evidence ev = { .wanted = 3 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = a_run(&step, &ev, &e);
		size_t last = rows[i].late ? 1 : 0;
		uint64_t before = netlink_clock_ns();

		begin(NULL);
		waits[last].says = rows[i].says;
		waits[last].status = rows[i].status;
		waits[last].ends = true;
		assert_int_equal(probe_ping_run(&c), 0);
		assert_int_equal(signals, rows[i].late);
		if (rows[i].late)
			assert_in_range(deadlines[1], before + 250 * MS,
					netlink_clock_ns() + 250 * MS);
		assert_int_equal(asks[0], 0);
		assert_int_equal(asks[1], rows[i].late ? 0 : MS / 10);
		if (ev.arrived != rows[i].arrived)
			fail_msg("row %zu: %u", i, ev.arrived);
		assert_int_equal(!ev.stranger, !rows[i].stranger);
		if (ev.stranger)
			assert_string_equal(ev.stranger, rows[i].stranger);
		if (!ev.trouble != !rows[i].trouble)
			fail_msg("row %zu: %s", i, ev.trouble ? ev.trouble : "no trouble");
		if (ev.trouble)
			assert_string_equal(ev.trouble, rows[i].trouble);
		free(ev.stranger);
		free(ev.trouble);
		free(steal_pointer(&called));
	}
}

static void numbers_of_two_digits(void **state)
{
	const struct step step = { .kind = STEP_PING, .size = 56 };
	struct evidence ev = { .wanted = 12 };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct step_run c = a_run(&step, &ev, &e);

	(void)state;
	waits[1].says = HEAD "10" SENT "0 received\n";
	waits[1].ends = true;
	assert_int_equal(probe_ping_run(&c), 0);
	assert_string_equal(ev.trouble, "ping in a had sent 10 of 12 packets after 500 ms");
	free(ev.trouble);
	free(steal_pointer(&called));
}

/* It is waited for until it has ended, or nothing is left to wait for. */
static void when_it_is_over(void **state)
{
	static const struct {
		bool ends, settled;
		int err;	   /* of the wait; or 0 */
		unsigned int most; /* may arrive; 0: that is not asked */
		const char *vain;
		int result;
		unsigned int signals, waits, arrived;
		uint64_t ask_ns;
	} rows[] = {
		{ true, false, 0, 0, NULL, 0, 0, 2, 1, 0 },
		/* what it has said is read while it runs where that can settle the step */
		{ false, true, 0, 0, NULL, 0, 0, 2, 0, 0 },
		{ false, true, 0, 2, NULL, 0, 0, 2, 1, 0 },
		/* it does not even end when it is told to: that is the end all the same */
		{ false, false, 0, 0, NULL, 0, 1, 3, 0, 0 },
		{ false, false, -EINTR, 0, NULL, -EINTR, 0, 1, 0, 0 },
		{ true, false, 0, 0, "in vain", 0, 0, 2, 1, 2 * MS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = { .kind = STEP_PING,
					   .size = 56,
					   .arrive_max = rows[i].most };
		struct evidence ev = { .wanted = 3 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = a_run(&step, &ev, &e);
		struct probe with = probe;

		begin(NULL);
		with.vain = rows[i].vain;
		c.probe = &with;
		settled = rows[i].settled;
		waits[0].says = HEAD FROM_2 "3" SENT "\n";
		waits[0].ends = rows[i].ends;
		waits[0].err = rows[i].err;
		assert_int_equal(probe_ping_run(&c), rows[i].result);
		if (signals != rows[i].signals || n_waits != rows[i].waits ||
		    ev.arrived != rows[i].arrived || asks[0] != rows[i].ask_ns)
			fail_msg("row %zu: %u %zu %u", i, signals, n_waits, ev.arrived);
		assert_null(ev.trouble);
		free(steal_pointer(&called));
	}
	{
		const struct step step = { .kind = STEP_PING, .size = 56 };
		struct evidence ev = { .wanted = 1 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = a_run(&step, &ev, &e);

		begin(NULL);
		cannot_start = -EMFILE;
		assert_int_equal(probe_ping_run(&c), -EMFILE);
		assert_int_equal(n_waits, 0);
		free(steal_pointer(&called));
	}
}

/* By the own count of those that are named: of what goes to several ping tells the first. */
static void who_answered(void **state)
{
	static const struct {
		bool group;
		unsigned int arrived;
		uint64_t counts[2];
		int done; /* 0: others are awaited, whose deadline is no error */
	} rows[] = {
		{ true, 1, { 11, 25 }, 1 },
		{ true, 1, { 12, 21 }, 1 },
		{ true, 1, { 11, 20 }, 0 },
		{ true, 1, { 10, 21 }, 0 },
		{ true, 0, { 10, 20 }, 1 },
		{ false, 1, { 11, 20 }, 1 },
		{ true, 1, { 11, UINT64_MAX }, -EIO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct step step = {
			.kind = STEP_PING, .size = 56, .group = rows[i].group, .n_receivers = 2
		};
		struct receiver receivers[] = { { .echoes_fd = 0, .answered = 10 },
						{ .echoes_fd = 1, .answered = 20 } };
		struct arrival arrivals[2] = { 0 };
		struct evidence ev = { .wanted = 1, .arrivals = arrivals, .n_arrivals = 2 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step_run c = a_run(&step, &ev, &e);

		begin(NULL);
		c.receivers = receivers;
		c.n_receivers = 2;
		answered = rows[i].counts;
		waits[0].ends = true;
		waits[0].says = rows[i].arrived ? FROM_2 "1" SENT "\n" : "1" SENT "\n";
		assert_int_equal(probe_ping_run(&c), rows[i].done < 0 ? rows[i].done : 0);
		assert_int_equal(n_waits, 2);
		assert_int_equal(asks[1], MS / 10);
		if (said[1] != rows[i].done)
			fail_msg("row %zu: %d", i, said[1]);
		assert_int_equal(ev.arrivals[0].copies, rows[i].counts[0] - 10);
		if (rows[i].done >= 0)
			assert_int_equal(ev.arrivals[1].copies, rows[i].counts[1] - 20);
		free(steal_pointer(&called));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(how_it_is_called, begin),
		cmocka_unit_test_setup(what_it_says, begin),
		cmocka_unit_test_setup(numbers_of_two_digits, begin),
		cmocka_unit_test_setup(when_it_is_over, begin),
		cmocka_unit_test_setup(who_answered, begin),
	};

	return cmocka_run_group_tests_name("probe_ping", tests, NULL, NULL);
}
