// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's answers over netlink are taken for: of attributes that are missing or of
 * another size, too. It is talk.c that answers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/rtnl_ip.h"
#include "lab/text.h"
#include "orchestrator/scenario/sockdiag.h"
#include "tests/unit/talk.h"
#include "tests/unit/wrap.h"

static const void *was_asked(size_t i, uint16_t type)
{
	const struct nlmsghdr *message = talk_asked(i);

	assert_int_equal(message->nlmsg_type, type);
	return mnl_nlmsg_get_payload(message);
}

struct own6 {
	unsigned int ifindex;
	size_t n;
};

static void take_own6(void *cookie, unsigned int ifindex, const struct in6_addr *address)
{
	struct own6 *own = cookie;

	own->ifindex = ifindex;
	own->n++;
	assert_int_equal(address->s6_addr[15], 9);
}

/* Of all routes those that stand for an address of this node's own. */
static void own_addresses(void **state)
{
	static const struct {
		uint8_t type, len, family;
		size_t dst, oif; /* bytes */
		bool own;
	} rows[] = {
		{ RTN_LOCAL, 128, AF_INET6, 16, 4, true },
		{ RTN_UNICAST, 128, AF_INET6, 16, 4, false },
		{ RTN_LOCAL, 64, AF_INET6, 16, 4, false },
		{ RTN_UNICAST, 64, AF_INET6, 16, 4, false },
		{ RTN_LOCAL, 128, AF_INET6, 0, 4, false },
		{ RTN_LOCAL, 128, AF_INET6, 4, 4, false },
		{ RTN_LOCAL, 128, AF_INET6, 16, 0, false },
		{ RTN_LOCAL, 128, AF_INET6, 16, 2, false },
	};
	static const uint8_t address[16] = { 0xfd, [15] = 9 };
	static const uint32_t oif = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct own6 own = { 0 };
		struct nlmsghdr *message;
		struct rtmsg *route;

		talk_forget();
		message = talk_give(RTM_NEWROUTE);
		route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
		*route = (struct rtmsg){ .rtm_family = rows[i].family,
					 .rtm_type = rows[i].type,
					 .rtm_dst_len = rows[i].len };
		if (rows[i].dst)
			mnl_attr_put(message, RTA_DST, rows[i].dst, address);
		if (rows[i].oif)
			mnl_attr_put(message, RTA_OIF, rows[i].oif, &oif);
		mnl_nlmsg_put_extra_header(talk_give(RTM_NEWROUTE),
					   sizeof(*route) - 4); /* too short */
		assert_int_equal(rt_own6_each(NULL, take_own6, &own, &e), 0);
		assert_int_equal(own.n, rows[i].own);
		assert_int_equal(own.ifindex, rows[i].own ? 7 : 0);
		assert_int_equal(((const struct rtmsg *)was_asked(0, RTM_GETROUTE))->rtm_family,
				 AF_INET6);
	}
}

static struct rt_link_state links[4];
static size_t n_links;

static void take_link(void *cookie, const struct rt_link_state *link)
{
	(void)cookie;
	links[n_links++] = *link;
}

static struct nlmsghdr *give_link(uint16_t type, int ifindex)
{
	struct nlmsghdr *message = talk_give(type);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_index = ifindex;
	return message;
}

/* All that is looked for, each of @size bytes where it should have four, or of one more than one.
 */
