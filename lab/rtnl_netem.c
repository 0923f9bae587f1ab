// SPDX-License-Identifier: GPL-2.0-or-later
/* Queues over rtnetlink: each request as its message. */
#include "lab/rtnl_netem.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "lab/error.h"
#include "lab/impairment.h"
#include "lab/netlink.h"

#define LOOPBACK_INDEX 1 /* of the kernel */

/* What waits for its turn at a rate: as many as tc takes, and besides those what is on its way for
 * the delay, even of the shortest frames. Without a rate nothing waits but for the delay.
 */
#define QUEUE_PACKETS	1000
#define NO_RATE_PACKETS 100000
#define SHORTEST_FRAME	60

static uint32_t limit_of(const struct impairment *imp)
{
	uint64_t bytes = imp->rate_bit / 8 * (imp->delay_ns / 1000) / 1000000;

	if (!imp->rate_bit || bytes / SHORTEST_FRAME > NO_RATE_PACKETS)
		return NO_RATE_PACKETS;
	return (uint32_t)(QUEUE_PACKETS + bytes / SHORTEST_FRAME);
}

static struct nlmsghdr *begin_netem(struct netlink_request *request, unsigned int ifindex)
{
	struct nlmsghdr *message = netlink_begin(request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(message, sizeof(*tc));

	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_ROOT;
	mnl_attr_put_strz(message, TCA_KIND, "netem");
	return message;
}

/* The old fields of 32 bits lie before the new attributes, which count. */
static void put_options(struct nlmsghdr *message, const struct impairment *imp)
{
	const struct tc_netem_qopt old = {
		.limit = limit_of(imp),
		.loss = (uint32_t)((uint64_t)imp->loss_ppm * UINT32_MAX / 1000000),
	};
	const uint64_t bytes = imp->rate_bit / 8;
	const struct tc_netem_rate rate = { .rate = bytes > UINT32_MAX ? UINT32_MAX
								       : (uint32_t)bytes };
	struct nlattr *options = mnl_attr_nest_start(message, TCA_OPTIONS);
	struct tc_netem_qopt *room = mnl_nlmsg_get_payload_tail(message);

	mnl_nlmsg_put_extra_header(message, sizeof(*room));
	*room = old;
	if (imp->delay_ns)
		mnl_attr_put_u64(message, TCA_NETEM_LATENCY64, imp->delay_ns);
	if (imp->jitter_ns)
		mnl_attr_put_u64(message, TCA_NETEM_JITTER64, imp->jitter_ns);
	if (imp->rate_bit)
		mnl_attr_put(message, TCA_NETEM_RATE, sizeof(rate), &rate);
	if (bytes > UINT32_MAX)
		mnl_attr_put_u64(message, TCA_NETEM_RATE64, bytes);
	mnl_attr_nest_end(message, options);
}

int rt_netem_add(struct netlink *rt, unsigned int ifindex, const struct impairment *imp,
		 struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = begin_netem(&request, ifindex);

	put_options(message, imp);
	return netlink_talk(rt, message, NULL, NULL, e);
}

bool rt_has_netem(struct netlink *rt)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	int err = netlink_talk(rt, begin_netem(&request, LOOPBACK_INDEX), NULL, NULL, &e);

	return err != -ENOENT && err != -EOPNOTSUPP;
}

bool rt_has_vlan(struct netlink *rt)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "vlan");
	mnl_attr_nest_end(message, info);
	return netlink_talk(rt, message, NULL, NULL, &e) != -EOPNOTSUPP;
}
