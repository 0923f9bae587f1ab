// SPDX-License-Identifier: GPL-2.0-or-later
/* Links over rtnetlink: each request as its message. links.c reads them for people. */
#include "lab/rtnl.h"

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

#include "lab/error.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* The shortest times that the kernel's STP takes, in hundredths of a second. A port forwards after
 * two forward delays; bridges know of each other after a hello; what is not heard of for a maximal
 * age is gone.
 */
#define STP_FORWARD_DELAY 200
#define STP_HELLO_TIME	  100
#define STP_MAX_AGE	  600

static struct ifinfomsg *put_link(struct nlmsghdr *message, unsigned int ifindex)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_index = (int)ifindex;
	return link;
}

static void set_up(struct ifinfomsg *link)
{
	link->ifi_flags |= IFF_UP;
	link->ifi_change |= IFF_UP;
}

static void put_own(struct nlmsghdr *message, const struct rt_end *end, uint32_t group)
{
	mnl_attr_put_strz(message, IFLA_IFNAME, end->name);
	if (end->mac)
		mnl_attr_put(message, IFLA_ADDRESS, 6, end->mac);
	if (end->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, end->mtu);
	mnl_attr_put_u32(message, IFLA_GROUP, group);
}

/* One queue each way: a pair costs a third, and native XDP wants no fewer rx queues than the
 * other end has tx queues.
 */
static void put_end(struct nlmsghdr *message, const struct rt_end *end, const struct rt_veth *veth)
{
	put_own(message, end, veth->group);
	mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
}

/* The peer's own ifinfomsg and attributes. It cannot be raised here: the kernel answers ENOTCONN.
 */
static void put_peer(struct nlmsghdr *message, const struct rt_veth *veth)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data, *peer;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	put_link(message, veth->peer.ifindex);
	put_end(message, &veth->peer, veth);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)veth->peer_netns);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

int rt_veth_add(struct netlink *rt, const struct rt_veth *veth, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *link = put_link(message, veth->main.ifindex);

	put_end(message, &veth->main, veth);
	if (veth->master) {
		set_up(link);
		mnl_attr_put_u32(message, IFLA_MASTER, veth->master);
	}
	put_peer(message, veth);
	return netlink_talk(rt, message, NULL, NULL, e);
}

int rt_vlan_add(struct netlink *rt, const struct rt_vlan *vlan, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;

	put_link(message, vlan->end.ifindex);
	put_own(message, &vlan->end, vlan->group);
	mnl_attr_put_u32(message, IFLA_LINK, vlan->link);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u16(message, IFLA_VLAN_ID, (uint16_t)vlan->id);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return netlink_talk(rt, message, NULL, NULL, e);
}

static void put_bridge_data(struct nlmsghdr *message, bool stp)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, stp ? STP_FORWARD_DELAY : 0);
	if (stp) {
		mnl_attr_put_u32(message, IFLA_BR_HELLO_TIME, STP_HELLO_TIME);
		mnl_attr_put_u32(message, IFLA_BR_MAX_AGE, STP_MAX_AGE);
	}
	mnl_attr_put_u32(message, IFLA_BR_STP_STATE, stp);
	mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

int rt_bridge_add(struct netlink *rt, const struct rt_bridge *bridge, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

	set_up(put_link(message, bridge->ifindex));
	mnl_attr_put_strz(message, IFLA_IFNAME, bridge->name);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(bridge->mac), bridge->mac);
	mnl_attr_put_u32(message, IFLA_GROUP, bridge->group);
	put_bridge_data(message, bridge->stp);
	return netlink_talk(rt, message, NULL, NULL, e);
}

int rt_link_no_link_local(struct netlink *rt, unsigned int ifindex, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, 0);
	struct nlattr *spec, *inet6;

	put_link(message, ifindex);
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(message, AF_INET6);
	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(message, inet6);
	mnl_attr_nest_end(message, spec);
	return netlink_talk(rt, message, NULL, NULL, e);
}

int rt_link_raise(struct netlink *rt, unsigned int ifindex, const char *alias, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, 0);

	set_up(put_link(message, ifindex));
	if (alias)
		mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
	return netlink_talk(rt, message, NULL, NULL, e);
}

int rt_link_join(struct netlink *rt, unsigned int ifindex, unsigned int bridge, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, 0);

	set_up(put_link(message, ifindex));
	mnl_attr_put_u32(message, IFLA_MASTER, bridge);
	return netlink_talk(rt, message, NULL, NULL, e);
}

int rt_link_del(struct netlink *rt, unsigned int ifindex, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_DELLINK, 0);

	put_link(message, ifindex);
	return netlink_talk(rt, message, NULL, NULL, e);
}

static void read_kind(const char *kind, struct rt_link_state *state)
{
	state->veth = strcmp(kind, "veth") == 0;
	state->vlan = strcmp(kind, "vlan") == 0;
}

