// SPDX-License-Identifier: GPL-2.0-or-later
/* The filters without rules: every packet, of every length, one verdict. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "orchestrator/filter/programs.h"
#include "tests/filters/frame.h"
#include "tests/filters/subject.h"

static const struct {
	enum program_kind program;
	uint32_t verdict;
} always[] = {
	{ PROGRAM_HELLO, XLAB_NEXT }, { PROGRAM_HEADERS, XLAB_NEXT },
	{ PROGRAM_PASS, XDP_PASS },   { PROGRAM_DROP, XDP_DROP },
	{ PROGRAM_TX, XDP_TX },	      { PROGRAM_ABORTED, XDP_ABORTED },
};

static void one_verdict_at_every_length(void **state)
{
	struct frame f = frame_udp(1, 2, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		struct filter filter = { .name = "f", .program = always[i].program };
		struct subject s;

		subject_load(&s, &filter, NULL);
		for (size_t len = 0; len <= 128; len++)
			assert_int_equal(subject_run(&s, f.bytes, len), always[i].verdict);
		subject_free(&s);
	}
}

static void tx_turns_the_frame(void **state)
{
	struct filter filter = { .name = "f", .program = PROGRAM_TX };
	struct frame f = frame_udp(1, 2, 0);
	struct subject s;
	uint8_t out[512];

	(void)state;
	subject_load(&s, &filter, NULL);
	assert_int_equal(subject_turn(&s, f.bytes, f.len, out), XDP_TX);
	assert_memory_equal(out, f.bytes + 6, 6);
	assert_memory_equal(out + 6, f.bytes, 6);
	assert_memory_equal(out + 12, f.bytes + 12, f.len - 12);
	subject_free(&s);
}

static void redirect_needs_its_target(void **state)
{
	struct filter filter = { .name = "f", .program = PROGRAM_REDIRECT };
	struct frame f = frame_udp(1, 2, 0);
	uint32_t first = 0, lo = 1;
	struct subject s;
	int fd;

	(void)state;
	subject_load(&s, &filter, NULL);
	fd = bpf_object__find_map_fd_by_name(s.obj, "target");
	assert_int_equal(subject_run(&s, f.bytes, f.len), XLAB_NEXT);
	assert_int_equal(bpf_map_update_elem(fd, &first, &lo, BPF_ANY), 0);
	assert_int_equal(subject_run(&s, f.bytes, f.len), XDP_REDIRECT);
	assert_int_equal(subject_run(&s, f.bytes, 0), XDP_REDIRECT);
	subject_free(&s);
}

static void unchecked_is_refused(void **state)
{
	static char log[1 << 16];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = log,
		    .kernel_log_size = sizeof(log), .kernel_log_level = 1);
	const char *function;
	const void *bytes;
	size_t size;
	struct bpf_object *obj;

	(void)state;
	assert_int_equal(program_object(PROGRAM_UNCHECKED, &bytes, &size, &function), 0);
	obj = bpf_object__open_mem(bytes, size, &opts);
	assert_non_null(obj);
	assert_int_equal(bpf_object__load(obj), -EACCES);
	assert_non_null(strstr(log, "invalid access to packet"));
	bpf_object__close(obj);
}

static void an_object_is_no_built_in(void **state)
{
	const char *function;
	const void *bytes;
	size_t size;

	(void)state;
	assert_int_equal(program_object(PROGRAM_OBJECT, &bytes, &size, &function), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_verdict_at_every_length),
		cmocka_unit_test(tx_turns_the_frame),
		cmocka_unit_test(redirect_needs_its_target),
		cmocka_unit_test(unchecked_is_refused),
		cmocka_unit_test(an_object_is_no_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
