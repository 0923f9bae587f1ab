// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the kernel as their messages: of kinds that not every kernel knows. rules.mk puts
 * __wrap_netlink_talk() in the place of netlink_talk(), and so with others.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/build_netns.h"
#include "lab/error.h"
#include "lab/impairment.h"
#include "lab/journal.h"
#include "lab/netlink.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/rtnl_netem.h"
#include "lab/topology.h"

static struct netlink_request sent;
static int answer; /* an errno */

int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t each, void *cookie,
			struct error *e);
int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t each, void *cookie,
			struct error *e)
{
	(void)nl;
	(void)each;
	(void)cookie;
	assert_true(message->nlmsg_len <= sizeof(sent));
	memcpy(&sent, message, message->nlmsg_len);
	return answer ? error_state(e, answer, "refused") : 0;
}

static unsigned int chosen; /* the kernel's index of a link that is asked for by name */

int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e);
int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e)
{
	(void)rt;
	(void)e;
	assert_string_equal(name, "v7");
	assert_int_equal(ifindex, 0);
	*out = (struct rt_link_state){ .ifindex = chosen };
	return 0;
}

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	static const struct journal journal = { .group = 5 };

	(void)st;
	return &journal;
}

static const struct nlmsghdr *message(void)
{
	return (const struct nlmsghdr *)sent.bytes;
}

static void is_to_make(uint16_t type)
{
	assert_int_equal(message()->nlmsg_type, type);
	assert_int_equal(message()->nlmsg_flags,
			 NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
}

/* Where attributes lie. */
struct part {
	const char *at;
	size_t size;
};

/* Behind a header of this size. */
static struct part behind(size_t header)
{
	return (struct part){ mnl_nlmsg_get_payload_offset(message(), header),
			      mnl_nlmsg_get_payload_len(message()) - MNL_ALIGN(header) };
}

/* That one's payload; none: its @at is NULL. */
static struct part find(struct part in, uint16_t type)
{
	struct part found = { 0 };

	for (const struct nlattr *attr = (const void *)in.at;
	     mnl_attr_ok(attr, (int)(in.at + in.size - (const char *)attr));
	     attr = mnl_attr_next(attr)) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		assert_null(found.at); /* twice */
		found = (struct part){ mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr) };
	}
	return found;
}

static void holds(struct part in, uint16_t type, const void *bytes, size_t size)
{
	struct part found = find(in, type);

	assert_non_null(found.at);
	assert_int_equal(found.size, size);
	assert_memory_equal(found.at, bytes, size);
}

#define HOLDS(in, type, of, value) holds(in, type, &(of){ value }, sizeof(of))

static void lacks(struct part in, uint16_t type)
{
	assert_null(find(in, type).at);
}

static void a_vlan_is_one_over_its_link(void **state)
{
	const uint8_t mac[] = { 2, 0, 0, 0, 0, 9 };
	const struct rt_vlan plain = { .end = { .name = "e0.7" }, .link = 3, .id = 7, .group = 5 };
	struct rt_vlan all = plain;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in, info;

	(void)state;
	answer = 0;
	assert_int_equal(rt_vlan_add(NULL, &plain, &e), 0);
	is_to_make(RTM_NEWLINK);
	in = behind(sizeof(struct ifinfomsg));
	holds(in, IFLA_IFNAME, "e0.7", sizeof("e0.7"));
	HOLDS(in, IFLA_LINK, uint32_t, 3);
	HOLDS(in, IFLA_GROUP, uint32_t, 5);
	lacks(in, IFLA_ADDRESS);
	lacks(in, IFLA_MTU);
	info = find(in, IFLA_LINKINFO);
	holds(info, IFLA_INFO_KIND, "vlan", sizeof("vlan"));
	HOLDS(find(info, IFLA_INFO_DATA), IFLA_VLAN_ID, uint16_t, 7);

	all.end = (struct rt_end){ "e0.7", mac, 12, 1400 };
	assert_int_equal(rt_vlan_add(NULL, &all, &e), 0);
	in = behind(sizeof(struct ifinfomsg));
	assert_int_equal(((struct ifinfomsg *)mnl_nlmsg_get_payload(message()))->ifi_index, 12);
	holds(in, IFLA_ADDRESS, mac, sizeof(mac));
	HOLDS(in, IFLA_MTU, uint32_t, 1400);

	answer = -EEXIST;
	assert_int_equal(rt_vlan_add(NULL, &all, &e), -EEXIST);
}

