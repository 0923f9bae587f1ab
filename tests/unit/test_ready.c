// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for what the kernel has answered before it was done. The kernel and the clock are played
 * here, by rules.mk, in their functions' places: what is asked is written down, a socket being a
 * letter.
 */
#include <errno.h>
#include <linux/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/rtnl_ip.h"
#include "lab/text.h"
#include "lab/topology.h"

#define SECOND_NS 1000000000ULL

/* Of nodes a and b, bridges x and y, and what tells of y's links. */
static char sockets[] = "abxyE";

#define OWN6 4

/* An address that there is, as of which question. */
struct own6 {
	char socket;
	unsigned int ifindex;
	const char *address;
	unsigned int from;
};

/* What the kernel does, and what it was asked. */
static struct kernel {
	uint64_t now;
	uint64_t up_at;	     /* links carry from then on */
	const char *waits;   /* a 'w' for each end of an uplink that is to be waited for */
	const char *refused; /* this question */
	char asked[1024];    /* one behind the other; what is asked again and again, once */
	char last[32];
	unsigned int own6_asked;
	const struct own6 *own6; /* OWN6 of them, or NULL */
} kernel;

static int ask(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int ask(struct error *e, const char *fmt, ...)
{
	char what[sizeof(kernel.last)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (strcmp(what, kernel.last) != 0) {
		assert_true(strlen(kernel.asked) + strlen(what) + 2 < sizeof(kernel.asked));
		strcat(strcat(kernel.asked, *kernel.asked ? " " : ""), what);
		strcpy(kernel.last, what);
	}
	return kernel.refused && !strcmp(kernel.refused, what) ? error_state(e, -ENODEV, "refused")
							       : 0;
}

uint64_t __wrap_netlink_clock_ns(void);
uint64_t __wrap_netlink_clock_ns(void)
{
	return kernel.now;
}

int __wrap_nanosleep(const struct timespec *wait, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wait, struct timespec *left)
{
	(void)left;
	assert_int_equal(wait->tv_sec, 0);
	assert_in_range(wait->tv_nsec, 1, 10000000);
	kernel.now += (uint64_t)wait->tv_nsec;
	return 0;
}

int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e);
int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e)
{
	int err = ask(e, "%c%u", *(char *)rt, ifindex);

	assert_null(name);
	*out = (struct rt_link_state){ .ifindex = ifindex, .port_state = RT_NOT_A_PORT };
	out->operstate = err || kernel.now < kernel.up_at ? IF_OPER_DOWN : IF_OPER_UP;
	return err;
}

int __wrap_rt_port_await(struct netlink *rt, struct netlink *link_events, unsigned int ifindex,
			 bool or_blocks, uint64_t deadline_ns, struct error *e);
int __wrap_rt_port_await(struct netlink *rt, struct netlink *link_events, unsigned int ifindex,
			 bool or_blocks, uint64_t deadline_ns, struct error *e)
{
	int err = ask(e, "%c%u%s", *(char *)rt, ifindex, or_blocks ? "|" : "!");

	*kernel.last = '\0'; /* each is told */
	assert_int_equal(*(char *)link_events, 'E');
	assert_int_equal(deadline_ns - kernel.now, 10 * SECOND_NS);
	if (!err && or_blocks && kernel.waits && *kernel.waits)
		return *kernel.waits++ != 'w';
	return err ? err : 1;
}

int __wrap_rt_own6_each(struct netlink *rt, rt_own6 each, void *cookie, struct error *e);
int __wrap_rt_own6_each(struct netlink *rt, rt_own6 each, void *cookie, struct error *e)
{
	int err = ask(e, "%c6", *(char *)rt);

	kernel.own6_asked++;
	for (size_t i = 0; i < OWN6 && kernel.own6 && kernel.own6[i].address && !err; i++) {
		struct address address;

		if (kernel.own6[i].socket != *(char *)rt || kernel.own6[i].from > kernel.own6_asked)
			continue;
		assert_int_equal(text_address(kernel.own6[i].address, &address), 0);
		each(cookie, kernel.own6[i].ifindex, &address.v6);
	}
	return err;
}

