// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose neighbours a step makes be forgotten, which, and how often that is tried; the kernel's
 * tables are made here.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/scenario/neighbours.h"
#include "tests/unit/talk.h"
#include "tests/unit/visit.h"

/*
 *   a (e0) ---- s ---- (e0) r (e1) ---- u ---- (e0) b          x (e0) ---- s          z: xlab's own
 */
static const char text[] =
	"[lab]\nname = t\n[node a]\n[node b]\n[node r]\nforward = yes\n[node x]\n[node z]\n"
	"[bridge s]\naddress = 10.1.0.254/24\n[bridge u]\naddress = 10.2.0.254/24\n"
	"[iface a:e0]\nbridge = s\naddress = 10.1.0.1/24\n"
	"[iface r:e0]\nbridge = s\naddress = 10.1.0.2/24\n"
	"[iface r:e1]\nbridge = u\naddress = 10.2.0.2/24\n"
	"[iface b:e0]\nbridge = u\naddress = 10.2.0.1/24\n"
	"[iface x:e0]\nbridge = s\n[iface x:e1]\nbridge = s\naddress = 10.3.0.1/24\n"
	"[iface z:e0]\nbridge = s\naddress = 10.4.0.1/24\n[iface z:e1]\nbridge = s\n";
enum { A, B, R, X, Z, NAMESPACES = 7 };

/* An entry of a node's table, until it was forgotten, and @again more times. */
struct known {
	const char *at, *address; /* NULL: it tells no address */
	uint16_t state;
	int ifindex, again;
	uint8_t family, size; /* not what the address has; 0: that */
	int refused;	      /* by the kernel, with this errno */
	bool gone;
};

static struct known *table;
static size_t n_table;

static char done[4096];
static size_t n_closed;
static const char *fails; /* this word */

static int act(struct error *e, const char *what, const char *where)
{
	char *FREE_AUTO word = text_format("%s%s", what, where);

	assert_true(strlen(done) + strlen(word) + 1 < sizeof(done));
	strcat(strcat(done, *done ? " " : ""), word);
	return fails && !strcmp(fails, word) ? error_state(e, -EIO, "%s fails", word) : 0;
}

/* A socket is its namespace's name here. */
int __wrap_netlink_open(int protocol, struct netlink **nl, struct error *e);
int __wrap_netlink_open(int protocol, struct netlink **nl, struct error *e)
{
	assert_int_equal(protocol, NETLINK_ROUTE);
	if (act(e, "+", visit.at))
		return e->err;
	*nl = (struct netlink *)visit.at;
	return 0;
}

void __wrap_netlink_close(struct netlink *nl);
void __wrap_netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	n_closed++;
	(void)act(NULL, "-", (const char *)nl);
}

unsigned int __wrap_if_nametoindex(const char *name);
unsigned int __wrap_if_nametoindex(const char *name)
{
	assert_string_equal(visit.at, "z");
	return !strcmp(name, "e0") ? 7 : 9;
}

static long open_max = 1024;

long __wrap_sysconf(int name);
long __wrap_sysconf(int name)
{
	assert_int_equal(name, _SC_OPEN_MAX);
	return open_max;
}

static struct nlmsghdr *entry_message(char *buf, const struct known *known)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ndmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	uint8_t bytes[32] = { 0 };
	struct address address;

	assert_int_equal(text_address(known->address ? known->address : "::", &address), 0);
	memcpy(bytes, &address.v6, address_size(&address));
	head->ndm_family = known->family ? known->family : (uint8_t)address.family;
	head->ndm_state = known->state;
	head->ndm_ifindex = known->ifindex;
	mnl_attr_put_u32(message, NDA_PROBES, 1);
	if (known->address)
		mnl_attr_put(message, NDA_DST, known->size ? known->size : address_size(&address),
			     bytes);
	mnl_attr_put_u32(message, NDA_VLAN, 1);
	return message;
}

