// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/scratch.h"

#include <errno.h>
#include <sched.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "lab/error.h"
#include "lab/netlink.h"

static void put_end(struct nlmsghdr *message, int ifindex, const char *name)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_index = ifindex;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
}

int scratch_enter(int ifindex, struct error *e)
{
	struct netlink_request room;
	struct netlink *NETLINK_AUTO rt = NULL;
	struct nlattr *info, *data, *peer;
	struct nlmsghdr *message;
	int err;

	if (unshare(CLONE_NEWNET))
		return error_sys(e, -errno, "making a namespace to build a dispatcher in");
	err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (err)
		return err;
	message = netlink_begin(&room, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	put_end(message, ifindex, "xlab0");
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	/* Its index is set too, or it would take the other's. */
	put_end(message, ifindex + 1, "xlab1");
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	err = netlink_talk(rt, message, NULL, NULL, e);
	return err ? error_wrap(e, "making an interface to build a dispatcher on") : 0;
}