/* On x, on y, which has a spanning tree, a pair, and a lo with an address that need not be awaited.
 */
static struct prefix of_lo = { .address = { .family = AF_INET6 }, .len = 128 };
static struct iface ifaces[] = {
	{ .node = 0, .name = "e0", .bridge = 0, .peer = NONE },
	{ .node = 0, .name = "e1", .bridge = 1, .peer = NONE },
	{ .node = 0, .name = "p", .bridge = NONE, .peer = 3 },
	{ .node = 1, .name = "p", .bridge = NONE, .peer = 2 },
	{ .node = 0,
	  .name = "lo",
	  .lo = true,
	  .bridge = NONE,
	  .peer = NONE,
	  .addresses = &of_lo,
	  .n_addresses = 1 },
};
static struct node nodes[] = { { .name = (char[]){ "a" } }, { .name = (char[]){ "b" } } };
static struct bridge bridges[] = { { .name = (char[]){ "x" } }, { .name = (char[]){ "y" } } };
static struct uplink uplinks[] = { { .bridges = { 0, 1 } }, { .bridges = { 1, 0 } } };
static struct topology topo = {
	.nodes = nodes,
	.n_nodes = 2,
	.bridges = bridges,
	.n_bridges = 2,
	.ifaces = ifaces,
	.n_ifaces = 5,
	.uplinks = uplinks,
};

static int ready(size_t n_uplinks, const char *self, struct error *e)
{
	unsigned int end_index[] = { 100, 101, 102, 103, 1 };
	unsigned int port_index[] = { 200, 201, 0, 0, 0 };
	struct plan plan = { .topo = &topo, .self = (char *)self };
	struct build_netns netns[4];
	struct build b = { .plan = &plan,
			   .netns = netns,
			   .end_index = end_index,
			   .port_index = port_index,
			   .uplink_index = 300 };

	for (size_t i = 0; i < ARRAY_SIZE(netns); i++)
		netns[i] = (struct build_netns){ .fd = -1, .rt = (struct netlink *)&sockets[i] };
	netns[3].link_events = (struct netlink *)&sockets[4];
	if (*self) /* where the kernel chose them */
		for (unsigned int i = 0; i < 3; i++)
			end_index[i] = i + 7;
	topo.n_uplinks = n_uplinks;
	return op_ready_apply(&b, NULL, e);
}

#define ENDS  "x200 a100 y201! a101 a102 b103"
#define ROUND " x300 y301| y302| x303"