static void read_link_info(const struct nlattr *info, struct rt_link_state *state)
{
	const struct nlattr *attr, *port;

	mnl_attr_for_each_nested (attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			read_kind(mnl_attr_get_str(attr), state);
		if (mnl_attr_get_type(attr) != IFLA_INFO_SLAVE_DATA)
			continue;
		mnl_attr_for_each_nested (port, attr)
			if (mnl_attr_get_type(port) == IFLA_BRPORT_STATE &&
			    mnl_attr_validate(port, MNL_TYPE_U8) == 0)
				state->port_state = mnl_attr_get_u8(port);
	}
}

static void read_progs(const struct nlattr *xdp, struct rt_link_state *state)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, xdp) {
		if (mnl_attr_validate(attr, MNL_TYPE_U32) != 0)
			continue;
		if (mnl_attr_get_type(attr) == IFLA_XDP_SKB_PROG_ID)
			state->skb_prog = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == IFLA_XDP_DRV_PROG_ID)
			state->drv_prog = mnl_attr_get_u32(attr);
	}
}

static int read_link(const struct nlattr *attr, void *cookie)
{
	struct rt_link_state *state = cookie;

	if (mnl_attr_get_type(attr) == IFLA_LINK && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		state->other = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == IFLA_LINK_NETNSID &&
	    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		state->other_netns = (int)mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == IFLA_MTU && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		state->mtu = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == IFLA_ADDRESS &&
	    mnl_attr_get_payload_len(attr) == sizeof(state->mac))
		memcpy(state->mac, mnl_attr_get_payload(attr), sizeof(state->mac));
	if (mnl_attr_get_type(attr) == IFLA_OPERSTATE && mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
		state->operstate = mnl_attr_get_u8(attr);
	if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
		read_link_info(attr, state);
	if (mnl_attr_get_type(attr) == IFLA_XDP)
		read_progs(attr, state);
	if (mnl_attr_get_type(attr) == IFLA_GROUP && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		state->group = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int read_link_message(const struct nlmsghdr *message, void *cookie)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct rt_link_state *state = cookie;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*link))
		return MNL_CB_OK;
	*state = (struct rt_link_state){ .ifindex = (unsigned int)link->ifi_index,
					 .other_netns = -1,
					 .port_state = RT_NOT_A_PORT };
	return mnl_attr_parse(message, sizeof(*link), read_link, state);
}

static struct nlmsghdr *begin_get(struct netlink_request *request, unsigned int ifindex,
				  struct rt_link_state *state)
{
	struct nlmsghdr *message = netlink_begin(request, RTM_GETLINK, 0);

	message->nlmsg_flags = NLM_F_REQUEST;
	*state = (struct rt_link_state){ .other_netns = -1, .port_state = RT_NOT_A_PORT };
	put_link(message, ifindex);
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return message;
}

int rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		struct rt_link_state *state, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = begin_get(&request, name ? 0 : ifindex, state);

	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return netlink_talk(rt, message, read_link_message, state, e);
}

int rt_link_get_other(struct netlink *rt, const struct rt_link_state *state,
		      struct rt_link_state *other, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = begin_get(&request, state->other, other);

	if (state->other_netns >= 0)
		mnl_attr_put_u32(message, IFLA_TARGET_NETNSID, (uint32_t)state->other_netns);
	return netlink_talk(rt, message, read_link_message, other, e);
}

struct link_dump {
	rt_link_fn each;
	void *cookie;
};

static int read_one_of_all(const struct nlmsghdr *message, void *cookie)
{
	const struct link_dump *dump = cookie;
	struct rt_link_state state = { .port_state = RT_NOT_A_PORT };
	int more = read_link_message(message, &state);

	if (state.ifindex)
		dump->each(dump->cookie, &state);
	return more;
}

int rt_link_each(struct netlink *rt, rt_link_fn each, void *cookie, struct error *e)
{
	struct link_dump dump = { each, cookie };
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP);

	put_link(message, 0);
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_talk(rt, message, read_one_of_all, &dump, e);
}

bool rt_link_carries(const struct rt_link_state *state)
{
	return state->operstate == IF_OPER_UP &&
	       (state->port_state == RT_NOT_A_PORT || state->port_state == BR_STATE_FORWARDING);
}

/* A change of a port's state is told in a message of family AF_BRIDGE, its state elsewhere in it;
 * any message about the port is a reason to look.
 */
static int on_port(const struct nlmsghdr *message, void *cookie)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const unsigned int *ifindex = cookie;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*link))
		return MNL_CB_OK;
	return (unsigned int)link->ifi_index == *ifindex ? MNL_CB_STOP : MNL_CB_OK;
}

int rt_port_await(struct netlink *rt, struct netlink *link_events, unsigned int ifindex,
		  bool or_blocks, uint64_t deadline_ns, struct error *e)
{
	struct rt_link_state state;
	int err;

	for (bool at_once = true;; at_once = false) {
		err = rt_link_get(rt, NULL, ifindex, &state, e);
		if (err)
			return err;
		if (state.port_state == BR_STATE_FORWARDING ||
		    (or_blocks && state.port_state == BR_STATE_BLOCKING))
			return at_once;
		err = netlink_listen(link_events, deadline_ns, on_port, &ifindex, e);
		if (err)
			return err;
	}
}
