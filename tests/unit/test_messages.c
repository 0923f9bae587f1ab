// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the kernel as their messages: of kinds that not every kernel knows. It is talk.c that
 * takes them; other functions' places, by rules.mk, are taken here.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/impairment.h"
#include "lab/journal.h"
#include "lab/kernel_has.h"
#include "lab/netlink.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/rtnl_ip.h"
#include "lab/rtnl_netem.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "tests/unit/talk.h"

/* What the kernel says of the link of this name, of which it chose the index. */
static const char *named = "v7";
static unsigned int chosen, chosen_other;

int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e);
int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e)
{
	(void)rt;
	(void)e;
	assert_string_equal(name, named);
	assert_int_equal(ifindex, 0);
	*out = (struct rt_link_state){ .ifindex = chosen, .other = chosen_other };
	return 0;
}

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	static const struct journal journal = { .group = 5 };

	(void)st;
	return &journal;
}

/* What is done beside the messages, a word each. */
static char done[128];
static const char *fails; /* this word */

static int act(const char *what, const char *name, struct error *e)
{
	char *FREE_AUTO word = text_format("%s(%s)", what, name);

	assert_true(strlen(done) + strlen(word) < sizeof(done));
	strcat(done, word);
	return fails && !strcmp(fails, what) ? error_state(e, -EIO, "%s fails", what) : 0;
}

int __wrap_ethtool_offloads_off(struct netlink *nl, const char *iface, struct ethtool_bits *bits,
				struct error *e);
int __wrap_ethtool_offloads_off(struct netlink *nl, const char *iface, struct ethtool_bits *bits,
				struct error *e)
{
	(void)nl;
	(void)bits;
	return act("offloads", iface, e);
}

int __wrap_sysctl_apply_link(const char *iface, unsigned int traits, struct error *e);
int __wrap_sysctl_apply_link(const char *iface, unsigned int traits, struct error *e)
{
	assert_int_equal(traits, TRAIT_IPV6);
	return act("settings", iface, e);
}

int __wrap_sysctl_write(const char *name, const char *value, struct error *e);
int __wrap_sysctl_write(const char *name, const char *value, struct error *e)
{
	assert_string_equal(value, "0");
	return act("write", name, e);
}

int __wrap_netns_enter(int fd, struct error *e);
int __wrap_netns_enter(int fd, struct error *e)
{
	return act(fd == 9 ? "back" : "enter", "", e);
}

static const struct nlmsghdr *message(void)
{
	return talk_asked(talk.n_asked - 1);
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
	talk_forget();
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

	talk.answer = -EEXIST;
	assert_int_equal(rt_vlan_add(NULL, &all, &e), -EEXIST);
}

static void one_queue_each_way(struct part in)
{
	HOLDS(in, IFLA_GROUP, uint32_t, 5);
	HOLDS(in, IFLA_NUM_TX_QUEUES, uint32_t, 1);
	HOLDS(in, IFLA_NUM_RX_QUEUES, uint32_t, 1);
}

