// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the kernel as their messages: of kinds that not every kernel knows. The Makefile puts
 * __wrap_netlink_talk() in the place of netlink_talk().
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

#include "lab/error.h"
#include "lab/impairment.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/rtnl_netem.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_is_one_over_its_link),
		cmocka_unit_test(netem_is_told_what_there_is),
		cmocka_unit_test(netem_is_told_a_rate),
		cmocka_unit_test(netem_has_room_for_what_is_late),
		cmocka_unit_test(a_kernel_has_it_or_not),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