static void put_all(struct nlmsghdr *message, size_t size)
{
	static const uint32_t values[] = { 11, 12, 1400, 13, 14, 15 };
	static const uint8_t mac[8] = { 2, 0, 0, 0, 0, 9 };
	const uint8_t forwards[2] = { BR_STATE_FORWARDING }, up[2] = { IF_OPER_UP };
	size_t byte = size == 4 ? 1 : 2;
	struct nlattr *nest, *inner;

	mnl_attr_put(message, IFLA_LINK, size, &values[0]);
	mnl_attr_put(message, IFLA_LINK_NETNSID, size, &values[1]);
	mnl_attr_put(message, IFLA_MTU, size, &values[2]);
	mnl_attr_put(message, IFLA_GROUP, size, &values[3]);
	mnl_attr_put(message, IFLA_ADDRESS, size == 4 ? 6 : 8, mac);
	mnl_attr_put(message, IFLA_OPERSTATE, byte, up);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put(message, IFLA_INFO_KIND, size == 4 ? 5 : 4, "veth");
	inner = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put(message, IFLA_BRPORT_STATE, byte, forwards);
	mnl_attr_nest_end(message, inner);
	mnl_attr_nest_end(message, nest);
	nest = mnl_attr_nest_start(message, IFLA_XDP);
	mnl_attr_put(message, IFLA_XDP_SKB_PROG_ID, size, &values[4]);
	mnl_attr_put(message, IFLA_XDP_DRV_PROG_ID, size, &values[5]);
	mnl_attr_nest_end(message, nest);
}

static void is_bare(const struct rt_link_state *link, unsigned int ifindex)
{
	assert_int_equal(link->ifindex, ifindex);
	assert_int_equal(link->other, 0);
	assert_int_equal(link->other_netns, -1);
	assert_int_equal(link->port_state, RT_NOT_A_PORT);
	assert_int_equal(link->mtu, 0);
	assert_int_equal(link->group, 0);
	assert_int_equal(link->operstate, 0);
	assert_int_equal(link->skb_prog, 0);
	assert_int_equal(link->drv_prog, 0);
	assert_memory_equal(link->mac, ((uint8_t[6]){ 0 }), 6);
	assert_false(link->veth || link->vlan);
}

/* They are most of an answer, and nobody looks at them. */
static void is_spared_statistics(size_t asked)
{
	const struct nlattr *attr;
	uint32_t mask = 0;

	mnl_attr_for_each (attr, talk_asked(asked), sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_EXT_MASK)
			mask = mnl_attr_get_u32(attr);
	assert_int_equal(mask, RTEXT_FILTER_SKIP_STATS);
}

