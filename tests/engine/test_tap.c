// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame is taken off the wire as it was sent: with the VLAN tags that the kernel takes off. */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/scenario/tap.h"
#include "tests/engine/rig.h"
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

#define SIZE 64

int __real_socket(int family, int type, int proto);
WRAP(int, socket, int family, int type, int proto)
{
	return fails_at("socket") ? -1 : __real_socket(family, type, proto);
}

int __real_bind(int fd, const struct sockaddr *at, socklen_t size);
WRAP(int, bind, int fd, const struct sockaddr *at, socklen_t size)
{
	return fails_at("bind") ? -1 : __real_bind(fd, at, size);
}

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
WRAP(int, setsockopt, int fd, int level, int name, const void *value, socklen_t size)
{
	if ((name == PACKET_AUXDATA && fails_at("auxdata")) ||
	    (name == PACKET_IGNORE_OUTGOING && fails_at("outgoing")))
		return -1;
	return __real_setsockopt(fd, level, name, value, size);
}

/* What recvmsg() gives, if it is not NULL. */
static const struct received {
	ssize_t n;
	int err, level, type;
	unsigned int cut; /* bytes that its auxiliary data are too short; all: there are none */
	uint32_t status;
	int read;
	size_t size;
} * received;

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
WRAP(ssize_t, recvmsg, int fd, struct msghdr *message, int flags)
{
	const struct tpacket_auxdata aux = { .tp_status = received ? received->status : 0,
					     .tp_vlan_tci = 5 };
	struct cmsghdr *c = message->msg_control;

	if (!received)
		return __real_recvmsg(fd, message, flags);
	*c = (struct cmsghdr){ .cmsg_level = received->level,
			       .cmsg_type = received->type,
			       .cmsg_len = CMSG_LEN(sizeof(aux)) - received->cut };
	memcpy(CMSG_DATA(c), &aux, sizeof(aux));
	if (received->cut == sizeof(aux))
		message->msg_controllen = 0;
	errno = received->err;
	return received->n;
}

static const uint8_t ends[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0x77, 1 };

static int open_at(const struct lab *lab, const char *netns, const char *name,
		   int (*open_tap)(const char *iface, struct error *e))
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;
	int fd;

	assert_int_equal(netns_visit(&visit, lab->state, netns, &e), 0);
	fd = open_tap(name, &e);
	assert_true(fd >= 0);
	return fd;
}

/* The next one that the test has sent: the nodes say this and that by themselves. */
static void expect(int tap, const uint8_t *frame, size_t wanted)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct pollfd ready = { .fd = tap, .events = POLLIN };
	uint8_t *bytes;
	size_t size;
	bool own;

	do {
		assert_int_equal(poll(&ready, 1, 10000), 1);
		assert_int_equal(tap_read(tap, &bytes, &size, &e), 1);
		own = !memcmp(bytes + 6, ends + 6, 6);
		if (own) {
			assert_int_equal(size, wanted);
			assert_memory_equal(bytes, frame, wanted);
		}
		free(bytes);
	} while (!own);
}

static void tags_are_put_back(void **state)
{
	static const uint8_t tags[][10] = {
		{ 0x88, 0xb5 },
		{ 0x81, 0, 0x71, 0x23, 0x88, 0xb5 },
		{ 0x81, 0, 0, 0, 0x88, 0xb5 },
		{ 0x88, 0xa8, 0xef, 0xfe, 0x88, 0xb5 },
		{ 0x88, 0xa8, 0, 7, 0x81, 0, 0x20, 8, 0x88, 0xb5 },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO tap = -1, FD_AUTO out = -1, FD_AUTO sender = -1;
	uint8_t frame[SIZE], *bytes;
	struct lab lab;
	size_t size;

	(void)state;
	rig_up(&lab, "");
	tap = open_at(&lab, "right", "r0", tap_open);
	sender = open_at(&lab, "left", "l0", tap_open);
	out = open_at(&lab, "left", "l0", tap_open_out);
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i + 100);
	memcpy(frame, ends, sizeof(ends));
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		memcpy(frame + sizeof(ends), tags[i], sizeof(tags[i]));
		assert_int_equal(send(out, frame, SIZE, 0), SIZE);
		expect(tap, frame, SIZE);
	}
	/* what goes out there is nothing that came */
	while (tap_read(sender, &bytes, &size, &e) == 1) {
		assert_memory_not_equal(bytes + 6, ends + 6, 6);
		free(bytes);
	}
	assert_int_equal(tap_read(out, &bytes, &size, &e), 0);
	rig_down(&lab);
}

