// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain is instrumented less and less until the kernel takes it; both are the test's here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_load.h"
#include "orchestrator/linker/trace.h"
#include "orchestrator/linker/trace_load.h"
#include "tests/unit/fails.h"
#include "tests/unit/insns.h"
#include "tests/unit/wrap.h"

#define PROGRAM_FD 77

static char *tried;
static const char *taken; /* that one, as it is written in @tried; NULL: none */
static struct captured_prog code;

WRAP(int, link_load_btf, const struct link_output *out, struct error *e)
{
	(void)out;
	return fails_at("btf") ? error_sys(e, -errno, "no BTF") : 1000;
}

WRAP(int, trace_instrument, struct trace *trace, enum trace_level level, bool stack,
     struct link_output *out, const struct linker *c, struct error *e)
{
	assert_ptr_equal(trace, c->trace);
	assert_int_equal(e->err, 0); /* of no try before */
	text_add(&tried, " ", "%d%s", level, stack ? "+" : "");
	assert_ptr_equal(out->insns, code.insns);
	assert_int_equal(out->n_insns, code.n_insns);
	assert_int_equal(out->rodata_fd, -1);
	/* new arrays, as link_insert() makes them */
	out->insns = malloc(1);
	out->funcs = malloc(1);
	out->lines = malloc(1);
	out->n_insns = 1;
	if (!fails_at("instrument"))
		return 0;
	free(out->insns);
	free(out->funcs);
	free(out->lines);
	return error_sys(e, -errno, "not instrumented");
}

WRAP(int, link_load, const struct link_output *out, const struct linker *c, int btf_fd)
{
	const char *last = strrchr(tried, ' ') ? strrchr(tried, ' ') + 1 : tried;

	(void)c;
	assert_int_equal(out->n_insns, 1);
	assert_int_equal(btf_fd, 1000);
	return taken && !strcmp(last, taken) ? PROGRAM_FD : -EACCES;
}

WRAP(struct btf *, bpf_object__btf, const struct bpf_object *obj)
{
	return (struct btf *)obj;
}

static void less_is_tried_until_it_is_taken(void **state)
{
	static const struct {
		enum trace_level level;
		const char *alone, *fails, *taken, *tried, *told;
	} rows[] = {
		{ TRACE_BRANCHES, NULL, NULL, "2+", "2+", NULL },
		{ TRACE_BRANCHES, NULL, NULL, "2", "2+ 2", NULL },
		{ TRACE_BRANCHES, NULL, NULL, "0", "2+ 2 1+ 1 0+ 0", NULL },
		{ TRACE_LINES, NULL, NULL, "0+", "1+ 1 0+", NULL },
		{ TRACE_BRANCHES, NULL, NULL, NULL, "2+ 2 1+ 1 0+ 0",
		  "the verifier refuses the chain when it is instrumented, and only then: "
		  "Permission denied" },
		{ TRACE_BRANCHES, "alone", NULL, "1", "2+ 2 1+ 1", NULL },
		{ TRACE_BRANCHES, "alone", NULL, NULL, "2+ 2 1+ 1",
		  "the verifier refuses the chain when it is instrumented, and only then: "
		  "Permission denied" },
		{ TRACE_LINES, NULL, "instrument", "0", "1+ 1 0+ 0",
		  "not instrumented: Operation not permitted" },
		{ TRACE_LINES, NULL, "btf", "1+", "", "no BTF: Operation not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trace trace = { .level = rows[i].level, .fd = -1 };
		struct link_input input = { .code = &code };
		struct linker c = { .filters = &input,
				    .n_filters = 1,
				    .alone = rows[i].alone,
				    .frags = true,
				    .trace = &trace };
		struct error ERROR_AUTO e = ERROR_INIT;
		int fd;

		free(steal_pointer(&tried));
		taken = rows[i].taken;
		fails = rows[i].fails;
		insns_captured(&code, "r0 = 1; exit");
		fd = trace_load_alone(&c, &e);
		fails = NULL;
		captured_prog_clear(&code);
		assert_string_equal(tried ? tried : "", rows[i].tried);
		assert_true(trace.frags);
		assert_int_equal(fd >= 0, !rows[i].told);
		if (!rows[i].told)
			assert_int_equal(fd, PROGRAM_FD);
		else
			assert_string_equal(e.text, rows[i].told);
		if (rows[i].told)
			assert_int_equal(e.err, fd);
	}
	free(tried);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(less_is_tried_until_it_is_taken),
	};

	return cmocka_run_group_tests_name("trace_load", tests, NULL, NULL);
}