static void all_links(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	talk_forget();
	n_links = 0;
	put_all(give_link(RTM_NEWLINK, 3), 4);
	put_all(give_link(RTM_NEWLINK, 4), 2);
	put_all(give_link(RTM_DELLINK, 5), 4); /* no answer to this question */
	(void)give_link(RTM_NEWLINK, 6);
	assert_int_equal(rt_link_each(NULL, take_link, NULL, &e), 0);
	is_spared_statistics(0);
	assert_int_equal(talk_asked(0)->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	assert_int_equal(n_links, 3);
	assert_int_equal(links[0].ifindex, 3);
	assert_int_equal(links[0].other, 11);
	assert_int_equal(links[0].other_netns, 12);
	assert_int_equal(links[0].mtu, 1400);
	assert_int_equal(links[0].group, 13);
	assert_int_equal(links[0].operstate, IF_OPER_UP);
	assert_int_equal(links[0].port_state, BR_STATE_FORWARDING);
	assert_int_equal(links[0].skb_prog, 14);
	assert_int_equal(links[0].drv_prog, 15);
	assert_true(links[0].veth && !links[0].vlan);
	assert_true(rt_link_carries(&links[0]));
	assert_memory_equal(links[0].mac, ((uint8_t[6]){ 2, 0, 0, 0, 0, 9 }), 6);
	is_bare(&links[1], 4);
	is_bare(&links[2], 6);
	n_links = 0;
	talk_forget();
	mnl_nlmsg_put_extra_header(talk_give(RTM_NEWLINK), sizeof(struct ifinfomsg) - 4);
	assert_int_equal(rt_link_each(NULL, take_link, NULL, &e), 0);
	assert_int_equal(n_links, 0);
}

/* Without an answer it is nothing, not what was there before. */
static void one_link(void **state)
{
	struct rt_link_state link = { .ifindex = 9, .veth = true, .mtu = 9 }, other = link;
	const struct rt_link_state here = { .other = 6, .other_netns = -1 },
				   there = { .other = 6, .other_netns = 0 };
	struct error ERROR_AUTO e = ERROR_INIT;
	size_t length;

	(void)state;
	talk_forget();
	assert_int_equal(rt_link_get(NULL, "a", 5, &link, &e), 0);
	is_bare(&link, 0);
	assert_int_equal(rt_link_get(NULL, NULL, 5, &link, &e), 0);
	assert_int_equal(rt_link_get_other(NULL, &here, &other, &e), 0);
	is_bare(&other, 0);
	assert_int_equal(rt_link_get_other(NULL, &there, &other, &e), 0);
	assert_int_equal(((const struct ifinfomsg *)was_asked(0, RTM_GETLINK))->ifi_index, 0);
	assert_int_equal(((const struct ifinfomsg *)was_asked(1, RTM_GETLINK))->ifi_index, 5);
	assert_int_equal(((const struct ifinfomsg *)was_asked(2, RTM_GETLINK))->ifi_index, 6);
	assert_int_equal(((const struct ifinfomsg *)was_asked(3, RTM_GETLINK))->ifi_index, 6);
	for (size_t i = 0; i < 4; i++) {
		is_spared_statistics(i);
		assert_int_equal(talk_asked(i)->nlmsg_flags,
				 NLM_F_REQUEST); /* the answer is enough */
	}
	length = talk_asked(2)->nlmsg_len;
	assert_int_equal(talk_asked(3)->nlmsg_len, length + 8);
}

/* What a port is told to be in next, a state each; and what is heard before each of them. */
static const uint8_t *next_state;
static unsigned int n_heard;
static int hears;

static void give_port(uint8_t port_state)
{
	struct nlmsghdr *message;
	struct nlattr *nest, *inner;

	talk.n_given = 0;
	message = give_link(RTM_NEWLINK, 3);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	inner = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(message, IFLA_BRPORT_STATE, port_state);
	mnl_attr_nest_end(message, inner);
	mnl_attr_nest_end(message, nest);
}

WRAP(int, netlink_listen, struct netlink *nl, uint64_t deadline_ns, mnl_cb_t each, void *cookie,
     struct error *e)
{
	assert_ptr_equal(nl, &hears);
	assert_int_equal(deadline_ns, 77);
	give_port(*next_state++);
	/* only what is about the port is a reason to look, and what is cut off is about none */
	assert_int_equal(each((const struct nlmsghdr *)talk.given[0].bytes, cookie), MNL_CB_STOP);
	give_link(RTM_NEWLINK, 3)->nlmsg_len -= 4;
	(void)give_link(RTM_NEWLINK, 4);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(each((const struct nlmsghdr *)talk.given[i].bytes, cookie),
				 MNL_CB_OK);
	talk.n_given = 1;
	n_heard++;
	return hears ? error_state(e, hears, "nothing was heard") : 0;
}

/* What need not be waited for is told at once. */
static void a_port_is_awaited(void **state)
{
	static const struct {
		uint8_t is, becomes[2];
		bool or_blocks;
		int hears, err;
		unsigned int heard;
	} rows[] = {
		{ BR_STATE_FORWARDING, { 0 }, false, 0, 1, 0 },
		{ BR_STATE_FORWARDING, { 0 }, true, 0, 1, 0 },
		{ BR_STATE_BLOCKING, { 0 }, true, 0, 1, 0 },
		{ BR_STATE_BLOCKING, { BR_STATE_FORWARDING }, false, 0, 0, 1 },
		{ BR_STATE_LISTENING, { BR_STATE_LEARNING, BR_STATE_FORWARDING }, true, 0, 0, 2 },
		{ BR_STATE_LISTENING, { BR_STATE_LEARNING, BR_STATE_BLOCKING }, true, 0, 0, 2 },
		{ BR_STATE_LISTENING, { BR_STATE_LEARNING }, true, -ETIMEDOUT, -ETIMEDOUT, 1 },
	};
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		talk_forget();
		give_port(rows[i].is);
		next_state = rows[i].becomes;
		hears = rows[i].hears;
		n_heard = 0;
		assert_int_equal(
			rt_port_await(NULL, (struct netlink *)&hears, 3, rows[i].or_blocks, 77, &e),
			rows[i].err);
		assert_int_equal(n_heard, rows[i].heard);
		assert_int_equal(((const struct ifinfomsg *)was_asked(0, RTM_GETLINK))->ifi_index,
				 3);
	}
	talk_forget();
	talk.answer = -ENODEV;
	assert_int_equal(rt_port_await(NULL, NULL, 3, true, 0, &e), -ENODEV);
}