/* The longest that a packet of a lab file has is whole; of a longer one it is seen that it is. */
static void long_ones(void **state)
{
	static uint8_t frame[FRAME_MAX + 18];
	int FD_AUTO tap = -1, FD_AUTO out = -1;
	struct lab lab;

	(void)state;
	rig_up_with(&lab, "", "mtu = 9000\n");
	tap = open_at(&lab, "right", "r0", tap_open);
	out = open_at(&lab, "left", "l0", tap_open_out);
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	memcpy(frame, ends, sizeof(ends));
	for (int tagged = 0; tagged < 2; tagged++) {
		static const uint8_t tag[] = { 0x81, 0, 0, 1 }, none[] = { 0x88, 0xb5, 0, 0 };

		memcpy(frame + sizeof(ends), tagged ? tag : none, sizeof(tag));
		assert_int_equal(send(out, frame, FRAME_MAX, 0), FRAME_MAX);
		expect(tap, frame, FRAME_MAX);
		assert_int_equal(send(out, frame, FRAME_MAX + 14, 0), FRAME_MAX + 14);
		expect(tap, frame, FRAME_MAX + 1 + 4 * (size_t)tagged);
	}
	rig_down(&lab);
}

/* From a link that went down nothing comes, which is no error; where there is none, it is one. */
static void a_link_that_is_down(void **state)
{
	struct ifreq down = { .ifr_name = "r0" };
	struct error ERROR_AUTO e = ERROR_INIT;
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int FD_AUTO tap = -1, FD_AUTO any = -1;
	uint8_t *bytes;
	struct lab lab;
	size_t size;
	int read;

	(void)state;
	rig_up(&lab, "");
	tap = open_at(&lab, "right", "r0", tap_open);
	assert_int_equal(netns_visit(&visit, lab.state, "right", &e), 0);
	any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(any, SIOCSIFFLAGS, &down), 0);
	while ((read = tap_read(tap, &bytes, &size, &e)) == 1)
		free(bytes);
	assert_int_equal(read, 0);
	assert_int_equal(tap_open("r1", &e), -ENODEV);
	assert_string_equal(e.text, "no packet socket at r1: No such device");
	netns_leave(&visit);
	rig_down(&lab);
}

/* Tags are auxiliary data of that kind, whole, of a frame that has a header; an error is one. */
static void what_is_received(void **state)
{
	static const struct received rows[] = {
		{ 60, 0, SOL_PACKET, PACKET_AUXDATA, 0, TP_STATUS_VLAN_VALID, 1, 64 },
		{ 60, 0, SOL_PACKET, PACKET_AUXDATA, 0, TP_STATUS_USER, 1, 60 },
		{ 60, 0, SOL_SOCKET, PACKET_AUXDATA, 0, TP_STATUS_VLAN_VALID, 1, 60 },
		{ 60, 0, SOL_PACKET, PACKET_STATISTICS, 0, TP_STATUS_VLAN_VALID, 1, 60 },
		{ 60, 0, SOL_PACKET, PACKET_AUXDATA, 1, TP_STATUS_VLAN_VALID, 1, 60 },
		{ 60, 0, SOL_PACKET, PACKET_AUXDATA, sizeof(struct tpacket_auxdata),
		  TP_STATUS_VLAN_VALID, 1, 60 },
		{ 14, 0, SOL_PACKET, PACKET_AUXDATA, 0, TP_STATUS_VLAN_VALID, 1, 18 },
		{ 13, 0, SOL_PACKET, PACKET_AUXDATA, 0, TP_STATUS_VLAN_VALID, 1, 13 },
		/* with what an earlier call has left */
		{ 0, EAGAIN, SOL_PACKET, PACKET_AUXDATA, 0, 0, 1, 0 },
		{ -1, EAGAIN, 0, 0, 0, 0, 0, 99 },
		{ -1, ENETDOWN, 0, 0, 0, 0, 0, 99 },
		{ -1, EIO, 0, 0, 0, 0, -EIO, 99 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		uint8_t *FREE_AUTO bytes = NULL;
		size_t size = 99;
		int read;

		received = &rows[i];
		read = tap_read(-1, &bytes, &size, &e);
		received = NULL;
		if (read != rows[i].read || size != rows[i].size)
			fail_msg("row %zu: %d, %zu", i, read, size);
		assert_int_equal(e.err, read < 0 ? read : 0);
		if (size == 64)
			assert_memory_equal(bytes + 12, "\x81\0\0\5", 4);
	}
}

/* Without one of these it would hear too much, or too little. */
static void a_socket_that_cannot_be_had(void **state)
{
	static const char *const rows[] = { "socket", "auxdata", "outgoing", "bind" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		fails = rows[i];
		assert_int_equal(tap_open("lo", &e), -EPERM);
		fails = NULL;
		assert_string_equal(e.text, "cannot open a packet socket at lo: Operation not "
					    "permitted");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_put_back),	       cmocka_unit_test(long_ones),
		cmocka_unit_test(a_link_that_is_down),	       cmocka_unit_test(what_is_received),
		cmocka_unit_test(a_socket_that_cannot_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
