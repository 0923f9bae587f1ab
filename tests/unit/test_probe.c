// SPDX-License-Identifier: GPL-2.0-or-later
/* By which marks a step's packets are known, who is to receive them, and what is prepared where for
 * that. Neither ping nor nc runs; what the kernel is asked for is written down, and answered here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/echoes.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/probe.h"
#include "orchestrator/scenario/probe_frame.h"
#include "orchestrator/scenario/probe_nc.h"
#include "orchestrator/scenario/probe_ping.h"
#include "orchestrator/scenario/spawn.h"
#include "tests/unit/visit.h"

static const char text[] =
	"[lab]\nname = t\n[node a]\n[node b]\n[node c]\n[node d]\n"
	"[bridge s]\naddress = 10.1.0.254/24\naddress = fe80::5/64\n"
	"[iface a:e0]\nbridge = s\naddress = fd00::1/64\naddress = 10.1.0.1/24\n"
	"address = 10.1.1.1/24\n"
	"[iface b:p]\npeer = d:p\n[iface d:p]\npeer = b:p\n"
	"[iface b:e0]\nbridge = s\naddress = 10.1.0.2/24\naddress = fe80::b/64\n"
	"[iface c:e0]\nbridge = s\naddress = 10.1.0.3/24\n"
	"[iface b:lo]\naddress = 10.9.0.1/32\n[iface c:lo]\naddress = 10.9.0.1/32\n"
	"[iface d:lo]\naddress = 10.9.0.1/32\n";
enum { A, B, C, D };
enum { A_E0, B_P, D_P, B_E0, C_E0 };

static struct lab lab;
static char *done;
static const char *fails; /* this word */

static int act(struct error *e, const char *word)
{
	text_add(&done, ", ", "%s", word);
	return fails && !strcmp(fails, word) ? error_state(e, -EIO, "%s fails", word) : 0;
}

/* An fd each, which is none of the kernel's. */
static int next_fd, socket_family, socket_type;

int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
	assert_int_equal(protocol, 0);
	assert_true(type & SOCK_CLOEXEC);
	socket_family = family;
	socket_type = type & ~SOCK_CLOEXEC;
	return next_fd < 0 ? -1 : next_fd++;
}

static char own_address[ADDRESS_TEXT]; /* that the kernel chooses; "": none */
static uint16_t busy_from, busy_to;    /* ports that others have */
static struct sockaddr_storage name;   /* of a socket */

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	const struct sockaddr_in6 *v6 = (const void *)to;
	const struct sockaddr_in *v4 = (const void *)to;
	struct address address = { .family = to->sa_family };
	char said[ADDRESS_TEXT];
	char *FREE_AUTO word = NULL;

	if (fd < 0)
		return -1;
	assert_true(size >= sizeof(*v6));
	assert_int_equal(to->sa_family, socket_family);
	assert_int_equal(socket_type, SOCK_DGRAM);
	if (to->sa_family == AF_INET)
		address.v4 = v4->sin_addr;
	else
		address.v6 = v6->sin6_addr;
	word = text_format("%s: to %s port %u", visit.at, address_text(&address, said),
			   ntohs(v4->sin_port));
	if (to->sa_family == AF_INET6 && v6->sin6_scope_id)
		text_add(&word, " ", "by %u", v6->sin6_scope_id);
	(void)act(NULL, word);
	if (!*own_address)
		return -1;
	assert_int_equal(text_address(own_address, &address), 0);
	name.ss_family = (sa_family_t)address.family;
	if (address.family == AF_INET)
		((struct sockaddr_in *)&name)->sin_addr = address.v4;
	else
		((struct sockaddr_in6 *)&name)->sin6_addr = address.v6;
	return 0;
}

int __wrap_getsockname(int fd, struct sockaddr *own, socklen_t *size);
int __wrap_getsockname(int fd, struct sockaddr *own, socklen_t *size)
{
	(void)fd;
	assert_true(*size >= sizeof(struct sockaddr_in6));
	memcpy(own, &name, sizeof(struct sockaddr_in6));
	return 0;
}

static unsigned int binds;

int __wrap_bind(int fd, const struct sockaddr *to, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *to, socklen_t size)
{
	const struct sockaddr_in *v4 = (const void *)to;
	uint16_t port = ntohs(v4->sin_port);

	if (fd < 0)
		return -1;
	(void)size;
	binds++;
	assert_string_equal(visit.at, "a");
	assert_int_equal(to->sa_family, socket_family);
	if (port && port >= busy_from && port <= busy_to)
		return -1;
	memset(&name, 0, sizeof(name));
	((struct sockaddr_in *)&name)->sin_port = htons(port ? port : 61234);
	return 0;
}