static int answer_dump(const char *at, const struct ndmsg *asked, mnl_cb_t each, void *cookie)
{
	char room[64] = "";
	struct nlmsghdr *cut = mnl_nlmsg_put_header(room);

	mnl_nlmsg_put_extra_header(cut, sizeof(*asked) - 4);
	assert_int_equal(each(cut, cookie), MNL_CB_ERROR);
	mnl_nlmsg_put_extra_header(cut, 4);
	((struct ndmsg *)mnl_nlmsg_get_payload(cut))->ndm_family = AF_INET;
	assert_int_equal(each(cut, cookie), MNL_CB_OK);
	assert_int_equal(asked->ndm_family, AF_UNSPEC);
	for (size_t i = 0; i < n_table; i++) {
		char buf[512] = "";

		if (strcmp(table[i].at, at) != 0 || table[i].gone)
			continue;
		assert_int_equal(each(entry_message(buf, &table[i]), cookie), MNL_CB_OK);
	}
	return 0;
}

static int forget(const char *at, const struct nlmsghdr *message, struct error *e)
{
	const struct ndmsg *asked = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr = mnl_nlmsg_get_payload_offset(message, sizeof(*asked));
	struct address address = { .family = asked->ndm_family };
	char of[ADDRESS_TEXT];

	assert_int_equal(mnl_attr_get_type(attr), NDA_DST);
	assert_int_equal(mnl_attr_get_payload_len(attr), address_size(&address));
	memcpy(&address.v6, mnl_attr_get_payload(attr), address_size(&address));
	(void)act(NULL, "", address_text(&address, of));
	for (size_t i = 0; i < n_table; i++) {
		struct known *known = &table[i];

		if (known->gone || strcmp(known->at, at) != 0 || !known->address ||
		    strcmp(known->address, of) != 0 || known->ifindex != asked->ndm_ifindex)
			continue;
		if (known->refused)
			return error_state(e, known->refused, "refused");
		known->gone = known->again-- == 0;
		return 0;
	}
	fail_msg("there is no %s", of);
	return 0;
}

