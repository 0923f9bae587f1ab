// SPDX-License-Identifier: GPL-2.0-or-later
/* How often a node's kernel has answered an echo, as /proc/net tells it for either family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/scenario/echoes.h"

static void counts_are_found(void **state)
{
	static const struct {
		const char *text;
		uint64_t count;
	} rows[] = {
		{ "Ip: Forwarding\nIp: 1\nIcmp: InMsgs OutEchoReps OutErrors\nIcmp: 7 3 9\n", 3 },
		{ "Icmp: OutEchoReps\nIcmp: 4294967299\n", 4294967299 },
		{ "Icmp6InMsgs                     \t5\nIcmp6OutEchoReplies             \t2\n", 2 },
		/* a kernel that does not count them */
		{ "Icmp: InMsgs OutErrors\nIcmp: 7 9\n", 0 },
		{ "Icmp: InMsgs\nIcmp: 7\nOther: OutEchoReps\nOther: 9\n", 0 },
		{ "Icmp: InMsgs OutEchoReps\n", 0 },
		{ "Icmp: InMsgs OutErrors OutEchoReps\nIcmp: 7\n", 0 },
		{ "Icmp6InMsgs\t5\n", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int FD_AUTO fd = memfd_create("counts", MFD_CLOEXEC);
		size_t size = strlen(rows[i].text);
		uint64_t count = 77;

		assert_int_equal(write(fd, rows[i].text, size), size);
		assert_int_equal(echoes_answered(fd, &count, &e), 0);
		assert_int_equal(count, rows[i].count);
		assert_int_equal(echoes_answered(fd, &count, &e), 0); /* from the beginning */
		assert_int_equal(count, rows[i].count);
	}
}

/* What fills the room for it is read as far as that goes, and no byte behind it. */
static void more_than_there_is_room_for(void **state)
{
	static char text[20000] = "Icmp: OutEchoReps\nIcmp: 3\n";
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO fd = memfd_create("counts", MFD_CLOEXEC);
	uint64_t count = 77;

	(void)state;
	memset(text + strlen(text), '.', sizeof(text) - strlen(text));
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	assert_int_equal(echoes_answered(fd, &count, &e), 0);
	assert_int_equal(count, 3);
}

static void what_cannot_be_read_is_told(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	uint64_t count;

	(void)state;
	assert_true(echoes_answered(-1, &count, &e) < 0);
	assert_non_null(strstr(e.text, "cannot read what a node's kernel has answered"));
}

/* Each family has its counts; not every kernel has IPv6. */
static void each_family_has_its_own(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int FD_AUTO fd = echoes_open(families[i], &e);
		char text[16384] = "";

		assert_true(fd >= 0 || families[i] == AF_INET6);
		if (fd < 0)
			continue;
		assert_true(read(fd, text, sizeof(text) - 1) > 0);
		assert_int_equal(!strstr(text, "\nIcmp: "), families[i] == AF_INET6);
		assert_int_equal(!strstr(text, "Icmp6"), families[i] == AF_INET);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_found),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(each_family_has_its_own),
	};

	return cmocka_run_group_tests_name("echoes", tests, NULL, NULL);
}