unsigned int __wrap_if_nametoindex(const char *iface);
unsigned int __wrap_if_nametoindex(const char *iface)
{
	return !strcmp(iface, "e0") ? 7 : 8;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	struct address group = { .family = level == IPPROTO_IP ? AF_INET : AF_INET6 };
	char *FREE_AUTO word = NULL;
	char said[ADDRESS_TEXT];
	int by;

	(void)fd;
	assert_int_equal(socket_family, group.family);
	if (level == IPPROTO_IP) {
		const struct ip_mreqn *v4 = value;

		assert_int_equal(option, IP_ADD_MEMBERSHIP);
		assert_int_equal(size, sizeof(*v4));
		group.v4 = v4->imr_multiaddr;
		by = v4->imr_ifindex;
	} else {
		const struct ipv6_mreq *v6 = value;

		assert_int_equal(level, IPPROTO_IPV6);
		assert_int_equal(option, IPV6_JOIN_GROUP);
		assert_int_equal(size, sizeof(*v6));
		group.v6 = v6->ipv6mr_multiaddr;
		by = (int)v6->ipv6mr_interface;
	}
	word = text_format("%s joins %s by %d", visit.at, address_text(&group, said), by);
	errno = ENOBUFS;
	text_add(&done, ", ", "%s", word);
	return fails && !strcmp(fails, word) ? -1 : 0;
}

static uint16_t random_number;

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned int flags)
{
	assert_int_equal(flags, 0);
	assert_int_equal(size, sizeof(random_number));
	memcpy(bytes, &random_number, size);
	return (ssize_t)size;
}

int __wrap_echoes_open(int family, struct error *e);
int __wrap_echoes_open(int family, struct error *e)
{
	char *FREE_AUTO word = text_format("%s counts %d", visit.at, family == AF_INET ? 4 : 6);
	int err = act(e, word);

	return err ? err : 2000 + (*visit.at - 'a');
}

int __wrap_echoes_answered(int fd, uint64_t *count, struct error *e);
int __wrap_echoes_answered(int fd, uint64_t *count, struct error *e)
{
	char *FREE_AUTO word = text_format("count %c", 'a' + fd - 2000);

	*count = 100 + (uint64_t)(fd - 2000);
	return act(e, word);
}

static const char *bound_at; /* nodes, a letter each */

int __wrap_probe_nc_bound(struct step_run *c, const char *netns, bool *bound);
int __wrap_probe_nc_bound(struct step_run *c, const char *netns, bool *bound)
{
	char *FREE_AUTO word = text_format("%s bound?", netns);

	*bound = bound_at && strchr(bound_at, *netns);
	return act(c->e, word);
}

/* Who is to receive it, as "b b%e0": nodes and the interface at which it listens. */
static char *receivers;
static char dst[64];
static size_t n_members, n_echoes;

static void look(const struct step_run *c, const char *tool)
{
	assert_int_equal(c->n_receivers, c->ev->n_arrivals);
	assert_string_equal(c->src_name, "a");
	strcpy(dst, c->dst);
	for (size_t i = 0; i < c->n_receivers; i++) {
		const struct receiver *r = &c->receivers[i];

		text_add(&receivers, " ", "%s%s%s", r->netns, r->zone ? "%" : "",
			 r->zone ? r->zone : "");
		if (c->ev->arrivals[i].node != NONE)
			assert_string_equal(lab.labfile.topo.nodes[c->ev->arrivals[i].node].name,
					    r->netns);
		else
			assert_string_equal(r->netns, "s");
		n_members += r->member_fd >= 0;
		n_echoes += r->echoes_fd >= 0;
		if (r->echoes_fd >= 0)
			assert_int_equal(r->answered, 100 + (*r->netns - 'a'));
	}
	(void)act(c->e, tool);
}

int __wrap_probe_ping_run(struct step_run *c);
int __wrap_probe_ping_run(struct step_run *c)
{
	look(c, "ping");
	return c->e->err;
}

int __wrap_probe_nc_run(struct step_run *c);
int __wrap_probe_nc_run(struct step_run *c)
{
	look(c, "nc");
	return c->e->err;
}

int __wrap_probe_frame_run(struct step_run *c);
int __wrap_probe_frame_run(struct step_run *c)
{
	return act(c->e, "frame");
}