static void a_pair_has_two_ends(void **state)
{
	const uint8_t mac[] = { 2, 0, 0, 0, 0, 9 };
	struct rt_veth veth = { .main = { "e0", mac, 12, 1400 },
				.peer = { .name = "p0", .ifindex = 13 },
				.peer_netns = 44,
				.group = 5 };
	const struct ifinfomsg *link, *other;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in, info, peer;

	(void)state;
	talk_forget();
	for (int port = 0; port < 2; port++) {
		veth.master = port ? 7 : 0;
		assert_int_equal(rt_veth_add(NULL, &veth, &e), 0);
		is_to_make(RTM_NEWLINK);
		link = mnl_nlmsg_get_payload(message());
		assert_int_equal(link->ifi_index, 12);
		assert_int_equal(link->ifi_flags & IFF_UP, port ? IFF_UP : 0);
		assert_int_equal(link->ifi_change & IFF_UP, port ? IFF_UP : 0);
		in = behind(sizeof(*link));
		holds(in, IFLA_IFNAME, "e0", sizeof("e0"));
		holds(in, IFLA_ADDRESS, mac, sizeof(mac));
		HOLDS(in, IFLA_MTU, uint32_t, 1400);
		one_queue_each_way(in);
		if (port)
			HOLDS(in, IFLA_MASTER, uint32_t, 7);
		else
			lacks(in, IFLA_MASTER);
		info = find(in, IFLA_LINKINFO);
		holds(info, IFLA_INFO_KIND, "veth", sizeof("veth"));
		peer = find(find(info, IFLA_INFO_DATA), VETH_INFO_PEER);
		other = (const void *)peer.at;
		assert_int_equal(other->ifi_index, 13);
		assert_int_equal(other->ifi_flags, 0);
		peer.at += MNL_ALIGN(sizeof(*other));
		peer.size -= MNL_ALIGN(sizeof(*other));
		holds(peer, IFLA_IFNAME, "p0", sizeof("p0"));
		lacks(peer, IFLA_ADDRESS);
		lacks(peer, IFLA_MTU);
		HOLDS(peer, IFLA_NET_NS_FD, uint32_t, 44);
		one_queue_each_way(peer);
	}
}