static void both_ends_of_each_link_are_waited_for(void **state)
{
	static const struct {
		const char *refused, *asked, *message, *waits;
	} rows[] = {
		{ NULL, ENDS ROUND, NULL, "" },
		/* one that was waited for may have changed the others */
		{ NULL, ENDS ROUND ROUND, NULL, "w" },
		{ NULL, ENDS ROUND ROUND, NULL, ".w" },
		{ NULL, ENDS ROUND ROUND, NULL, "ww" },
		{ NULL, ENDS ROUND ROUND ROUND, NULL, "www" },
		{ "x200", "x200", "interface a:e0 is not ready: refused", "" },
		{ "a100", "x200 a100", "interface a:e0 is not ready: refused", "" },
		{ "y201!", "x200 a100 y201!", "interface a:e1 is not ready: refused", "" },
		{ "b103", ENDS, "interface b:p is not ready: refused", "" },
		{ "x300", ENDS " x300", "the uplink of x and y is not ready: refused", "" },
		{ "y301|", ENDS " x300 y301|", "the uplink of x and y is not ready: refused", "" },
		{ "x303", ENDS ROUND, "the uplink of y and x is not ready: refused", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		kernel = (struct kernel){ .refused = rows[i].refused, .waits = rows[i].waits };
		assert_int_equal(ready(2, "", &e), rows[i].refused ? -ENODEV : 0);
		assert_string_equal(kernel.asked, rows[i].asked);
		assert_int_equal(kernel.now, 0);
		if (rows[i].message)
			assert_string_equal(e.text, rows[i].message);
		else
			assert_null(e.text);
	}
}

static void a_link_has_ten_seconds(void **state)
{
	static const struct {
		uint64_t up_at;
		int err;
	} rows[] = {
		{ SECOND_NS / 2, 0 },
		{ 10 * SECOND_NS + 1, 0 }, /* it is asked once more */
		{ 10 * SECOND_NS + SECOND_NS / 10, -ETIMEDOUT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		kernel = (struct kernel){ .up_at = rows[i].up_at };
		assert_int_equal(ready(1, "", &e), rows[i].err);
		if (rows[i].err) {
			assert_string_equal(kernel.asked, "x200");
			assert_string_equal(e.text, "interface a:e0 is not ready: the kernel does "
						    "not bring it up");
		} else {
			assert_string_equal(kernel.asked, ENDS " x300 y301|");
			assert_in_range(kernel.now, rows[i].up_at, rows[i].up_at + SECOND_NS / 100);
		}
	}
}

/* Those of interface e0 of node a, or of b's p, too, or of bridge x, as a lab file has them. */
static void give(char whom, const char *const *given)
{
	static struct prefix addresses[4];
	size_t n = 0;

	for (; given[n]; n++)
		assert_int_equal(text_cidr(given[n], &addresses[n]), 0);
	ifaces[0].addresses = ifaces[3].addresses = bridges[0].addresses = addresses;
	ifaces[0].n_addresses = whom == 'x' ? 0 : n;
	ifaces[3].n_addresses = whom == 'b' ? n : 0;
	bridges[0].n_addresses = whom == 'x' ? n : 0;
}

static const struct own6_row {
	const char *given[4];
	char whom; /* see give() */
	bool self; /* a is in xlab's own namespace */
	struct own6 has[OWN6];
	unsigned int asked; /* times; 0: until it is too late */
} own6_rows[] = {
	/* a link-local one comes by itself, and may be the last */
	{ { "fd00::1/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::7", 1 } },
	  1 },
	{ { "fd00::1/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::7", 3 } },
	  3 },
	{ { "fd00::1/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 2 }, { 'a', 100, "fe80::7", 1 } },
	  2 },
	{ { "fd00::1/64" }, 'a', false, { { 'a', 100, "fd00::1", 1 } }, 0 },
	/* what is there is counted anew each time */
	{ { "fd00::1/64", "fd00::2/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::7", 1 }, { 'a', 100, "fd00::2", 4 } },
	  4 },
	{ { "fd00::1/64", "fd00::2/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::7", 1 } },
	  0 },
	/* the file's own is the only one */
	{ { "fd00::1/64", "fe80::1/64" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::1", 2 } },
	  2 },
	{ { "fe80::1/64" }, 'a', false, { { 'a', 100, "fe80::1", 2 } }, 2 },
	/* those of IPv4 and of other interfaces are none */
	{ { "fd00::1/64", "10.0.0.1/24" },
	  'a',
	  false,
	  { { 'a', 100, "fd00::1", 1 }, { 'a', 100, "fe80::7", 1 } },
	  1 },
	{ { "fd00::1/64" },
	  'a',
	  false,
	  { { 'a', 101, "fd00::1", 1 },
	    { 'a', 101, "fe80::7", 1 },
	    { 'a', 99, "fd00::9", 1 },
	    { 'a', 99, "fe80::9", 1 } },
	  0 },
	{ { "fd00::1/64" },
	  'a',
	  false,
	  { { 'a', 105, "fd00::1", 1 }, { 'a', 105, "fe80::7", 1 } },
	  0 },
	/* nor those of another node's interface whose index another link happens to have here */
	{ { "fd00::1/64" }, 'a', true, { { 'a', 7, "fd00::1", 1 }, { 'a', 7, "fe80::7", 2 } }, 2 },
	{ { "fd00::1/64" },
	  'a',
	  true,
	  { { 'a', 100, "fd00::1", 1 },
	    { 'a', 100, "fe80::7", 1 },
	    { 'a', 8, "fd00::1", 1 },
	    { 'a', 8, "fe80::7", 1 } },
	  0 },
	{ { "fd00::1/64" },
	  'b',
	  true,
	  { { 'a', 103, "fd00::1", 1 },
	    { 'a', 103, "fe80::7", 1 },
	    { 'b', 103, "fd00::1", 1 },
	    { 'b', 103, "fe80::7", 1 } },
	  0 },
	{ { "fd00::1/64" },
	  'b',
	  true,
	  { { 'a', 7, "fd00::1", 1 },
	    { 'a', 7, "fe80::7", 1 },
	    { 'b', 103, "fd00::1", 1 },
	    { 'b', 103, "fe80::7", 3 } },
	  3 },
	/* a bridge's namespace has those of the bridge alone */
	{ { "fd00::1/64", "fd00::2/64" },
	  'x',
	  false,
	  { { 'x', 64, "fd00::1", 1 }, { 'x', 64, "fd00::2", 3 } },
	  3 },
	{ { "fd00::1/64", "fe80::1/64" },
	  'x',
	  false,
	  { { 'x', 64, "fd00::1", 1 }, { 'x', 64, "fe80::1", 2 } },
	  2 },
	{ { "fd00::1/64" },
	  'x',
	  false,
	  { { 'x', 100, "fd00::1", 1 }, { 'x', 65, "fd00::1", 1 } },
	  0 },
};