/* What netem is told of this, behind the old fields. */
static struct part impaired(const struct impairment *imp, struct tc_netem_qopt *old)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct tcmsg *tc;
	struct part in;

	answer = 0;
	assert_int_equal(rt_netem_add(NULL, 12, imp, &e), 0);
	is_to_make(RTM_NEWQDISC);
	tc = mnl_nlmsg_get_payload(message());
	assert_int_equal(tc->tcm_ifindex, 12);
	assert_int_equal(tc->tcm_parent, TC_H_ROOT);
	holds(behind(sizeof(*tc)), TCA_KIND, "netem", sizeof("netem"));
	in = find(behind(sizeof(*tc)), TCA_OPTIONS);
	assert_true(in.size >= sizeof(*old));
	memcpy(old, in.at, sizeof(*old));
	return (struct part){ in.at + MNL_ALIGN(sizeof(*old)), in.size - MNL_ALIGN(sizeof(*old)) };
}

static void netem_is_told_what_there_is(void **state)
{
	const struct impairment late = { .delay_ns = 10000000 }, lossy = { .loss_ppm = 1000000 };
	const struct impairment uneven = { .delay_ns = 10000000, .jitter_ns = 1000000 };
	struct tc_netem_qopt old;
	struct part in;

	(void)state;
	in = impaired(&late, &old);
	HOLDS(in, TCA_NETEM_LATENCY64, uint64_t, 10000000);
	lacks(in, TCA_NETEM_JITTER64);
	lacks(in, TCA_NETEM_RATE);
	lacks(in, TCA_NETEM_RATE64);
	assert_int_equal(old.loss, 0);

	in = impaired(&uneven, &old);
	HOLDS(in, TCA_NETEM_LATENCY64, uint64_t, 10000000);
	HOLDS(in, TCA_NETEM_JITTER64, uint64_t, 1000000);

	in = impaired(&lossy, &old);
	assert_int_equal(old.loss, UINT32_MAX);
	assert_int_equal(in.size, 0);
}

/* A rate's 64 bits follow where 32 are too few. */
static void netem_is_told_a_rate(void **state)
{
	static const struct {
		uint64_t bit;
		uint32_t rate;
		bool more;
	} rates[] = {
		{ 8000, 1000, false },
		{ UINT32_MAX * 8ULL, UINT32_MAX, false },
		{ UINT32_MAX * 8ULL + 8, UINT32_MAX, true },
	};
	struct tc_netem_qopt old;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct part in = impaired(&(struct impairment){ .rate_bit = rates[i].bit }, &old);

		HOLDS(in, TCA_NETEM_RATE, struct tc_netem_rate, .rate = rates[i].rate);
		if (rates[i].more)
			HOLDS(in, TCA_NETEM_RATE64, uint64_t, rates[i].bit / 8);
		else
			lacks(in, TCA_NETEM_RATE64);
		lacks(in, TCA_NETEM_LATENCY64);
		lacks(in, TCA_NETEM_JITTER64);
	}
}

/* Room in its queue for what waits for a rate's turn, and for what is on its way meanwhile. */
static void netem_has_room_for_what_is_late(void **state)
{
	static const struct {
		uint64_t bit, delay_ns;
		uint32_t packets;
	} rooms[] = {
		{ 0, 1000000000, 100000 },
		{ 1000000, 0, 1000 },
		{ 1000000, 100000000, 1000 + 12500 / 60 },
		{ 48000000, 1000000000, 1000 + 100000 },
		{ 48000480, 1000000000, 100000 },
	};
	struct tc_netem_qopt old;

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		impaired(&(struct impairment){ .rate_bit = rooms[i].bit,
					       .delay_ns = rooms[i].delay_ns },
			 &old);
		assert_int_equal(old.limit, rooms[i].packets);
	}
}

