// SPDX-License-Identifier: GPL-2.0-or-later
/* What libbpf and libxdp say, kept and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <xdp/libxdp.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/util/bpflog.h"

/* As libbpf does it, to whoever it has been told to. */
static void libbpf_says(enum libbpf_print_level level, const char *fmt, ...)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	va_list args;

	va_start(args, fmt);
	(void)print(level, fmt, args);
	va_end(args);
	(void)libbpf_set_print(print);
}

static void libxdp_says(enum libxdp_print_level level, const char *fmt, ...)
{
	libxdp_print_fn_t print = libxdp_set_print(NULL);
	va_list args;

	va_start(args, fmt);
	(void)print(level, fmt, args);
	va_end(args);
	(void)libxdp_set_print(print);
}

static void warnings_are_kept(void **state)
{
	BPFLOG log = BPFLOG_INIT;

	(void)state;
	bpflog_begin(&log);
	libbpf_says(LIBBPF_INFO, "for nobody\n");
	libxdp_says(LIBXDP_INFO, "nor this\n");
	assert_null(log.text);
	assert_string_equal(bpflog_first(&log, "nothing"), "nothing");
	libbpf_says(LIBBPF_WARN, "libbpf: %s %d\n", "one", 1);
	libxdp_says(LIBXDP_WARN, "two\n");
	assert_string_equal(log.text, "libbpf: one 1\ntwo\n");
	assert_int_equal(log.length, strlen(log.text));
	assert_string_equal(bpflog_first(&log, "nothing"), "one 1");
}

static void the_inner_one_listens(void **state)
{
	BPFLOG outer = BPFLOG_INIT;
	BPFLOG inner = BPFLOG_INIT;

	(void)state;
	bpflog_begin(&outer);
	libbpf_says(LIBBPF_WARN, "outer\n");
	bpflog_begin(&inner);
	libbpf_says(LIBBPF_WARN, "inner\n");
	assert_string_equal(inner.text, "inner\n");
	bpflog_end(&inner);
	libbpf_says(LIBBPF_WARN, "outer again\n");
	assert_string_equal(outer.text, "outer\nouter again\n");
	bpflog_end(&outer);
	libbpf_says(LIBBPF_WARN, "to nobody\n");
	assert_null(outer.text);
	bpflog_end(&outer); /* of one that has not begun */
}

static void an_empty_warning_is_none(void **state)
{
	BPFLOG log = BPFLOG_INIT;

	(void)state;
	bpflog_begin(&log);
	libbpf_says(LIBBPF_WARN, "libbpf: \n");
	assert_string_equal(bpflog_first(&log, "nothing"), "nothing");
}

/* Of megabytes the end is kept: half a one of what was there. */
static void a_flood_is_cut(void **state)
{
	char *FREE_AUTO all = xcalloc(3000, 1000);
	size_t length = 0;
	BPFLOG log = BPFLOG_INIT;

	(void)state;
	bpflog_begin(&log);
	for (int i = 0; i < 3000; i++) {
		size_t was = log.length;

		(void)sprintf(all + length, "%998d\n", i);
		libbpf_says(LIBBPF_WARN, "%s", all + length);
		length += 999;
		assert_int_equal(log.length, (was > 1 << 20 ? 1 << 19 : was) + 999);
		if (log.length <= was || i == 2999)
			assert_string_equal(log.text, all + length - log.length);
	}
}

static void the_tail_has_the_reason(void **state)
{
	char *FREE_AUTO text = NULL;
	char *FREE_AUTO tail = NULL;

	(void)state;
	for (int i = 1; i <= 20; i++)
		text_add(&text, "", "%d: line\n", i);
	text_add(&text, "",
		 "the reason\nverification time 12 usec\nstack depth 0\n"
		 "processed 21 insns\nmax_states_per_insn 0\n");
	tail = bpflog_tail(text);
	assert_ptr_equal(strstr(tail, "10: line\n11: line\n"), tail);
	assert_string_equal(strstr(tail, "20: line"), "20: line\nthe reason");
	free(tail);
	tail = bpflog_tail("");
	assert_string_equal(tail, "");
	free(tail);
	tail = bpflog_tail("one\n\n");
	assert_string_equal(tail, "one");
	free(tail);
	/* What stands before the text is none of it. */
	tail = bpflog_tail(&"before\n\n"[7]);
	assert_string_equal(tail, "");
	free(tail);
	tail = bpflog_tail(&"before"[3]);
	assert_string_equal(tail, "ore");
}

static void the_last_verifiers_log_counts(void **state)
{
	BPFLOG log = BPFLOG_INIT;
	char *FREE_AUTO found = NULL;

	(void)state;
	bpflog_begin(&log);
	assert_null(bpflog_verifier(&log));
	libbpf_says(LIBBPF_WARN, "libbpf: prog 'f': BPF program load failed\n");
	assert_null(bpflog_verifier(&log));
	libbpf_says(LIBBPF_WARN, "-- BEGIN PROG LOAD LOG --\nfirst\n-- END PROG LOAD LOG --\n");
	libbpf_says(LIBBPF_WARN, "-- BEGIN PROG LOAD LOG --\nR1 is wrong\nprocessed 3 insns\n"
				 "-- END PROG LOAD LOG --\nbehind it\n");
	found = bpflog_verifier(&log);
	assert_string_equal(found, "R1 is wrong");
	free(found);
	/* Cut off before its end. */
	libbpf_says(LIBBPF_WARN, "-- BEGIN PROG LOAD LOG --\nR2 is wrong\n");
	found = bpflog_verifier(&log);
	assert_string_equal(found, "R2 is wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_are_kept),
		cmocka_unit_test(the_inner_one_listens),
		cmocka_unit_test(an_empty_warning_is_none),
		cmocka_unit_test(a_flood_is_cut),
		cmocka_unit_test(the_tail_has_the_reason),
		cmocka_unit_test(the_last_verifiers_log_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
