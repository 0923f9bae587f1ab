// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One program onto one interface, by a request on the caller's socket, and what the kernel's
 * refusals mean. Knows neither chains nor records.
 */
#include "orchestrator/chain/attach.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/rtnl.h"
#include "orchestrator/model/enum_names.h"

struct attached attach_of(const struct rt_link_state *link)
{
	return (struct attached){
		.prog_id = link->skb_prog ? link->skb_prog : link->drv_prog,
		.mode = link->skb_prog ? XDP_MODE_CHOICE_GENERIC : XDP_MODE_CHOICE_NATIVE,
	};
}

int attach_query(struct netlink *rt, unsigned int ifindex, struct attached *now, struct error *e)
{
	struct rt_link_state link;

	if (rt_link_get(rt, NULL, ifindex, &link, e))
		return error_wrap(e, "cannot ask for the interface's XDP program");
	*now = attach_of(&link);
	return 0;
}

int attach_prog_id(int fd, uint32_t *id, struct error *e)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return error_sys(e, -errno, "cannot ask for a program's id");
	*id = info.id;
	return 0;
}

int attach_foreign(uint32_t prog_id, const char *off, struct error *e)
{
	int FD_AUTO fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		info.name[0] = '\0';
	return error_state(e, -EBUSY,
			   "another tool's XDP program is attached there (id %u%s%s) and stays; "
			   "take it off with the tool that put it there%s%s%s",
			   prog_id, *info.name ? ", name " : "", info.name,
			   off ? ", or with `" : "", off ? off : "", off ? "`" : "");
}

static unsigned int mode_flag(enum xdp_mode mode)
{
	return mode == XDP_MODE_CHOICE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

/* @e holds the kernel's words. */
static int explain(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, uint32_t old_id,
		   struct error *e)
{
	const char *name = mode_name(mode);
	struct attached now = { 0 };
	int err = e->err;

	switch (-err) {
	case ERANGE:
		return error_state(
			e, err,
			"the MTU of its other end is too large for native XDP (3506 bytes at "
			"most; more only if every filter is SEC(\"xdp.frags\")): lower the mtu "
			"of that end, or say mode = generic");
	case EOPNOTSUPP:
		return error_state(
			e, err,
			"%s XDP is not supported on it (a bridge and lo have none in native "
			"mode)%s",
			name, mode == XDP_MODE_CHOICE_GENERIC ? "" : ": say mode = generic");
	case EBUSY:
	case EEXIST:
		(void)attach_query(rt, ifindex, &now, e);
		if (now.prog_id && now.mode != mode)
			return error_state(e, -EBUSY,
					   "a program stands there in %s mode, and the two modes "
					   "exclude each other",
					   mode_name(now.mode));
		if (now.prog_id && now.prog_id != old_id)
			return attach_foreign(now.prog_id, NULL, e);
		if (err == -EEXIST)
			return error_state(e, err,
					   "the kernel changes no XDP program there while an "
					   "interface over it, a VLAN or a bridge, has one: "
					   "take that off first");
		return error_state(e, -EBUSY,
				   "its XDP program was changed by another tool just now");
	default:
		return error_wrap(e, "cannot attach XDP in %s mode", name);
	}
}

/* Program @fd, -1 for none, in place of @old_fd, -1 for none, whose id is @old_id. */
static int set_prog(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, int fd,
		    int old_fd, uint32_t old_id, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_SETLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	struct nlattr *xdp = mnl_attr_nest_start(message, IFLA_XDP);

	link->ifi_index = (int)ifindex;
	mnl_attr_put_u32(message, IFLA_XDP_FD, (uint32_t)fd);
	mnl_attr_put_u32(message, IFLA_XDP_FLAGS,
			 mode_flag(mode) |
				 (old_fd < 0 ? XDP_FLAGS_UPDATE_IF_NOEXIST : XDP_FLAGS_REPLACE));
	if (old_fd >= 0)
		mnl_attr_put_u32(message, IFLA_XDP_EXPECTED_FD, (uint32_t)old_fd);
	mnl_attr_nest_end(message, xdp);
	return netlink_talk(rt, message, NULL, NULL, e) ? explain(rt, ifindex, mode, old_id, e) : 0;
}

int attach_swap(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, int fd,
		uint32_t old_id, struct error *e)
{
	int FD_AUTO old_fd = old_id ? bpf_prog_get_fd_by_id(old_id) : -1;

	if (!old_id || old_fd >= 0)
		return set_prog(rt, ifindex, mode, fd, old_fd, old_id, e);
	if (errno != ENOENT)
		return error_sys(e, -errno, "cannot open XDP program %u", old_id);
	(void)error_sys(e, -EBUSY, "XDP program %u", old_id);
	return explain(rt, ifindex, mode, old_id, e);
}

int attach_remove(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, uint32_t old_id,
		  struct error *e)
{
	int FD_AUTO old_fd = bpf_prog_get_fd_by_id(old_id);

	/* Gone with its last user: then it is not attached either. */
	if (old_fd < 0)
		return errno == ENOENT ? 0
				       : error_sys(e, -errno, "cannot open XDP program %u", old_id);
	return set_prog(rt, ifindex, mode, -1, old_fd, old_id, e);
}
