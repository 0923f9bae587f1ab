// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets that were tried, as people read it. What they came to is given here, in explain.c's
 * place.
 */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/chain/explain.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/report/explain_text.h"
#include "tests/unit/wrap.h"

static struct filter filters[3];
static char *names[] = { (char *)"a", (char *)"longer", (char *)"u" };
static struct chain_config chain = { .filters = names, .n_filters = 3 };
static struct trace trace;
static struct call_trace calls[2];
static size_t n_calls;
static bool shared;

/* A filter's rules: NULL, or these; met by the last packet, and hit so far. */
static struct rules {
	bool there, met[3];
	uint64_t since[3];	 /* hits that were not looked at */
	struct rule_row rows[4]; /* the last one is none */
} rules[2];
static size_t rules_of[3]; /* position -> of those */

#define X ((const struct explain *)&chain)

WRAP(const struct chain_config *, explain_chain, const struct explain *x)
{
	assert_ptr_equal(x, X);
	return &chain;
}

WRAP(const struct filter *, explain_filter, const struct explain *x, size_t i)
{
	(void)x;
	return &filters[i];
}

WRAP(const struct trace *, explain_trace, const struct explain *x)
{
	(void)x;
	return &trace;
}

WRAP(struct rules_watch *, explain_rules, const struct explain *x, size_t i)
{
	(void)x;
	assert_true(i < chain.n_filters);
	return rules[rules_of[i]].there ? (struct rules_watch *)&rules[rules_of[i]] : NULL;
}

WRAP(const struct call_trace *, explain_call, const struct explain *x, size_t i, size_t n)
{
	(void)x;
	return i == 0 && n < n_calls ? &calls[n] : NULL;
}

WRAP(bool, explain_calls_shared, const struct explain *x, const struct explained *result, size_t i)
{
	(void)x;
	(void)result;
	(void)i;
	return shared;
}

WRAP(const struct rule_row *, rules_watch_rows, const struct rules_watch *watch, size_t *n)
{
	*n = 3;
	return ((const struct rules *)watch)->rows;
}

WRAP(size_t, rules_watch_next, struct rules_watch *watch, size_t from)
{
	struct rules *r = (struct rules *)watch;

	for (; from < 3; from++) {
		r->rows[from].hits += r->since[from];
		if (r->met[from] || r->since[from]) {
			r->since[from] = 0;
			break;
		}
	}
	return from;
}

#define ETHER "\x02\0\0\0\0\x02\x02\0\0\0\0\x01"
#define IP(proto, rest)                                                 \
	ETHER "\x08\0\x45\0\0\x1c\0\0\0\0\x40" proto "\0\0\x0a\0\0\x0a" \
	      "\x0a\0\0\x01" rest
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const char udp[] = IP("\x11", "\xab\xf8\x22\xb8\0\x08\0\0");

static char *said;
static size_t said_size;

static FILE *begin(void)
{
	free(said);
	said = NULL;
	return open_memstream(&said, &said_size);
}

static void is(FILE *out, const char *expected)
{
	(void)fclose(out);
	if (strcmp(said, expected) != 0)
		fail_msg("%s", said);
}

/* Three filters, of which the first has lines, and the others rules. */
static int prepare(void **state)
{
	(void)state;
	free(trace.cells);
	memset(&trace, 0, sizeof(trace));
	memset(filters, 0, sizeof(filters));
	memset(rules, 0, sizeof(rules));
	trace.cells = xcalloc(1, sizeof(*trace.cells) + 8 * sizeof(uint64_t));
	for (size_t i = 0; i < 3; i++) {
		filters[i].name = names[i];
		trace.cells->filters[i].verdict = XLAB_NEXT;
		rules_of[i] = 0;
	}
	chain.n_filters = 3;
	n_calls = 0;
	shared = false;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	free(trace.cells);
	trace.cells = NULL;
	free(said);
	said = NULL;
	return 0;
}

