// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel is given of a program, and how much room for its words on one. rules.mk has it
 * answer as each test says.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_load.h"

#define FIRST_LOG (UINT32_C(1) << 20)
#define LAST_LOG  (UINT32_C(1) << 28)

static int answers[8]; /* one after another */
static size_t n_asked;
static size_t room[8]; /* for words, each time */
static struct bpf_prog_load_opts given;
static const char *given_name, *given_license;

/* As much as there is room for, as the kernel may. */
static void fill(char *log, uint32_t size)
{
	memset(log, 'x', size - 1);
	log[size - 1] = '\0';
}

int __wrap_bpf_btf_load(const void *data, size_t size, struct bpf_btf_load_opts *opts);
int __wrap_bpf_btf_load(const void *data, size_t size, struct bpf_btf_load_opts *opts)
{
	assert_true(data && size);
	room[n_asked] = opts ? opts->log_size : 0;
	if (opts) {
		assert_int_equal(opts->log_level, 1);
		fill(opts->log_buf, opts->log_size);
	}
	return answers[n_asked++];
}

int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n, struct bpf_prog_load_opts *opts);
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n, struct bpf_prog_load_opts *opts)
{
	assert_int_equal(type, BPF_PROG_TYPE_XDP);
	assert_non_null(insns);
	assert_int_equal(n, 2);
	given = *opts;
	given_name = name;
	given_license = license;
	room[n_asked] = opts->log_size;
	if (opts->log_buf && opts->log_size == FIRST_LOG) {
		assert_string_equal(opts->log_buf, "");
		fill(opts->log_buf, opts->log_size);
	}
	return answers[n_asked++];
}

static void words_on_btf_have_room(void **state)
{
	struct link_output out = { .btf = btf__new_empty(), .rodata_fd = -1 };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	n_asked = 0;
	answers[0] = 7;
	assert_int_equal(link_load_btf(&out, &e), 7);
	assert_int_equal(n_asked, 1); /* nobody needs words */
	n_asked = 0;
	answers[0] = -EINVAL;
	answers[1] = 8;
	assert_int_equal(link_load_btf(&out, &e), 8);
	assert_null(e.text);
	n_asked = 0;
	answers[1] = -EACCES;
	assert_int_equal(link_load_btf(&out, &e), -EACCES);
	assert_int_equal(n_asked, 2);
	assert_int_equal(room[0], 0);
	assert_int_equal(room[1], FIRST_LOG);
	assert_non_null(strstr(e.text, "the kernel refuses the chain's BTF: xxx"));
	link_output_clear(&out);
}

/* Room is made for all of them, up to a limit, and only if they did not fit. */
static void words_on_a_program_have_room(void **state)
{
	static const size_t rooms[] = { FIRST_LOG, FIRST_LOG << 2, FIRST_LOG << 4, FIRST_LOG << 6,
					LAST_LOG };
	struct bpf_insn insns[2] = { { 0 } };
	const struct link_output out = { .insns = insns, .n_insns = 2 };
	const struct linker c = { 0 };
	char *FREE_AUTO log = NULL;

	(void)state;
	for (size_t fits = 0; fits <= ARRAY_SIZE(rooms); fits++) {
		n_asked = 0;
		for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
			answers[i] = i == fits ? -EACCES : -ENOSPC;
		assert_int_equal(link_load_for_log(&out, &c, 3, LOG_ALL, &log),
				 fits < ARRAY_SIZE(rooms) ? -EACCES : -ENOSPC);
		assert_int_equal(n_asked, fits < ARRAY_SIZE(rooms) ? fits + 1 : ARRAY_SIZE(rooms));
		for (size_t i = 0; i < n_asked; i++)
			assert_int_equal(room[i], rooms[i]);
		assert_int_equal(given.log_level, LOG_ALL);
		assert_ptr_equal(given.log_buf, log);
	}
	n_asked = 0;
	answers[0] = 9;
	assert_int_equal(link_load_for_log(&out, &c, 3, LOG_FEW, &log), 9);
	assert_int_equal(given.log_level, LOG_FEW);
}

static void a_program_is_given_whole(void **state)
{
	struct bpf_insn insns[2] = { { 0 } };
	struct bpf_func_info funcs[3];
	struct bpf_line_info lines[4];
	int fds[2];
	const struct link_output out = { .insns = insns,
					 .n_insns = 2,
					 .funcs = funcs,
					 .n_funcs = 3,
					 .lines = lines,
					 .n_lines = 4,
					 .fd_array = fds };
	struct linker c = { .gpl = true, .frags = true };

	(void)state;
	n_asked = 0;
	answers[0] = answers[1] = 9;
	assert_int_equal(link_load(&out, &c, 3), 9);
	assert_int_equal(given.expected_attach_type, BPF_XDP);
	assert_int_equal(given.prog_btf_fd, 3);
	assert_ptr_equal(given.func_info, funcs);
	assert_int_equal(given.func_info_cnt, 3);
	assert_int_equal(given.func_info_rec_size, sizeof(*funcs));
	assert_ptr_equal(given.line_info, lines);
	assert_int_equal(given.line_info_cnt, 4);
	assert_int_equal(given.line_info_rec_size, sizeof(*lines));
	assert_ptr_equal(given.fd_array, fds);
	assert_int_equal(given.prog_flags, BPF_F_XDP_HAS_FRAGS);
	assert_int_equal(given.log_level, 0);
	assert_int_equal(given.log_size, 0);
	assert_null(given.log_buf);
	assert_string_equal(given_name, "xlab_chain");
	assert_string_equal(given_license, "GPL");
	c = (struct linker){ .alone = "by_itself" };
	assert_int_equal(link_load(&out, &c, 3), 9);
	assert_int_equal(given.prog_flags, 0);
	assert_string_equal(given_name, "by_itself");
	assert_string_not_equal(given_license, "GPL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_on_btf_have_room),
		cmocka_unit_test(words_on_a_program_have_room),
		cmocka_unit_test(a_program_is_given_whole),
	};

	return cmocka_run_group_tests_name("link_load", tests, NULL, NULL);
}
