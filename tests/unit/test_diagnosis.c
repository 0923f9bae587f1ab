// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of neighbours, routes and links by what the kernel answers; its answers are tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "tests/unit/talk.h"
#include "tests/unit/visit.h"

/*
 *   a (e0) ---- s ---- u ---- (e0) r (e1) ---- (e0) b          x (e0) ---- s
 */
static const char text[] =
	"[lab]\nname = t\n[node a]\n[node b]\n[node r]\nforward = yes\n[node x]\n[node y]\n"
	"[bridge s]\n[bridge u]\nuplink = s\n"
	"[bridge v]\naddress = 10.1.0.1/24\n[bridge w]\n"
	"[iface y:e0]\nbridge = w\nport = py\naddress = 10.1.0.1/24\n"
	"[iface a:e0]\nbridge = s\nport = pa\naddress = 10.1.0.2/24\n"
	"[iface r:e0]\nbridge = u\nport = pr\naddress = 10.1.0.1/24\n"
	"[iface r:e1]\npeer = b:e0\naddress = 10.2.0.1/24\n"
	"[iface b:e0]\npeer = r:e1\naddress = 10.2.0.2/24\n"
	"[iface x:e0]\nbridge = s\nport = px\n"
	"[bridge z]\nuplink = v\n";
enum { A, B, R, X };

/* The first row of a node and an address counts; a row without an address is of all that others
 * do not name. No row: there is no way.
 */
struct way {
	const char *node, *to;
	int err;
	unsigned char type;
	const char *gateway;
};
struct known {
	const char *node, *address;
	uint16_t state;
};

static const struct way *routes;
static const struct known *neighbours;
static bool down;    /* all links; pr is not even there */
static bool by_link; /* a route by a certain one was asked for */
static struct {
	const char *node, *setting;
	struct address from, to; /* who asks whom */
	int err;
	char own, all; /* what the kernel's settings are; 'e': empty, 0: there is none */
} filter;
int __wrap_netlink_open(int family, struct netlink **nl, struct error *e);
int __wrap_netlink_open(int family, struct netlink **nl, struct error *e)
{
	(void)e;
	assert_int_equal(family, NETLINK_ROUTE);
	*nl = NULL;
	return 0;
}

static int answer_route(const struct nlmsghdr *message, mnl_cb_t each, void *cookie,
			struct error *e)
{
	const struct way *route = routes;
	const struct rtmsg *asked = mnl_nlmsg_get_payload(message);
	char buf[512] = "", to[ADDRESS_TEXT];
	struct nlmsghdr *answer = mnl_nlmsg_put_header(buf);
	struct address address = { .family = asked->rtm_family };
	const struct nlattr *attr;
	struct rtmsg *head;

	mnl_attr_for_each (attr, message, sizeof(*asked)) {
		by_link |= mnl_attr_get_type(attr) == RTA_OIF;
		if (mnl_attr_get_type(attr) == RTA_DST)
			memcpy(&address.v6, mnl_attr_get_payload(attr),
			       mnl_attr_get_payload_len(attr));
	}
	assert_int_equal(asked->rtm_dst_len, address_size(&address) * 8);
	address_text(&address, to);
	while (route->node &&
	       (strcmp(route->node, visit.at) != 0 || (route->to && strcmp(route->to, to) != 0)))
		route++;
	if (!route->node)
		return error_state(e, -ENETUNREACH, "no way");
	if (route->err)
		return error_state(e, route->err, "no");
	head = mnl_nlmsg_put_extra_header(answer, sizeof(*head));
	head->rtm_family = asked->rtm_family;
	head->rtm_type = route->type;
	if (route->gateway) {
		mnl_attr_put_u32(answer, RTA_TABLE, 1);
		assert_int_equal(text_address(route->gateway, &address), 0);
		mnl_attr_put(answer, RTA_GATEWAY, address_size(&address), &address.v6);
	}
	assert_int_equal(each(answer, cookie), MNL_CB_OK);
	return 0;
}

