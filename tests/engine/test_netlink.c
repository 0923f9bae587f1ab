// SPDX-License-Identifier: GPL-2.0-or-later
/* A netlink socket on which one request failed in the middle of its answers. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/rtnl_ip.h"

#define ADDRESSES 600 /* more than one answer has room for */

static int refuse(const struct nlmsghdr *message, void *cookie)
{
	unsigned int *heard = cookie;

	(void)message;
	++*heard;
	return MNL_CB_ERROR;
}

static void give_addresses(struct netlink *rt)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct prefix address = { .len = 32 };

	assert_int_equal(text_address("10.0.0.0", &address.address), 0);
	for (unsigned int i = 0; i < ADDRESSES; i++) {
		address.address.v4.s_addr = htonl(0x0a000000 + i);
		assert_int_equal(rt_address_add(rt, 1, &address, &e), 0);
	}
}

/* What is still to be read of its answers is none to the next request. */
static void answers_of_another_request(void **state)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink_request request;
	struct rt_link_state link = { 0 };
	struct nlmsghdr *message;
	struct ifaddrmsg *header;
	unsigned int heard = 0;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &rt, &e), 0);
	give_addresses(rt);
	message = netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = AF_INET;
	assert_int_equal(netlink_talk(rt, message, refuse, &heard, &e), -EBADMSG);
	assert_int_equal(heard, 1);
	error_clear(&e);
	assert_int_equal(rt_link_get(rt, "lo", 0, &link, &e), 0);
	assert_int_equal(link.ifindex, 1);
	assert_int_equal(rt_link_get(rt, "nosuch", 0, &link, &e), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(answers_of_another_request) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