/* The lines from the first filter's on. */
static void lines(FILE *out, const char *expected)
{
	const char *from;

	(void)fclose(out);
	from = strstr(said, "\n  1  ");
	assert_non_null(from);
	assert_memory_equal(said, "a packet of 42 bytes\n", 21);
	if (strcmp(from + 1, expected) != 0)
		fail_msg("%s", from + 1);
}

static void one_packet(void **state)
{
	struct explained result = { .verdict = XDP_PASS,
				    .by = 3,
				    .n_asked = 3,
				    .bytes = (const uint8_t *)udp,
				    .size = sizeof(udp) - 1 };
	static const char changed[] = IP("\x11", "\xab\xf8\x22\xb9\0\x08\0\0");
	FILE *out;

	(void)state;
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n  2  longer  next\n  3  u       next\n"
		   "=> pass, for no filter decided otherwise\n");
	/* who decides is the last that is asked */
	trace.cells->filters[1].verdict = XDP_DROP;
	rules_of[1] = 1;
	rules[1] = (struct rules){
		.there = true,
		.met = { false, true, true },
		.rows = { { (char *)"x=1", 0 }, { (char *)"x=2", 1 }, { (char *)"x=3", 1 } }
	};
	result = (struct explained){ XDP_DROP, 1, 2, (const uint8_t *)udp, sizeof(udp) - 1 };
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n  2  longer  drop  x=2, x=3\n  3  u       not asked\n"
		   "=> drop, by longer\n");
	/* as of a filter that stands there twice, where it met them */
	trace.cells->filters[2].verdict = XDP_DROP;
	rules_of[0] = rules_of[2] = 1;
	rules[1].met[1] = rules[1].met[2] = false;
	rules[1].since[2] = 2;
	result = (struct explained){ XDP_DROP, 2, 3, (const uint8_t *)udp, sizeof(udp) - 1 };
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n  2  longer  drop  x=3\n  3  u       drop  x=3\n"
		   "=> drop, by u\n");
	trace.cells->filters[2].verdict = XLAB_NEXT;
	rules_of[0] = rules_of[2] = 0;
	result = (struct explained){ XDP_DROP, 1, 2, (const uint8_t *)udp, sizeof(udp) - 1 };
	/* no rule was met */
	trace.cells->filters[0].verdict = XDP_PASS;
	out = begin();
	explain_print(X, &result, BYTES(udp), true, out);
	lines(out, "  1  a       \033[32mpass\033[0m\n  2  longer  \033[31mdrop\033[0m\n"
		   "  3  u       not asked\n=> \033[31mdrop\033[0m, by longer\n");
	/* the longest name may be the first one */
	filters[0].name = names[0] = (char *)"the-longest";
	trace.cells->filters[0].verdict = XLAB_NEXT;
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  the-longest  next\n  2  longer       drop\n  3  u            not asked\n"
		   "=> drop, by longer\n");
	filters[0].name = names[0] = (char *)"a";
	/* it came out as another, or as a longer one */
	trace.cells->filters[0].verdict = XLAB_NEXT;
	result = (struct explained){ XDP_PASS, 2, 1, (const uint8_t *)changed, sizeof(udp) - 1 };
	chain.n_filters = 1;
	out = begin();
	explain_print(X, &result, BYTES(udp), true, out);
	(void)fclose(out);
	assert_non_null(strstr(said, "  1  a  \033[32mnext\033[0m\n=> \033[32mpass\033[0m, for no "
				     "filter decided otherwise\n"
				     "it came out changed, 42 bytes\n"));
	assert_non_null(strstr(said, "src: 44024 => dst: 8888"));
	assert_non_null(strstr(said, "src: 44024 => dst: 8889"));
	result.bytes = (const uint8_t *)udp;
	result.size = sizeof(udp);
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	(void)fclose(out);
	assert_non_null(strstr(said, "it came out changed, 43 bytes\n"));
}

static struct trace_point point(size_t filter, const char *file, unsigned int line,
				const char *text, enum trace_point_kind kind)
{
	return (struct trace_point){ .filter = filter,
				     .file = (char *)file,
				     .text = (char *)text,
				     .line = line,
				     .kind = kind };
}