/* By how it refuses: an index or a name that there cannot be is refused by who has the kind. */
static void a_kernel_has_it_or_not(void **state)
{
	(void)state;
	answer = -EOPNOTSUPP;
	assert_false(rt_has_vlan(NULL));
	assert_false(rt_has_netem(NULL));
	answer = -ENOENT;
	assert_false(rt_has_netem(NULL));
	answer = -EINVAL;
	assert_true(rt_has_vlan(NULL));
	holds(find(behind(sizeof(struct ifinfomsg)), IFLA_LINKINFO), IFLA_INFO_KIND, "vlan",
	      sizeof("vlan"));
	assert_true(rt_has_netem(NULL));
	assert_int_equal(((struct tcmsg *)mnl_nlmsg_get_payload(message()))->tcm_ifindex, 1);
	answer = 0;
	assert_true(rt_has_netem(NULL));
}

/* A lab of one node with e0, and over it VLAN 7, which is late. */
static struct iface ifaces[] = {
	{ .name = "e0", .id = "a:e0" },
	{ .name = "v7",
	  .id = "a:v7",
	  .vlan = 7,
	  .link = 0,
	  .impairment = { .delay_ns = 10000000 } },
};
static const struct topology topo = { .ifaces = ifaces, .n_ifaces = 2 };
static const struct plan plan = { .topo = &topo };
static const struct op op = { .iface = 1 };

static void the_labs_vlan_is_over_its_link(void **state)
{
	unsigned int end_index[] = { 100, 101 };
	struct build_netns netns = { .fd = -1 };
	struct build b = { .plan = &plan, .netns = &netns, .end_index = end_index };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in;

	(void)state;
	answer = 0;
	ifaces[1].mtu = 1400;
	assert_int_equal(op_vlan_apply(&b, &op, &e), 0);
	in = behind(sizeof(struct ifinfomsg));
	holds(in, IFLA_IFNAME, "v7", sizeof("v7"));
	HOLDS(in, IFLA_LINK, uint32_t, 100);
	HOLDS(in, IFLA_GROUP, uint32_t, 5);
	HOLDS(in, IFLA_MTU, uint32_t, 1400);
	lacks(in, IFLA_ADDRESS);
	HOLDS(find(find(in, IFLA_LINKINFO), IFLA_INFO_DATA), IFLA_VLAN_ID, uint16_t, 7);
	assert_int_equal(((struct ifinfomsg *)mnl_nlmsg_get_payload(message()))->ifi_index, 101);
	assert_int_equal(end_index[1], 101);

	/* in xlab's own namespace the kernel chooses the index, and is asked for it */
	end_index[1] = 0;
	chosen = 9;
	ifaces[1].has_mac = true;
	ifaces[1].mac[5] = 3;
	assert_int_equal(op_vlan_apply(&b, &op, &e), 0);
	holds(behind(sizeof(struct ifinfomsg)), IFLA_ADDRESS, ifaces[1].mac, 6);
	assert_int_equal(end_index[1], 9);

	answer = -EOPNOTSUPP;
	assert_int_equal(op_vlan_apply(&b, &op, &e), -EOPNOTSUPP);
	assert_string_equal(e.text, "cannot make a:v7, VLAN 7 over a:e0: refused");
}

static void the_labs_link_is_impaired(void **state)
{
	unsigned int end_index[] = { 100, 101 };
	struct build_netns netns = { .fd = -1 };
	struct build b = { .plan = &plan, .netns = &netns, .end_index = end_index };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in;

	(void)state;
	answer = 0;
	assert_int_equal(op_netem_apply(&b, &op, &e), 0);
	assert_int_equal(((struct tcmsg *)mnl_nlmsg_get_payload(message()))->tcm_ifindex, 101);
	in = find(behind(sizeof(struct tcmsg)), TCA_OPTIONS);
	in.at += MNL_ALIGN(sizeof(struct tc_netem_qopt));
	in.size -= MNL_ALIGN(sizeof(struct tc_netem_qopt));
	HOLDS(in, TCA_NETEM_LATENCY64, uint64_t, 10000000);
	answer = -ENOENT;
	assert_int_equal(op_netem_apply(&b, &op, &e), -ENOENT);
	assert_string_equal(e.text, "cannot impair what leaves a:v7: refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_is_one_over_its_link),
		cmocka_unit_test(netem_is_told_what_there_is),
		cmocka_unit_test(netem_is_told_a_rate),
		cmocka_unit_test(netem_has_room_for_what_is_late),
		cmocka_unit_test(a_kernel_has_it_or_not),
		cmocka_unit_test(the_labs_vlan_is_over_its_link),
		cmocka_unit_test(the_labs_link_is_impaired),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
