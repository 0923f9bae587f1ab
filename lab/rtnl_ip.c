// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and routes over rtnetlink: each request as its message. */
#include "lab/rtnl_ip.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lab/error.h"

static void put_address(struct nlmsghdr *message, uint16_t type, const struct address *address)
{
	if (address->family == AF_INET)
		mnl_attr_put(message, type, sizeof(address->v4), &address->v4);
	else
		mnl_attr_put(message, type, sizeof(address->v6), &address->v6);
}

int rt_address_add(struct netlink *rt, unsigned int ifindex, const struct prefix *address,
		   struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ifa_family = (uint8_t)address->address.family;
	header->ifa_prefixlen = (uint8_t)address->len;
	header->ifa_index = ifindex;
	put_address(message, IFA_LOCAL, &address->address);
	put_address(message, IFA_ADDRESS, &address->address);
	if (address->address.family == AF_INET6)
		mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	return netlink_talk(rt, message, NULL, NULL, e);
}

struct own6_dump {
	rt_own6 each;
	void *cookie;
};

static int on_own6(const struct nlmsghdr *message, void *cookie)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *dst = NULL, *oif = NULL;
	const struct own6_dump *dump = cookie;
	struct in6_addr address;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) || header->rtm_type != RTN_LOCAL ||
	    header->rtm_dst_len != 128)
		return MNL_CB_OK;
	mnl_attr_for_each (attr, message, sizeof(*header)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			dst = attr;
		else if (mnl_attr_get_type(attr) == RTA_OIF)
			oif = attr;
	}
	if (!dst || mnl_attr_get_payload_len(dst) != sizeof(address) || !oif ||
	    mnl_attr_validate(oif, MNL_TYPE_U32))
		return MNL_CB_OK;
	memcpy(&address, mnl_attr_get_payload(dst), sizeof(address));
	dump->each(dump->cookie, mnl_attr_get_u32(oif), &address);
	return MNL_CB_OK;
}

/* The same worker first joins the group of an address, then makes its route: who has this has
 * both.
 */
int rt_own6_each(struct netlink *rt, rt_own6 each, void *cookie, struct error *e)
{
	struct own6_dump dump = { each, cookie };
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->rtm_family = AF_INET6;
	return netlink_talk(rt, message, on_own6, &dump, e);
}

int rt_route_add(struct netlink *rt, const struct prefix *to, const struct address *via,
		 unsigned int ifindex, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->rtm_family = (uint8_t)to->address.family;
	header->rtm_dst_len = (uint8_t)to->len;
	header->rtm_table = RT_TABLE_MAIN;
	header->rtm_protocol = RTPROT_STATIC;
	header->rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	header->rtm_type = RTN_UNICAST;
	put_address(message, RTA_DST, &to->address);
	if (via)
		put_address(message, RTA_GATEWAY, via);
	if (ifindex)
		mnl_attr_put_u32(message, RTA_OIF, ifindex);
	return netlink_talk(rt, message, NULL, NULL, e);
}
