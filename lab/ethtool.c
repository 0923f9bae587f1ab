// SPDX-License-Identifier: GPL-2.0-or-later
/* The one thing asked over ethtool's generic netlink: offloads off. */
#include "lab/ethtool.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/rtnl.h"

/*
 * With these a veth hands over packets that are not what would be on a wire: only the
 * pseudo-header's sum where the checksum belongs, and VLAN tags beside the packet. XDP
 * programs read and rewrite bytes, so the bytes must be all there is.
 */
static const char *const offloads[] = {
	"tx-checksum-ip-generic", "tx-checksum-sctp",	    "tx-vlan-hw-insert",
	"rx-vlan-hw-parse",	  "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse",
};

static struct nlmsghdr *begin_generic(struct netlink_request *request, uint16_t family,
				      uint8_t command)
{
	struct nlmsghdr *message = netlink_begin(request, family, 0);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->cmd = command;
	header->version = 1;
	return message;
}

static int read_family(const struct nlmsghdr *message, void *cookie)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			*(uint16_t *)cookie = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

int ethtool_family(struct netlink *genl, uint16_t *family, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = begin_generic(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int err;

	*family = 0;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME);
	err = netlink_talk(genl, message, read_family, family, e);
	if (!err && !*family)
		err = error_state(e, -EPROTO, "the kernel gave no id");
	return err ? error_wrap(e, "cannot find the ethtool netlink family") : 0;
}

/* A bit that is named without a value is to be off. */
static void put_offloads(struct nlmsghdr *message)
{
	struct nlattr *wanted = mnl_attr_nest_start(message, ETHTOOL_A_FEATURES_WANTED);
	struct nlattr *bits = mnl_attr_nest_start(message, ETHTOOL_A_BITSET_BITS);

	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++) {
		struct nlattr *bit = mnl_attr_nest_start(message, ETHTOOL_A_BITSET_BITS_BIT);

		mnl_attr_put_strz(message, ETHTOOL_A_BITSET_BIT_NAME, offloads[i]);
		mnl_attr_nest_end(message, bit);
	}
	mnl_attr_nest_end(message, bits);
	mnl_attr_nest_end(message, wanted);
}

int ethtool_offloads_off(struct netlink *genl, uint16_t family, unsigned int ifindex,
			 struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = begin_generic(&request, family, ETHTOOL_MSG_FEATURES_SET);
	struct nlattr *header = mnl_attr_nest_start(message, ETHTOOL_A_FEATURES_HEADER);

	mnl_attr_put_u32(message, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
	mnl_attr_put_u32(message, ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_OMIT_REPLY);
	mnl_attr_nest_end(message, header);
	put_offloads(message);
	return netlink_talk(genl, message, NULL, NULL, e);
}
