// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests by netlink: one that failed in the middle of its answers, refusals, and what is waited
 * for. */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Why it refuses, the kernel knows best. */
static void the_kernels_own_words(void **state)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct address via;
	struct prefix to;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &rt, &e), 0);
	assert_int_equal(rt_link_raise(rt, 1, NULL, &e), 0);
	assert_int_equal(text_prefix("10.1.0.0/16", &to), 0);
	assert_int_equal(text_address("10.2.0.1", &via), 0);
	assert_int_equal(rt_route_add(rt, &to, &via, 0, &e), -ENETUNREACH);
	assert_string_equal(e.text, "Nexthop has invalid gateway: Network is unreachable");
	error_clear(&e);
	assert_int_equal(rt_route_add(rt, &to, NULL, 77, &e), -ENODEV);
	assert_non_null(e.text);
}

/* A bridge's port that has to listen first: waited for until the deadline, and until it forwards,
 * which it does as soon as it is up on a bridge without a spanning tree.
 */
static void a_port_is_waited_for(void **state)
{
	struct netlink *NETLINK_AUTO rt = NULL, *NETLINK_AUTO events = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct rt_link_state port;
	int status, room = 0;
	pid_t child;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(
		system("ip link add br0 type bridge stp_state 1 && ip link set br0 up &&"
		       "ip link add v0 type veth peer name v1 && ip link set v0 master br0 &&"
		       "ip link set v0 up && ip link set v1 up"),
		0);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &rt, &e), 0);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &events, &e), 0);
	assert_int_equal(netlink_join(events, RTNLGRP_LINK, &e), 0);
	/* ten thousand can be told of at once, in a KiB each */
	assert_int_equal(getsockopt(netlink_fd(events), SOL_SOCKET, SO_RCVBUF, &room,
				    &(socklen_t){ sizeof(room) }),
			 0);
	assert_true(room >= 10000 << 10);
	assert_int_equal(rt_link_get(rt, "v0", 0, &port, &e), 0);
	assert_int_equal(
		rt_port_await(rt, events, port.ifindex, false, netlink_clock_ns() + 20000000, &e),
		-ETIMEDOUT);
	error_clear(&e);
	child = fork();
	if (!child)
		_exit(system("ip link set br0 type bridge stp_state 0 &&"
			     "ip link set v0 down && ip link set v0 up") != 0);
	assert_int_equal(rt_port_await(rt, events, port.ifindex, false,
				       netlink_clock_ns() + 10000000000, &e),
			 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(rt_link_get(rt, "v0", 0, &port, &e), 0);
	assert_int_equal(port.port_state, BR_STATE_FORWARDING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_another_request),
		cmocka_unit_test(the_kernels_own_words),
		cmocka_unit_test(a_port_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