static void a_bridge_is_quick(void **state)
{
	struct rt_bridge bridge = {
		.name = "br0", .ifindex = 3, .mac = { 2, 0, 0, 0, 0, 9 }, .group = 5
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct ifinfomsg *link;
	struct part in, info, data;

	(void)state;
	talk_forget();
	for (int stp = 0; stp < 2; stp++) {
		bridge.stp = stp;
		assert_int_equal(rt_bridge_add(NULL, &bridge, &e), 0);
		is_to_make(RTM_NEWLINK);
		link = mnl_nlmsg_get_payload(message());
		assert_int_equal(link->ifi_index, 3);
		assert_true(link->ifi_flags & link->ifi_change & IFF_UP);
		in = behind(sizeof(*link));
		holds(in, IFLA_IFNAME, "br0", sizeof("br0"));
		holds(in, IFLA_ADDRESS, bridge.mac, 6);
		HOLDS(in, IFLA_GROUP, uint32_t, 5);
		info = find(in, IFLA_LINKINFO);
		holds(info, IFLA_INFO_KIND, "bridge", sizeof("bridge"));
		data = find(info, IFLA_INFO_DATA);
		HOLDS(data, IFLA_BR_STP_STATE, uint32_t, (uint32_t)stp);
		HOLDS(data, IFLA_BR_FORWARD_DELAY, uint32_t,
		      stp ? 200 : 0); /* hundredths of a second */
		HOLDS(data, IFLA_BR_MCAST_SNOOPING, uint8_t, 0);
		if (stp) {
			HOLDS(data, IFLA_BR_HELLO_TIME, uint32_t, 100);
			HOLDS(data, IFLA_BR_MAX_AGE, uint32_t, 600);
		} else {
			lacks(data, IFLA_BR_HELLO_TIME);
			lacks(data, IFLA_BR_MAX_AGE);
		}
	}
}

static void a_link_is_set(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct ifinfomsg *link;
	struct part in;

	(void)state;
	talk_forget();
	for (int alias = 0; alias < 2; alias++) {
		assert_int_equal(rt_link_raise(NULL, 12, alias ? "xlab a" : NULL, &e), 0);
		link = mnl_nlmsg_get_payload(message());
		assert_int_equal(link->ifi_index, 12);
		assert_true(link->ifi_flags & link->ifi_change & IFF_UP);
		in = behind(sizeof(*link));
		if (alias)
			holds(in, IFLA_IFALIAS, "xlab a", sizeof("xlab a"));
		else
			lacks(in, IFLA_IFALIAS);
	}
	assert_int_equal(rt_link_join(NULL, 13, 7, &e), 0);
	link = mnl_nlmsg_get_payload(message());
	assert_int_equal(link->ifi_index, 13);
	assert_true(link->ifi_flags & link->ifi_change & IFF_UP);
	HOLDS(behind(sizeof(*link)), IFLA_MASTER, uint32_t, 7);

	assert_int_equal(rt_link_no_link_local(NULL, 14, &e), 0);
	link = mnl_nlmsg_get_payload(message());
	assert_int_equal(link->ifi_index, 14);
	in = find(find(behind(sizeof(*link)), IFLA_AF_SPEC), AF_INET6);
	HOLDS(in, IFLA_INET6_ADDR_GEN_MODE, uint8_t, IN6_ADDR_GEN_MODE_NONE);

	assert_int_equal(rt_link_del(NULL, 15, &e), 0);
	assert_int_equal(message()->nlmsg_type, RTM_DELLINK);
	assert_int_equal(((const struct ifinfomsg *)mnl_nlmsg_get_payload(message()))->ifi_index,
			 15);
}

static void addresses_and_routes(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct ifaddrmsg *address;
	const struct rtmsg *route;
	struct prefix four, six;
	struct address via;
	struct part in;

	(void)state;
	talk_forget();
	assert_int_equal(text_cidr("10.1.2.3/24", &four), 0);
	assert_int_equal(text_cidr("fd00::3/64", &six), 0);
	assert_int_equal(text_address("10.1.2.9", &via), 0);
	for (int v6 = 0; v6 < 2; v6++) {
		const struct prefix *own = v6 ? &six : &four;
		size_t size = v6 ? 16 : 4;

		assert_int_equal(rt_address_add(NULL, 12, own, &e), 0);
		is_to_make(RTM_NEWADDR);
		address = mnl_nlmsg_get_payload(message());
		assert_int_equal(address->ifa_family, v6 ? AF_INET6 : AF_INET);
		assert_int_equal(address->ifa_prefixlen, v6 ? 64 : 24);
		assert_int_equal(address->ifa_index, 12);
		in = behind(sizeof(*address));
		holds(in, IFA_LOCAL, &own->address.v6, size);
		holds(in, IFA_ADDRESS, &own->address.v6, size);
		if (v6)
			HOLDS(in, IFA_FLAGS, uint32_t, IFA_F_NODAD);
		else
			lacks(in, IFA_FLAGS);
	}
	for (int gateway = 0; gateway < 2; gateway++) {
		assert_int_equal(
			rt_route_add(NULL, &four, gateway ? &via : NULL, gateway ? 0 : 12, &e), 0);
		is_to_make(RTM_NEWROUTE);
		route = mnl_nlmsg_get_payload(message());
		assert_int_equal(route->rtm_family, AF_INET);
		assert_int_equal(route->rtm_dst_len, 24);
		assert_int_equal(route->rtm_table, RT_TABLE_MAIN);
		assert_int_equal(route->rtm_protocol, RTPROT_STATIC);
		assert_int_equal(route->rtm_type, RTN_UNICAST);
		assert_int_equal(route->rtm_scope, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
		in = behind(sizeof(*route));
		holds(in, RTA_DST, &four.address.v4, 4);
		if (gateway) {
			holds(in, RTA_GATEWAY, &via.v4, 4);
			lacks(in, RTA_OIF);
		} else {
			lacks(in, RTA_GATEWAY);
			HOLDS(in, RTA_OIF, uint32_t, 12);
		}
	}
}

/* What netem is told of this, behind the old fields. */
static struct part impaired(const struct impairment *imp, struct tc_netem_qopt *old)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct tcmsg *tc;
	struct part in;

	talk_forget();
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
	talk.answer = -EOPNOTSUPP;
	assert_false(rt_has_vlan(NULL));
	assert_false(rt_has_netem(NULL));
	talk.answer = -ENOENT;
	assert_false(rt_has_netem(NULL));
	talk.answer = -EINVAL;
	assert_true(rt_has_vlan(NULL));
	holds(find(behind(sizeof(struct ifinfomsg)), IFLA_LINKINFO), IFLA_INFO_KIND, "vlan",
	      sizeof("vlan"));
	assert_true(rt_has_netem(NULL));
	assert_int_equal(((struct tcmsg *)mnl_nlmsg_get_payload(message()))->tcm_ifindex, 1);
	talk_forget();
	assert_true(rt_has_netem(NULL));
}

/* Of several it is the first that is told; a lab that has neither asks nothing. */
static void a_lab_takes_what_not_every_kernel_has(void **state)
{
	static const struct {
		unsigned int vlan, impaired; /* a bit each: the interfaces that are */
		int answer, err;
		const char *words;
		size_t asked;
	} rows[] = {
		{ 0, 0, -EOPNOTSUPP, 0, NULL, 0 },
		{ 6, 6, -EINVAL, 0, NULL, 2 },
		{ 5, 0, -EINVAL, 0, NULL, 1 },
		{ 0, 4, -EINVAL, 0, NULL, 1 },
		{ 6, 1, -EOPNOTSUPP, -EOPNOTSUPP,
		  "f.ini:11: [iface a:e1]: this kernel has no VLAN interfaces, and no module 8021q "
		  "can "
		  "be loaded; nothing was built",
		  1 },
		{ 0, 5, -EOPNOTSUPP, -EOPNOTSUPP,
		  "f.ini:10: [iface a:e0]: this kernel has no netem for delay, jitter, loss and "
		  "rate, "
		  "and no module sch_netem can be loaded; nothing was built",
		  1 },
	};
	struct iface some[3] = { 0 };
	struct topology lab = { .file = (char[]){ "f.ini" }, .ifaces = some, .n_ifaces = 3 };
	static char ids[3][5] = { "a:e0", "a:e1", "a:e2" };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct rlimit before, none;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (unsigned int k = 0; k < 3; k++)
			some[k] =
				(struct iface){ .id = ids[k],
						.line = 10 + (int)k,
						.vlan = rows[i].vlan >> k & 1,
						.impairment.delay_ns = rows[i].impaired >> k & 1 };
		talk_forget();
		talk.answer = rows[i].answer;
		assert_int_equal(kernel_has_what_it_takes(&lab, &e), rows[i].err);
		assert_int_equal(talk.n_asked, rows[i].asked);
		if (rows[i].err)
			assert_string_equal(e.text, rows[i].words);
		error_clear(&e);
	}
	/* a lab without a file has a name; and nobody can be asked without a socket */
	lab.file = NULL;
	lab.name = (char[]){ "lab" };
	assert_int_equal(kernel_has_what_it_takes(&lab, &e), -EOPNOTSUPP);
	assert_ptr_equal(strstr(e.text, "lab:10: [iface a:e0]: this kernel has no netem"), e.text);
	error_clear(&e);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(kernel_has_what_it_takes(&lab, &e), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
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
	talk_forget();
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

	talk.answer = -EOPNOTSUPP;
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
	talk_forget();
	assert_int_equal(op_netem_apply(&b, &op, &e), 0);
	assert_int_equal(((struct tcmsg *)mnl_nlmsg_get_payload(message()))->tcm_ifindex, 101);
	in = find(behind(sizeof(struct tcmsg)), TCA_OPTIONS);
	in.at += MNL_ALIGN(sizeof(struct tc_netem_qopt));
	in.size -= MNL_ALIGN(sizeof(struct tc_netem_qopt));
	HOLDS(in, TCA_NETEM_LATENCY64, uint64_t, 10000000);
	talk.answer = -ENOENT;
	assert_int_equal(op_netem_apply(&b, &op, &e), -ENOENT);
	assert_string_equal(e.text, "cannot impair what leaves a:v7: refused");
}

/* A lab with nodes a and b and bridges: a:e0 is on the first one, a:p and b:q are a pair. */
static struct prefix link_local;
static struct iface ends[] = {
	{ .node = 0, .name = "e0", .bridge = 0, .port = "pe", .peer = NONE, .mtu = 1400 },
	{ .node = 0, .name = "p", .bridge = NONE, .peer = 2 },
	{ .node = 1, .name = "q", .bridge = NONE, .peer = 1, .mtu = 1300, .has_mac = true },
};
static struct node nodes[] = { { .name = (char[]){ "a" } }, { .name = (char[]){ "b" } } };
static struct bridge bridges[300] = { { .name = (char[]){ "br0" } },
				      { .name = (char[]){ "br1" } } };
static struct uplink uplinks[] = { { .bridges = { 1, 0 } },
				   { .bridges = { 0, 1 }, .ports = { "u0", "u1" }, .mtu = 1200 } };
static const struct topology wide = { .nodes = nodes,
				      .n_nodes = 2,
				      .bridges = bridges,
				      .n_bridges = 300,
				      .ifaces = ends,
				      .n_ifaces = 3,
				      .uplinks = uplinks };
static char self[8];
static const struct plan wide_plan = { .topo = &wide, .self = self };
static struct build_netns spaces[302];
static unsigned int end_index[3], port_index[3];
static struct build wide_build = { .plan = &wide_plan,
				   .netns = spaces,
				   .end_index = end_index,
				   .port_index = port_index,
				   .uplink_index = 300,
				   .start_netns = 9,
				   .alias = (char[]){ "xlab lab" } };

static void begin(void)
{
	talk_forget();
	*done = *self = '\0';
	fails = NULL;
	for (int i = 0; i < 302; i++)
		spaces[i].fd = 1000 + i;
	for (unsigned int i = 0; i < 3; i++) {
		end_index[i] = 100 + i;
		port_index[i] = 200 + i;
	}
	ends[0].addresses = &link_local;
	ends[0].n_addresses = 0;
}

static void the_labs_bridge_has_a_mac_of_its_own(void **state)
{
	struct op bridge = { .kind = OP_BRIDGE, .netns = "br0", .node = NONE, .bridge = 0x102 };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in;

	(void)state;
	begin();
	bridges[0x102].stp = true;
	assert_int_equal(op_bridge_apply(&wide_build, &bridge, &e), 0);
	in = behind(sizeof(struct ifinfomsg));
	holds(in, IFLA_IFNAME, "br0", sizeof("br0"));
	holds(in, IFLA_ADDRESS, "\x02\x78\x6c\x62\x01\x02", 6);
	HOLDS(in, IFLA_GROUP, uint32_t, 5);
	HOLDS(find(find(in, IFLA_LINKINFO), IFLA_INFO_DATA), IFLA_BR_STP_STATE, uint32_t, 1);
	assert_string_equal(done, "");
	/* with an address of its own it has IPv6, its ports have none */
	bridge.traits = TRAIT_IPV6;
	assert_int_equal(op_bridge_apply(&wide_build, &bridge, &e), 0);
	assert_string_equal(done, "enter()write(net.ipv6.conf.br0.disable_ipv6)back()");
	begin();
	fails = "write";
	assert_int_equal(op_bridge_apply(&wide_build, &bridge, &e), -EIO);
	assert_string_equal(e.text, "cannot make the bridge br0: write fails");
	assert_string_equal(done, "enter()write(net.ipv6.conf.br0.disable_ipv6)back()");
	begin();
	fails = "enter";
	assert_int_equal(op_bridge_apply(&wide_build, &bridge, &e), -EIO);
	assert_string_equal(done, "enter()");
	begin();
	talk.answer = -EEXIST;
	assert_int_equal(op_bridge_apply(&wide_build, &bridge, &e), -EEXIST);
	assert_string_equal(e.text, "cannot make the bridge br0: refused");
	assert_string_equal(done, "");
}

static void is_pair(const char *name, int index, uint32_t master, const char *other,
		    int other_index, uint32_t netns)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message());
	struct part in = behind(sizeof(*link)), peer;

	assert_int_equal(link->ifi_index, index);
	holds(in, IFLA_IFNAME, name, strlen(name) + 1);
	HOLDS(in, IFLA_GROUP, uint32_t, 5);
	if (master)
		HOLDS(in, IFLA_MASTER, uint32_t, master);
	else
		lacks(in, IFLA_MASTER);
	peer = find(find(find(in, IFLA_LINKINFO), IFLA_INFO_DATA), VETH_INFO_PEER);
	assert_int_equal(((const struct ifinfomsg *)(const void *)peer.at)->ifi_index, other_index);
	peer.at += MNL_ALIGN(sizeof(*link));
	peer.size -= MNL_ALIGN(sizeof(*link));
	holds(peer, IFLA_IFNAME, other, strlen(other) + 1);
	HOLDS(peer, IFLA_NET_NS_FD, uint32_t, netns);
}

