// SPDX-License-Identifier: GPL-2.0-or-later
/* A verifier's log in the terms of a chain: which filter, which of its lines, and what may be done.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/refusal.h"

/* Two filters of five instructions behind a dispatcher of ten. */
static const struct captured_prog code = { .n_insns = 5 };
static struct link_input filters[] = {
	{ .name = "web", .code = &code, .form = LINK_GLOBAL, .at = 10 },
	{ .name = "dns", .code = &code, .form = LINK_GLOBAL, .at = 15 },
};
static const struct linker chain = { .filters = filters, .n_filters = 2 };

/* The last instruction that it shows counts. */
static void a_log_ends_in_a_filter(void **state)
{
	static const struct {
		const char *log;
		size_t filter;
	} logs[] = {
		{ "", 2 },
		{ "no instruction\n", 2 },
		{ "10: (b7) r0 = 1\n", 0 },
		{ "9: (b7) r0 = 1\n10: (b7) r0 = 1\nR1 invalid\n", 0 },
		{ "10: (b7) r0 = 1\n9: (b7) r0 = 1", 2 },
		{ "10: (b7) r0 = 1\n15: (b7) r0 = 1", 1 },
		{ "19: (b7) r0 = 1\n\n", 1 },
		{ "19: (b7) r0 = 1\n20: (95) exit\n", 2 },
		/* what only looks like one */
		{ "10: (b7) r0 = 1\n19: R1=ctx\n", 0 },
		{ "10: (b7) r0 = 1\n 19: (b7)\n", 0 },
		{ "10: (b7) r0 = 1\n: (b7) r0 = 1\n", 0 },
		{ "10: (b7) r0 = 1\nfrom 12 to 19: R1=ctx\n19:(b7)\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++)
		if (refusal_filter(&chain, logs[i].log) != logs[i].filter)
			fail_msg("%s is of filter %zu", logs[i].log,
				 refusal_filter(&chain, logs[i].log));
}

static void what_was_looked_at_is_marked(void **state)
{
	static const bool wanted[] = { true, false, true, false, true };
	bool seen[6] = { false };

	(void)state;
	refusal_seen("0: (b7) r0 = 1\n2: (b7) r0 = 1\nfrom 2 to 4: R1=ctx\n4: (95) exit\n5: (95)\n"
		     "3: R1\n70: (95) exit\n",
		     seen, 5);
	assert_memory_equal(seen, wanted, sizeof(wanted));
	assert_false(seen[5]);
}

static void explains(const struct link_output *out, const char *log, int err, const char *text)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_equal(refusal_explain(out, &chain, log, err, &e), err);
	assert_int_equal(e.kind, ERROR_STATE);
	assert_string_equal(e.text, text);
}

static void words_for_people(void **state)
{
	struct link_output out = { .rodata_fd = -1 };
	struct bpf_line_info lines[3];
	__u32 file, text, none;

	(void)state;
	out.btf = btf__new_empty();
	file = (__u32)btf__add_str(out.btf, "web.c");
	text = (__u32)btf__add_str(out.btf, "\t return 1;");
	none = (__u32)btf__add_str(out.btf, "");
	lines[0] = (struct bpf_line_info){ 11, file, text, 7 << 10 | 3 };
	lines[1] = (struct bpf_line_info){ 12, file, none, 8 << 10 };
	lines[2] = (struct bpf_line_info){ 15, file, text, 9 << 10 };
	out.lines = lines;
	out.n_lines = 3;

	/* before any line, at one, behind one, and at a line that says nothing */
	explains(&out, "10: (95) exit\n", -EACCES,
		 "the verifier refuses filter web\n10: (95) exit");
	explains(&out, "11: (95) exit\n", -EACCES,
		 "the verifier refuses filter web at web.c:7: return 1;\n11: (95) exit");
	explains(&out, "14: (95) exit\n", -EACCES,
		 "the verifier refuses filter web at web.c:8: \n14: (95) exit");
	explains(&out, "15: (95) exit\n", -EINVAL,
		 "the verifier refuses filter dns at web.c:9: return 1;\n15: (95) exit");
	explains(&out, "9: (95) exit\n", -EACCES, "the verifier refuses the chain\n9: (95) exit");
	explains(&out, "too much\n", -EACCES, "the verifier refuses the chain\ntoo much");

	explains(&out, "cannot call GPL-restricted function from non-GPL compatible program\n",
		 -EINVAL,
		 "the verifier refuses the chain\n"
		 "cannot call GPL-restricted function from non-GPL compatible program\n"
		 "a chain is GPL only if every filter's license is: one of them is not");
	explains(&out, "combined stack size of 2 calls is 544. Too large\n", -EACCES,
		 "the verifier refuses the chain\n"
		 "combined stack size of 2 calls is 544. Too large\n"
		 "a filter and the functions that it calls have 512 bytes of stack together; on "
		 "kernels before 6.12, 480");
	explains(&out, "the call stack of 9 frames is too deep\n", -E2BIG,
		 "the verifier refuses the chain\n"
		 "the call stack of 9 frames is too deep\n"
		 "the kernel allows 8 nested frames");
	btf__free(out.btf);
}

/* Then it was not the verifier; only EPERM is somebody's own affair. */
static void a_kernel_without_words(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct link_output out = { .rodata_fd = -1 };

	(void)state;
	explains(
		&out, "", -EPERM,
		"the kernel does not let this process load XDP programs (EPERM): it needs root, or "
		"CAP_BPF and CAP_NET_ADMIN");
	assert_int_equal(refusal_explain(&out, &chain, "", -ENOMEM, &e), -ENOMEM);
	assert_string_equal(e.text,
			    "the kernel refuses the chain, without a word from the verifier: "
			    "Cannot allocate memory");
	explains(&out, "not you\n", -EPERM, "the verifier refuses the chain\nnot you");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_ends_in_a_filter),
		cmocka_unit_test(what_was_looked_at_is_marked),
		cmocka_unit_test(words_for_people),
		cmocka_unit_test(a_kernel_without_words),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