static int consume(void *cookie, struct evidence *ev, struct error *e)
{
	(void)cookie;
	(void)ev;
	return act(e, "consume");
}

static int parse(void **state)
{
	return parse_text(state, &lab.labfile, text);
}

static const struct probe probe = { .lab = &lab, .consume = consume };

/* A step from a to that address, whose only owner is known; from the lab file's point of view. */
static struct step a_step(enum step_kind kind, const char *to)
{
	struct step step = { .kind = kind, .src = A, .zone = NONE, .owner = NONE, .count = 3 };
	const struct owner *owner;

	if (kind != STEP_PING)
		step.port = 80;
	assert_int_equal(text_address(to, &step.address), 0);
	owner = topology_owner(&lab.labfile.topo, &step.address, NULL);
	if (owner && !topology_owner(&lab.labfile.topo, &step.address, owner))
		step.owner = (size_t)(owner - lab.labfile.topo.owners);
	fails = visit.gone = bound_at = NULL;
	next_fd = 1000;
	random_number = 17;
	busy_from = busy_to = 0;
	strcpy(own_address, "10.1.0.1");
	n_members = n_echoes = 0;
	binds = 0;
	return step;
}

static void forget(struct evidence *ev)
{
	evidence_clear(ev);
	free(steal_pointer(&done));
	free(steal_pointer(&receivers));
}

static void is(size_t row, const char *got, const char *expected)
{
	if (!got != !expected || (got && strcmp(got, expected) != 0))
		fail_msg("row %zu: %s", row, got ? got : "none");
}