static void the_labs_pairs_have_both_ends(void **state)
{
	const struct op port = {
		.kind = OP_VETH, .netns = "br0", .node = NONE, .bridge = 0, .iface = 0
	};
	const struct op pair = { .kind = OP_VETH, .netns = "a", .node = 0, .iface = 1 };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in;

	(void)state;
	begin();
	assert_int_equal(op_veth_apply(&wide_build, &port, &e), 0);
	is_pair("pe", 200, 64, "e0", 100, 1000);
	HOLDS(behind(sizeof(struct ifinfomsg)), IFLA_MTU, uint32_t, 1400);
	assert_int_equal(op_veth_apply(&wide_build, &pair, &e), 0);
	is_pair("p", 101, 0, "q", 102, 1001);
	in = behind(sizeof(struct ifinfomsg));
	lacks(in, IFLA_MTU);
	lacks(in, IFLA_ADDRESS);
	assert_int_equal(end_index[0], 100);

	/* the kernel chooses where an end is in xlab's own namespace; the other end tells */
	chosen = 17;
	chosen_other = 18;
	end_index[0] = 0;
	named = "pe";
	assert_int_equal(op_veth_apply(&wide_build, &port, &e), 0);
	assert_int_equal(end_index[0], 18);
	named = "p";
	for (int i = 0; i < 2; i++) { /* whichever it is */
		begin();
		end_index[1 + i] = 0;
		assert_int_equal(op_veth_apply(&wide_build, &pair, &e), 0);
		assert_int_equal(end_index[1], 17);
		assert_int_equal(end_index[2], 18);
	}
	named = "v7";

	talk.answer = -EEXIST;
	assert_int_equal(op_veth_apply(&wide_build, &port, &e), -EEXIST);
	assert_string_equal(e.text, "cannot make the veth pair of a:e0 and br0:pe: refused");
	assert_int_equal(op_veth_apply(&wide_build, &pair, &e), -EEXIST);
	assert_string_equal(e.text, "cannot make the veth pair of a:p and b:q: refused");
}

