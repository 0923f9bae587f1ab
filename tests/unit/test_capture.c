// SPDX-License-Identifier: GPL-2.0-or-later
/* Captures as libpcap reads and writes them, and those that are cut, empty, or of no Ethernet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/util/capture.h"
#include "tests/unit/temp_file.h"

/* As the format has it: magic, version 2.4, zone, accuracy, snapshot length, link type. */
struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap, link;
};

struct packet_header {
	uint32_t s, us, captured, length;
};

static const uint8_t frame[60] = "\xde\xad\xbe\xef\x00\x01\xde\xad\xbe\xef\x00\x10\x08\x06";

static void write_file(const void *bytes, size_t size)
{
	FILE_AUTO FILE *file = fopen(temp_file, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
}

/* @n packets of 60 bytes, of which the last has @captured; the file ends after @size bytes. */
static void write_capture(uint32_t link, size_t n, uint32_t captured, size_t size)
{
	uint8_t bytes[1024] = { 0 };
	const struct file_header head = { 0xa1b2c3d4, 2, 4, 0, 0, 65535, link };
	size_t at = sizeof(head);

	memcpy(bytes, &head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		struct packet_header one = { 0, 0, i + 1 < n ? sizeof(frame) : captured,
					     sizeof(frame) };

		memcpy(bytes + at, &one, sizeof(one));
		memcpy(bytes + at + sizeof(one), frame, one.captured);
		bytes[at + sizeof(one) + one.captured - 1] = (uint8_t)(i + 1);
		at += sizeof(one) + one.captured;
	}
	write_file(bytes, size ? size : at);
}

static void refused(uint32_t number, const char *why)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	uint8_t *FREE_AUTO bytes = NULL;
	size_t size;

	assert_true(capture_read_one(temp_file, number, &bytes, &size, &e) < 0);
	assert_null(bytes);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

static void one_of_several(void **state)
{
	(void)state;
	write_capture(1, 3, 60, 0);
	for (uint32_t n = 1; n <= 3; n++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		uint8_t *FREE_AUTO bytes = NULL;
		size_t size = 0;

		assert_int_equal(capture_read_one(temp_file, n, &bytes, &size, &e), 0);
		assert_int_equal(size, 60);
		assert_memory_equal(bytes, frame, 59);
		assert_int_equal(bytes[59], n);
	}
	refused(4, "has 3 packets: there is no packet 4");
	write_capture(1, 1, 60, 0);
	refused(2, "has 1 packet: there is no packet 2");
}

static void what_is_written_is_read(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const uint8_t *bytes;
	struct capture *c;
	size_t size, length;

	(void)state;
	assert_int_equal(capture_write_one(temp_file, frame, sizeof(frame), &e), 0);
	assert_int_equal(capture_open(&c, temp_file, &e), 0);
	assert_int_equal(capture_next(c, &bytes, &size, &length, &e), 1);
	assert_int_equal(size, sizeof(frame));
	assert_int_equal(length, sizeof(frame));
	assert_memory_equal(bytes, frame, sizeof(frame));
	assert_int_equal(capture_next(c, &bytes, &size, &length, &e), 0);
	capture_close(c);
}

static void odd_ones_are_refused(void **state)
{
	(void)state;
	write_capture(1, 2, 20, 0);
	refused(2, "only 20 of 60 bytes were captured");
	write_capture(1, 2, 60, 24 + 76 + 16 + 30);
	refused(2, "cannot be read behind packet 1: truncated");
	write_capture(1, 0, 0, 10);
	refused(1, "is no capture that libpcap can read: truncated");
	write_capture(1, 0, 0, 0);
	refused(1, "has 0 packets: there is no packet 1");
	write_capture(113, 1, 60, 0);
	refused(1, "no Ethernet frames (its link type is 113, LINUX_SLL)");
	write_file("", 0);
	refused(1, "is empty");
	write_file("no capture at all, but some text", 32);
	refused(1, "unknown file format");
}

static void what_is_no_file(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct capture *c = (struct capture *)temp_file; /* whatever it was */

	(void)state;
	assert_true(capture_open(&c, "/tmp", &e) < 0);
	assert_null(c);
	assert_non_null(strstr(e.text, "/tmp is no regular file"));
	assert_true(capture_open(&c, "/nowhere", &e) < 0);
	assert_non_null(strstr(e.text, "cannot read the capture /nowhere: No such file"));
	assert_int_equal(capture_write_one("/nowhere/at/all", frame, sizeof(frame), &e), -EIO);
	assert_non_null(strstr(e.text, "/nowhere/at/all"));
}

static void a_full_disk_is_told(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(capture_write_one("/dev/full", frame, sizeof(frame), &e), -ENOSPC);
	assert_non_null(strstr(e.text, "cannot write the capture /dev/full: No space left"));
}

/* What is loaded instead of libpcap; NULL: that. */
static const char *instead;

void *__real_dlopen(const char *name, int flags);

void *__wrap_dlopen(const char *name, int flags)
{
	return __real_dlopen(instead ? instead : name, flags);
}

/* Comes first, for libpcap is loaded once. */
static void libpcap_may_be_missing(void **state)
{
	static const struct {
		const char *library;
		int err;
		const char *said;
	} rows[] = {
		{ "libnone.so.0", -ENOENT, "apt-get install libpcap0.8" },
		{ "libm.so.6", -ENOSYS, "libpcap.so.0.8 has no pcap_" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO reading = ERROR_INIT, ERROR_AUTO writing = ERROR_INIT;
		struct capture *c;

		instead = rows[i].library;
		assert_int_equal(capture_open(&c, temp_file, &reading), rows[i].err);
		assert_null(c);
		assert_int_equal(capture_write_one(temp_file, frame, sizeof(frame), &writing),
				 rows[i].err);
		assert_non_null(strstr(reading.text, rows[i].said));
		assert_non_null(strstr(writing.text, rows[i].said));
	}
	instead = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libpcap_may_be_missing),  cmocka_unit_test(one_of_several),
		cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(odd_ones_are_refused),
		cmocka_unit_test(what_is_no_file),	   cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, temp_file_make, temp_file_remove);
}