static int answer_neighbours(mnl_cb_t each, void *cookie)
{
	for (const struct known *n = neighbours; n && n->node; n++) {
		char buf[512] = "";
		struct nlmsghdr *answer = mnl_nlmsg_put_header(buf);
		struct ndmsg *head = mnl_nlmsg_put_extra_header(answer, sizeof(*head));
		struct address address;

		if (strcmp(n->node, visit.at) != 0)
			continue;
		assert_int_equal(text_address(n->address, &address), 0);
		head->ndm_family = (unsigned char)address.family;
		head->ndm_state = n->state;
		assert_int_equal(each(answer, cookie), MNL_CB_OK); /* nobody's */
		mnl_attr_put_u32(answer, NDA_PROBES, 1);
		mnl_attr_put(answer, NDA_DST, address_size(&address), &address.v6);
		assert_int_equal(each(answer, cookie), MNL_CB_OK);
	}
	return 0;
}

/* Whether what comes in there from an address is taken. */
static int answer_filter(const struct nlmsghdr *message, struct error *e)
{
	struct in_addr src = { 0 }, dst = { 0 };
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct rtmsg)) {
		if (mnl_attr_get_type(attr) == RTA_SRC)
			memcpy(&src, mnl_attr_get_payload(attr), sizeof(src));
		if (mnl_attr_get_type(attr) == RTA_DST)
			memcpy(&dst, mnl_attr_get_payload(attr), sizeof(dst));
	}
	if (strcmp(visit.at, filter.node) != 0 || src.s_addr != filter.from.v4.s_addr ||
	    dst.s_addr != filter.to.v4.s_addr || !filter.err)
		return 0;
	return error_state(e, filter.err, "no");
}

static bool comes_in(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attr) == RTA_IIF)
			return true;
	return false;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	static const char dir[] = "/proc/sys/net/ipv4/conf/";
	char value;
	int fds[2];

	if (strncmp(path, dir, strlen(dir)) != 0)
		return __real_open(path, flags, 0600);
	value = !strcmp(path + strlen(dir), "all/rp_filter")  ? filter.all
		: !strcmp(path + strlen(dir), filter.setting) ? filter.own
							      : '0';
	if (!value)
		return -1;
	assert_int_equal(pipe2(fds, flags & O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], &value, value != 'e'), value != 'e');
	(void)close(fds[1]);
	return fds[0];
}

static int answer(const struct nlmsghdr *message, mnl_cb_t each, void *cookie, struct error *e)
{
	const struct ndmsg *asked;

	if (message->nlmsg_type == RTM_GETROUTE && comes_in(message))
		return answer_filter(message, e);
	if (message->nlmsg_type == RTM_GETROUTE)
		return answer_route(message, each, cookie, e);
	assert_int_equal(message->nlmsg_type, RTM_GETNEIGH);
	asked = mnl_nlmsg_get_payload(message);
	assert_int_equal(asked->ndm_family, AF_INET);
	return answer_neighbours(each, cookie);
}

int __wrap_links_find(const char *name, struct link *link, struct error *e);
int __wrap_links_find(const char *name, struct link *link, struct error *e)
{
	assert_non_null(name);
	link->raised = !down;
	return !strcmp(name, "pr") && !link->raised ? error_state(e, -ENODEV, "none") : 0;
}

static struct lab lab;

static int parse(void **state)
{
	talk.by = answer;
	return parse_text(state, &lab.labfile, text);
}

/* Of a step from a to b. */
static struct evidence an_evidence(void)
{
	struct evidence ev = { .topo = &lab.labfile.topo,
			       .mark = { .src_node = A, .dst_node = B } };

	assert_int_equal(text_address("10.1.0.2", &ev.mark.src), 0);
	assert_int_equal(text_address("10.2.0.2", &ev.mark.dst), 0);
	visit.gone = NULL;
	down = false;
	neighbours = NULL;
	return ev;
}

/* As the lab file has it. */
static const struct way whole[] = { { "a", NULL, 0, RTN_UNICAST, "10.1.0.1" },
				    { "r", NULL, 0, RTN_UNICAST, NULL },
				    { "b", "10.2.0.2", 0, RTN_LOCAL, NULL },
				    { "b", NULL, 0, RTN_UNICAST, "10.2.0.1" },
				    { .node = NULL } };