static void the_labs_bridges_are_joined(void **state)
{
	const struct op up = {
		.kind = OP_UPLINK, .netns = "br0", .node = NONE, .bridge = 0, .uplink = 1
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	struct part in;

	(void)state;
	begin();
	assert_int_equal(op_uplink_apply(&wide_build, &up, &e), 0);
	assert_int_equal(talk.n_asked, 2);
	in = behind(sizeof(struct ifinfomsg));
	assert_int_equal(((const struct ifinfomsg *)mnl_nlmsg_get_payload(message()))->ifi_index,
			 303);
	HOLDS(in, IFLA_MASTER, uint32_t, 64);
	talk.n_asked = 1; /* the one before it */
	is_pair("u0", 302, 64, "u1", 303, 1003);
	HOLDS(behind(sizeof(struct ifinfomsg)), IFLA_MTU, uint32_t, 1200);
	talk_forget();
	talk.answer = -EBUSY;
	assert_int_equal(op_uplink_apply(&wide_build, &up, &e), -EBUSY);
	assert_string_equal(e.text, "cannot join the bridges br0 and br1: refused");
	assert_int_equal(talk.n_asked, 1);
}

/* Offloads go before it is raised; a bridge's end is raised with its bridge, and has no alias. */
static void the_labs_ends_are_made_ready(void **state)
{
	static const struct {
		bool port, self, link_local;
		const char *fails;
		int answer;
		const char *done;
		size_t asked;
		const char *words;
	} rows[] = {
		{ false, false, false, NULL, 0, "offloads(e0)", 1, NULL },
		{ false, false, true, NULL, 0, "offloads(e0)", 2, NULL },
		{ true, false, true, NULL, 0, "offloads(pe)", 0, NULL },
		{ false, true, false, NULL, 0, "settings(e0)offloads(e0)", 1, NULL },
		{ false, true, true, "settings", 0, "settings(e0)", 0,
		  "interface a:e0: settings fails" },
		{ false, false, true, "offloads", 0, "offloads(e0)", 0,
		  "interface a:e0: cannot switch its offloads off: offloads fails" },
		{ true, false, false, "offloads", 0, "offloads(pe)", 0,
		  "interface a:pe: cannot switch its offloads off: offloads fails" },
		{ false, false, true, NULL, -EIO, "offloads(e0)", 1, "interface a:e0: refused" },
		{ false, false, false, NULL, -EIO, "offloads(e0)", 1,
		  "interface a:e0: cannot raise it: refused" },
	};

	(void)state;
	assert_int_equal(text_cidr("fe80::1/64", &link_local), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct op link = { .kind = OP_LINK,
					 .netns = "a",
					 .node = 0,
					 .iface = 0,
					 .port = rows[i].port,
					 .traits = TRAIT_IPV6 };
		struct error ERROR_AUTO e = ERROR_INIT;

		begin();
		fails = rows[i].fails;
		talk.answer = rows[i].answer;
		ends[0].n_addresses = rows[i].link_local;
		strcpy(self, rows[i].self ? "a" : "");
		assert_int_equal(op_link_apply(&wide_build, &link, &e), rows[i].words ? -EIO : 0);
		assert_string_equal(done, rows[i].done);
		assert_int_equal(talk.n_asked, rows[i].asked);
		if (rows[i].words) {
			assert_string_equal(e.text, rows[i].words);
		} else if (!rows[i].port) {
			const struct ifinfomsg *raised = mnl_nlmsg_get_payload(message());

			assert_int_equal(raised->ifi_index, 100);
			assert_true(raised->ifi_flags & IFF_UP);
			holds(behind(sizeof(*raised)), IFLA_IFALIAS, "xlab lab",
			      sizeof("xlab lab"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_is_one_over_its_link),
		cmocka_unit_test(a_pair_has_two_ends),
		cmocka_unit_test(a_bridge_is_quick),
		cmocka_unit_test(a_link_is_set),
		cmocka_unit_test(addresses_and_routes),
		cmocka_unit_test(netem_is_told_what_there_is),
		cmocka_unit_test(netem_is_told_a_rate),
		cmocka_unit_test(netem_has_room_for_what_is_late),
		cmocka_unit_test(a_kernel_has_it_or_not),
		cmocka_unit_test(a_lab_takes_what_not_every_kernel_has),
		cmocka_unit_test(the_labs_bridge_has_a_mac_of_its_own),
		cmocka_unit_test(the_labs_pairs_have_both_ends),
		cmocka_unit_test(the_labs_bridges_are_joined),
		cmocka_unit_test(the_labs_ends_are_made_ready),
		cmocka_unit_test(the_labs_vlan_is_over_its_link),
		cmocka_unit_test(the_labs_link_is_impaired),
	};

	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