static void who_receives_it(void **state)
{
	static size_t named[] = { C, B };
	static const struct {
		enum step_kind kind;
		const char *to;
		size_t zone, n_named;
		bool group;
		const char *own, *dst, *receivers, *src;
		size_t dst_node, members, echoes;
		const char *done;
	} rows[] = {
		{ STEP_UDP, "10.1.0.2", NONE, 0, false, "10.1.0.1", "10.1.0.2", "b", "10.1.0.1", B,
		  0, 0, "a: to 10.1.0.2 port 80, nc, consume" },
		{ STEP_PING, "10.1.0.2", NONE, 0, false, "10.1.0.1", "10.1.0.2", "b", "10.1.0.1", B,
		  0, 0, "a: to 10.1.0.2 port 9, ping, consume" },
		/* where there is no way the tool says so */
		{ STEP_PING, "10.1.0.2", NONE, 0, false, "", "10.1.0.2", "b", NULL, B, 0, 0,
		  "a: to 10.1.0.2 port 9, ping, consume" },
		{ STEP_TCP, "10.1.0.254", NONE, 0, false, "10.1.0.1", "10.1.0.254", "s", "10.1.0.1",
		  NONE, 0, 0, "a: to 10.1.0.254 port 80, nc, consume" },
		{ STEP_TCP, "fe80::b", A_E0, 0, false, "fe80::a", "fe80::b%e0", "b%e0", "fe80::a",
		  B, 0, 0, "a: to fe80::b port 80 by 7, nc, consume" },
		{ STEP_TCP, "fe80::5", A_E0, 0, false, "fe80::a", "fe80::5%e0", "s%s", "fe80::a",
		  NONE, 0, 0, "a: to fe80::5 port 80 by 7, nc, consume" },
		{ STEP_TCP, "fd00::1", NONE, 0, false, "fd00::1", "fd00::1", "a", "fd00::1", A, 0,
		  0, "a: to fd00::1 port 80, nc, consume" },
		/* whom the step names; and is there somebody else who has the address? */
		{ STEP_UDP, "10.1.0.2", NONE, 1, false, "10.1.0.1", "10.1.0.2", "c", "10.1.0.1", B,
		  0, 0, "a: to 10.1.0.2 port 80, b bound?, nc, consume" },
		{ STEP_UDP, "10.1.0.2", NONE, 2, false, "10.1.0.1", "10.1.0.2", "c b", "10.1.0.1",
		  B, 0, 0, "a: to 10.1.0.2 port 80, nc, consume" },
		{ STEP_UDP, "10.9.0.1", NONE, 1, false, "10.1.0.1", "10.9.0.1", "c", "10.1.0.1",
		  NONE, 0, 0, "a: to 10.9.0.1 port 80, b bound?, d bound?, nc, consume" },
		{ STEP_UDP, "10.1.0.254", NONE, 1, false, "10.1.0.1", "10.1.0.254", "c", "10.1.0.1",
		  NONE, 0, 0, "a: to 10.1.0.254 port 80, nc, consume" },
		{ STEP_PING, "10.9.0.1", NONE, 2, false, "10.1.0.1", "10.9.0.1", "c b", "10.1.0.1",
		  NONE, 0, 2,
		  "c counts 4, count c, b counts 4, count b, a: to 10.9.0.1 port 9, ping, "
		  "consume" },
		{ STEP_PING, "fd00::1", NONE, 1, false, "fd00::1", "fd00::1", "c", "fd00::1", A, 0,
		  1, "c counts 6, count c, a: to fd00::1 port 9, ping, consume" },
		/* to a group: each joins it, on the sender's link, but for a broadcast's */
		{ STEP_UDP, "224.0.0.9", A_E0, 2, true, "", "224.0.0.9", "c b", "10.1.0.1", NONE, 2,
		  0, "c joins 224.0.0.9 by 7, b joins 224.0.0.9 by 7, nc, consume" },
		{ STEP_UDP, "239.255.255.255", A_E0, 1, true, "", "239.255.255.255", "c",
		  "10.1.0.1", NONE, 1, 0, "c joins 239.255.255.255 by 7, nc, consume" },
		{ STEP_UDP, "224.0.0.9", B_E0, 1, true, "", "224.0.0.9", "c", "10.1.0.2", NONE, 1,
		  0, "c joins 224.0.0.9 by 7, nc, consume" },
		{ STEP_UDP, "255.255.255.255", A_E0, 2, true, "", "255.255.255.255", "c b",
		  "10.1.0.1", NONE, 0, 0, "nc, consume" },
		{ STEP_PING, "ff02::9", A_E0, 2, true, "fe80::a", "ff02::9%e0", "c b", "fe80::a",
		  NONE, 2, 2,
		  "c joins ff02::9 by 7, c counts 6, count c, b joins ff02::9 by 7, b counts 6, "
		  "count b, a: to ff02::9 port 9 by 7, ping, consume" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = a_step(rows[i].kind, rows[i].to);
		struct evidence ev = { .topo = &lab.labfile.topo };
		struct error ERROR_AUTO e = ERROR_INIT;
		uint64_t before = netlink_clock_ns();
		char src[ADDRESS_TEXT];

		step.zone = rows[i].zone;
		step.group = rows[i].group;
		step.receivers = named;
		step.n_receivers = rows[i].n_named;
		strcpy(own_address, rows[i].own);
		assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
		is(i, done, rows[i].done);
		is(i, dst, rows[i].dst);
		is(i, receivers, rows[i].receivers);
		is(i, ev.mark.src.family ? address_text(&ev.mark.src, src) : NULL, rows[i].src);
		if (ev.mark.dst_node != rows[i].dst_node || n_members != rows[i].members ||
		    n_echoes != rows[i].echoes)
			fail_msg("row %zu: %zu members, %zu count", i, n_members, n_echoes);
		assert_int_equal(ev.mark.kind, rows[i].kind);
		assert_int_equal(ev.mark.src_node, A);
		assert_true(address_equal(&ev.mark.dst, &step.address));
		assert_int_equal(ev.mark.dst_port, step.port);
		assert_int_equal(ev.mark.group, rows[i].group);
		assert_int_equal(ev.mark.src_port, rows[i].kind == STEP_PING ? 32768 + 17 : 61234);
		assert_int_equal(ev.wanted, rows[i].kind == STEP_PING ? 3 : 1);
		assert_int_equal(ev.server_bound, rows[i].kind == STEP_PING);
		assert_in_range(ev.since_ns, before, netlink_clock_ns());
		assert_null(ev.trouble);
		forget(&ev);
	}
}

/* Of udp and tcp it is tried first, and then the one behind it, and so on; of a ping it is no port.
 */
static void from_which_port(void **state)
{
	static const struct {
		enum step_kind kind;
		uint16_t before, busy_from, busy_to;
		bool no_socket;
		uint16_t port;
		unsigned int binds;
	} rows[] = {
		{ STEP_UDP, 40000, 0, 0, false, 40000, 1 },
		{ STEP_TCP, 40000, 40000, 40000, false, 40001, 2 },
		{ STEP_UDP, 40000, 40000, 40004, false, 40005, 6 },
		{ STEP_UDP, 65534, 65534, 65535, false, 32768, 3 },
		{ STEP_UDP, 40000, 1, 65535, false, 32785, 28001 },
		{ STEP_UDP, 0, 0, 0, false, 61234, 1 }, /* that the kernel names */
		{ STEP_UDP, 40000, 0, 0, true, 32785, 0 },
		{ STEP_PING, 40000, 0, 0, false, 32785, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = a_step(rows[i].kind, "10.1.0.2");
		struct evidence ev = { .topo = &lab.labfile.topo, .mark.src_port = rows[i].before };
		struct error ERROR_AUTO e = ERROR_INIT;

		busy_from = rows[i].busy_from;
		busy_to = rows[i].busy_to;
		if (rows[i].no_socket)
			next_fd = -1;
		assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
		if (ev.mark.src_port != rows[i].port || binds != rows[i].binds)
			fail_msg("row %zu: %u, %u", i, ev.mark.src_port, binds);
		if (binds)
			assert_int_equal(socket_type,
					 rows[i].kind == STEP_TCP ? SOCK_STREAM : SOCK_DGRAM);
		forget(&ev);
	}
}

/* As many numbers as there are are numbers of pings. */
static void numbers_at_random(void **state)
{
	static const struct {
		uint16_t random, number;
	} rows[] = { { 0, 32768 }, { 27999, 60767 }, { 28000, 32768 }, { 65535, 42303 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = a_step(STEP_PING, "10.1.0.2");
		struct evidence ev = { .topo = &lab.labfile.topo };
		struct error ERROR_AUTO e = ERROR_INIT;

		random_number = rows[i].random;
		assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
		assert_int_equal(ev.mark.src_port, rows[i].number);
		forget(&ev);
	}
}

/* Others who have the address and its port take what those that are named are to have. */
static void who_takes_it(void **state)
{
	static size_t named[] = { C };
	struct step step = a_step(STEP_UDP, "10.9.0.1");
	struct evidence ev = { .topo = &lab.labfile.topo };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	step.receivers = named;
	step.n_receivers = 1;
	bound_at = "bcd";
	assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
	assert_string_equal(ev.takers, "b, d");
	forget(&ev);
	/* no more are asked once one cannot be */
	fails = "b bound?";
	assert_int_equal(probe_run(&probe, &step, &ev, &e), -EIO);
	assert_string_equal(done, "a: to 10.9.0.1 port 80, b bound?");
	forget(&ev);
	error_clear(&e);
	fails = NULL;
	step.kind = STEP_PING;
	assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
	assert_null(ev.takers);
	forget(&ev);
}

/* Nobody has its address: a chain may send it to somebody all the same, but of a pass. */
static void who_has_no_owner(void **state)
{
	static const struct {
		enum step_kind kind;
		enum step_expect expect;
		bool chains;
		const char *to, *tool;
	} rows[] = {
		{ STEP_UDP, EXPECT_PASS, true, "10.7.0.1", NULL },
		{ STEP_UDP, EXPECT_DROP, false, "10.7.0.1", NULL },
		{ STEP_TCP, EXPECT_DROP, true, "10.7.0.1", "nc, " },
		/* several have it, and none is meant */
		{ STEP_TCP, EXPECT_DROP, true, "10.9.0.1", "nc, " },
		{ STEP_PING, EXPECT_PASS, true, "10.7.0.1", "ping, " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = a_step(rows[i].kind, rows[i].to);
		struct evidence ev = { .topo = &lab.labfile.topo };
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO all =
			text_format("a: to %s port %u, %sconsume", rows[i].to,
				    step.port ? step.port : 9, rows[i].tool ? rows[i].tool : "");

		step.expect = rows[i].expect;
		ev.chains = rows[i].chains ? (const void *)&lab : NULL;
		assert_int_equal(probe_run(&probe, &step, &ev, &e), 0);
		is(i, done, all);
		is(i, ev.trouble,
		   rows[i].tool ? NULL : "no node has the address: nobody can listen there");
		assert_true(ev.server_bound);
		assert_int_equal(ev.mark.dst_node, NONE);
		forget(&ev);
	}
}

static void what_fails(void **state)
{
	static size_t named[] = { C, B };
	static const struct {
		enum step_kind kind;
		const char *to, *fails, *text, *done;
	} rows[] = {
		{ STEP_UDP, "10.1.0.1", "a", "a is gone", NULL },
		{ STEP_UDP, "224.0.0.9", "c", "c is gone", NULL },
		{ STEP_UDP, "224.0.0.9", "b", "b is gone", "c joins 224.0.0.9 by 7" },
		{ STEP_UDP, "224.0.0.9", "c joins 224.0.0.9 by 7",
		  "c cannot join the group 224.0.0.9: No buffer space available",
		  "c joins 224.0.0.9 by 7" },
		{ STEP_PING, "224.0.0.9", "c", "c is gone", NULL },
		{ STEP_PING, "10.9.0.1", "c counts 4", "c counts 4 fails", "c counts 4" },
		{ STEP_PING, "10.9.0.1", "count b", "count b fails",
		  "c counts 4, count c, b counts 4, count b" },
		{ STEP_UDP, "10.9.0.1", "d bound?", "d bound? fails",
		  "a: to 10.9.0.1 port 80, d bound?" },
		{ STEP_UDP, "10.9.0.1", "nc", "nc fails", "a: to 10.9.0.1 port 80, d bound?, nc" },
		{ STEP_PING, "10.1.0.1", "ping", "ping fails",
		  "c counts 4, count c, b counts 4, count b, a: to 10.1.0.1 port 9, ping" },
		{ STEP_UDP, "10.9.0.1", "consume", "consume fails",
		  "a: to 10.9.0.1 port 80, d bound?, nc, consume" },
		{ STEP_FRAME, "10.9.0.1", "frame", "frame fails", "frame" },
		{ STEP_FRAME, "10.9.0.1", "consume", "consume fails", "frame, consume" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step step = a_step(rows[i].kind, rows[i].to);
		struct evidence ev = { .topo = &lab.labfile.topo };
		struct error ERROR_AUTO e = ERROR_INIT;

		step.receivers = named;
		step.n_receivers = 2;
		if (!strncmp(rows[i].to, "224", 3)) {
			step.group = true;
			step.zone = A_E0;
		}
		fails = visit.gone = rows[i].fails;
		assert_true(probe_run(&probe, &step, &ev, &e) < 0);
		is(i, e.text, rows[i].text);
		is(i, done, rows[i].done);
		forget(&ev);
	}
}

static bool has_ping, has_nc;

const char *__wrap_spawn_find(const char *const *paths);
const char *__wrap_spawn_find(const char *const *paths)
{
	bool ping = strstr(paths[0], "ping");

	return (ping ? has_ping : has_nc) ? paths[0] : NULL;
}

/* Only what the steps need. */
static void tools(void **state)
{
	static const struct {
		enum step_kind kinds[2];
		bool ping, nc;
		const char *text;
	} rows[] = {
		{ { STEP_PING, STEP_UDP }, true, true, NULL },
		{ { STEP_PING, STEP_SEE },
		  false,
		  true,
		  "ping is missing (no /usr/bin/ping): apt-get install iputils-ping" },
		{ { STEP_UDP, STEP_SEE },
		  true,
		  false,
		  "nc is missing (no /usr/bin/nc): apt-get install netcat-openbsd" },
		{ { STEP_SEE, STEP_TCP },
		  true,
		  false,
		  "nc is missing (no /usr/bin/nc): apt-get install netcat-openbsd" },
		{ { STEP_SEE, STEP_PING },
		  false,
		  false,
		  "ping is missing (no /usr/bin/ping): apt-get install iputils-ping" },
		{ { STEP_PING, STEP_FRAME }, true, false, NULL },
		{ { STEP_TCP, STEP_EXEC }, false, true, NULL },
		{ { STEP_SEE, STEP_FRAME }, false, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step steps[] = { { .kind = rows[i].kinds[0] },
					{ .kind = rows[i].kinds[1] },
					{ .kind = STEP_PING } };
		const struct scenario scenario = { .steps = steps, .n_steps = 2 };
		struct error ERROR_AUTO e = ERROR_INIT;
		struct probe with = { 0 };

		steps[2].kind = rows[i].ping ? STEP_UDP : STEP_PING; /* none of them */
		has_ping = rows[i].ping;
		has_nc = rows[i].nc;
		assert_int_equal(probe_tools(&with, &scenario, &e), rows[i].text ? -ENOENT : 0);
		is(i, e.text, rows[i].text);
		assert_int_equal(!with.ping, !has_ping);
		assert_int_equal(!with.nc, !has_nc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_receives_it),
		cmocka_unit_test(from_which_port),
		cmocka_unit_test(numbers_at_random),
		cmocka_unit_test(who_takes_it),
		cmocka_unit_test(who_has_no_owner),
		cmocka_unit_test(what_fails),
		cmocka_unit_test(tools),
	};

	return cmocka_run_group_tests_name("probe", tests, parse, clear_text);
}