static int answer(const struct nlmsghdr *message, mnl_cb_t each, void *cookie, struct error *e)
{
	const char *at = (const char *)talk.nl;

	if (message->nlmsg_type == RTM_DELNEIGH)
		return forget(at, message, e);
	assert_int_equal(message->nlmsg_type, RTM_GETNEIGH);
	assert_int_equal(message->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	if (act(e, "?", at))
		return e->err;
	return answer_dump(at, mnl_nlmsg_get_payload(message), each, cookie);
}

static struct lab lab;

static int parse(void **state)
{
	lab.plan.topo = &lab.labfile.topo;
	lab.plan.self = (char *)"z";
	talk.by = answer;
	return parse_text(state, &lab.labfile, text);
}

static int begin(void **state)
{
	(void)state;
	table = NULL;
	n_table = 0;
	fails = visit.gone = NULL;
	*done = '\0';
	open_max = 1024;
	return 0;
}

static void did(const char *words)
{
	assert_string_equal(done, words);
	*done = '\0';
}

/* Where it begins, may end, and is forwarded. */
static void whose(void **state)
{
	static size_t receivers[] = { X };
	static const struct {
		struct step step;
		const char *to, *did;
	} rows[] = {
		{ { .kind = STEP_UDP, .src = A }, "10.9.0.1", "+a ?a +r ?r" },
		{ { .kind = STEP_PING, .src = X }, "10.9.0.1", "+r ?r +x ?x" },
		{ { .kind = STEP_UDP, .src = R }, "10.9.0.1", "+r ?r" },
		{ { .kind = STEP_UDP, .src = A }, "10.2.0.1", "+a ?a +b ?b +r ?r" },
		{ { .kind = STEP_TCP, .src = B }, "10.1.0.254", "+b ?b +r ?r +s ?s" },
		/* of any interface of a node */
		{ { .kind = STEP_UDP, .src = A }, "10.3.0.1", "+a ?a +r ?r +x ?x" },
		{ { .kind = STEP_UDP, .src = A, .receivers = receivers, .n_receivers = 1 },
		  "10.9.0.1",
		  "+a ?a +r ?r +x ?x" },
		{ { .kind = STEP_EXEC, .src = A },
		  "10.9.0.1",
		  "+a ?a +b ?b +r ?r +x ?x +z ?z +s ?s +u ?u" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct neighbours *n = neighbours_new(&lab);
		struct step step = rows[i].step;

		*done = '\0';
		assert_int_equal(text_address(rows[i].to, &step.address), 0);
		assert_int_equal(neighbours_forget(n, &step, &e), 0);
		if (strcmp(done, rows[i].did) != 0)
			fail_msg("row %zu: %s", i, done);
		*done = '\0';
		neighbours_free(n);
	}
}

static struct step from_a(void)
{
	struct step step = { .kind = STEP_UDP, .src = A };

	assert_int_equal(text_address("10.9.0.1", &step.address), 0);
	return step;
}

/* All but what is there for good, and what is no neighbour; once more while anything was known. */
static void which(void **state)
{
	static struct known all[] = {
		{ .at = "a", .address = "10.1.0.2", .state = NUD_REACHABLE },
		{ .at = "a", .address = "10.1.0.3", .state = NUD_PERMANENT },
		{ .at = "a", .address = "10.1.0.4", .state = NUD_NOARP },
		{ .at = "a", .address = "10.1.0.5", .state = NUD_STALE, .family = AF_BRIDGE },
		{ .at = "a", .address = "fd00::5", .state = NUD_STALE, .ifindex = 3 },
		{ .at = "a", .address = "fd00::6", .state = NUD_STALE, .size = 17 },
		{ .at = "a", .state = NUD_STALE },
		{ .at = "a", .address = "10.1.0.6", .state = NUD_FAILED },
		{ .at = "x", .address = "10.1.0.7", .state = NUD_REACHABLE },
	};
	struct neighbours *n = neighbours_new(&lab);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct step step = from_a();

	(void)state;
	table = all;
	n_table = ARRAY_SIZE(all);
	assert_int_equal(neighbours_forget(n, &step, &e), 0);
	did("+a ?a 10.1.0.2 fd00::5 10.1.0.6 +r ?r ?a ?r");
	assert_int_equal(neighbours_forget(n, &step, &e), 0);
	did("?a ?r");
	neighbours_free(n);
	did("-a -r");
	neighbours_free(NULL);
	did("");
}

/* Who still knows an address asks for it while others forget theirs. */
static void how_often(void **state)
{
	static const struct {
		uint16_t state;
		int again;
		const char *did;
	} rows[] = {
		{ NUD_REACHABLE, 0, "+a ?a 10.1.0.2 +r ?r ?a ?r" },
		{ NUD_INCOMPLETE, 1, "+a ?a 10.1.0.2 +r ?r ?a 10.1.0.2 ?r ?a ?r" },
		{ NUD_STALE, 9,
		  "+a ?a 10.1.0.2 +r ?r ?a 10.1.0.2 ?r ?a 10.1.0.2 ?r ?a 10.1.0.2 ?r" },
		/* whom nobody has answered is known to nobody */
		{ NUD_FAILED, 9, "+a ?a 10.1.0.2 +r ?r" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct known known = { .at = "a",
				       .address = "10.1.0.2",
				       .state = rows[i].state,
				       .again = rows[i].again };
		struct neighbours *n = neighbours_new(&lab);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step step = from_a();

		*done = '\0';
		table = &known;
		n_table = 1;
		assert_int_equal(neighbours_forget(n, &step, &e), 0);
		if (strcmp(done, rows[i].did) != 0)
			fail_msg("row %zu: %s", i, done);
		neighbours_free(n);
	}
}

/* Where there are links of others only the lab's are its own. */
static void of_a_namespace_that_is_shared(void **state)
{
	static struct known all[] = {
		{ .at = "z", .address = "10.1.0.2", .state = NUD_REACHABLE, .ifindex = 7 },
		{ .at = "z", .address = "10.1.0.3", .state = NUD_REACHABLE, .ifindex = 8 },
		{ .at = "z", .address = "10.1.0.4", .state = NUD_REACHABLE, .ifindex = 9 },
		{ .at = "r", .address = "10.1.0.5", .state = NUD_REACHABLE, .ifindex = 8 },
		{ .at = "s", .address = "10.1.0.6", .state = NUD_REACHABLE, .ifindex = 8 },
	};
	struct neighbours *n = neighbours_new(&lab);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct step step = from_a();

	(void)state;
	step.src = Z;
	assert_int_equal(text_address("10.1.0.254", &step.address), 0);
	table = all;
	n_table = ARRAY_SIZE(all);
	assert_int_equal(neighbours_forget(n, &step, &e), 0);
	did("+r ?r 10.1.0.5 +z ?z 10.1.0.2 10.1.0.4 +s ?s 10.1.0.6 ?r ?z ?s");
	neighbours_free(n);
}

/* Sockets stay open but where a process may have few files, each of which is wanted then. */
static void how_many_stay_open(void **state)
{
	struct known all[] = {
		{ .at = "z", .address = "10.1.0.2", .state = NUD_REACHABLE, .ifindex = 7 },
		{ .at = "z", .address = "10.1.0.3", .state = NUD_REACHABLE, .ifindex = 8 },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	struct step step = from_a();
	struct neighbours *n;

	(void)state;
	open_max = 255;
	n = neighbours_new(&lab);
	step.src = Z;
	table = all;
	n_table = 2;
	assert_int_equal(neighbours_forget(n, &step, &e), 0);
	did("+r ?r -r +z ?z 10.1.0.2 -z +r ?r -r +z ?z -z");
	neighbours_free(n);
	did("");
}

static void of_many_some_stay_open(void **state)
{
	static const struct {
		long may;
		size_t stay;
	} rows[] = { { 255, 0 }, { 256, 64 }, { 511, 64 }, { 512, 128 }, { 768, 130 } };
	struct error ERROR_AUTO e = ERROR_INIT;
	char file[8192] = "[lab]\nname = t\n";
	struct step step = from_a();
	struct lab many = { 0 };

	(void)state;
	for (int i = 0; i < 130; i++)
		(void)snprintf(file + strlen(file), 64, "[node n%d]\nforward = yes\n", i);
	if (labfile_parse(&many.labfile, "t.ini", "/", file, strlen(file), &e))
		fail_msg("%s", e.text);
	many.plan.topo = &many.labfile.topo;
	many.plan.self = (char *)"";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct neighbours *n;

		open_max = rows[i].may;
		*done = '\0';
		n = neighbours_new(&many);
		for (int times = 0; times < 2; times++) {
			*done = '\0';
			assert_int_equal(neighbours_forget(n, &step, &e), 0);
		}
		*done = '\0';
		n_closed = 0;
		neighbours_free(n);
		assert_int_equal(n_closed, rows[i].stay);
	}
	labfile_clear(&many.labfile);
}

static void what_fails(void **state)
{
	static const struct {
		const char *fails;
		int refused, err;
		const char *text, *did;
	} rows[] = {
		{ "r", 0, -ENOENT, "cannot make r forget its neighbours: r is gone",
		  "+a ?a 10.1.0.2" },
		{ "+r", 0, -EIO, "cannot make r forget its neighbours: +r fails",
		  "+a ?a 10.1.0.2 +r" },
		{ "?a", 0, -EIO, "cannot make a forget its neighbours: ?a fails", "+a ?a" },
		{ NULL, -EPERM, -EPERM, "cannot make a forget its neighbours: refused",
		  "+a ?a 10.1.0.2" },
		/* it went by itself */
		{ NULL, -ENOENT, 0, NULL,
		  "+a ?a 10.1.0.2 10.1.0.3 +r ?r ?a 10.1.0.2 ?r ?a 10.1.0.2 ?r ?a 10.1.0.2 ?r" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct known known[] = {
			{ .at = "a",
			  .address = "10.1.0.2",
			  .state = NUD_STALE,
			  .refused = rows[i].refused },
			{ .at = "a", .address = "10.1.0.3", .state = NUD_STALE },
		};
		struct neighbours *n = neighbours_new(&lab);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct step step = from_a();

		*done = '\0';
		table = known;
		n_table = rows[i].refused == -ENOENT ? 2 : 1;
		fails = visit.gone = rows[i].fails;
		assert_int_equal(neighbours_forget(n, &step, &e), rows[i].err);
		if (rows[i].err)
			assert_string_equal(e.text, rows[i].text);
		else
			assert_null(e.text);
		if (strcmp(done, rows[i].did) != 0)
			fail_msg("row %zu: %s", i, done);
		neighbours_free(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whose, begin),
		cmocka_unit_test_setup(which, begin),
		cmocka_unit_test_setup(how_often, begin),
		cmocka_unit_test_setup(of_a_namespace_that_is_shared, begin),
		cmocka_unit_test_setup(how_many_stay_open, begin),
		cmocka_unit_test_setup(of_many_some_stay_open, begin),
		cmocka_unit_test_setup(what_fails, begin),
	};

	return cmocka_run_group_tests_name("neighbours", tests, parse, clear_text);
}