static const struct way near[] = { { "a", NULL, 0, RTN_UNICAST, NULL },
				   { "b", NULL, 0, RTN_UNICAST, NULL },
				   { .node = NULL } };

static void neighbours_at_both_ends(void **state)
{
	static const struct way local[] = { { "a", NULL, 0, RTN_LOCAL, NULL }, { .node = NULL } };
	static const struct way lost[] = { { .node = NULL } };
	static const struct {
		const struct way *routes;
		struct known known[3];
		const char *gone;
		enum neighbour_state is;
		bool asked;
		const char *text;
	} rows[] = {
		{ whole,
		  { { "a", "10.1.0.1", NUD_INCOMPLETE } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  true,
		  "10.1.0.1 at a" },
		{ whole,
		  { { "a", "10.1.0.1", NUD_FAILED } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  true,
		  "10.1.0.1 at a" },
		/* who had to ask has an entry; another's is none */
		{ whole, { { .node = NULL } }, NULL, NEIGHBOUR_UNRESOLVED, false, "10.1.0.1 at a" },
		{ whole,
		  { { "a", "10.1.0.9", NUD_REACHABLE }, { "x", "10.1.0.1", NUD_REACHABLE } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  false,
		  "10.1.0.1 at a" },
		{ whole,
		  { { "a", "10.1.0.1", NUD_REACHABLE } },
		  NULL,
		  NEIGHBOUR_RESOLVED,
		  false,
		  "10.1.0.1 at a" },
		{ whole,
		  { { "a", "10.1.0.1", NUD_STALE }, { "b", "10.2.0.1", NUD_FAILED } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  true,
		  "10.2.0.1 at b" },
		{ whole,
		  { { "a", "10.1.0.1", NUD_FAILED }, { "b", "10.2.0.1", NUD_FAILED } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  true,
		  "10.1.0.1 at a" },
		{ near,
		  { { "a", "10.2.0.2", NUD_FAILED } },
		  NULL,
		  NEIGHBOUR_UNRESOLVED,
		  true,
		  "10.2.0.2 at a" },
		{ local,
		  { { "a", "10.2.0.2", NUD_FAILED } },
		  NULL,
		  NEIGHBOUR_UNKNOWN,
		  false,
		  NULL },
		{ lost, { { "a", "10.2.0.2", NUD_FAILED } }, NULL, NEIGHBOUR_UNKNOWN, false, NULL },
		{ near, { { "a", "10.2.0.2", NUD_FAILED } }, "a", NEIGHBOUR_UNKNOWN, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence();

		routes = rows[i].routes;
		neighbours = rows[i].known;
		visit.gone = rows[i].gone;
		ev.neighbour_text = xstrdup("of before");
		diagnosis_neighbour(&lab, &ev);
		if (ev.neighbour != rows[i].is || ev.neighbour_asked != rows[i].asked)
			fail_msg("row %zu", i);
		if (rows[i].text)
			assert_string_equal(ev.neighbour_text, rows[i].text);
		assert_null(ev.router);
		/* nobody knows where it was sent from */
		ev.mark.src.family = 0;
		diagnosis_neighbour(&lab, &ev);
		assert_int_equal(ev.neighbour, NEIGHBOUR_UNKNOWN);
		evidence_clear(&ev);
	}
}

static void nobody_of_the_lab_is_asked_back(void **state)
{
	static const struct known known[] = { { "a", "10.1.0.1", NUD_REACHABLE },
					      { "b", "10.2.0.1", NUD_FAILED },
					      { .node = NULL } };
	struct evidence ev = an_evidence();

	(void)state;
	routes = whole;
	neighbours = known;
	ev.mark.dst_node = NONE;
	diagnosis_neighbour(&lab, &ev);
	assert_int_equal(ev.neighbour, NEIGHBOUR_RESOLVED);
	evidence_clear(&ev);
}

/* Its question was dropped, and it waits for the answer. */
static void routers_that_wait(void **state)
{
	static const struct {
		struct known known;
		const char *router;
	} rows[] = {
		{ { "r", "10.2.0.2", NUD_INCOMPLETE }, "r" },
		{ { "r", "10.2.0.2", NUD_FAILED }, "r" },
		{ { "r", "10.2.0.2", NUD_REACHABLE }, NULL },
		{ { "r", "10.2.0.9", NUD_INCOMPLETE }, NULL },
		{ { "x", "10.2.0.2", NUD_INCOMPLETE }, NULL },
	};
	struct address other;

	(void)state;
	assert_int_equal(text_address("10.2.0.7", &other), 0);
	routes = whole;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct known known[] = { rows[i].known, { .node = NULL } };
		struct evidence ev = an_evidence();
		struct sighting seen[] = {
			{ .relation = RELATION_ROUTER, .asked = other },
			{ .relation = RELATION_NEIGHBOUR, .asked = ev.mark.dst },
			{ .relation = RELATION_ROUTER, .asked = ev.mark.dst },
			{ .relation = RELATION_ROUTER, .asked = other },
		};

		for (size_t k = 0; k < ARRAY_SIZE(seen); k++) {
			seen[k].kind = XLAB_DECIDED;
			seen[k].verdict = 1; /* dropped */
			seen[k].packets = 1;
		}
		ev.seen = seen;
		ev.n_seen = ARRAY_SIZE(seen);
		ev.router = "of before";
		neighbours = known;
		diagnosis_neighbour(&lab, &ev);
		if (!ev.router != !rows[i].router)
			fail_msg("row %zu", i);
		if (ev.router) {
			assert_string_equal(ev.router, rows[i].router);
			assert_int_equal(ev.router_question, 2);
			/* let through it is answered */
			seen[2].verdict = 2;
			diagnosis_neighbour(&lab, &ev);
			assert_null(ev.router);
		}
		ev.seen = NULL;
		ev.n_seen = 0;
		evidence_clear(&ev);
	}
}

static void ways_there_and_back(void **state)
{
	static const struct {
		struct way routes[6];
		const char *absent, *no_route;
	} rows[] = {
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", NULL, 0, RTN_UNICAST, NULL },
		    { "b", "10.2.0.2", 0, RTN_LOCAL, NULL },
		    { "b", NULL, 0, RTN_UNICAST, NULL },
		    { "x", "10.1.0.2", 0, RTN_UNICAST, NULL } }, /* a bystander */
		  NULL,
		  NULL },
		/* it is somebody else's by now, or nobody's; or that cannot be learnt */
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", NULL, 0, RTN_UNICAST, NULL },
		    { "b", NULL, 0, RTN_UNICAST, NULL } },
		  "b lost its address 10.2.0.2",
		  NULL },
		{ { { "a", NULL, 0, RTN_UNICAST, NULL }, { "r", NULL, 0, RTN_UNICAST, NULL } },
		  "b lost its address 10.2.0.2",
		  NULL },
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", NULL, 0, RTN_UNICAST, NULL },
		    { "b", NULL, -EPERM, 0, NULL } },
		  NULL,
		  NULL },
		/* whatever the kernel calls it */
		{ { { "a", NULL, -ENETUNREACH, 0, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2" },
		{ { { "a", NULL, -EHOSTUNREACH, 0, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2" },
		{ { { "a", NULL, -EINVAL, 0, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2" },
		{ { { "a", NULL, -EACCES, 0, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2" },
		{ { { "a", NULL, -EPERM, 0, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  NULL },
		{ { { "a", NULL, 0, RTN_PROHIBIT, NULL }, { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2" },
		/* a router that knows one end only */
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", "10.1.0.2", 0, RTN_UNICAST, NULL },
		    { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "r has no route to 10.2.0.2" },
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", "10.1.0.2", 0, RTN_LOCAL, NULL },
		    { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "r has no route to 10.2.0.2" },
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", "10.2.0.2", 0, RTN_UNICAST, NULL },
		    { "b", NULL, 0, RTN_LOCAL, NULL } },
		  NULL,
		  "r has no route back to 10.1.0.2" },
		/* whom it has arrived at, or was to */
		{ { { "a", NULL, 0, RTN_UNICAST, NULL },
		    { "r", NULL, 0, RTN_UNICAST, NULL },
		    { "b", "10.2.0.2", 0, RTN_LOCAL, NULL } },
		  NULL,
		  "b has no route back to 10.1.0.2" },
		{ { { "r", NULL, 0, RTN_UNICAST, NULL }, { "b", "10.2.0.2", 0, RTN_LOCAL, NULL } },
		  NULL,
		  "a has no route to 10.2.0.2, b has no route back to 10.1.0.2" },
	};
	struct step step = { .kind = STEP_UDP, .src = A, .dst = B, .zone = NONE, .owner = NONE };
	const struct topology *topo = &lab.labfile.topo;
	struct evidence ev;

	(void)state;
	assert_int_equal(text_address("10.2.0.2", &step.address), 0);
	while (owner_node(topo, &topo->owners[++step.owner]) != B)
		;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ev = an_evidence();
		ev.arrivals = xcalloc(1, sizeof(*ev.arrivals));
		ev.arrivals[0].node = B;
		ev.n_arrivals = 1;
		routes = rows[i].routes;
		diagnosis_ways(&lab, &step, &ev);
		if (!ev.absent != !rows[i].absent || !ev.no_route != !rows[i].no_route)
			fail_msg("row %zu: %s, %s", i, ev.absent, ev.no_route);
		if (ev.absent)
			assert_string_equal(ev.absent, rows[i].absent);
		if (ev.no_route)
			assert_string_equal(ev.no_route, rows[i].no_route);
		evidence_clear(&ev);
	}
	/* of a router that sends it itself it is said once */
	step.src = R;
	routes = rows[10].routes;
	ev = an_evidence();
	diagnosis_ways(&lab, &step, &ev);
	assert_string_equal(ev.no_route, "r has no route to 10.2.0.2");
	evidence_clear(&ev);
	step.src = A;
	/* where the kernel named no source, nothing is said of the way back to it */
	ev = an_evidence();
	ev.mark.src.family = 0;
	routes = whole;
	diagnosis_ways(&lab, &step, &ev);
	assert_null(ev.no_route);
	evidence_clear(&ev);
	/* an address with a zone is asked for at that link */
	assert_false(by_link);
	step.zone = 0;
	ev = an_evidence();
	diagnosis_ways(&lab, &step, &ev);
	assert_true(by_link);
	evidence_clear(&ev);
	step.zone = NONE;
	/* of an address that is nobody's nothing was lost; by a zone it does not leave its link */
	routes = rows[2].routes;
	step.owner = NONE;
	ev = an_evidence();
	diagnosis_ways(&lab, &step, &ev);
	assert_null(ev.absent);
	step.zone = 0;
	routes = rows[4].routes;
	diagnosis_ways(&lab, &step, &ev);
	assert_null(ev.no_route);
	evidence_clear(&ev);
}

/* Where the neighbour does not answer, for its rp_filter takes nothing from who asks. */
static void what_a_neighbour_filters(void **state)
{
	static const struct {
		const char *node, *setting, *from;
		int err;
		char own, all;
		const char *filtered;
	} rows[] = {
		{ "r", "e0/rp_filter", "10.1.0.2", -EXDEV, '1', '0',
		  "rp_filter of r:e0 takes nothing from 10.1.0.2 there" },
		{ "r", "e0/rp_filter", "10.1.0.2", -EINVAL, '0', '2',
		  "rp_filter of r:e0 takes nothing from 10.1.0.2 there" },
		/* on the way back */
		{ "r", "e1/rp_filter", "10.2.0.2", -EXDEV, '1', '0',
		  "rp_filter of r:e1 takes nothing from 10.2.0.2 there" },
		{ "r", "e0/rp_filter", "10.1.0.2", -EXDEV, '0', '0', NULL },
		{ "r", "e0/rp_filter", "10.1.0.2", -EXDEV, 0, 0, NULL },
		{ "r", "e0/rp_filter", "10.1.0.2", -EXDEV, 'e', 'e', NULL },
		{ "r", "e0/rp_filter", "10.1.0.2", -EPERM, '1', '1', NULL },
		{ "r", "e0/rp_filter", "10.1.0.2", 0, '1', '1', NULL },
		/* who has the address elsewhere is not the neighbour */
		{ "y", "e0/rp_filter", "10.1.0.2", -EXDEV, '1', '1', NULL },
	};
	struct step step = { .kind = STEP_UDP, .src = A, .dst = B, .zone = NONE, .owner = NONE };

	(void)state;
	assert_int_equal(text_address("10.2.0.2", &step.address), 0);
	routes = whole;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence();
		bool back = !strcmp(rows[i].from, "10.2.0.2");

		assert_int_equal(text_address(rows[i].from, &filter.from), 0);
		assert_int_equal(text_address(back ? "10.2.0.1" : "10.1.0.1", &filter.to), 0);
		filter.node = rows[i].node;
		filter.setting = rows[i].setting;
		filter.err = rows[i].err;
		filter.own = rows[i].own;
		filter.all = rows[i].all;
		diagnosis_ways(&lab, &step, &ev);
		assert_null(ev.filtered); /* nothing says that it does not answer */
		ev.neighbour = NEIGHBOUR_UNRESOLVED;
		ev.mark.dst_node = back ? NONE : B;
		visit.gone = back ? NULL : "r";
		diagnosis_ways(&lab, &step, &ev);
		assert_null(ev.filtered); /* nobody is asked, or can be */
		ev.mark.dst_node = B;
		visit.gone = NULL;
		diagnosis_ways(&lab, &step, &ev);
		if (!ev.filtered != !rows[i].filtered)
			fail_msg("row %zu: %s", i, ev.filtered);
		if (ev.filtered)
			assert_string_equal(ev.filtered, rows[i].filtered);
		evidence_clear(&ev);
	}
}

static void links_that_are_down(void **state)
{
	static const struct {
		size_t src, dst, arrival;
		const char *gone, *down;
	} rows[] = {
		{ A, B, B, NULL,
		  "a:e0, b:e0, r:e0, r:e1, s:s, s:pa, s:px, s:u, u:u, u:pr, u:s, v:v, v:z, w:w, "
		  "w:py, z:z, z:v" },
		{ X, NONE, A, NULL,
		  "a:e0, r:e0, r:e1, x:e0, s:s, s:pa, s:px, s:u, u:u, u:pr, u:s, v:v, v:z, w:w, "
		  "w:py, z:z, z:v" },
		{ A, B, A, NULL,
		  "a:e0, b:e0, r:e0, r:e1, s:s, s:pa, s:px, s:u, u:u, u:pr, u:s, v:v, v:z, w:w, "
		  "w:py, z:z, z:v" },
		{ A, B, B, "s",
		  "a:e0, b:e0, r:e0, r:e1, u:u, u:pr, u:s, v:v, v:z, w:w, w:py, z:z, z:v" },
		{ A, B, B, "r",
		  "a:e0, b:e0, s:s, s:pa, s:px, s:u, u:u, u:pr, u:s, v:v, v:z, w:w, w:py, z:z, "
		  "z:v" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence ev = an_evidence();

		ev.mark.src_node = rows[i].src;
		ev.mark.dst_node = rows[i].dst;
		ev.arrivals = xcalloc(1, sizeof(*ev.arrivals));
		ev.arrivals[0].node = rows[i].arrival;
		ev.n_arrivals = 1;
		visit.gone = rows[i].gone;
		diagnosis_links(&lab, &ev);
		assert_null(ev.links_down);
		down = true;
		diagnosis_links(&lab, &ev);
		assert_string_equal(ev.links_down, rows[i].down);
		evidence_clear(&ev);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_at_both_ends),
		cmocka_unit_test(nobody_of_the_lab_is_asked_back),
		cmocka_unit_test(routers_that_wait),
		cmocka_unit_test(ways_there_and_back),
		cmocka_unit_test(what_a_neighbour_filters),
		cmocka_unit_test(links_that_are_down),
	};

	return cmocka_run_group_tests_name("diagnosis", tests, parse, clear_text);
}
