// SPDX-License-Identifier: GPL-2.0-or-later
/* A frame is taken off the wire as it was sent: with the VLAN tags that the kernel takes off. */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/scenario/tap.h"
#include "tests/engine/rig.h"

#define SIZE 64

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_put_back),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(a_link_that_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