/* Which lines of an object ran, by file and line, each as often as the point of it that ran most;
 * those of the programs that it calls beside them.
 */
static void source(void **state)
{
	struct trace_point points[] = {
		point(0, "b.c", 9, "\t\tsecond", POINT_LINE),
		point(0, "a.c", 9, "in a", POINT_LINE),
		point(0, "b.c", 3, "\tfirst", POINT_LINE),
		point(0, "b.c", 9, "\t\tsecond", POINT_LINE),
		point(0, "b.c", 5, "branch", POINT_JUMPED),
		point(1, "b.c", 6, "another filter's", POINT_LINE),
		point(0, "b.c", 7, "did not run", POINT_LINE),
	};
	struct trace_point called[] = {
		point(0, "b.c", 9, "\t\tsecond", POINT_LINE),
		point(0, "b.c", 12, "behind", POINT_LINE),
		point(0, "b.c", 9, "\t\tsecond", POINT_LINE),
		point(0, "b.c", 3, "\tfirst", POINT_LINE),
	};
	static const uint64_t counts[] = { 2, 1, 1, 5, 7, 7, 0 }, counts_called[] = { 4, 1, 3, 1 };
	struct explained result = { XDP_PASS, 3, 3, (const uint8_t *)udp, sizeof(udp) - 1 };
	struct trace_cells *FREE_AUTO cells = xcalloc(1, sizeof(*cells) + sizeof(counts_called));
	FILE *out;

	(void)state;
	filters[0].program = PROGRAM_OBJECT;
	trace.points = points;
	trace.n = 7;
	trace.level = TRACE_LINES;
	memcpy(trace.cells->counts, counts, sizeof(counts));
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n     a.c\n      9  in a\n     b.c\n"
		   "      3      first\n      9          second  5 times\n"
		   "  2  longer  next\n  3  u       next\n"
		   "=> pass, for no filter decided otherwise\n");
	memcpy(cells->counts, counts_called, sizeof(counts_called));
	calls[0] = (struct call_trace){
		.program = (char *)"next_one",
		.trace = { .points = called, .n = 4, .cells = cells, .level = TRACE_LINES }
	};
	calls[1] = (struct call_trace){ .program = (char *)"third",
					.trace = { .level = TRACE_VERDICTS, .cells = cells } };
	n_calls = 2;
	shared = true;
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out,
	      "  1  a       next\n"
	      "     (which of third's lines ran is not known: counting them is too much for the "
	      "kernel)\n"
	      "     a.c\n      9  in a\n     b.c\n"
	      "       3      first       2 times\n       9          second  9 times\n      12  "
	      "behind\n"
	      "     (lines behind bpf_tail_call are those of all filters here that share its "
	      "PROG_ARRAY)\n"
	      "  2  longer  next\n  3  u       next\n"
	      "=> pass, for no filter decided otherwise\n");
	/* of it nothing is known, and then it is no matter that of the called nothing is, either */
	n_calls = 2;
	calls[0] = calls[1];
	shared = false;
	trace.n = 0;
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n"
		   "     (which of its lines ran is not known: compile it with -g)\n"
		   "  2  longer  next\n  3  u       next\n"
		   "=> pass, for no filter decided otherwise\n");
	trace.level = TRACE_VERDICTS;
	out = begin();
	explain_print(X, &result, BYTES(udp), false, out);
	lines(out, "  1  a       next\n"
		   "     (which of its lines ran is not known: counting them is too much for the "
		   "kernel)\n"
		   "  2  longer  next\n  3  u       next\n"
		   "=> pass, for no filter decided otherwise\n");
}