static void what_carries(void **state)
{
	static const struct {
		uint8_t operstate;
		int port;
		bool carries;
	} rows[] = {
		{ IF_OPER_UP, RT_NOT_A_PORT, true },
		{ IF_OPER_UP, BR_STATE_FORWARDING, true },
		{ IF_OPER_UP, BR_STATE_LEARNING, false },
		{ IF_OPER_UP, BR_STATE_DISABLED, false },
		{ IF_OPER_DORMANT, BR_STATE_FORWARDING, false },
		{ IF_OPER_DOWN, RT_NOT_A_PORT, false },
		{ 0, RT_NOT_A_PORT, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct rt_link_state link = { .operstate = rows[i].operstate,
						    .port_state = rows[i].port };

		assert_int_equal(rt_link_carries(&link), rows[i].carries);
	}
}

static void give_socket(uint8_t family, const char *address, uint16_t port, uint32_t queued)
{
	struct nlmsghdr *message = talk_give(SOCK_DIAG_BY_FAMILY);
	struct inet_diag_msg *m = mnl_nlmsg_put_extra_header(message, sizeof(*m));

	m->idiag_family = family;
	m->idiag_rqueue = queued;
	m->id.idiag_sport = htons(port);
	m->id.idiag_cookie[0] = queued;
	assert_int_equal(inet_pton(family, address, m->id.idiag_src), 1);
}

static void sockets_are_found(void **state)
{
	static const struct {
		const char *asked; /* its address; NULL: any */
		int family;
		const char *bound;
		uint16_t port;
		bool is_it;
	} rows[] = {
		{ "10.0.0.1", AF_INET, "10.0.0.1", 80, true },
		{ "10.0.0.1", AF_INET, "0.0.0.0", 80, true },
		{ "10.0.0.1", AF_INET, "10.0.0.2", 80, false },
		{ "10.0.0.1", AF_INET, "10.0.0.1", 81, false },
		{ "10.0.0.1", AF_INET6, "::", 80, false },
		{ "fd00::1", AF_INET6, "fd00::1", 80, true },
		{ "fd00::1", AF_INET6, "::", 80, true },
		{ "fd00::1", AF_INET6, "fd00::2", 80, false },
		{ "fd00::1", AF_INET, "0.0.0.0", 80, false },
		{ NULL, AF_INET, "10.0.0.2", 80, true },
		{ NULL, AF_INET6, "fd00::2", 80, true },
		{ NULL, AF_INET6, "fd00::2", 81, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sockdiag q = {
			.proto = IPPROTO_UDP, .port = 80, .bound = true, .queued = 9
		};
		struct error ERROR_AUTO e = ERROR_INIT;

		talk_forget();
		if (rows[i].asked)
			assert_int_equal(text_address(rows[i].asked, &q.address), 0);
		give_socket((uint8_t)rows[i].family, rows[i].bound, rows[i].port, 5);
		give_socket((uint8_t)rows[i].family, rows[i].bound, rows[i].port, 2);
		assert_int_equal(sockdiag_ask(NULL, &q, &e), 0);
		if (q.bound != rows[i].is_it)
			fail_msg("row %zu", i);
		assert_int_equal(q.queued, rows[i].is_it && rows[i].asked ? 7 : 0);
		/* of both families where none is asked for, until one has it */
		assert_int_equal(talk.n_asked, !rows[i].asked && !q.bound ? 2 : 1);
	}
}

static void sockets_are_asked_for(void **state)
{
	struct sockdiag q = { .proto = IPPROTO_TCP, .port = 80 };
	const struct inet_diag_req_v2 *req;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct nlmsghdr *cut;

	(void)state;
	talk_forget();
	assert_int_equal(sockdiag_ask(NULL, &q, &e), 0);
	q.proto = IPPROTO_UDP;
	assert_int_equal(sockdiag_ask(NULL, &q, &e), 0);
	for (size_t i = 0; i < 4; i++) {
		req = was_asked(i, SOCK_DIAG_BY_FAMILY);
		assert_int_equal(req->sdiag_family, i % 2 ? AF_INET6 : AF_INET);
		assert_int_equal(req->sdiag_protocol, i < 2 ? IPPROTO_TCP : IPPROTO_UDP);
		assert_int_equal(req->idiag_states, 1U << (i < 2 ? TCP_LISTEN : TCP_CLOSE));
		assert_int_equal(req->id.idiag_sport, htons(80));
	}
	talk.answer = -ENOENT;
	assert_int_equal(sockdiag_ask(NULL, &q, &e), -ENOENT);
	assert_non_null(strstr(e.text, "cannot list udp sockets: module udp_diag"));
	error_clear(&e);
	talk_forget();
	talk.answer = -EPERM;
	assert_int_equal(sockdiag_ask(NULL, &q, &e), -EPERM);
	assert_non_null(strstr(e.text, "cannot ask sock_diag: refused"));
	assert_int_equal(talk.n_asked, 1); /* the other family's answer would hide that */
	talk_forget();
	cut = talk_give(SOCK_DIAG_BY_FAMILY);
	mnl_nlmsg_put_extra_header(cut, sizeof(struct inet_diag_msg) - 4);
	assert_int_equal(sockdiag_answer(cut, &q), MNL_CB_ERROR);
}

/* Those of that port, of either family, and no other. */
static void waits_are_ended(void **state)
{
	const struct inet_diag_req_v2 *req;

	(void)state;
	talk_forget();
	give_socket(AF_INET, "10.0.0.1", 80, 1);
	give_socket(AF_INET, "10.0.0.1", 81, 2);
	give_socket(AF_INET6, "fd00::1", 80, 3);
	sockdiag_end_waits(NULL, 80);
	assert_int_equal(talk.n_asked, 2 + 4); /* each family's list is all of them here */
	for (size_t i = 0; i < 2; i++) {
		req = was_asked(i, SOCK_DIAG_BY_FAMILY);
		assert_int_equal(req->sdiag_family, i ? AF_INET6 : AF_INET);
		assert_int_equal(req->sdiag_protocol, IPPROTO_TCP);
		assert_int_equal(req->idiag_states, 1U << TCP_TIME_WAIT);
	}
	for (size_t i = 2; i < 6; i++) {
		req = was_asked(i, SOCK_DESTROY);
		assert_int_equal(req->sdiag_family, i % 2 ? AF_INET6 : AF_INET);
		assert_int_equal(req->sdiag_protocol, IPPROTO_TCP);
		assert_int_equal(req->id.idiag_cookie[0], i % 2 ? 3 : 1);
	}
}

static void time_that_is_left(void **state)
{
	uint64_t now = netlink_clock_ns();
	struct timespec left = netlink_time_left(now + 90500000000);

	(void)state;
	assert_in_range(left.tv_sec, 30, 90); /* of a minute and a half */
	assert_in_range(left.tv_nsec, 0, 999999999);
	left = netlink_time_left(now - 1);
	assert_true(left.tv_sec == 0 && left.tv_nsec == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(all_links),
		cmocka_unit_test(one_link),
		cmocka_unit_test(a_port_is_awaited),
		cmocka_unit_test(what_carries),
		cmocka_unit_test(sockets_are_found),
		cmocka_unit_test(sockets_are_asked_for),
		cmocka_unit_test(waits_are_ended),
		cmocka_unit_test(time_that_is_left),
	};

	return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