static void addresses_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(own6_rows); i++) {
		const struct own6_row *row = &own6_rows[i];
		struct error ERROR_AUTO e = ERROR_INIT;

		kernel = (struct kernel){ .own6 = row->has };
		give(row->whom, row->given);
		if (ready(0, row->self ? "a" : "", &e))
			fail_msg("row %zu: %s", i, e.text);
		if (row->asked ? kernel.own6_asked != row->asked : kernel.now <= 2 * SECOND_NS)
			fail_msg("row %zu: asked %u times, for %ju ns", i, kernel.own6_asked,
				 (uintmax_t)kernel.now);
		assert_in_range(kernel.now, 0, 2 * SECOND_NS + SECOND_NS / 100);
	}
}

/* Only who has any is asked for them. */
static void addresses_cannot_be_asked_for(void **state)
{
	static const char *const six[] = { "fd00::1/64", NULL }, *const four[] = { "10.0.0.1/24",
										   NULL };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	kernel = (struct kernel){ .refused = "a6" };
	give('a', four);
	assert_int_equal(ready(0, "", &e), 0);
	give('a', six);
	bridges[0].n_addresses = 1;
	assert_int_equal(ready(0, "", &e), -ENODEV);
	assert_string_equal(e.text, "the IPv6 addresses of node a: cannot ask for them: refused");
	assert_null(strstr(kernel.asked, "x6"));
	assert_int_equal(kernel.now, 0);
	error_clear(&e);
	kernel = (struct kernel){ .refused = "x6" };
	give('x', six);
	assert_int_equal(ready(0, "", &e), -ENODEV);
	assert_string_equal(e.text, "the IPv6 addresses of bridge x: cannot ask for them: refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_each_link_are_waited_for),
		cmocka_unit_test(a_link_has_ten_seconds),
		cmocka_unit_test(addresses_answer),
		cmocka_unit_test(addresses_cannot_be_asked_for),
	};

	return cmocka_run_group_tests_name("ready", tests, NULL, NULL);
}