static void on_a_line(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} rows[] = {
		{ udp, sizeof(udp) - 1, "10.0.0.10 => 10.0.0.1 udp 44024 => 8888\n" },
		{ IP("\x32", "12345678"), 42, "10.0.0.10 => 10.0.0.1 50\n" },
		{ ETHER "\x88\xb5rest", 18, "02:00:00:00:00:01 => 02:00:00:00:00:02 0x88b5\n" },
		{ ETHER "\x08\x06rest", 18, "02:00:00:00:00:01 => 02:00:00:00:00:02 arp\n" },
	};
	struct explained result = { .verdict = XDP_PASS, .by = 3 };
	FILE *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO all = text_format("7  pass  %s", rows[i].text);

		out = begin();
		explain_print_line(X, &result, 7, (const uint8_t *)rows[i].bytes, rows[i].size,
				   out);
		is(out, all);
	}
	result = (struct explained){ .verdict = XDP_DROP, .by = 2 };
	out = begin();
	explain_print_line(X, &result, 12, BYTES(udp), out);
	is(out, "12  drop by u  10.0.0.10 => 10.0.0.1 udp 44024 => 8888\n");
	rules_of[2] = 1;
	rules[1] = (struct rules){
		.there = true,
		.met = { true, false, true },
		.rows = { { (char *)"x=1", 1 }, { (char *)"x=2", 0 }, { (char *)"x=3", 1 } }
	};
	out = begin();
	explain_print_line(X, &result, 12, BYTES(udp), out);
	is(out, "12  drop by u (x=1, x=3)  10.0.0.10 => 10.0.0.1 udp 44024 => 8888\n");
}

static void add(struct explain_summary *s, uint32_t first, uint32_t second, size_t n_asked,
		size_t by)
{
	const struct explained result = { .by = by, .n_asked = n_asked };

	trace.cells->filters[0].verdict = first;
	trace.cells->filters[1].verdict = second;
	trace.cells->filters[2].verdict = XLAB_NEXT;
	explain_summary_add(s, &result);
}

/* By filter and verdict, and by rule those that were hit since; rules that two share stand once. */
static void all_of_many(void **state)
{
	struct explain_summary *s;
	FILE *out;

	(void)state;
	rules_of[1] = rules_of[2] = 1;
	rules[1] = (struct rules){ .there = true,
				   .rows = { { (char *)"x=1", 5 },
					     { (char *)"x=2", 6 },
					     { (char *)"x=3", 0 },
					     { (char *)"none", 7 } } };
	s = explain_summary_new(X);
	add(s, XLAB_NEXT, XLAB_NEXT, 3, 3);
	add(s, XLAB_NEXT, XDP_DROP, 2, 1);
	add(s, XLAB_NEXT, XDP_DROP, 2, 1);
	add(s, XDP_PASS, XDP_TX, 1, 0);
	add(s, XDP_TX, XDP_TX, 1, 0);
	add(s, XDP_REDIRECT, XDP_TX, 1, 0);
	add(s, XDP_ABORTED, XDP_TX, 1, 0);
	add(s, 6, XDP_TX, 1, 0);   /* none of XDP's */
	add(s, 999, XDP_TX, 1, 0); /* nor that one */
	rules[1].since[0] = 2;
	rules[1].since[2] = 1;
	out = begin();
	explain_summary_print(s, out);
	is(out, "filter          verdict   packets\n"
		"a               next            3\n"
		"a               pass            1\n"
		"a               tx              1\n"
		"a               redirect        1\n"
		"a               aborted         1\n"
		"a               invalid         2\n"
		"longer          next            1\n"
		"longer          drop            2\n"
		"                  x=1           2\n"
		"                  x=3           1\n"
		"u               next            1\n"
		"(came through)  pass            1\n");
	explain_summary_free(s);
	/* of a filter that stands there twice */
	rules_of[0] = 1;
	rules_of[2] = 0;
	s = explain_summary_new(X);
	rules[1].since[1] = 4;
	out = begin();
	explain_summary_print(s, out);
	is(out, "filter          verdict  packets\n"
		"                  x=2          4\n"
		"(came through)  pass           0\n");
	explain_summary_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_packet, prepare, finish),
		cmocka_unit_test_setup_teardown(source, prepare, finish),
		cmocka_unit_test_setup_teardown(on_a_line, prepare, finish),
		cmocka_unit_test_setup_teardown(all_of_many, prepare, finish),
	};

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}
