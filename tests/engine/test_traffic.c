// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames over the wire, and not in test runs: what is sent back or elsewhere arrives. */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_packet.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/netns.h"
#include "tests/engine/rig.h"

#define OURS 0x88b5 /* an EtherType for local experiments */

static const char filters[] = "[filter back]\nprogram = tx\n"
			      "[filter elsewhere]\nprogram = redirect\nto = right:r0\n"
			      "[filter hi]\nprogram = hello\n"
			      "[filter no]\nprogram = drop\n";

/* A socket on @name in @node's namespace that hears our frames alone. */
static int packet_socket(const struct lab *lab, const char *node, const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(OURS) };
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	ERROR_AUTO struct error e = ERROR_INIT;
	int fd;

	assert_int_equal(netns_visit(&visit, lab->state, node, &e), 0);
	at.sll_ifindex = (int)if_nametoindex(name);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(OURS));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void send_frame(int fd, uint8_t mark)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, OURS >> 8, OURS & 0xff };

	frame[14] = mark;
	assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
}

static bool arrives(int fd, uint8_t mark, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t frame[128];

	while (poll(&p, 1, ms) == 1)
		if (recv(fd, frame, sizeof(frame), 0) > 14 && frame[14] == mark)
			return true;
	return false;
}

static void check_mode(const char *ends)
{
	struct lab lab;

	rig_up_with(&lab, filters, ends);
	{
		FD_AUTO int left = packet_socket(&lab, "left", "l0");
		FD_AUTO int right = packet_socket(&lab, "right", "r0");

		rig_must_chain(&lab, "hi");
		send_frame(left, 1);
		assert_true(arrives(right, 1, 1000));
		rig_must_chain(&lab, "hi back");
		send_frame(left, 2);
		assert_true(arrives(left, 2, 1000));
		rig_must_chain(&lab, "hi elsewhere");
		send_frame(left, 3);
		assert_true(arrives(left, 3, 1000));
		rig_must_chain(&lab, "hi no");
		send_frame(left, 4);
		assert_false(arrives(right, 4, 50));
		assert_false(arrives(right, 3, 0));
		assert_true(rig_count(&lab, 1, XDP_DROP).packets > 0);
	}
	rig_down(&lab);
}

static void test_native(void **state)
{
	(void)state;
	check_mode("");
}

static void test_generic(void **state)
{
	(void)state;
	check_mode("mode = generic\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_native),
					    cmocka_unit_test(test_generic) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
